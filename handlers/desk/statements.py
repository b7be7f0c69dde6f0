"""What the desk asks its books, each question put together once: doing so costs more than answering it.

Nothing is executed here. Which values a statement takes stands in the comment above it. To those that are
compiled, a moment is seconds since 1970; to the others, aware UTC.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import (
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
    insert,
    not_,
    or_,
    select,
    update,
)

from handlers.desk.compiled import Compiled, numbered
from handlers.desk.tables import appointment as a
from handlers.desk.tables import calendar as c
from handlers.desk.tables import living, owner
from handlers.desk.tables import slot as s
from handlers.desk.tables import time_type as t

_now = bindparam("now", type_=a.c.held_until.type)
_her_id = bindparam("her_id", type_=a.c.her_id.type)

_held_or_booked = exists().where(
    a.c.her_id == s.c.her_id,
    a.c.slot_id == s.c.id,
    living,
    or_(a.c.held_until.is_(None), a.c.held_until > _now),
)
_is_free = not_(_held_or_booked)


def _edge_of_what_is_free(*, last: bool) -> ScalarSelect[object]:
    """The start of a calendar's first or last free slot. It follows the index, and so stops at once."""
    start = s.c.start.desc() if last else s.c.start
    of_the_calendar = and_(s.c.her_id == c.c.her_id, s.c.calendar_id == c.c.id, s.c.start > _now)
    return select(s.c.start).where(of_the_calendar, _is_free).order_by(start).limit(1).scalar_subquery()


OWNERS = select(owner).order_by(owner.c.her_id)

#: her_id
CALENDARS = (
    select(c, owner.c.parent_name)
    .join(owner, owner.c.her_id == c.c.her_id)
    .where(c.c.her_id == _her_id, c.c.open)
    .order_by(c.c.position)
)

#: her_id
TIME_TYPES = select(t).where(t.c.her_id == _her_id).order_by(t.c.position)

_OF_A_SLOT = (
    s.c.id,
    s.c.calendar_id,
    s.c.type_code,
    s.c.start,
    s.c.end,
    s.c.capacity,
    s.c.available_at,
    s.c.must_call,
)


@cache
def free_slots(calendars: int) -> Compiled:
    """her_id, start, end, now, calendar_0 and so on: the free slots from start up to, not including, end."""
    ids = numbered("calendar", calendars)
    period = and_(s.c.start >= bindparam("start"), s.c.start < bindparam("end"))
    free = select(*_OF_A_SLOT).where(s.c.her_id == _her_id, s.c.calendar_id.in_(ids), period, _is_free)
    return Compiled(free.order_by(s.c.start, s.c.calendar_id, s.c.id))


#: her_id, now: each calendar with the first and last start of a free slot from now on, if it has one.
BOOKABLE_SPANS = select(c.c.id, _edge_of_what_is_free(last=False), _edge_of_what_is_free(last=True)).where(
    c.c.her_id == _her_id
)

#: her_id, slot_id. The row is locked until the transaction ends.
SLOT = Compiled(
    select(*_OF_A_SLOT).where(s.c.her_id == _her_id, s.c.id == bindparam("slot_id")).with_for_update()
)

#: her_id, slot_id: who has the slot, be it by a hold that has lapsed.
TAKEN_BY = Compiled(select(a).where(a.c.her_id == _her_id, a.c.slot_id == bindparam("slot_id"), living))

_references = numbered("reference", 2)

#: her_id, national_id, reference_0, reference_1: the appointments whose own or whose slot's id is one of two.
#: First those with that id, then those that have the slot, then the newest; and no more than can matter,
#: since a slot may have been booked and cancelled a thousand times. The rows are locked until the end.
APPOINTMENTS = Compiled(
    select(a)
    .where(
        a.c.her_id == _her_id,
        a.c.national_id == bindparam("national_id"),
        or_(a.c.id.in_(_references), a.c.slot_id.in_(_references)),
    )
    .order_by(
        case((a.c.id.in_(_references), 0), (living, 1), else_=2),
        a.c.created_at.desc(),
        a.c.id,
    )
    .limit(2 * len(_references))
    .with_for_update()
)

#: a value for each column.
TAKE = Compiled(insert(a).values({column: bindparam(column.name) for column in a.c}))

#: appointment_id, and a value for each column that changes.
CHANGE = update(a).where(a.c.id == bindparam("appointment_id"))
