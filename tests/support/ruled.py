"""A calendar file with every rule in it, to be made wrong in one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file

if TYPE_CHECKING:
    from handlers.calendars.entries import CalendarEntry

RULED = """\
owner: {her_id: 92301, name: Bakkelia helse, parent: {her_id: 92300, name: Bakkelia kommune}}
calendars:
  - id: lab
    name: Laboratoriet
    category: Lab
    conditions: {version: "1", text: Du må faste., must_accept: true}
    audience: {group: risiko, age: {from: 18, to: 64}, sex: female, listed_with: "0123"}
    representation: optional
    overlaps: false
    moves_to: [nord]
    questions:
      - id: hva
        text: Hva skal du?
        choices:
          - {code: a, text: Det ene, types: [blod, rask]}
          - {code: b, text: Det andre, types: [blod]}
    types:
      - code: blod
        name: Blodprøve
        duration: PT10M
        category: Video
        lead: {earliest: P90D, latest: PT2H}
        reason: {ask: required, longest: 500}
        phone: required
        cancel: {until: PT24H, message: required}
        change: {until: PT12H, most: 2, message: refused}
        most_open: 1
      - {code: rask, name: Hurtig, duration: PT5M}
      - {code: skjult, name: Skjult, duration: PT5M, hidden: true}
    slots:
      - {id: A1, start: "2027-03-05T09:00", type: blod, capacity: 3}
      - {id: A2, start: "2027-03-05T10:00", type: blod, available_at: "2027-03-03T12:00"}
      - {id: A3, start: "2027-03-05T11:00", type: blod, must_call: true}
    weekly:
      - {days: [mon], from: "08:00", to: "08:30", type: blod, capacity: 2, until: "2027-03-31"}
  - id: nord
    name: Nord
    category: Lab
    desk: booking
    types:
      - {code: blod, name: Blodprøve, duration: PT10M}
  - id: bakke
    name: Lege Bakke
    practitioner: {hpr: 123, family_name: Bakke, given_name: Berit}
    shows_appointments: false
    types:
      - {code: konsultasjon, name: Konsultasjon, duration: PT20M}
    slots:
      - {start: "2027-03-05T09:00", type: konsultasjon}
"""


def calendars_of(text: str) -> dict[str, CalendarEntry]:
    (document,) = read_calendar_file(text, "a.yaml").documents
    return {calendar.id: calendar for calendar in document.calendars}


def faults_of(text: str) -> list[str]:
    with pytest.raises(CalendarFileError) as caught:
        read_calendar_file(text, "a.yaml")
    return [str(fault) for fault in caught.value.faults]


def changed(text: str, old: str, new: str) -> str:
    assert old in text, old
    return text.replace(old, new, 1)
