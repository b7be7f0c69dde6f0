"""Importing brings the store up to date with the file and never takes a slot away from anybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, Table, insert, select, update

from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file
from handlers.calendars.importing import import_calendars
from handlers.calendars.report import Counts, ImportReport
from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.rules.offers import Offer
from handlers.desk.rules.times import period
from handlers.desk.store import Desk
from tests.support.people import LINE

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Times = tuple[str, str, str]
Rows = dict[Any, dict[str, Any]]
Run = Callable[..., ImportReport]
Stored = Callable[..., Rows]
Taken = Callable[..., None]

SLOTS: list[Times] = [(f"S{n}", f"2027-03-05T09:{n}0", f"2027-03-05T09:{n}5") for n in range(4)]


def a_calendar(
    id_: str = "korona-1",
    kind: str = "category: Koronatest",
    slots: list[Times] = SLOTS,
    types: str = "test",
    extra: str = "",
) -> str:
    lines = [f"      - {{id: {i}, start: {start}, end: {end}, type: test}}" for i, start, end in slots]
    kinds = [f"      - {{code: {code}, name: Koronatest, duration: PT5M}}" for code in types.split()]
    body = [f"  - id: {id_}", "    name: Koronatest", f"    {kind}", "    types:", *kinds, extra]
    return "\n".join([*body, "    slots:" if lines else "", *lines, ""])


def a_file(*calendars: str, her_id: str = "91095", name: str = "Vaksinasjonstjenesten") -> str:
    head = f"owner: {{her_id: {her_id}, name: {name}, parent: {{her_id: 1234, name: Beste kommune}}}}\n"
    listed = "calendars:\n" + "".join(calendars) if calendars else "calendars: []\n"
    return head + listed


@pytest.fixture
def run(connection: Connection, now: datetime, oslo: ZoneInfo) -> Run:
    def run(text: str, at: datetime = now) -> ImportReport:
        return import_calendars(connection, read_calendar_file(text, "a.yaml"), at, oslo)

    return run


@pytest.fixture
def stored(connection: Connection) -> Stored:
    def stored(table: Table = tables.slot, key: str = "id") -> Rows:
        return {row[key]: dict(row) for row in connection.execute(select(table)).mappings()}

    return stored


def enter_appointment(
    connection: Connection,
    slot_id: str,
    now: datetime,
    state: State = State.BOOKED,
    held_until: datetime | None = None,
) -> None:
    slot = connection.execute(select(tables.slot).where(tables.slot.c.id == slot_id)).mappings().one()
    values = {name: slot[name] for name in ("her_id", "calendar_id", "start", "end")}
    people = {"national_id": "13116900216", "family_name": "Danser", "given_name": "Line"}
    times = {"created_at": now, "changed_at": now, "held_until": held_until}
    row = {"id": uuid4().hex, "slot_id": slot_id, "state": state, "title": "T"} | values | people | times
    connection.execute(insert(tables.appointment), row)


@pytest.fixture
def taken(connection: Connection, now: datetime) -> Taken:
    """Enter an appointment on a slot; a hold lapses at ``held_until``."""
    return lambda slot_id, *state: enter_appointment(connection, slot_id, now, *state)


def without(*ids: str) -> str:
    return a_file(a_calendar(slots=[slot for slot in SLOTS if slot[0] not in ids]))


def moved(id_: str, start: str = "2027-03-06T10:00", end: str = "2027-03-06T10:05") -> str:
    return a_file(a_calendar(slots=[(id_, start, end) if slot[0] == id_ else slot for slot in SLOTS]))


# --- what a file brings


def test_what_was_imported_is_what_the_desk_offers(connection: Connection, run: Run, now: datetime) -> None:
    run(a_file(a_calendar(), a_calendar("linn", "practitioner: {hpr: 1, family_name: L, given_name: G}", [])))
    desk = Desk(connection, now, lambda: uuid4().hex)
    first, second = desk.calendars("91095")
    assert (first.id, first.category, first.types[0].duration) == (
        "korona-1",
        "Koronatest",
        timedelta(minutes=5),
    )
    assert (second.practitioner.hpr, second.category) == ("1", None)
    offer = Offer(("korona-1",), None, period(now, now + timedelta(days=9)))
    free = desk.free_slots("91095", LINE, [offer])
    assert [slot.id for slot in free] == ["S0", "S1", "S2", "S3"]
    assert free[0].start == datetime(2027, 3, 5, 8, tzinfo=UTC)


def test_importing_twice_changes_nothing(run: Run, stored: Stored) -> None:
    rule = "    weekly: [{days: [mon, fri], from: 10:00, to: 12:00, type: test, until: 2027-04-30}]"
    text = a_file(a_calendar(extra=rule))
    first = run(text)
    before = stored()
    second = run(text)
    assert first.slots.added == len(before) > 400
    assert second.slots == Counts(unchanged=len(before))
    assert second.calendars == Counts(unchanged=1)
    assert stored() == before


def test_importing_again_changes_what_changed(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar()))
    slots = [("S0", *SLOTS[0][1:]), ("S1", "2027-03-06T10:00", "2027-03-06T10:05"), ("S9", *SLOTS[3][1:])]
    report = run(a_file(a_calendar(slots=slots)))
    assert report.slots == Counts(added=1, changed=1, removed=2, unchanged=1)
    assert stored().keys() == {"S0", "S1", "S9"}
    assert stored()["S1"]["start"] == datetime(2027, 3, 6, 9, tzinfo=UTC)


def test_an_owners_new_names_are_applied(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar()))
    run(a_file(a_calendar(), name="Vaksinekontoret"))
    assert stored(tables.owner, "her_id")["91095"]["name"] == "Vaksinekontoret"


def test_a_calendars_new_texts_are_applied(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar()))
    report = run(a_file(a_calendar(extra="    booking: two-step\n    place: Hall 2")))
    assert report.calendars == Counts(changed=1)
    row = stored(tables.calendar)["korona-1"]
    assert (row["place"], row["hold_seconds"], row["open"]) == ("Hall 2", 600, True)


def test_another_owners_calendars_are_not_touched(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar(), her_id="91096"))
    run(a_file(a_calendar("other", slots=[("S0", *SLOTS[1][1:])])))
    run(a_file())
    rows = [row for row in stored(key="start").values() if row["her_id"] == "91096"]
    assert len(rows) == 4
    assert stored(tables.calendar)["korona-1"]["open"] is True


def test_a_file_of_several_owners_is_reported_owner_by_owner(run: Run) -> None:
    report = run(a_file(a_calendar()) + "---\n" + a_file(a_calendar(), her_id="91096", name="B"))
    assert [(owner.her_id, owner.slots.added) for owner in report.owners] == [("91095", 4), ("91096", 4)]
    assert report.slots.added == 8


def test_a_broken_file_changes_nothing(run: Run, stored: Stored) -> None:
    bad = a_file(a_calendar(slots=[("S0", "2027-03-28T02:10", "2027-03-28T02:15")]))
    with pytest.raises(CalendarFileError, match="clock jumps"):
        run(a_file(a_calendar(), her_id="91096") + "---\n" + bad)
    assert stored(tables.owner, "her_id") == {}


# --- what is over


def test_what_has_been_is_left_alone(run: Run, stored: Stored, now: datetime) -> None:
    run(a_file(a_calendar()))
    before = stored()
    report = run(
        a_file(a_calendar(slots=[("S1", SLOTS[1][1], "2027-03-05T09:19")])), now + timedelta(days=10)
    )
    assert stored() == before
    assert report.slots == Counts(unchanged=1)


def test_a_slot_that_has_passed_is_added_when_it_is_not_there(
    run: Run, stored: Stored, now: datetime
) -> None:
    report = run(a_file(a_calendar()), now + timedelta(days=10))
    assert report.slots.added == 4
    assert len(stored()) == 4


def test_a_passed_slot_may_be_moved_to_a_time_to_come(run: Run, stored: Stored, now: datetime) -> None:
    run(a_file(a_calendar()))
    report = run(moved("S1", "2027-03-20T10:00", "2027-03-20T10:05"), now + timedelta(days=10))
    assert report.slots == Counts(changed=1, unchanged=3)
    assert stored()["S1"]["start"].day == 20


# --- what somebody has


@pytest.mark.parametrize("state", [State.BOOKED, State.HELD])
@pytest.mark.parametrize("change", ["removed", "moved", "calendar gone"])
def test_a_taken_slot_is_left_as_it_was_and_reported(
    run: Run, stored: Stored, taken: Taken, now: datetime, state: State, change: str
) -> None:
    run(a_file(a_calendar()))
    taken("S1", state, None if state is State.BOOKED else now + timedelta(minutes=10))
    before = stored()["S1"]
    report = run({"removed": without("S1"), "moved": moved("S1"), "calendar gone": a_file()}[change])
    (kept,) = report.kept
    assert (kept.id, kept.calendar_id, kept.start, kept.state) == ("S1", "korona-1", before["start"], state)
    assert (kept.wanted is not None) is (change == "moved")
    assert stored()["S1"] == before
    assert (
        report.slots
        == {
            "removed": Counts(unchanged=3),
            "moved": Counts(unchanged=3),
            "calendar gone": Counts(removed=3),
        }[change]
    )


def test_the_report_never_tells_who_has_the_slot(run: Run, taken: Taken) -> None:
    run(a_file(a_calendar()))
    taken("S1")
    told = repr(run(without("S1")))
    assert "S1" in told
    assert not any(secret in told for secret in ("13116900216", "Danser", "Line"))


@pytest.mark.parametrize("state", [State.CANCELLED, State.LAPSED, State.HELD])
def test_a_slot_that_nobody_has_any_more_is_free_to_go(
    run: Run, stored: Stored, taken: Taken, now: datetime, state: State
) -> None:
    run(a_file(a_calendar()))
    taken("S1", state, now if state is State.HELD else None)
    report = run(without("S1"))
    assert report.kept == ()
    assert "S1" not in stored()


def test_a_taken_slot_that_the_file_still_has_is_simply_unchanged(run: Run, taken: Taken) -> None:
    run(a_file(a_calendar()))
    taken("S1")
    report = run(a_file(a_calendar()))
    assert (report.kept, report.slots) == ((), Counts(unchanged=4))


def test_a_kept_slot_goes_once_it_has_been_cancelled(
    run: Run, stored: Stored, taken: Taken, connection: Connection
) -> None:
    run(a_file(a_calendar()))
    taken("S1")
    run(without("S1"))
    connection.execute(update(tables.appointment).values(state=State.CANCELLED))
    assert run(without("S1")).slots == Counts(removed=1, unchanged=3)
    assert "S1" not in stored()


def test_a_practitioner_is_not_offered_beside_a_slot_that_was_kept(
    run: Run, stored: Stored, taken: Taken, connection: Connection
) -> None:
    linn = {"id_": "linn", "kind": "practitioner: {hpr: 1, family_name: L, given_name: G}"}
    run(a_file(a_calendar(**linn)))
    taken("S1")  # 09:10-09:15
    slots = [
        ("N1", "2027-03-05T09:05", "2027-03-05T09:12"),
        ("S2", "2027-03-05T09:14", "2027-03-05T09:20"),
        ("N2", "2027-03-05T09:00", "2027-03-05T09:05"),
        ("N3", "2027-03-05T09:20", "2027-03-05T09:25"),
    ]
    touching = [
        ("N4", "2027-03-05T09:15", "2027-03-05T09:20"),
        ("N5", "2027-03-05T09:05", "2027-03-05T09:10"),
    ]
    report = run(a_file(a_calendar(**linn, slots=slots)))
    assert [slot.id for slot in report.withheld] == ["N1", "S2"]
    assert stored().keys() == {"S1", "N2", "N3"}
    assert run(a_file(a_calendar(**linn, slots=touching))).withheld == ()
    connection.execute(update(tables.appointment).values(state=State.CANCELLED))
    assert run(a_file(a_calendar(**linn, slots=slots))).withheld == ()
    assert stored().keys() == {"N1", "S2", "N2", "N3"}


def test_a_resource_is_offered_beside_a_slot_that_was_kept(run: Run, taken: Taken) -> None:
    run(a_file(a_calendar()))
    taken("S1")
    report = run(a_file(a_calendar(slots=[("N1", "2027-03-05T09:10", "2027-03-05T09:15")])))
    assert (report.withheld, report.slots.added, len(report.kept)) == ((), 1, 1)


def test_another_owners_booking_of_a_slot_with_the_same_id_keeps_nothing(run: Run, taken: Taken) -> None:
    run(a_file(a_calendar(), her_id="91096"))
    taken("S1")
    run(a_file(a_calendar()))
    assert run(a_file()).slots == Counts(removed=4)


# --- calendars and types that are no longer there


def test_a_calendar_that_is_no_longer_in_the_file_is_closed(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar(), a_calendar("korona-2", slots=[])))
    report = run(a_file(a_calendar("korona-2", slots=[])))
    assert report.closed == ("korona-1",)
    assert report.calendars == Counts(removed=1, changed=1)  # korona-2 is now the first
    assert stored(tables.calendar)["korona-1"]["open"] is False
    assert stored() == {}
    assert stored(tables.time_type, "calendar_id").keys() == {"korona-2"}
    assert run(a_file(a_calendar("korona-2", slots=[]))).closed == ()


def test_a_closed_calendar_opens_when_it_is_back(run: Run, stored: Stored) -> None:
    run(a_file(a_calendar()))
    run(a_file())
    assert run(a_file(a_calendar())).calendars == Counts(changed=1)
    assert stored(tables.calendar)["korona-1"]["open"] is True
    assert len(stored()) == 4


def test_a_type_stays_for_as_long_as_a_slot_needs_it(
    run: Run, stored: Stored, taken: Taken, connection: Connection
) -> None:
    run(a_file(a_calendar(types="test rask")))
    assert stored(tables.time_type, "code").keys() == {"test", "rask"}
    taken("S1")
    run(a_file(a_calendar(types="ny", slots=[])))
    assert stored(tables.time_type, "code").keys() == {"test", "ny"}
    connection.execute(update(tables.appointment).values(state=State.CANCELLED))
    run(a_file(a_calendar(types="ny", slots=[])))
    assert stored(tables.time_type, "code").keys() == {"ny"}


# --- many, and at once


@pytest.mark.slow
def test_a_hundred_thousand_slots_take_seconds(run: Run) -> None:
    rows = [
        (f"X{n}", f"2027-03-{n % 28 + 1:02}T09:10", f"2027-03-{n % 28 + 1:02}T09:15") for n in range(100_000)
    ]
    began = time.monotonic()
    assert run(a_file(a_calendar(slots=rows))).slots.added == 100_000
    assert time.monotonic() - began < 60


def test_a_booking_in_progress_is_waited_for_and_kept(
    postgres: Engine, now: datetime, oslo: ZoneInfo
) -> None:
    owner = "99001"
    slots = [("S0", "2027-03-05T09:00", "2027-03-05T09:05")]
    full = read_calendar_file(a_file(a_calendar(slots=slots), her_id=owner), "a.yaml")
    empty = read_calendar_file(a_file(a_calendar(slots=[]), her_id=owner), "a.yaml")
    with postgres.begin() as connection:
        import_calendars(connection, full, now, oslo)
    reports = []

    def import_again() -> None:
        with postgres.begin() as connection:
            reports.append(import_calendars(connection, empty, now, oslo))

    thread = Thread(target=import_again)
    try:
        with postgres.begin() as connection:
            assert Desk(connection, now, lambda: uuid4().hex).slot(owner, "S0")
            thread.start()
            thread.join(0.5)
            assert thread.is_alive()
            enter_appointment(connection, "S0", now)
        thread.join(10)
        assert [kept.id for kept in reports[0].kept] == ["S0"]
    finally:
        with postgres.begin() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(table.delete())
