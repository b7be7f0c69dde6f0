"""The appointments as the clinic's own people look them up: whose one is, what is ahead, what has happened.

It only reads, inside a transaction that is not ours. What a citizen is shown is another matter, and the
handlers'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from handlers.desk import tables
from handlers.desk.model import Fixed, State

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.desk.model import Appointment
    from handlers.desk.store import Desk

a, m, s = tables.appointment, tables.appointment_move, tables.slot


@dataclass(frozen=True, slots=True)
class Listed:
    """An appointment without its patient; times are aware UTC. A hold that has lapsed is LAPSED."""

    id: str
    her_id: str
    calendar_id: str
    slot_id: str
    type_code: str
    state: State
    start: datetime
    end: datetime
    title: str
    fixed: Fixed | None


@dataclass(frozen=True, slots=True)
class Move:
    """Where an appointment was before it was moved, when and by whom that was done, and what they wrote."""

    number: int
    at: datetime
    by: str
    from_calendar_id: str
    from_slot_id: str
    from_start: datetime
    from_end: datetime
    comment: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment with its history: aware UTC times, and why it was cancelled, if anybody said so."""

    appointment: Appointment
    created_at: datetime
    changed_at: datetime
    moves: tuple[Move, ...]
    cancellation_reason: str | None = field(repr=False)


def find(connection: Connection, desk: Desk, appointment_id: str) -> Appointment | None:
    """The appointment with this id, whoever has it; its row is locked until the transaction ends."""
    whose = select(a.c.her_id, a.c.national_id).where(a.c.id == appointment_id)
    row = connection.execute(whose).one_or_none()
    if row is None:
        return None
    found = desk.appointments(row.her_id, row.national_id, (appointment_id,))
    return next((one for one in found if one.id == appointment_id), None)


def find_with_history(connection: Connection, desk: Desk, appointment_id: str) -> Entry | None:
    """The same, and what has happened to it."""
    appointment = find(connection, desk, appointment_id)
    if appointment is None:
        return None
    columns = (a.c.created_at, a.c.changed_at, a.c.cancellation_reason)
    row = connection.execute(select(*columns).where(a.c.id == appointment_id)).one()
    query = select(m).where(m.c.appointment_id == appointment_id).order_by(m.c.number)
    moves = (
        Move(
            one.number,
            one.moved_at,
            one.moved_by,
            one.from_calendar_id,
            one.from_slot_id,
            one.from_start,
            one.from_end,
            one.comment,
        )
        for one in connection.execute(query)
    )
    return Entry(appointment, row.created_at, row.changed_at, tuple(moves), row.cancellation_reason)


def appointments(
    connection: Connection,
    now: datetime,
    start: datetime,
    end: datetime | None = None,
    *,
    calendar_id: str | None = None,
    national_id: str | None = None,
) -> list[Listed]:
    """What begins from ``start`` up to, not including, ``end`` (aware UTC), by its start; cancelled or not.

    ``now`` decides whether a hold has lapsed.
    """
    query = select(a).where(a.c.start >= start).order_by(a.c.start, a.c.her_id, a.c.calendar_id, a.c.id)
    for column, wanted in ((a.c.calendar_id, calendar_id), (a.c.national_id, national_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    if end is not None:
        query = query.where(a.c.start < end)
    return [
        Listed(
            id=row.id,
            her_id=row.her_id,
            calendar_id=row.calendar_id,
            slot_id=row.slot_id,
            type_code=row.type_code,
            state=_state(State(row.state), row.held_until, now),
            start=row.start,
            end=row.end,
            title=row.title,
            fixed=None if row.fixed is None else Fixed(row.fixed),
        )
        for row in connection.execute(query)
    ]


def owners_of_slot(connection: Connection, slot_id: str) -> list[str]:
    """The HER-ids of those who have a slot with this id; ids are only an owner's own."""
    query = select(s.c.her_id).where(s.c.id == slot_id).order_by(s.c.her_id)
    return list(connection.execute(query).scalars())


def _state(state: State, held_until: datetime | None, now: datetime) -> State:
    return State.LAPSED if state is State.HELD and held_until is not None and held_until <= now else state
