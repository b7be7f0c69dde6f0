"""What is in the store, for whoever looks after the calendars: all of it, closed and taken included.

It only reads, and says of a taken slot no more than that it is taken. What a citizen is shown is another
matter and is ``Desk``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, case, func, or_, select

from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.policies import read_calendar_policy, read_type_policy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from handlers.desk.policies import CalendarPolicy

o, c, s, t, a = tables.owner, tables.calendar, tables.slot, tables.time_type, tables.appointment


@dataclass(frozen=True, slots=True)
class ListedCalendar:
    """A calendar with what it has from now on: how many places, how many of them nobody has.

    ``first`` and ``last`` are the starts (aware UTC) of the first and last time with a free place, whoever
    may book it.
    """

    her_id: str
    owner: str
    id: str
    name: str
    category: str | None
    practitioner: str | None
    place: str | None
    hold_seconds: int | None
    open: bool
    policy: CalendarPolicy
    places: int
    free: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class ListedSlot:
    """A slot, in aware UTC, and how many of its places are taken.

    It is ``free`` while there is a place left; then ``held`` as long as one of the places may come free again
    by itself, and otherwise ``booked``.
    """

    her_id: str
    calendar_id: str
    id: str
    type_code: str
    start: datetime
    end: datetime
    capacity: int
    taken: int
    available_at: datetime | None
    must_call: bool
    hidden: bool
    state: Literal["free", "held", "booked"]


def list_calendars(connection: Connection, now: datetime) -> list[ListedCalendar]:
    """Every calendar, owner by owner, in the order of their files; ``now`` is aware UTC."""
    taken = _taken(now).subquery()
    seats = func.coalesce(taken.c.taken, 0)
    has_room = case((seats < s.c.capacity, s.c.start))
    theirs = (
        select(
            s.c.her_id,
            s.c.calendar_id,
            func.sum(s.c.capacity).label("places"),
            # A slot that was made smaller may have more patients than places.
            func.sum(case((seats < s.c.capacity, s.c.capacity - seats), else_=0)).label("free"),
            func.min(has_room).label("first"),
            func.max(has_room).label("last"),
        )
        .outerjoin(taken, and_(taken.c.her_id == s.c.her_id, taken.c.slot_id == s.c.id))
        .where(s.c.start > now)
        .group_by(s.c.her_id, s.c.calendar_id)
        .subquery()
    )
    figures = (func.coalesce(theirs.c[name], 0).label(name) for name in ("places", "free"))
    query = (
        select(c, o.c.name.label("owner"), *figures, theirs.c.first, theirs.c.last)
        .join(o, o.c.her_id == c.c.her_id)
        .outerjoin(theirs, and_(theirs.c.her_id == c.c.her_id, theirs.c.calendar_id == c.c.id))
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
            policy=read_calendar_policy(row["policy"]),
            places=row["places"],
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
    taken = _taken(now).where(a.c.start >= start).subquery()
    seats = func.coalesce(taken.c.taken, 0)
    query = (
        select(s, seats.label("taken"), taken.c.held, t.c.policy)
        .outerjoin(taken, and_(taken.c.her_id == s.c.her_id, taken.c.slot_id == s.c.id))
        .join(t, _of_type)
        .where(s.c.start >= start)
        .order_by(s.c.start, s.c.her_id, s.c.calendar_id, s.c.id)
        .execution_options(yield_per=1_000)
    )
    if end is not None:
        query = query.where(s.c.start < end)
    if calendar_id is not None:
        query = query.where(s.c.calendar_id == calendar_id)
    if only_free:
        query = query.where(seats < s.c.capacity)
    for row in connection.execute(query).mappings():
        yield ListedSlot(
            her_id=row["her_id"],
            calendar_id=row["calendar_id"],
            id=row["id"],
            type_code=row["type_code"],
            start=row["start"],
            end=row["end"],
            capacity=row["capacity"],
            taken=row["taken"],
            available_at=row["available_at"],
            must_call=row["must_call"],
            hidden=read_type_policy(row["policy"]).hidden,
            state="free" if row["taken"] < row["capacity"] else "held" if row["held"] else "booked",
        )


_of_type = and_(t.c.her_id == s.c.her_id, t.c.calendar_id == s.c.calendar_id, t.c.code == s.c.type_code)


def _taken(now: datetime) -> Select[Any]:
    """How many places of each slot are taken, and how many of them are only held."""
    held = and_(a.c.state == State.HELD, a.c.held_until > now)
    figures = (func.count().label("taken"), func.sum(case((held, 1), else_=0)).label("held"))
    living = or_(a.c.state == State.BOOKED, held)
    return select(a.c.her_id, a.c.slot_id, *figures).where(living).group_by(a.c.her_id, a.c.slot_id)
