"""No document makes us open a file or an address: not as an entity, a DTD or a part of itself. (P9)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from tests.security.traps import Traps

DOCTYPES = {
    "an entity from a file": '<!DOCTYPE MsgHead [<!ENTITY e SYSTEM "{file}">]>',
    "an entity from an address": '<!DOCTYPE MsgHead [<!ENTITY e SYSTEM "{url}">]>',
    "an entity with a public name": '<!DOCTYPE MsgHead [<!ENTITY e PUBLIC "-//x//y" "{url}">]>',
    "a parameter entity from a file": '<!DOCTYPE MsgHead [<!ENTITY % p SYSTEM "{file}"> %p;]>',
    "a parameter entity from an address": '<!DOCTYPE MsgHead [<!ENTITY % p SYSTEM "{url}"> %p;]>',
    "a DTD in a file": '<!DOCTYPE MsgHead SYSTEM "{file}">',
    "a DTD at an address": '<!DOCTYPE MsgHead SYSTEM "{url}">',
    "a public DTD": '<!DOCTYPE MsgHead PUBLIC "-//x//y" "{url}">',
    "an unparsed entity": (
        '<!DOCTYPE MsgHead [<!NOTATION n SYSTEM "{file}"><!ENTITY e SYSTEM "{file}" NDATA n>]>'
    ),
    "a stylesheet": '<?xml-stylesheet href="{url}" type="text/xsl"?><!DOCTYPE MsgHead>',
}
INCLUDE = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="{file}"/>'


def fill(text: str, traps: Traps) -> str:
    return text.replace("{file}", traps.file.as_uri()).replace("{url}", traps.url)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", DOCTYPES)
def test_a_doctype_is_refused_and_nothing_opened(road: Road, traps: Traps, name: str, encoding: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{encoding.removesuffix("-le").removesuffix("-be")}"?>'
    parts = letters.reserve().but(declaration=declaration + fill(DOCTYPES[name], traps), msg_id="&e;")
    assert said(road.send(inbound(parts.text.encode(encoding)))) == "refused transport:not-well-formed-xml"
    assert traps.sprung() == []


@pytest.mark.parametrize(
    ("declaration", "outcome"),
    [
        ('<?xml version="1.0"?><?xml-stylesheet href="{url}" type="text/xsl"?>', "answered 1 05"),
        ('<?xml version="1.0"?><?xml-model href="{url}"?>', "answered 1 05"),
        ('<?xml version="1.0"?><?oasis-xml-catalog catalog="{file}"?>', "answered 1 05"),
    ],
)
def test_instructions_are_not_followed(road: Road, traps: Traps, declaration: str, outcome: str) -> None:
    body = letters.reserve().but(declaration=fill(declaration, traps)).body
    assert said(road.send(inbound(body))) == outcome
    assert traps.sprung() == []


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        ("<MsgId>", "refused transport:not-well-formed-xml"),  # so that it has no MsgId
        ("<GivenName>", "answered 2 T02"),
        ("<Content>", "answered 2 T02"),
        ("<Document>", "answered 2 T02"),
        ("<Sporsmal>", "answered 1 05"),  # where any XHTML may stand, of which the text is read
    ],
)
def test_what_is_to_be_included_is_not(road: Road, traps: Traps, place: str, outcome: str) -> None:
    body = letters.reserve().text.replace(place, place + fill(INCLUDE, traps), 1).encode()
    assert said(road.send(inbound(body))) == outcome
    assert traps.sprung() == []
