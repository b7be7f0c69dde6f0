"""A few bytes that would grow into gigabytes do not grow at all: entities are refused. (P6)"""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Callable

LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "a billion laughs": f'<!DOCTYPE a [<!ENTITY e0 "ha">{LAUGHS}]>',
    "quadratic": f'<!DOCTYPE a [<!ENTITY e9 "{"x" * 100_000}">]>',
    "one that holds itself": '<!DOCTYPE a [<!ENTITY e9 "&e8;"><!ENTITY e8 "&e9;">]>',
    "of parameters": '<!DOCTYPE a [<!ENTITY % p "x"><!ENTITY % q "%p;%p;"> %q; <!ENTITY e9 "&#37;">]>',
    "in a default value": f'<!DOCTYPE a [<!ENTITY e0 "ha">{LAUGHS}<!ATTLIST MsgHead DN CDATA "&e9;">]>',
}
PLACES: dict[str, Callable[[str], str]] = {
    "in an identifier": lambda text: text.replace("<MsgId>", "<MsgId>&e9;"),
    "in an attribute": lambda text: text.replace('DN="Sp\u00f8r"', f'DN="{"&e9;" * 50}"'),
    "in a text": lambda text: text.replace("<Sporsmal>", f"<Sporsmal>{'&e9;' * 50}"),
    "not used": lambda text: text,
}


def bomb(doctype: str, place: Callable[[str], str], encoding: str) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{encoding}"?>'
    return place(letters.reserve().but(declaration=declaration + doctype).text).encode(encoding)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(road: Road, name: str, place: str, encoding: str) -> None:
    body = bomb(BOMBS[name], PLACES[place], encoding)
    assert said(road.send(inbound(body))) == "refused transport:not-well-formed-xml"


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_up_no_more_than_its_own_bytes(road: Road, name: str) -> None:
    body = bomb(BOMBS[name], PLACES["in a text"], "utf-8")
    tracemalloc.start()
    road.send(inbound(body))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000 + 5 * len(body)


def test_an_entity_that_nobody_has_declared_is_not_well_formed(road: Road) -> None:
    body = letters.reserve(reason="&laugh;").text.replace("&amp;laugh;", "&laugh;").encode()
    assert said(road.send(inbound(body))) == "answered 2 T01"


def test_the_five_entities_of_xml_are_read(road: Road) -> None:
    body = letters.reserve(reason="&lt;&gt;&amp;&quot;&apos;").body
    assert said(road.send(inbound(body))) == "answered 1 05"


def test_the_bombs_would_go_off_where_nobody_looks() -> None:
    text = f"{BOMBS['quadratic']}<a>{'&e9;' * 3}</a>"
    assert len(etree.fromstring(text, etree.XMLParser(resolve_entities=True)).text) == 300_000
