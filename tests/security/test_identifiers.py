"""Who it is about and whom it is from is read whole or not at all, however it is written."""

# ruff: noqa: RUF001 - look-alikes are what it is about

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from adapter.message import Lane
from handlers.desk.tables import appointment
from tests.security.road import Road, said
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB, inbound
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = LINE.national_id
FULLWIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CYRILLIC = str.maketrans("0", "О")

#: Ways of writing one and the same text.
SAME: dict[str, Callable[[str], str]] = {
    "a comment": lambda text: f"{text[:3]}<!-- x -->{text[3:]}",
    "comments everywhere": lambda text: "<!---->".join(("", *text, "")),
    "an instruction": lambda text: f"{text[:3]}<?x y?>{text[3:]}",
    "CDATA": lambda text: f"<![CDATA[{text}]]>",
    "CDATA in part": lambda text: f"{text[:2]}<![CDATA[{text[2:5]}]]>{text[5:]}",
    "CDATA twice": lambda text: f"<![CDATA[{text[:4]}]]><![CDATA[{text[4:]}]]>",
    "CDATA and a comment": lambda text: f"<![CDATA[{text[:4]}]]><!--x--><![CDATA[{text[4:]}]]>",
    "references": lambda text: "".join(f"&#{ord(one)};" for one in text),
    "references in hexadecimal": lambda text: "".join(f"&#x{ord(one):04X};" for one in text),
    "blanks around": lambda text: f"\n\t {text} \r\n",
}
#: Ways of writing something that looks like it.
OTHERS: dict[str, Callable[[str], str]] = {
    "an element within": lambda text: f"{text[:3]}<b>9</b>{text[3:]}",
    "an empty element within": lambda text: f"{text[:3]}<b/>{text[3:]}",
    "an element in front": lambda text: f"<b/>{text}",
    "an element behind": lambda text: f"{text}<b>1</b>",
    "a blank within": lambda text: f"{text[:3]} {text[3:]}",
    "a non-breaking blank": lambda text: f"{text[:3]}\u00a0{text[3:]}",
    "a blank of no width": lambda text: f"{text[:6]}\u200b{text[6:]}",
    "a blank of no width behind": lambda text: f"{text}\ufeff",
    "the other direction": lambda text: f"\u202e{text[::-1]}\u202c",
    "a mark upon it": lambda text: f"{text}\u0301",
    "digits in full width": lambda text: text.translate(FULLWIDTH),
    "Arabic digits": lambda text: text.translate(ARABIC),
    "one digit in full width": lambda text: text[:-1] + text[-1].translate(FULLWIDTH),
    "a digit too many": lambda text: f"{text}0",
    "a zero in front": lambda text: f"0{text}",
    "a sign": lambda text: f"+{text}",
    "a fraction": lambda text: f"{text}.0",
    "an underscore": lambda text: f"{text[:3]}_{text[3:]}",
    "an exponent": lambda text: f"{text}e0",
    "two in one": lambda text: f"{text};{KARI.national_id}",
    "two lines": lambda text: f"{text}\n{KARI.national_id}",
    "a wildcard": lambda text: f"{text[:-1]}%",
    "nothing": lambda _text: "",
    "far too long": lambda text: text * 900,
}


@pytest.mark.parametrize("way", SAME)
def test_a_number_written_otherwise_is_the_same_number(road: Road, way: str) -> None:
    body = letters.reserve().text.replace(f"<Id>{NUMBER}</Id>", f"<Id>{SAME[way](NUMBER)}</Id>").encode()
    assert said(road.send(inbound(body))) == "answered 1 05"
    assert booked_by(road) == [NUMBER]


@pytest.mark.parametrize("way", OTHERS)
def test_a_number_that_only_looks_like_one_is_refused(road: Road, way: str) -> None:
    body = letters.reserve().text.replace(f"<Id>{NUMBER}</Id>", f"<Id>{OTHERS[way](NUMBER)}</Id>").encode()
    assert said(road.send(inbound(body))) in {"answered 2 E31", "answered 2 T02"}
    assert booked_by(road) == []


@pytest.mark.parametrize("way", SAME)
@pytest.mark.parametrize("her_id", [HUB, OWNER])
def test_a_her_id_written_otherwise_is_the_same_party(road: Road, her_id: str, way: str) -> None:
    body = letters.reserve().text.replace(f"<Id>{her_id}</Id>", f"<Id>{SAME[way](her_id)}</Id>").encode()
    assert said(road.send(inbound(body))) == "answered 1 05"


@pytest.mark.parametrize("way", OTHERS)
def test_a_sender_that_only_looks_like_the_envelopes_is_none(road: Road, way: str) -> None:
    body = letters.reserve().text.replace(f"<Id>{HUB}</Id>", f"<Id>{OTHERS[way](HUB)}</Id>").encode()
    assert said(road.send(inbound(body))) in {
        "refused abuse:spoofing-attack",
        "refused transport:not-well-formed-xml",  # there is no HER-id left
        "answered 2 T02",  # what is read is the envelope's, and the schema has the last word
    }
    assert booked_by(road) == []


@pytest.mark.parametrize("way", OTHERS)
def test_a_receiver_that_only_looks_like_us_is_not_us(road: Road, way: str) -> None:
    body = letters.reserve().text.replace(f"<Id>{OWNER}</Id>", f"<Id>{OTHERS[way](OWNER)}</Id>").encode()
    assert said(road.send(inbound(body))) in {
        "answered 2 E10",
        "answered 2 T02",
        "refused transport:not-well-formed-xml",
    }
    assert booked_by(road) == []


@pytest.mark.parametrize("way", [way for way in OTHERS if way != "an element behind"])
def test_an_envelope_for_somebody_like_us_is_for_another_party(road: Road, way: str) -> None:
    for name in ("to_her_id", "from_her_id"):
        her_id = OTHERS[way](OWNER if name == "to_her_id" else HUB)
        outcome = said(road.send(inbound(letters.reserve().body, **{name: her_id})))
        assert outcome in {
            "refused transport:invalid-field-value",
            "refused abuse:spoofing-attack",
            "parked",  # nobody of that number could be told
        }
    assert booked_by(road) == []


def test_the_slot_is_the_one_that_was_named(road: Road) -> None:
    for write in SAME.values():
        uid = write("K1")
        body = letters.reserve().but(event=letters.event_of("K1", uid=uid)).body
        assert said(road.send(inbound(body))) in {"answered 1 05", "answered 1 06"}
    assert booked_by(road) == [NUMBER]


@pytest.mark.parametrize(
    "uid", ["K\u0661", "Ｋ1", "\u212a1", "k1", "K1\u200b", "K%", "K_", "*", "K1' OR '1'='1"]
)
def test_a_slot_that_only_looks_like_one_does_not_exist(road: Road, uid: str) -> None:
    body = letters.reserve().but(event=letters.event_of("K1", uid=uid.replace("'", "&apos;"))).body
    assert said(road.send(inbound(body))) == "answered 1 06"
    assert booked_by(road) == []


@pytest.mark.parametrize(
    "msg_id",
    [
        "１" * 32,
        "+" + "1" * 31,
        "0x" + "1" * 30,
        "1_" * 16,
        " ".join("1" * 32),
        str(uuid4()) + "x",
        "urn:uuid:" + "1" * 32,
    ],
    ids=["full width", "a sign", "hexadecimal", "underscores", "blanks", "more", "urn"],
)
def test_what_is_no_uuid_is_none(road: Road, msg_id: str) -> None:
    assert said(road.send(inbound(letters.reserve().but(msg_id=msg_id).body))) == "answered 2 E10"


def test_a_long_msg_id_is_answered_and_known_again(road: Road) -> None:
    body = letters.reserve().but(msg_id="x" * 10_000).body
    assert said(road.send(inbound(body))) == "answered 2 E10"
    assert said(road.send(inbound(body))) == "ignored"
    assert said(road.send(inbound(letters.reserve().but(msg_id="x" * 9_999).body))) == "answered 2 E10"


@pytest.mark.parametrize("length", [255, 256, 10_000])
def test_a_long_slot_id_is_no_slot(road: Road, length: int) -> None:
    for parts in (letters.reserve(), letters.cancel()):
        body = parts.but(event=letters.event_of("K1", uid="x" * length)).body
        assert said(road.send(inbound(body))) in {"answered 1 06", "answered 1 09"}
    body = letters.reserve().but(event=letters.event_of("K1", uid="x" * 10_001)).body
    assert said(road.send(inbound(body))) == "answered 2 T02"


@pytest.mark.parametrize("length", [255, 256, 10_000, 100_000])
def test_a_long_message_id_is_known_again(road: Road, length: int) -> None:
    message_id = "x" * length
    assert said(road.send(inbound(letters.reserve().body, message_id=message_id))) == "answered 1 05"
    assert said(road.send(inbound(letters.reserve().body, message_id=message_id))) == "ignored"
    assert (
        said(road.send(inbound(letters.reserve("K2").body, message_id=message_id + "y"))) == "answered 1 05"
    )


@pytest.mark.parametrize("calendar_id", ["x" * 10_000, "korona'--", "%", "\u212aorona"])
def test_a_calendar_of_a_strange_name_has_no_times(road: Road, calendar_id: str) -> None:
    body = letters.slot_query(role=letters.wished(calendar_id)).body
    assert said(road.send(inbound(body, lane=Lane.SYNC))) == "answered 04"


def booked_by(road: Road) -> list[str]:
    with road.engine.begin() as connection:
        return list(connection.scalars(select(appointment.c.national_id)))
