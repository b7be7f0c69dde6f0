"""What the desk asks its books, each question put together once: doing so costs more than answering it.

Nothing is executed here. Which values a statement takes stands in the comment above it. To those that are
compiled, a moment is seconds since 1970; to the others, aware UTC.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)

from handlers.desk.compiled import Compiled, numbered
from handlers.desk.tables import appointment as a
from handlers.desk.tables import appointment_move as m
from handlers.desk.tables import calendar as c
from handlers.desk.tables import group_member as g
from handlers.desk.tables import living, owner
from handlers.desk.tables import referral as r
from handlers.desk.tables import slot as s
from handlers.desk.tables import time_type as t

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, ScalarSelect

_MOST_CHANGES = 50  # of an appointment, by the columns that change, whose statements are kept

_now = bindparam("now", type_=a.c.held_until.type)
_her_id = bindparam("her_id", type_=a.c.her_id.type)
_national_id = bindparam("national_id", type_=a.c.national_id.type)

_lives = and_(living, or_(a.c.held_until.is_(None), a.c.held_until > _now))

_has_a_seat = and_(a.c.her_id == s.c.her_id, a.c.slot_id == s.c.id, _lives)

#: How many of a slot's seats somebody has: an appointment a seat at most, by the index on who has what.
_seats_taken = select(func.count()).where(_has_a_seat).scalar_subquery()

#: How many are no longer to be had by the patient who asks: those, or all of them when one is the patient's.
_seats_gone = (
    select(func.coalesce(func.sum(case((a.c.national_id == _national_id, s.c.capacity), else_=1)), 0))
    .where(_has_a_seat)
    .scalar_subquery()
)


def _of_an_offer(types: int, busy: int, gone: ScalarSelect[int]) -> ColumnElement[bool]:
    """opens, closes, type_0 and so on (any, when there is none), busy_from_0, busy_to_0 and so on."""
    begins = [s.c.start >= bindparam("opens"), s.c.start < bindparam("closes")]
    of_types = [s.c.type_code.in_(numbered("type", types))] if types else []
    spans = zip(numbered("busy_from", busy), numbered("busy_to", busy), strict=True)
    elsewhere = [or_(s.c.end <= from_, s.c.start >= to) for from_, to in spans]
    return and_(*begins, *of_types, *elsewhere, s.c.capacity > gone)


def _edge(offered: ColumnElement[bool], start: ColumnElement[Any]) -> ScalarSelect[object]:
    """The first start, in this order, that can be booked at once. It follows the index, and stops there."""
    at_once = and_(not_(s.c.must_call), or_(s.c.available_at.is_(None), s.c.available_at <= _now))
    of_the_calendar = and_(s.c.her_id == c.c.her_id, s.c.calendar_id == c.c.id, at_once, offered)
    return select(s.c.start).where(of_the_calendar).order_by(start).limit(1).scalar_subquery()


OWNERS = select(owner).order_by(owner.c.her_id)

_calendars = (
    select(
        c,
        owner.c.parent_name,
        exists().where(g.c.her_id == _her_id).label("has_lists"),
    )
    .join(owner, owner.c.her_id == c.c.her_id)
    .where(c.c.her_id == _her_id)
    .order_by(c.c.position)
)

#: her_id: open or not, with what its owner belongs to, and whether the owner has lists of patients.
CALENDARS = Compiled(_calendars)

#: The names of what a row of those says.
OF_A_CALENDAR = tuple(_calendars.selected_columns.keys())

#: her_id
TIME_TYPES = Compiled(select(t).where(t.c.her_id == _her_id).order_by(t.c.position))

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
def free_slots(calendars: int, types: int, busy: int) -> Compiled:
    """her_id, now, calendar_0 and so on, and those of an offer: the slots with a seat that nobody has,
    in no order.
    """
    ids = numbered("calendar", calendars)
    return Compiled(
        select(*_OF_A_SLOT).where(
            s.c.her_id == _her_id, s.c.calendar_id.in_(ids), _of_an_offer(types, busy, _seats_taken)
        )
    )


@cache
def spans(calendars: int, types: int, busy: int) -> Compiled:
    """her_id, national_id, now, calendar_0 and so on, and those of an offer: each calendar, with the first
    and last start of a slot that can be booked at once, if it has one.
    """
    offered = _of_an_offer(types, busy, _seats_gone)
    edges = _edge(offered, s.c.start.asc()), _edge(offered, s.c.start.desc())
    return Compiled(
        select(c.c.id, *edges).where(c.c.her_id == _her_id, c.c.id.in_(numbered("calendar", calendars)))
    )


#: her_id, slot_id. The row is locked until the transaction ends.
SLOT = Compiled(
    select(*_OF_A_SLOT).where(s.c.her_id == _her_id, s.c.id == bindparam("slot_id")).with_for_update()
)

#: her_id, slot_id: who have the slot, be it by a hold that has lapsed.
TAKERS = Compiled(select(a).where(a.c.her_id == _her_id, a.c.slot_id == bindparam("slot_id"), living))

_references = numbered("reference", 2)

#: her_id, national_id, reference_0, reference_1: the appointments whose own or whose slot's id is one of two.
#: First those with that id, then those that have the slot, then the newest; and no more than can matter,
#: since a slot may have been booked and cancelled a thousand times. The rows are locked until the end.
APPOINTMENTS = Compiled(
    select(a)
    .where(
        a.c.her_id == _her_id,
        a.c.national_id == _national_id,
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

#: her_id, national_id, now, since: what the patient has that ends after since, by its start.
AHEAD = Compiled(
    select(a)
    .where(a.c.her_id == _her_id, a.c.national_id == _national_id, _lives, a.c.end > bindparam("since"))
    .order_by(a.c.start, a.c.id)
)

#: her_id, national_id, now: the slots in which the patient has a seat.
SEATED = Compiled(select(a.c.slot_id).where(a.c.her_id == _her_id, a.c.national_id == _national_id, _lives))

#: her_id, member
GROUPS = Compiled(select(g.c.group_name).where(g.c.her_id == _her_id, g.c.member == bindparam("member")))

#: her_id, national_id, referral_id. The row is locked until the transaction ends.
REFERRAL = Compiled(
    select(r)
    .where(r.c.her_id == _her_id, r.c.national_id == _national_id, r.c.id == bindparam("referral_id"))
    .with_for_update()
)

#: appointment_id, now: whether that is a hold that has lapsed.
HAS_LAPSED = select(
    exists().where(
        a.c.id == bindparam("appointment_id"),
        or_(a.c.state == "lapsed", and_(a.c.state == "held", a.c.held_until <= _now)),
    )
)

#: referral_id, used_for (the id of an appointment)
USE_UP = (
    update(r)
    .where(r.c.id == bindparam("referral_id"), r.c.appointment_id.is_(None))
    .values(appointment_id=bindparam("used_for"))
)

#: held_for: the referral that a hold has used up can be used again.
GIVE_BACK = update(r).where(r.c.appointment_id == bindparam("held_for")).values(appointment_id=None)

#: key (64 bits): on PostgreSQL, nobody else comes past this with the same key until the transaction ends.
LOCK = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))

#: a value for each column but the number, which is the next.
ENTER_MOVE = insert(m).values(
    {column: bindparam(column.name) for column in m.c if column is not m.c.number}
    | {
        m.c.number: select(func.count() + 1)
        .where(m.c.appointment_id == bindparam("appointment_id"))
        .scalar_subquery()
    }
)

#: a value for each column.
TAKE = Compiled(insert(a).values({column: bindparam(column.name) for column in a.c}))


@lru_cache(_MOST_CHANGES)
def change(*columns: str) -> Compiled:
    """appointment_id, and a value for each of the columns."""
    this = update(a).where(a.c.id == bindparam("appointment_id"))
    return Compiled(this.values({column: bindparam(column) for column in columns}))
