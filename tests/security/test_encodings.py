"""A text is read whole in the encoding that it is in, or refused: what it says of itself is not trusted."""

from __future__ import annotations

import codecs

import pytest
from sqlalchemy import select

from handlers.desk.tables import appointment
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound
from tests.support.people import LINE

BOOKED, ENCODING, XML = (
    "answered 1 05",
    "refused transport:invalid-encoding",
    "refused transport:not-well-formed-xml",
)
NAME = LINE.family_name.encode("utf-8"), LINE.family_name.encode("iso-8859-1")

#: The codec that the bytes are in, what the declaration says (none: there is none), and what comes of it.
COMBINATIONS = [
    ("utf-8", "UTF-8", BOOKED),
    ("utf-8", "utf-8", BOOKED),
    ("utf-8", None, BOOKED),
    ("utf-8-sig", "UTF-8", BOOKED),
    ("utf-8-sig", None, BOOKED),
    ("utf-8-sig", "ISO-8859-1", BOOKED),  # the mark wins
    ("utf-16", "UTF-16", BOOKED),
    ("utf-16", None, BOOKED),
    ("utf-16", "UTF-8", BOOKED),
    ("utf-16-le", "UTF-16", BOOKED),
    ("utf-16-be", "UTF-16", BOOKED),
    ("iso-8859-1", "ISO-8859-1", BOOKED),
    ("iso-8859-1", "UTF-8", XML),
    ("iso-8859-1", None, XML),
    ("iso-8859-1", "US-ASCII", XML),
    ("iso-8859-1", "UTF-16", XML),
    ("cp1252", "windows-1252", ENCODING),
    ("iso-8859-15", "ISO-8859-15", ENCODING),
    ("utf-7", "UTF-7", ENCODING),
    ("utf-8", "UTF-7", ENCODING),
    ("utf-8", "IBM037", ENCODING),
    ("utf-16-le", "UTF-16LE", ENCODING),
    ("utf-32", "UTF-32", ENCODING),
    ("utf-32", "UTF-8", ENCODING),
    ("utf-32-le", None, ENCODING),
    ("utf-32-be", None, ENCODING),
    ("gb18030", "GB18030", ENCODING),
    ("shift_jis", "Shift_JIS", ENCODING),
    ("utf-8", "\u00dcTF-8", XML),
    ("utf-8", "", XML),
    ("utf-8", "x" * 100, XML),
    ("cp037", "IBM037", ENCODING),
    ("cp500", "UTF-8", ENCODING),
    ("cp1140", "ISO-8859-1", ENCODING),
]


def body_in(codec: str, declared: str | None) -> bytes:
    declaration = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    return letters.reserve().but(declaration=declaration).text.lstrip().encode(codec, "replace")


@pytest.mark.parametrize(("codec", "declared", "outcome"), COMBINATIONS)
def test_an_encoding_is_read_whole_or_refused(
    road: Road, codec: str, declared: str | None, outcome: str
) -> None:
    assert said(road.send(inbound(body_in(codec, declared)))) == outcome
    if outcome == BOOKED:
        with road.engine.begin() as connection:
            (found,) = connection.execute(select(appointment.c.family_name, appointment.c.national_id)).all()
        assert tuple(found) == (LINE.family_name, LINE.national_id)


def test_text_that_is_utf_7_is_not_decoded(road: Road) -> None:
    body = letters.reserve(reason="+ADw-script+AD4-").body
    assert said(road.send(inbound(body))) == BOOKED
    with road.engine.begin() as connection:
        assert connection.scalars(select(appointment.c.reason)).all() == ["+ADw-script+AD4-"]


@pytest.mark.parametrize(
    "sequence",
    [
        b"\xc0\x80",
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
        b"\xed\xb0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff",
        b"\x80",
    ],
    ids=["NUL in two", "overlong", "overlong in three", "high", "low", "past the end", "FF", "stray"],
)
def test_bytes_that_are_no_utf_8_are_refused(road: Road, sequence: bytes) -> None:
    for place in (b"<GivenName>", b"<MsgId>"):
        body = letters.reserve().body.replace(place, place + sequence, 1)
        assert said(road.send(inbound(body))) in {XML, "answered 2 T01"}


@pytest.mark.parametrize(
    "half", [chr(0xD800), chr(0xDC00), chr(0xDC00) + chr(0xD800)], ids=["high", "low", "in the wrong order"]
)
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_half_a_character_is_refused(road: Road, codec: str, half: str) -> None:
    text = letters.reserve().but(declaration='<?xml version="1.0" encoding="UTF-16"?>').text
    body = text.replace("<GivenName>", f"<GivenName>{half}", 1).encode(codec, "surrogatepass")
    assert said(road.send(inbound(body))) in {XML, "answered 2 T01"}


@pytest.mark.parametrize(
    "reference", ["&#0;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#x110000;", "&#8;", "&#-1;", "&#x;"]
)
def test_a_reference_to_no_character_is_refused(road: Road, reference: str) -> None:
    body = letters.reserve().body.replace(b"<GivenName>", b"<GivenName>" + reference.encode(), 1)
    assert said(road.send(inbound(body))) in {XML, "answered 2 T01"}


@pytest.mark.parametrize("place", [b"<MsgId>", b"<GivenName>", b"<?xml", b'V="', b"</MsgHead>"])
def test_a_nul_byte_is_refused_wherever_it_stands(road: Road, place: bytes) -> None:
    for body in (letters.reserve().body.replace(place, place + b"\0", 1), b"\0" + letters.reserve().body):
        assert said(road.send(inbound(body))) in {XML, "answered 2 T01", "answered 2 T02"}


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 100, b"<MsgHead/>", b"x", b"\x1a"])
def test_nothing_may_follow_the_document(road: Road, tail: bytes) -> None:
    assert said(road.send(inbound(letters.reserve().body + tail))) == "answered 2 T01"


@pytest.mark.parametrize("version", ["1.1", "1.2", "2.0", "1.10", "1", "1.0.0", "", "\u0661.0"])
def test_only_xml_1_0_is_read(road: Road, version: str) -> None:
    body = letters.reserve().but(declaration=f'<?xml version="{version}" encoding="UTF-8"?>').body
    assert said(road.send(inbound(body))) == XML


def test_what_only_xml_1_1_allows_is_refused(road: Road) -> None:
    for character in ("&#1;", "\x85", "\u2028"):
        body = letters.reserve().text.replace("<MsgInfo>", f"<{character}MsgInfo>", 1).encode()
        assert said(road.send(inbound(body))) == XML


@pytest.mark.parametrize("order", [(0, 0, 1, 0), (0, 1, 0, 0)], ids=["2143", "3412"])
def test_four_bytes_in_an_odd_order_are_refused(road: Road, order: tuple[int, ...]) -> None:
    body = b"".join(bytes(ord(character) * one for one in order) for character in "<a/>")
    assert said(road.send(inbound(body))) in {XML, ENCODING}


@pytest.mark.parametrize(
    "mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE]
)
def test_a_mark_that_belongs_to_another_encoding_is_refused(road: Road, mark: bytes) -> None:
    body = mark + letters.reserve().body
    assert said(road.send(inbound(body))) == {codecs.BOM_UTF8: BOOKED, codecs.BOM_UTF32_LE: ENCODING}.get(
        mark, XML
    )
