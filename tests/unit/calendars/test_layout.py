"""All slots of a file on the day of import: each once, none out of bounds, no practitioner in two places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.calendars import layout
from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file
from handlers.calendars.layout import Placed, lay_out

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def slots_of(text: str, now: datetime, zone: ZoneInfo) -> list[Placed]:
    return list(lay_out(read_calendar_file(text, "a.yaml"), now, zone)[0].slots.values())


def faults_of(text: str, now: datetime, zone: ZoneInfo) -> list[str]:
    with pytest.raises(CalendarFileError) as caught:
        slots_of(text, now, zone)
    return [str(fault) for fault in caught.value.faults]


def practitioner(text: str) -> str:
    return text.replace(
        "category: Koronatest", "practitioner: {hpr: 1, family_name: Linn, given_name: Legesen}"
    )


def test_an_explicit_slot_without_an_end_lasts_as_long_as_its_type(
    small: str, now: datetime, oslo: ZoneInfo
) -> None:
    slot = slots_of(small.replace(' end: "2027-03-05T09:15",', ""), now, oslo)[0]
    assert slot.end - slot.start == timedelta(minutes=5)


def test_slots_are_laid_out_from_the_day_of_import_on_and_not_before_now(small: str, oslo: ZoneInfo) -> None:
    # Friday 5 March at 08:45: of the morning's six slots three are still to come.
    noon = datetime(2027, 3, 5, 7, 45, tzinfo=UTC)
    rule_slots = [slot for slot in slots_of(small, noon, oslo) if slot.id != "A1"]
    assert min(slot.start for slot in rule_slots) == noon
    assert len([slot for slot in rule_slots if slot.start.day == 5]) == 3


def test_explicit_slots_are_laid_out_also_when_they_have_passed(
    small: str, now: datetime, oslo: ZoneInfo
) -> None:
    assert [slot.id for slot in slots_of(small, now + timedelta(days=90), oslo)] == ["A1"]


def test_a_rule_adds_nothing_where_a_slot_already_begins(small: str, now: datetime, oslo: ZoneInfo) -> None:
    # The explicit slot and a second, equal rule fall on what the first rule makes.
    same = small.replace('"2027-03-05T09:10", end: "2027-03-05T09:15"', '"2027-03-05T08:40"')
    rule = same[same.index("      - days") :]
    slots = slots_of(same + rule, now, oslo)
    keys = [(slot.start, slot.type_code) for slot in slots]
    assert len(keys) == len(set(keys)) == 6 * 9
    assert [slot.id for slot in slots if slot.start == datetime(2027, 3, 5, 7, 40, tzinfo=UTC)] == ["A1"]


def test_a_rule_may_run_two_years_and_no_longer(small: str, now: datetime, oslo: ZoneInfo) -> None:
    assert slots_of(small.replace('until: "2027-03-31"', "until: 2029-03-01"), now, oslo)
    (fault,) = faults_of(small.replace('until: "2027-03-31"', "until: 2029-03-02"), now, oslo)
    assert "a.yaml:15:9: calendars[0].weekly[0].until: 2029-03-02 is more than two years ahead" in fault


def test_a_rule_that_can_make_no_slot_is_a_fault(small: str, now: datetime, oslo: ZoneInfo) -> None:
    (fault,) = faults_of(small.replace('to: "09:00"', 'to: "08:34"'), now, oslo)
    assert "a.yaml:13:9: calendars[0].weekly[0].to: no slot of 0:05:00 fits" in fault


def test_an_explicit_slot_in_the_missing_hour_is_a_fault_with_its_line(
    small: str, now: datetime, oslo: ZoneInfo
) -> None:
    missing = small.replace("2027-03-05T09:1", "2027-03-28T02:1")
    (fault,) = faults_of(missing, now, oslo)
    assert fault.startswith("a.yaml:9:9: calendars[0].slots[0]: ")
    assert "the clock jumps forward in Europe/Oslo" in fault


def test_a_resource_may_be_in_several_places_at_once(small: str, now: datetime, oslo: ZoneInfo) -> None:
    both = small.replace(
        "      - {id: A1", '      - {id: A2, start: "2027-03-05T09:10", type: test}\n      - {id: A1'
    )
    assert {"A1", "A2"} <= {slot.id for slot in slots_of(both, now, oslo)}


def test_the_same_time_twice_without_ids_is_a_fault(small: str, now: datetime, oslo: ZoneInfo) -> None:
    line = '      - {start: "2027-03-05T09:10", type: test}\n'
    (fault,) = faults_of(small.replace("    weekly:", line + line + "    weekly:"), now, oslo)
    assert "calendars[0].slots[2]: is the same time and type as calendars[0].slots[1]" in fault


def test_an_id_that_another_slot_would_be_given_is_a_fault(small: str, now: datetime, oslo: ZoneInfo) -> None:
    made = next(slot for slot in slots_of(small, now, oslo) if slot.id != "A1")
    (fault,) = faults_of(small.replace("A1", made.id), now, oslo)
    assert f"calendars[0].weekly[0]: would get the id {made.id}, which calendars[0].slots[0] has" in fault


def test_a_practitioners_overlapping_slots_are_a_fault_that_names_both(
    small: str, now: datetime, oslo: ZoneInfo
) -> None:
    text = practitioner(small).replace('"2027-03-05T09:10"', '"2027-03-05T08:57"')
    (fault,) = faults_of(text, now, oslo)
    assert fault.startswith("a.yaml:9:9: calendars[0].slots[0]: overlaps calendars[0].weekly[0] on line 11: ")
    assert "2027-03-05 08:57-09:15 begins before 2027-03-05 08:55-09:00 is over" in fault


def test_a_long_slot_is_compared_with_all_that_it_covers(small: str, now: datetime, oslo: ZoneInfo) -> None:
    # 08:00 to 12:00 covers every slot of that Friday's rule, not only the first.
    text = practitioner(small).replace("T09:10", "T08:00").replace("T09:15", "T12:00")
    (fault,) = faults_of(text, now, oslo)
    assert fault.startswith("a.yaml:11:9: calendars[0].weekly[0]: overlaps calendars[0].slots[0] on line 9: ")
    assert "(and 5 times more)" in fault


def test_a_practitioners_slots_may_touch(small: str, now: datetime, oslo: ZoneInfo) -> None:
    assert slots_of(practitioner(small).replace("T09:1", "T09:0").replace("T09:05", "T09:10"), now, oslo)


def test_a_file_never_makes_more_slots_than_the_limit(
    small: str, now: datetime, oslo: ZoneInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MAX_SLOTS", 10)
    (fault,) = faults_of(small, now, oslo)
    assert "calendars[0].weekly[0]: with this the file makes more than 10 slots" in fault


def test_faults_of_all_documents_are_told_at_once(small: str, now: datetime, oslo: ZoneInfo) -> None:
    broken = small.replace('until: "2027-03-31"', "until: 2031-01-01")
    assert len(faults_of(broken + "---\n" + broken.replace("91095", "91096"), now, oslo)) == 2
