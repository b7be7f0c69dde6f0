"""Booking stores for the benchmarks: one clinic, with the slots and appointments that letters are about."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, insert, select

from adapter.database import open_engine
from handlers.desk import tables

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.benchmarks.traffic import Place, Traffic

CALENDARS = 2
_HOLD_SECONDS = 6 * 3600


def sqlite(file: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{file}"


class Template:
    """A store for ``traffic``, made once and copied for every run, so that every run finds the same.

    It takes the place of the one before it in ``folder``.
    """

    def __init__(self, folder: Path, traffic: Traffic) -> None:
        self._folder = folder
        self._file = self._fresh("template.db")
        fill(sqlite(self._file), traffic)

    def copy(self) -> str:
        """The URL of a fresh copy. The copy before it is gone then."""
        file = self._fresh("store.db")
        shutil.copyfile(self._file, file)
        return sqlite(file)

    def _fresh(self, name: str) -> Path:
        for old in self._folder.glob(f"{name}*"):
            old.unlink()
        return self._folder / name


def fill(url: str, traffic: Traffic) -> None:
    """Enter all that the letters of ``traffic`` need."""
    engine = open_engine(url)
    with engine.begin() as connection:
        open_clinic(connection, traffic.parties.clinic, CALENDARS)
        enter(connection, traffic.parties.clinic, traffic.places)
    engine.dispose()  # the last to close a SQLite file brings everything into it


def open_clinic(connection: Connection, her_id: str, calendars: int) -> None:
    """Enter a clinic with calendars ``c0``, ``c1`` and so on; every other of them has holds."""
    owner = {"her_id": her_id, "name": "Vaksinasjon", "parent_her_id": "1234", "parent_name": "Beste kommune"}
    connection.execute(insert(tables.owner), owner)
    for position in range(calendars):
        calendar = {"her_id": her_id, "id": f"c{position}", "position": position, "open": True}
        named: dict[str, Any] = {"name": f"Vaksine {position}", "category": "Vaksine", "place": "Hall 1"}
        hold = {"hold_seconds": _HOLD_SECONDS if position % 2 else None}
        connection.execute(insert(tables.calendar), calendar | named | hold)
        kind = {"her_id": her_id, "calendar_id": f"c{position}", "code": "time", "position": 0}
        connection.execute(insert(tables.time_type), kind | {"name": "Vaksine", "duration_seconds": 300})


def books(url: str) -> Counter[str]:
    """How many appointments there are in each state."""
    engine = create_engine(url)
    with engine.connect() as connection:
        states = Counter(connection.execute(select(tables.appointment.c.state)).scalars())
    engine.dispose()
    return states


def enter(connection: Connection, her_id: str, places: tuple[Place, ...]) -> None:
    """Enter slots, and the appointments of those who have them."""
    connection.execute(insert(tables.slot), [_slot(her_id, place) for place in places])
    taken = [_appointment(her_id, place) for place in places if place.taken_by]
    if taken:
        connection.execute(insert(tables.appointment), taken)


def _slot(her_id: str, place: Place) -> dict[str, Any]:
    where = {"her_id": her_id, "id": place.id, "calendar_id": place.calendar, "type_code": "time"}
    return where | {"start": place.start, "end": place.end}


def _appointment(her_id: str, place: Place) -> dict[str, Any]:
    return {
        "id": f"a-{place.id}",
        "her_id": her_id,
        "calendar_id": place.calendar,
        "slot_id": place.id,
        "state": "booked",
        "start": place.start,
        "end": place.end,
        "title": "Vaksine",
        "place": "Hall 1",
        "national_id": place.taken_by,
        "family_name": "Prøvesen",
        "given_name": "Ada",
        "created_at": place.start,
        "changed_at": place.start,
    }
