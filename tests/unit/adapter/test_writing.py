"""What is written can be read again, and nothing that stands in a text becomes markup."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.xml.writing import Markup, document, element, optional, text

NOT_XML = {chr(n) for n in range(32)} - set("\t\n\r") | {"\ufffe", "\uffff"}


def is_xml(character: str) -> bool:
    return character not in NOT_XML and not "\ud800" <= character <= "\udfff"


def as_read(value: str) -> str:
    """What a reader gets of a text: line ends are one character, and what is no XML is left out."""
    kept = "".join(filter(is_xml, value))
    return kept.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_comes_back_as_the_text_of_an_element(value: str) -> None:
    root = etree.fromstring(document(element("a", value)))
    assert (root.text or "") == as_read(value)
    assert len(root) == 0


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_comes_back_as_the_value_of_an_attribute(value: str) -> None:
    root = etree.fromstring(document(element("a", V=value)))
    expected = as_read(value)
    assert root.get("V") == expected.translate(str.maketrans("\t\n", "  "))
    assert root.attrib.keys() == ["V"]


@pytest.mark.parametrize(
    "hostile", ["</a><b/>", "<!--", "]]>", "<![CDATA[x]]>", "&lt;", "&#60;", "\"' V='x'", "<?x?>"]
)
def test_nothing_in_a_text_becomes_markup(hostile: str) -> None:
    root = etree.fromstring(document(element("a", hostile, V=hostile)))
    assert (root.text, root.get("V"), len(root)) == (hostile, hostile, 0)


@pytest.mark.parametrize("character", [*sorted(NOT_XML), "\ud800"])
def test_a_character_that_xml_cannot_hold_is_left_out(character: str) -> None:
    assert etree.fromstring(document(element("a", f"x{character}y"))).text == "xy"


@pytest.mark.parametrize(
    "character", ["\t", "\n", " ", "\u0085", "\ud7ff", "\ue000", "\ufffd", "\U0001f600", "\U0010ffff"]
)
def test_a_character_that_xml_can_hold_is_kept(character: str) -> None:
    assert etree.fromstring(document(element("a", f"x{character}y"))).text == f"x{character}y"


def test_markup_goes_in_as_it_is_and_other_text_does_not() -> None:
    assert element("a", element("b"), "<c/>", Markup("<d/>")) == "<a><b/>&lt;c/&gt;<d/></a>"
    assert text("<") == "&lt;"


def test_what_is_not_there_is_left_out() -> None:
    assert element("a", None, V=None, S="") == '<a S=""/>'
    assert optional("a", None) is None
    assert optional("a", "") is None
    assert optional("a", "x") == "<a>x</a>"


def test_a_document_says_that_it_is_utf_8_and_is() -> None:
    assert (
        document(element("a", "blåbær")) == '<?xml version="1.0" encoding="UTF-8"?>\n<a>blåbær</a>'.encode()
    )
