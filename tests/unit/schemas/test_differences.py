"""Where the two validators differ because one is wrong: which of them to believe, and that it is right.

Whoever explains a refusal must know that xmlschema may find nothing, or raise, where libxml2 refuses.
"""

from pathlib import Path

import pytest
import xmlschema
from lxml import etree

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ACK = '<Ack V="J" DN="Ja"/>'
NOTE = '<note xmlns="urn:example:note">'

# what libxml2 is right about, in which message, from what, to what, and its verdict
LIBXML2_IS_RIGHT = [
    # xmlschema takes a sequence of one wildcard for a type that allows text.
    ("text in Content", "book", "<Content>", "<Content>hei", False),
    # RFC 3986 wants a letter before the colon; xmlschema takes almost everything for an address.
    ("an address that begins with a number and a colon", "receipt", "tel:+4700000000", "1:2", False),
    # xmlschema raises a KeyError of its own, even when asked for a list of errors.
    ("a type that is not there", "book", ACK, f'<Ack {XSI} xsi:type="Ukjent"/>', False),
    # What nobody declared can be no less nillable than anything else; xmlschema refuses it.
    ("nil said of an unknown element", "signed", NOTE, f'{NOTE[:-1]} {XSI} xsi:nil="false">', True),
]

# likewise for xmlschema
XMLSCHEMA_IS_RIGHT = [
    # libxml2 passes over what is not of the alphabet. Decode an attachment strictly.
    ("a date in place of base64", "signed", "<Modulus>AQAB", "<Modulus>2026-13-01", False),
]


def changed(message: str, before: str, after: str) -> "etree._ElementTree[etree._Element]":
    original = (Path(__file__).parent / "messages" / f"{message}.xml").read_text(encoding="utf-8")
    assert before in original
    return etree.ElementTree(etree.fromstring(original.replace(before, after, 1).encode()))


@pytest.mark.parametrize("case", LIBXML2_IS_RIGHT, ids=lambda case: case[0])
def test_libxml2_is_right_about(
    case: tuple[str, str, str, str, bool], libxml2_schema: etree.XMLSchema
) -> None:
    _, message, before, after, verdict = case
    assert libxml2_schema.validate(changed(message, before, after)) is verdict


@pytest.mark.parametrize("case", XMLSCHEMA_IS_RIGHT, ids=lambda case: case[0])
def test_xmlschema_is_right_about(
    case: tuple[str, str, str, str, bool], xmlschema_schema: xmlschema.XMLSchema10
) -> None:
    _, message, before, after, verdict = case
    assert xmlschema_schema.is_valid(changed(message, before, after)) is verdict
