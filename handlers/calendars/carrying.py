"""What a calendar's appointments repeat of it, brought along when an import changes it.

An appointment has the place of its calendar and the name of its type, as its patient was told. When the
clinic changes these, or the category of the type, the patient has to be told again: that is for whoever
reads the report, which names the appointments. Nothing of when an appointment is, or whose, is touched here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.policies import read_type_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    Rows = Mapping[tuple[str, ...], Mapping[str, Any]]

a = tables.appointment


def bring_along(
    connection: Connection,
    her_id: str,
    calendars: tuple[Rows, Rows],
    types: tuple[Rows, Rows],
    now: datetime,
) -> tuple[str, ...]:
    """Give the living appointments after ``now`` (aware UTC) a calendar's new place, a type's new name.

    ``calendars`` and ``types`` are the owner's rows before and after, by key. Gives the ids of those booked
    whose place or type's name or category is another now, by their start.
    """
    told: dict[str, datetime] = {}
    for whose, values in _changes(calendars, types):
        living = (a.c.her_id == her_id, a.c.start > now, a.c.state.in_((State.HELD, State.BOOKED)), *whose)
        found = connection.execute(select(a.c.id, a.c.start, a.c.state).where(*living)).all()
        if found and values:
            connection.execute(update(a).where(*living).values(changed_at=now, **values))
        told |= {row.id: row.start for row in found if row.state == State.BOOKED}
    return tuple(sorted(told, key=lambda name: (told[name], name)))


def _changes(
    calendars: tuple[Rows, Rows], types: tuple[Rows, Rows]
) -> Iterator[tuple[list[ColumnElement[bool]], dict[str, str | None]]]:
    """Which appointments something has changed for, and what of it they repeat."""
    for key, (before, after) in _both(calendars):
        if before["place"] != after["place"]:
            yield [a.c.calendar_id == key[1]], {"place": after["place"]}
    for key, (before, after) in _both(types):
        of_the_type = [a.c.calendar_id == key[1], a.c.type_code == key[2]]
        if before["name"] != after["name"]:
            yield of_the_type, {"title": after["name"]}
        elif read_type_policy(before["policy"]).category != read_type_policy(after["policy"]).category:
            yield of_the_type, {}


def _both(
    rows: tuple[Rows, Rows],
) -> Iterator[tuple[tuple[str, ...], tuple[Mapping[str, Any], Mapping[str, Any]]]]:
    before, after = rows
    return ((key, (before[key], after[key])) for key in before.keys() & after.keys())
