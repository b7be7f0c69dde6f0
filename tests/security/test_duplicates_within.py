"""A message that says a thing twice is not half understood: nobody can know which of the two was meant."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from adapter.message import Lane
from handlers.desk.tables import appointment
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound
from tests.support.people import KARI, LINE

TEXT = letters.reserve().text
DIALOG, CALENDAR = re.findall(r"  <Document>.*?</Document>", TEXT, re.DOTALL)
IDENT = re.findall(r"<Ident>.*</Ident>", letters.patient_element(KARI))[0]
NOTAT = '<Notat><TemaKodet V="05"/></Notat>'
DUPLICATES = {
    "two Dialogmelding": TEXT.replace(DIALOG, DIALOG + DIALOG.replace('V="RT"', 'V="ART"')),
    "the same Dialogmelding twice": TEXT.replace(DIALOG, DIALOG * 2),
    "a Dialogmelding at the end": TEXT.replace(CALENDAR, CALENDAR + DIALOG),
    "two in one Content": re.sub(r"(<Dialogmelding.*</Dialogmelding>)", r"\1\1", TEXT),
    "two Foresporsel": re.sub(r"(<Foresporsel>.*</Foresporsel>)", r"\1\1", TEXT),
    "a request and a reply": TEXT.replace("</Foresporsel>", f"</Foresporsel>{NOTAT}"),
    "two iCalendar": TEXT.replace(CALENDAR, CALENDAR + CALENDAR.replace("K1", "K2")),
    "two iCalendar in one Content": re.sub(r"(<icalendar.*</icalendar>)", r"\1\1", TEXT),
    "two vcalendar": re.sub(r"(<vcalendar>.*</vcalendar>)", r"\1\1", TEXT),
    "two vevent": re.sub(r"(<vevent>.*</vevent>)", r"\1\1", TEXT),
    "two uid": re.sub(r"(<uid>.*</uid>)", r"\1<uid><text>K2</text></uid>", TEXT),
    "two texts in a uid": TEXT.replace("<text>K1</text>", "<text>K1</text><text>K2</text>"),
    "two dtstart": re.sub(r"(<dtstart>.*</dtstart>)", r"\1\1", TEXT),
    "two Patient": TEXT.replace("</Patient>", f"</Patient>{letters.patient_element(KARI)}"),
    "two numbers": TEXT.replace("</Ident><TeleCom>", f"</Ident>{IDENT}<TeleCom>"),
    "two Id": TEXT.replace(f"<Id>{LINE.national_id}</Id>", f"<Id>{LINE.national_id}</Id><Id>1</Id>"),
    "two MsgInfo": re.sub(r"(<MsgInfo>.*</MsgInfo>)", r"\1\1", TEXT, flags=re.DOTALL),
    "two MsgId": re.sub(r"(<MsgId>.*</MsgId>)", r"\1\1", TEXT),
    "two Sender": re.sub(r"(<Sender>.*</Sender>)", r"\1\1", TEXT, flags=re.DOTALL),
    "two Type": re.sub(r'(    <Type V="DIALOG[^>]*>)', r"\1\1", TEXT),
    "two TypeForesp": re.sub(r"(<TypeForesp [^>]*>)", r"\1\1", TEXT),
    "two KodetOpplysning": re.sub(r"(<KodetOpplysning [^>]*>)", r"\1\1", TEXT),
}


@pytest.mark.parametrize("name", DUPLICATES)
def test_what_is_said_twice_is_refused(road: Road, name: str) -> None:
    assert DUPLICATES[name] != TEXT
    assert said(road.send(inbound(DUPLICATES[name].encode()))) in {"answered 2 T02", "answered 2 E31"}
    with road.engine.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(appointment)) == 0


@pytest.mark.parametrize("text", ["V='RT' V='ART'", "V='RT' V='RT'"])
def test_an_attribute_twice_is_not_well_formed(road: Road, text: str) -> None:
    body = TEXT.replace('V="RT"', text).encode()
    assert said(road.send(inbound(body))) == "answered 2 T01"


def test_a_sender_who_waits_is_told_with_code_26(road: Road) -> None:
    text = letters.slot_query().text
    dialog = re.findall(r"  <Document>.*?</Document>", text, re.DOTALL)[0]
    body = text.replace(dialog, dialog * 2).encode()
    assert said(road.send(inbound(body, lane=Lane.SYNC))) == "answered 26"


def test_two_root_elements_are_not_well_formed(road: Road) -> None:
    body = (TEXT + TEXT.partition("\n")[2]).encode()
    assert said(road.send(inbound(body))) == "answered 2 T01"
