"""What a document says of its own schema is not believed, and nothing is opened because of it. (P9)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapter.message import Lane
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from tests.security.traps import Traps

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
PLACES = ("<MsgHead ", "<Dialogmelding ", "<icalendar ")
NOT_THEIRS = {
    "another type": ("<Patient>", f'<Patient {XSI} xsi:type="xs:anyType">'),
    "a type of no schema": ("<Patient>", f'<Patient {XSI} xmlns:q="urn:q" xsi:type="q:r">'),
    "a type with no namespace": ("<Patient>", f'<Patient {XSI} xsi:type="nobody:Patient">'),
    "a text for a number": ("<Id>", f'<Id {XSI} xsi:type="xs:anyURI">'),
    "nil where it has a value": ("<GivenName>", f'<GivenName {XSI} xsi:nil="true">'),
    "an attribute of no kind": ("<GivenName>", f'<GivenName {XSI} xsi:unheard="true">'),
}


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize("bait", ["file", "url"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attribute", ["schemaLocation", "noNamespaceSchemaLocation"])
def test_a_schema_location_is_not_followed(
    road: Road, traps: Traps, attribute: str, place: str, bait: str, *, broken: bool
) -> None:
    address = traps.url if bait == "url" else traps.file.as_uri()
    namespaces = ("http://www.kith.no/xmlstds/msghead/2006-05-24", "urn:unknown")
    value = address if attribute.startswith("no") else " ".join(f"{one} {address}" for one in namespaces)
    text = letters.reserve().text.replace(place, f'{place}{XSI} xsi:{attribute}="{value}" ', 1)
    if broken:  # so that the explainer has its say too
        text = text.replace("<GivenName>", '<Unknown xmlns="urn:unknown"/><GivenName>', 1)
    assert said(road.send(inbound(text.encode()))) == ("answered 2 T02" if broken else "answered 1 05")
    assert traps.sprung() == []


@pytest.mark.parametrize("name", NOT_THEIRS)
def test_a_document_cannot_choose_its_own_types(road: Road, name: str) -> None:
    old, new = NOT_THEIRS[name]
    head, patient, rest = letters.reserve().text.partition("<Patient>")
    body = (head + (patient + rest).replace(old, new, 1)).encode()
    assert said(road.send(inbound(body))) == "answered 2 T02"


def test_nil_makes_no_value_optional(road: Road) -> None:
    text = letters.slot_query().text
    nothing = f'<FraDato {XSI} xsi:nil="true"/>'
    start, end = text.index("<FraDato>"), text.index("</FraDato>") + len("</FraDato>")
    body = (text[:start] + nothing + text[end:]).encode()
    assert said(road.send(inbound(body, lane=Lane.SYNC))) == "answered 26"


@pytest.mark.parametrize("value", ["xs:string", "nobody:knows", "a:b:c", ":", "{urn:x}y"])
def test_a_qualified_name_in_a_text_is_a_text(road: Road, value: str) -> None:
    assert said(road.send(inbound(letters.reserve(reason=value).body))) == "answered 1 05"
    body = letters.reserve("K2").but(event=letters.event_of("K2", uid=value)).body
    assert said(road.send(inbound(body))) == "answered 1 06"
