"""What is in the store, for whoever looks after the calendars: all of it, closed and taken included.

It only reads, and says of a taken slot no more than that it is taken. What a citizen is shown is another
matter and is ``Desk``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import and_, func, or_, select

from handlers.desk import tables
from handlers.desk.model import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

o, c, s, a = tables.owner, tables.calendar, tables.slot, tables.appointment


@dataclass(frozen=True, slots=True)
class ListedCalendar:
    """A calendar with what it has to offer from now on; ``first`` and ``last`` start are aware UTC."""

    her_id: str
    owner: str
    id: str
    name: str
    category: str | None
    practitioner: str | None
    place: str | None
    hold_seconds: int | None
    open: bool
    free: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class ListedSlot:
    """A slot, in aware UTC, and whether anybody has it."""

    her_id: str
    calendar_id: str
    id: str
    type_code: str
    start: datetime
    end: datetime
    state: Literal["free", "held", "booked"]


def list_calendars(connection: Connection, now: datetime) -> list[ListedCalendar]:
    """Every calendar, owner by owner, in the order of their files; ``now`` is aware UTC."""
    free = (
        select(
            s.c.her_id,
            s.c.calendar_id,
            func.count().label("free"),
            func.min(s.c.start).label("first"),
            func.max(s.c.start).label("last"),
        )
        .outerjoin(a, _has(now))
        .where(s.c.start > now, a.c.id.is_(None))
        .group_by(s.c.her_id, s.c.calendar_id)
        .subquery()
    )
    query = (
        select(
            c, o.c.name.label("owner"), func.coalesce(free.c.free, 0).label("free"), free.c.first, free.c.last
        )
        .join(o, o.c.her_id == c.c.her_id)
        .outerjoin(free, and_(free.c.her_id == c.c.her_id, free.c.calendar_id == c.c.id))
        .order_by(c.c.her_id, c.c.open.desc(), c.c.position, c.c.id)
    )
    return [
        ListedCalendar(
            her_id=row["her_id"],
            owner=row["owner"],
            id=row["id"],
            name=row["name"],
            category=row["category"],
            practitioner=f"{row['given_name']} {row['family_name']}" if row["hpr"] else None,
            place=row["place"],
            hold_seconds=row["hold_seconds"],
            open=row["open"],
            free=row["free"],
            first=row["first"],
            last=row["last"],
        )
        for row in connection.execute(query).mappings()
    ]


def list_slots(
    connection: Connection,
    now: datetime,
    start: datetime,
    end: datetime | None = None,
    calendar_id: str | None = None,
    *,
    only_free: bool = False,
) -> Iterator[ListedSlot]:
    """The slots that begin from ``start`` up to, not including, ``end`` (aware UTC), in order.

    ``now`` decides whether a hold has lapsed. Rows come as they are asked for, not all at once.
    """
    query = (
        select(s, a.c.state)
        .outerjoin(a, _has(now))
        .where(s.c.start >= start)
        .order_by(s.c.start, s.c.her_id, s.c.calendar_id, s.c.id)
        .execution_options(yield_per=1_000)
    )
    if end is not None:
        query = query.where(s.c.start < end)
    if calendar_id is not None:
        query = query.where(s.c.calendar_id == calendar_id)
    if only_free:
        query = query.where(a.c.id.is_(None))
    for row in connection.execute(query).mappings():
        yield ListedSlot(
            her_id=row["her_id"],
            calendar_id=row["calendar_id"],
            id=row["id"],
            type_code=row["type_code"],
            start=row["start"],
            end=row["end"],
            state=row["state"] or "free",
        )


def _has(now: datetime) -> ColumnElement[bool]:
    living = or_(a.c.state == State.BOOKED, and_(a.c.state == State.HELD, a.c.held_until > now))
    return and_(a.c.her_id == s.c.her_id, a.c.slot_id == s.c.id, living)
