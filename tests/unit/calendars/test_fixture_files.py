"""The sample calendars are right, and have the slots that the sample messages name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handlers.calendars.files import read_file, read_files
from handlers.calendars.layout import lay_out

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FOLDER = Path(__file__).parents[3] / "fixtures" / "calendars"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in (".yaml", ".json"))


def test_they_can_be_imported_together() -> None:
    assert len(read_files(FILES)) == len(FILES) == 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_slot_is_in_march_2027(path: Path, oslo: ZoneInfo) -> None:
    for drawn in lay_out(read_file(path), datetime(2026, 1, 1, tzinfo=UTC), oslo):
        starts = {slot.start.astimezone(oslo) for slot in drawn.slots.values()}
        assert {(start.year, start.month) for start in starts} == {(2027, 3)}


def test_the_small_municipality_has_what_a_small_municipality_has(now: datetime, oslo: ZoneInfo) -> None:
    (drawn,) = lay_out(read_file(FOLDER / "beste-kommune.yaml"), now, oslo)
    assert {calendar.category for calendar in drawn.document.calendars} == {
        "Koronatest",
        "Koronavaksine",
        "Lab",
        "Vaksine",
    }
    assert any(calendar.holds_for for calendar in drawn.document.calendars)
    assert all(calendar.place and calendar.conditions for calendar in drawn.document.calendars)
    assert len({calendar.place for calendar in drawn.document.calendars}) >= 3
    assert 300 <= len(drawn.slots) < 2_000
    named = drawn.slots["4088E990AD89CB3DBB484909"]
    assert (named.calendar_id, named.start, named.end) == (
        "korona-1",
        datetime(2027, 3, 5, 8, 10, tzinfo=UTC),
        datetime(2027, 3, 5, 8, 15, tzinfo=UTC),
    )


def test_the_general_practitioner_has_a_calendar_of_their_own(now: datetime, oslo: ZoneInfo) -> None:
    (drawn,) = lay_out(read_file(FOLDER / "furuly-legekontor.yaml"), now, oslo)
    (calendar,) = drawn.document.calendars
    assert calendar.practitioner.hpr == "9141200"
    assert calendar.category is None
