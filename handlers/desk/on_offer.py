"""What the clinic offers: its calendars, as the books have them in one transaction.

They are read in each, and laid out anew only when what was read is new. It never decides who may have what.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.desk import statements
from handlers.desk.rows import calendar_of, types_by_calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from handlers.desk.compiled import Row
    from handlers.desk.model import Calendar

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


def read_calendars(connection: Connection, her_id: str) -> Calendars:
    """An owner's calendars at this moment: the same objects as long as nothing about them changes."""
    types = statements.TIME_TYPES.all(connection, her_id=her_id)
    rows = statements.CALENDARS.all(connection, her_id=her_id)
    return _laid_out(tuple(rows), tuple(types))


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
