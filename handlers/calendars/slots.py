"""The slots of one owner, brought up to date with what a calendar file means.

A slot with a living appointment stays where and when it is, and what has been is left exactly as it is.
Where the file no longer agrees with such a slot, nobody else gets a place in it. Whoever books locks the
slot's row first; so does this, before it looks who has booked, so that no booking slips in between.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update

from handlers.calendars.layout import Placed
from handlers.calendars.report import Counts, KeptSlot, WithheldSlot
from handlers.desk import tables
from handlers.desk.model import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

# PostgreSQL takes 65,535 values in a statement, SQLite 32,766.
_AT_ONCE = 5_000

_OFFER = Placed._fields.index("capacity")

s, a = tables.slot, tables.appointment


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the slots, and what was not."""

    counts: Counts
    kept: tuple[KeptSlot, ...]
    withheld: tuple[WithheldSlot, ...]


def bring_up_to_date(
    connection: Connection,
    her_id: str,
    wanted: Mapping[str, Placed],
    practitioners: Collection[str],
    now: datetime,
) -> Change:
    """Make the slots of ``her_id`` that begin at ``now`` (aware UTC) or later be those in ``wanted``, by id.

    Wanted slots that lie before ``now`` are added when they are not there, and otherwise left alone.
    ``practitioners`` are the ids of the calendars in which nothing may overlap a kept slot.
    """
    stored = _stored(connection, her_id, wanted, now)
    gone = stored.keys() - wanted.keys()
    moved = {
        name
        for name, slot in wanted.items()
        if name in stored and stored[name] != slot and max(stored[name].start, slot.start) >= now
    }
    taken = _taken(connection, her_id, gone | moved, now)
    in_place = {name for name in moved & taken.keys() if _same_time(stored[name], wanted[name])}
    agreed = {name for name in in_place if taken[name][1] <= wanted[name].capacity}
    kept = {name: stored[name] for name in taken.keys() - agreed}
    new = wanted.keys() - stored.keys()
    withheld = _overlapping(
        (wanted[name] for name in (new | moved) - taken.keys()), kept.values(), practitioners
    )
    gone = (gone - kept.keys()) | {name for name in withheld & moved if stored[name].start >= now}
    moved -= kept.keys() | withheld
    new -= withheld

    full = [
        (wanted if name in in_place else stored)[name]._replace(capacity=min(slot.capacity, taken[name][1]))
        for name, slot in kept.items()
    ]
    _delete(connection, her_id, gone)
    _update(connection, her_id, [wanted[name] for name in sorted(moved)])
    _update(connection, her_id, [slot for slot in sorted(full) if slot != stored[slot.id]])
    _insert(connection, her_id, [slot for name, slot in wanted.items() if name in new])
    unchanged = len(wanted) - len(new) - len(moved) - len(withheld) - len(kept.keys() & wanted.keys())
    return Change(
        Counts(len(new), len(moved), len(gone), unchanged),
        tuple(
            KeptSlot(slot.id, slot.calendar_id, slot.start, slot.end, *taken[slot.id], wanted.get(slot.id))
            for slot in sorted(kept.values(), key=_by_time)
        ),
        tuple(
            WithheldSlot(slot.id, slot.calendar_id, slot.start, slot.end)
            for slot in sorted((wanted[name] for name in withheld), key=_by_time)
        ),
    )


def _same_time(one: Placed, other: Placed) -> bool:
    """Whether the two differ in nothing that an appointment repeats: only in how they are offered."""
    return one[:_OFFER] == other[:_OFFER]


def _by_time(slot: Placed) -> tuple[datetime, str, str]:
    return slot.start, slot.calendar_id, slot.id


def _overlapping(slots: Iterable[Placed], kept: Iterable[Placed], practitioners: Collection[str]) -> set[str]:
    # Kept slots of one practitioner may overlap each other, when the calendar was a resource's before.
    # The latest end so far, beside each start, tells whether any of those that begin earlier is still on.
    starts: dict[str, list[datetime]] = {}
    ends: dict[str, list[datetime]] = {}
    for slot in sorted(kept, key=_by_time):
        if slot.calendar_id in practitioners:
            starts.setdefault(slot.calendar_id, []).append(slot.start)
            until = ends.setdefault(slot.calendar_id, [])
            until.append(max(slot.end, until[-1]) if until else slot.end)
    found = set()
    for slot in slots:
        before = bisect_right(starts.get(slot.calendar_id, []), slot.end - slot.end.resolution)
        if before and ends[slot.calendar_id][before - 1] > slot.start:
            found.add(slot.id)
    return found


# --- what is there ----------------------------------------------------------------------------------


def _stored(
    connection: Connection, her_id: str, wanted: Mapping[str, Placed], now: datetime
) -> dict[str, Placed]:
    query = select(*(s.c[name] for name in Placed._fields)).where(s.c.her_id == her_id)
    found = [Placed(*row) for row in connection.execute(query.where(s.c.start >= now))]
    stored = {slot.id: slot for slot in found}
    for names in _in_batches(wanted.keys() - stored.keys()):
        found = [Placed(*row) for row in connection.execute(query.where(s.c.id.in_(names)))]
        stored |= {slot.id: slot for slot in found}
    return stored


def _taken(
    connection: Connection, her_id: str, ids: Collection[str], now: datetime
) -> dict[str, tuple[State, int]]:
    """Whether somebody has booked each slot, or all who have it hold it; and how many have it."""
    taken: dict[str, tuple[State, int]] = {}
    for names in _in_batches(ids):
        rows = select(s.c.id).where(s.c.her_id == her_id, s.c.id.in_(names)).order_by(s.c.id)
        connection.execute(rows.with_for_update()).all()
        living = or_(a.c.state == State.BOOKED, and_(a.c.state == State.HELD, a.c.held_until > now))
        query = select(a.c.slot_id, func.min(a.c.state), func.count()).group_by(a.c.slot_id)
        mine = query.where(a.c.her_id == her_id, a.c.slot_id.in_(names), living)
        # "booked" comes before "held" in the alphabet.
        taken |= {name: (State(state), seats) for name, state, seats in connection.execute(mine)}
    return taken


# --- what is done -----------------------------------------------------------------------------------


def _delete(connection: Connection, her_id: str, ids: Collection[str]) -> None:
    for names in _in_batches(ids):
        connection.execute(delete(s).where(s.c.her_id == her_id, s.c.id.in_(names)))


def _update(connection: Connection, her_id: str, slots: Collection[Placed]) -> None:
    if slots:
        rows = [slot._asdict() for slot in slots]
        for row in rows:
            row["key"] = row.pop("id")
        connection.execute(update(s).where(s.c.her_id == her_id, s.c.id == bindparam("key")), rows)


def _insert(connection: Connection, her_id: str, slots: Collection[Placed]) -> None:
    if slots:
        connection.execute(insert(s), [{"her_id": her_id, **slot._asdict()} for slot in slots])


def _in_batches(ids: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
