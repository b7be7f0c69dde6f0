"""What is in the store, as it is listed: free is what nobody has at the moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, insert

from handlers.calendars.file import read_calendar_file
from handlers.calendars.importing import import_calendars
from handlers.calendars.overview import list_calendars, list_slots
from handlers.desk import tables
from handlers.desk.model import State

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

TEXT = """
owner: {her_id: 91095, name: Vaksinasjonstjenesten, parent: {her_id: 1234, name: Beste kommune}}
calendars:
  - id: korona-1
    name: Koronatest
    category: Koronatest
    types: [{code: test, name: Koronatest, duration: PT5M}]
    slots:
      - {id: S1, start: 2027-03-05T09:00, type: test}
      - {id: S2, start: 2027-03-05T09:05, type: test}
"""


@pytest.mark.parametrize(
    ("state", "held_for", "expected"),
    [
        (State.BOOKED, None, "booked"),
        (State.HELD, 1, "held"),
        (State.HELD, 0, "free"),
        (State.LAPSED, 0, "free"),
        (State.CANCELLED, None, "free"),
    ],
)
def test_free_is_what_nobody_has_now(
    connection: Connection,
    now: datetime,
    oslo: ZoneInfo,
    state: State,
    held_for: int | None,
    expected: str,
) -> None:
    import_calendars(connection, read_calendar_file(TEXT, "a.yaml"), now, oslo)
    names = ("id", "calendar_id", "title", "national_id", "family_name", "given_name")
    row = dict.fromkeys(names, "-") | dict.fromkeys(("start", "end", "created_at", "changed_at"), now)
    row |= {"her_id": "91095", "slot_id": "S1", "state": state, "held_until": None}
    if held_for is not None:
        row["held_until"] = now + timedelta(minutes=held_for)
    connection.execute(insert(tables.appointment), row)
    free = 2 if expected == "free" else 1
    (calendar,) = list_calendars(connection, now)
    assert (calendar.free, calendar.open) == (free, True)
    assert [slot.state for slot in list_slots(connection, now, now)] == [expected, "free"]
    assert len(list(list_slots(connection, now, now, only_free=True))) == free


def test_slots_are_from_start_up_to_end(connection: Connection, now: datetime, oslo: ZoneInfo) -> None:
    import_calendars(connection, read_calendar_file(TEXT, "a.yaml"), now, oslo)
    first, second = list_slots(connection, now, now)
    assert [slot.id for slot in list_slots(connection, now, first.start, second.start)] == ["S1"]
    assert [slot.id for slot in list_slots(connection, now, second.start)] == ["S2"]
    assert list(list_slots(connection, now, now, calendar_id="other")) == []
