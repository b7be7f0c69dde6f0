"""What the clinic offers, as the books have it: its calendars, and what is free in them.

Calendars are read in every transaction, and laid out anew only when what was read is new. It never decides
who may have what.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.desk import statements
from handlers.desk.compiled import numbered_values
from handlers.desk.rows import calendar_of, moment, seconds, slot_of, types_by_calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.desk.compiled import Row
    from handlers.desk.model import Calendar, Slot
    from handlers.desk.rules.offers import Offer

_MOST_OWNERS = 100  # whose calendars are kept from one transaction to the next


@dataclass(frozen=True, slots=True)
class Calendars:
    """An owner's calendars by their ids: ``all`` of them, since what is in a closed one goes by its rules
    still, and those that are ``open``, in the order in which the clinic lists them.

    ``have_lists`` says that the owner has lists of patients.
    """

    all: Mapping[str, Calendar]
    open: Mapping[str, Calendar]
    have_lists: bool


@dataclass(frozen=True, slots=True)
class Free:
    """The slots of some offers with a seat that nobody has, by their start, and whether any has several."""

    slots: tuple[Slot, ...]
    some_for_several: bool


def read_calendars(connection: Connection, her_id: str) -> Calendars:
    """An owner's calendars at this moment: the same objects as long as nothing about them changes."""
    types = statements.TIME_TYPES.all(connection, her_id=her_id)
    rows = statements.CALENDARS.all(connection, her_id=her_id)
    return _laid_out(tuple(rows), tuple(types))


def read_free_slots(
    connection: Connection,
    calendars_of: Callable[[str], Calendars],
    now: datetime,
    her_id: str,
    offers: tuple[Offer, ...],
) -> Free:
    """What is free of some offers, whoever asks."""
    rows: list[Row] = []
    for offer in offers:
        rows += statements.free_slots(*_sizes(offer)).all(connection, **_values(her_id, now, offer))
    open_ones = calendars_of(her_id).open
    slots = [slot_of(open_ones, row) for row in rows]
    slots.sort(key=lambda slot: (slot.start, slot.calendar.id, slot.id))
    return Free(tuple(slots), any(slot.capacity > 1 for slot in slots))


def read_spans(
    connection: Connection, now: datetime, her_id: str, national_id: str, offers: Iterable[Offer]
) -> dict[str, tuple[datetime, datetime]]:
    """The first and last start, by calendar, of what a patient can book at once of some offers."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for offer in offers:
        rows = statements.spans(*_sizes(offer)).all(
            connection, national_id=national_id, **_values(her_id, now, offer)
        )
        for calendar_id, first, last in rows:
            if first is not None:
                edges = moment(first), moment(last)
                before = found.get(calendar_id, edges)
                found[calendar_id] = min(before[0], edges[0]), max(before[1], edges[1])
    return found


def _sizes(offer: Offer) -> tuple[int, int, int]:
    """How many of each there are in the statement that asks for an offer's slots."""
    return len(offer.calendar_ids), len(offer.type_codes or ()), len(offer.busy)


def _values(her_id: str, now: datetime, offer: Offer) -> dict[str, object]:
    return {
        "her_id": her_id,
        "now": seconds(now),
        "opens": seconds(offer.window.opens),
        "closes": seconds(offer.window.closes),
        **numbered_values("calendar", offer.calendar_ids),
        **numbered_values("type", offer.type_codes or ()),
        **{f"busy_from_{n}": seconds(start) for n, (start, _end) in enumerate(offer.busy)},
        **{f"busy_to_{n}": seconds(end) for n, (_start, end) in enumerate(offer.busy)},
    }


@lru_cache(_MOST_OWNERS)
def _laid_out(rows: tuple[Row, ...], types: tuple[Row, ...]) -> Calendars:
    by_calendar = types_by_calendar(types)
    named = [dict(zip(statements.OF_A_CALENDAR, row, strict=True)) for row in rows]
    found = {row["id"]: calendar_of(row, by_calendar.get(row["id"], ())) for row in named}
    return Calendars(
        all=found,
        open={row["id"]: found[row["id"]] for row in named if row["open"]},
        have_lists=any(row["has_lists"] for row in named),
    )
