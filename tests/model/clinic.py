"""A clinic whose times lie where the clock changes, the citizens, and the calendar file that says so.

Two owners, one of whose slots has an id that the other uses too. Each slot has two times that it may be
moved between. Nobody here exists: the identity numbers are of a synthetic series.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.model.oslo import SPRING, local, meant
from tests.support.people import synthetic

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

OWNERS = {"91095": "Vaksinasjonstjenesten", "91096": "Helsestasjonen"}
CLINIC, NEIGHBOUR = OWNERS
HPR, OTHER_HPR = "9141200", "9144897"

#: An owner's HER-id and the id of a slot, or of a calendar.
Key = tuple[str, str]
#: From when to when, as aware UTC.
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who writes to the clinic, with things in each field that nobody else has there."""

    national_id: str
    family_name: str
    given_name: str
    phone: str | None
    worry: str

    @property
    def marks(self) -> tuple[str, ...]:
        """What must never stand in anything that is sent to somebody else."""
        return tuple(
            filter(None, (self.national_id, self.family_name, self.given_name, self.phone, self.worry))
        )


CITIZENS = (
    Citizen(synthetic(13, 11, 1969, 2), "Danseskår", "Line", "+4799999901", "Kløe i øret"),
    Citizen(synthetic(1, 2, 1985, 310), "Fiskebolle", "Kari", None, "Vondt i kneet"),
    Citizen(synthetic(24, 12, 2015, 510), "Tungland", "Ola", "+4799999903", "Feber siden i går"),
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar: a resource's, or that of the practitioner with the number ``hpr``. ``hold`` in minutes."""

    id: str
    hold: int | None = None
    hpr: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A slot: whose it is, and the times that it may have."""

    calendar: Calendar
    times: tuple[Span, ...]


KORONA, LAB, LINN = Calendar("korona"), Calendar("lab", hold=10), Calendar("linn", hold=2, hpr=HPR)
CALENDARS = {CLINIC: (KORONA, LAB, LINN), NEIGHBOUR: (KORONA,)}
CLOSABLE = ((CLINIC, "lab"), (CLINIC, "linn"))

_TIMES = {
    # the clock goes from 02:00 to 03:00 on 28 March
    (CLINIC, "K1"): (KORONA, "2027-03-28T01:50/2027-03-28T01:55", "2027-03-28T03:00/2027-03-28T03:05"),
    (CLINIC, "L1"): (LAB, "2027-03-28T03:00/2027-03-28T03:10", "2027-03-28T03:30/2027-03-28T03:40"),
    (CLINIC, "D1"): (LINN, "2027-03-28T10:00/2027-03-28T10:15", "2027-03-28T11:00/2027-03-28T11:15"),
    (CLINIC, "L2"): (LAB, "2027-03-28T23:50/2027-03-29T00:00", "2027-03-29T00:00/2027-03-29T00:10"),
    (NEIGHBOUR, "L2"): (KORONA, "2027-03-28T09:00/2027-03-28T09:05", "2027-03-28T00:00/2027-03-28T00:05"),
    # and from 03:00 to 02:00 on 31 October
    (CLINIC, "K3"): (KORONA, "2027-10-31T02:30/2027-10-31T02:35", "2027-10-31T03:00/2027-10-31T03:05"),
    (CLINIC, "L3"): (LAB, "2027-10-31T02:55/2027-10-31T03:05", "2027-10-31T02:00/2027-10-31T02:10"),
    (CLINIC, "D3"): (LINN, "2027-10-31T10:00/2027-10-31T10:15", "2027-10-31T11:00/2027-10-31T11:15"),
    (CLINIC, "L4"): (LAB, "2027-10-31T23:50/2027-11-01T00:00", "2027-11-01T00:00/2027-11-01T00:10"),
    (NEIGHBOUR, "L4"): (KORONA, "2027-10-31T09:00/2027-10-31T09:05", "2027-10-31T00:00/2027-10-31T00:05"),
}


def _span(text: str) -> Span:
    start, end = (meant(f"{moment}:00") for moment in text.split("/"))
    return start, end


PLACES = {key: Place(row[0], tuple(map(_span, row[1:]))) for key, row in _TIMES.items()}

#: Which of its times each slot has, or none when it is not to be there.
Plan = dict[Key, int | None]
AS_PLANNED: Plan = dict.fromkeys(PLACES, 0)


def wanted(plan: Mapping[Key, int | None], closed: Collection[Key]) -> dict[Key, Span]:
    """The slots that a plan means, where the calendars ``closed`` are not there at all."""
    return {
        key: PLACES[key].times[choice]
        for key, choice in plan.items()
        if choice is not None and (key[0], PLACES[key].calendar.id) not in closed
    }


def calendar_file(plan: Mapping[Key, int | None], closed: Collection[Key]) -> str:
    """The file that says so, a document for each owner."""
    slots = wanted(plan, closed)
    documents = [
        {
            "owner": {"her_id": owner, "name": name, "parent": {"her_id": "1234", "name": "Beste kommune"}},
            "calendars": [
                _calendar(
                    calendar, {key[1]: span for key, span in slots.items() if _is_in(key, owner, calendar)}
                )
                for calendar in CALENDARS[owner]
                if (owner, calendar.id) not in closed
            ],
        }
        for owner, name in OWNERS.items()
    ]
    return "\n---\n".join(json.dumps(document) for document in documents)


def _is_in(key: Key, owner: str, calendar: Calendar) -> bool:
    return key[0] == owner and PLACES[key].calendar is calendar


def _calendar(calendar: Calendar, slots: Mapping[str, Span]) -> dict[str, object]:
    whose: dict[str, object] = {"category": "Annen"}
    if calendar.hpr is not None:
        names = {"family_name": "Linn", "given_name": "Legesen"}
        whose = {"practitioner": {"hpr": calendar.hpr, **names}}
    booking = {"booking": "two-step", "hold": f"PT{calendar.hold}M"} if calendar.hold else {}
    return {
        "id": calendar.id,
        "name": f"Timebok {calendar.id}",
        **whose,
        **booking,
        "types": [{"code": "time", "name": "Time", "duration": "PT5M"}],
        "slots": [
            {"id": name, "type": "time", "start": _on_the_wall(start), "end": _on_the_wall(end)}
            for name, (start, end) in slots.items()
        ],
    }


def _on_the_wall(moment: datetime) -> str:
    return local(moment).strftime("%Y-%m-%dT%H:%M")


def season(now: datetime) -> list[Key]:
    """The slots about the change of the clock that is next, or was yesterday: five of them."""
    keys = list(PLACES)
    return keys[:5] if now < SPRING + timedelta(days=1) else keys[5:]
