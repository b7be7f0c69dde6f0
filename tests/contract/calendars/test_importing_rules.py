"""The clinic's rules in the store: importing changes them, and what is taken stays where and when it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from handlers.calendars.file import read_calendar_file
from handlers.calendars.importing import import_calendars
from handlers.calendars.overview import list_calendars, list_slots
from handlers.calendars.report import Counts, ImportReport
from handlers.desk import groups, tables
from handlers.desk.model import State
from handlers.desk.policies import Ask, CalendarPolicy, Sex
from handlers.desk.store import Desk
from tests.support.ruled import RULED, calendars_of, changed

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

OWNER = "92301"
SEVERAL = """\
owner: {her_id: 92301, name: Bakkelia helse, parent: {her_id: 92300, name: Bakkelia kommune}}
calendars:
  - id: lab
    name: Laboratoriet
    category: Lab
    place: Hall 1
    types: [{code: blod, name: Blodprøve, duration: PT10M}, {code: urin, name: Urin, duration: PT10M}]
    slots:
      - {id: A1, start: "2027-03-05T09:00", type: blod, capacity: 3}
      - {id: A2, start: "2027-03-05T09:10", type: blod}
      - {id: A3, start: "2027-03-05T09:20", type: urin}
"""

Run = Callable[[str], ImportReport]
Take = Callable[..., None]


@pytest.fixture
def run(connection: Connection, now: datetime, oslo: ZoneInfo) -> Run:
    return lambda text: import_calendars(connection, read_calendar_file(text, "a.yaml"), now, oslo)


@pytest.fixture
def take(connection: Connection, now: datetime) -> Take:
    """Enter an appointment on a place of a slot; its id says which."""

    def take(slot_id: str, seat: int = 0, state: State = State.BOOKED, **more: Any) -> None:
        slot = connection.execute(select(tables.slot).where(tables.slot.c.id == slot_id)).mappings().one()
        row = {name: slot[name] for name in ("her_id", "calendar_id", "type_code", "start", "end")}
        row |= dict.fromkeys(("national_id", "family_name", "given_name"), "-")
        row |= {
            "id": f"{slot_id}-{seat}",
            "slot_id": slot_id,
            "seat": seat,
            "state": state,
            "title": "Blodprøve",
        }
        row |= {"created_at": now, "changed_at": now, "place": "Hall 1"}
        row["held_until"] = now + timedelta(minutes=1) if state is State.HELD else None
        connection.execute(insert(tables.appointment), row | more)

    return take


def slots(connection: Connection) -> dict[str, Any]:
    return {row["id"]: dict(row) for row in connection.execute(select(tables.slot)).mappings()}


def appointments(connection: Connection) -> dict[str, Any]:
    return {row["id"]: dict(row) for row in connection.execute(select(tables.appointment)).mappings()}


# --- what a file brings


def test_what_was_imported_is_what_the_desk_goes_by(connection: Connection, run: Run, now: datetime) -> None:
    run(RULED)
    desk = Desk(connection, now, lambda: "-")
    written = calendars_of(RULED)
    calendars = {calendar.id: calendar for calendar in desk.calendars(OWNER)}
    assert {name: calendar.policy for name, calendar in calendars.items()} == {
        name: entry.policy for name, entry in written.items()
    }
    assert [kind.policy for kind in calendars["lab"].types] == [kind.policy for kind in written["lab"].types]
    offered = {name: desk.slot(OWNER, name) for name in ("A1", "A2", "A3")}
    assert {name: (slot.capacity, slot.must_call) for name, slot in offered.items() if slot} == {
        "A1": (3, False),
        "A2": (1, False),
        "A3": (1, True),
    }
    assert offered["A2"] is not None
    assert offered["A2"].available_at == datetime(2027, 3, 3, 11, tzinfo=UTC)


def test_importing_twice_changes_nothing(connection: Connection, run: Run) -> None:
    run(RULED)
    before = slots(connection)
    again = run(RULED)
    assert (again.calendars, again.slots) == (Counts(unchanged=3), Counts(unchanged=len(before)))
    assert slots(connection) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sex: female", "sex: male"),
        ("must_accept: true", "must_accept: false"),
        ("representation: optional", "representation: required"),
        ("overlaps: false", "overlaps: true"),
        ("moves_to: [nord]", "moves_to: []"),
        ("text: Det ene", "text: Noe annet"),
        ("latest: PT2H", "latest: PT3H"),
        ("most: 2", "most: 3"),
        ("most_open: 1", "most_open: 2"),
        ("hidden: true", "hidden: false, change: {allowed: false}"),
    ],
)
def test_a_new_rule_changes_the_calendar_and_no_slot(
    connection: Connection, run: Run, take: Take, old: str, new: str
) -> None:
    run(RULED)
    take("A1")
    before = slots(connection), appointments(connection)
    text = changed(RULED, old, new)
    if "hidden: false" in new:
        text = text.replace("types: [blod, rask]", "types: [blod, rask, skjult]")
    report = run(text)
    assert report.calendars == Counts(changed=1, unchanged=2)
    assert (report.slots, report.kept) == (Counts(unchanged=len(before[0])), ())
    assert (slots(connection), appointments(connection)) == before
    assert report.affected == ()


def test_a_rule_that_is_taken_out_of_the_file_is_gone(
    connection: Connection, run: Run, now: datetime
) -> None:
    run(RULED)
    run(SEVERAL)
    (calendar,) = Desk(connection, now, lambda: "-").calendars(OWNER)
    assert calendar.policy == CalendarPolicy()
    assert (calendar.types[0].policy.reason, calendar.types[0].policy.earliest) == (Ask.OPTIONAL, None)
    assert calendar.policy.audience.sex is not Sex.FEMALE


# --- places in a slot


@pytest.mark.parametrize(("capacity", "changes"), [(2, 1), (3, 0), (5, 1)])
def test_the_places_of_a_taken_slot_may_change_down_to_what_is_taken(
    connection: Connection, run: Run, take: Take, capacity: int, changes: int
) -> None:
    run(SEVERAL)
    take("A1", 0)
    take("A1", 2, State.HELD)
    report = run(SEVERAL.replace("capacity: 3", f"capacity: {capacity}"))
    assert (report.slots, report.kept) == (Counts(changed=changes, unchanged=3 - changes), ())
    assert slots(connection)["A1"]["capacity"] == capacity


def test_more_are_kept_than_the_file_has_room_for_and_nobody_else_gets_in(
    connection: Connection, run: Run, take: Take, now: datetime
) -> None:
    run(SEVERAL.replace("capacity: 3", "capacity: 5"))
    for seat in (0, 1, 4):
        take("A1", seat)
    text = SEVERAL.replace("capacity: 3", "capacity: 2")
    report = run(text)
    (kept,) = report.kept
    assert (kept.id, kept.taken, kept.room, kept.state) == ("A1", 3, 2, State.BOOKED)
    assert report.slots == Counts(unchanged=2)
    assert slots(connection)["A1"]["capacity"] == 3
    assert len(appointments(connection)) == 3
    (listed, *_) = list_slots(connection, now, now)
    assert (listed.taken, listed.capacity, listed.state) == (3, 3, "booked")
    assert run(text).kept == report.kept
    connection.execute(tables.appointment.delete().where(tables.appointment.c.seat == 4))
    assert run(text).slots == Counts(changed=1, unchanged=2)
    assert slots(connection)["A1"]["capacity"] == 2


@pytest.mark.parametrize("gone", [False, True])
def test_a_taken_slot_that_the_file_moves_or_lacks_takes_nobody_else(
    connection: Connection, run: Run, take: Take, gone: bool
) -> None:
    run(SEVERAL)
    take("A1")
    before = slots(connection)["A1"]
    line = '      - {id: A1, start: "2027-03-05T09:00", type: blod, capacity: 3}\n'
    report = run(SEVERAL.replace(line, "" if gone else line.replace("09:00", "08:00")))
    (kept,) = report.kept
    assert (kept.taken, kept.room, kept.wanted is None) == (1, None, gone)
    assert slots(connection)["A1"] == before | {"capacity": 1}
    assert run(SEVERAL).slots == Counts(changed=1, unchanged=2)
    assert slots(connection)["A1"] == before


@pytest.mark.parametrize("new", ["must_call: true", 'available_at: "2027-03-04T12:00"'])
def test_how_a_taken_slot_is_offered_may_change(
    connection: Connection, run: Run, take: Take, new: str
) -> None:
    run(SEVERAL)
    take("A1")
    report = run(SEVERAL.replace("capacity: 3", f"capacity: 3, {new}"))
    assert (report.slots, report.kept) == (Counts(changed=1, unchanged=2), ())
    slot = slots(connection)["A1"]
    assert slot["must_call"] or slot["available_at"]


def test_a_slot_is_free_until_its_last_place_is_taken(
    connection: Connection, run: Run, take: Take, now: datetime
) -> None:
    run(SEVERAL)

    def listed() -> tuple[Any, ...]:
        (calendar,) = list_calendars(connection, now)
        slot = list(list_slots(connection, now, now))[0]  # noqa: RUF015 - all of it is read
        free = [slot.id for slot in list_slots(connection, now, now, only_free=True)]
        return slot.taken, slot.state, "A1" in free, calendar.free, calendar.places

    assert listed() == (0, "free", True, 5, 5)
    take("A1", 0)
    take("A1", 1, State.HELD)
    assert listed() == (2, "free", True, 3, 5)
    take("A1", 2)
    assert listed() == (3, "held", False, 2, 5)
    (calendar,) = list_calendars(connection, now)
    assert calendar.first == datetime(2027, 3, 5, 8, 10, tzinfo=UTC)
    later = now + timedelta(minutes=2)  # the hold has lapsed
    assert [slot.taken for slot in list_slots(connection, later, now)] == [2, 0, 0]
    take("A2", 0, State.CANCELLED)
    assert listed() == (3, "held", False, 2, 5)


# --- what appointments repeat of their calendar


def test_a_new_place_comes_to_the_appointments_to_come(
    connection: Connection, run: Run, take: Take, now: datetime
) -> None:
    run(SEVERAL)
    take("A2")
    take("A1", 1)
    take("A1", 0)
    take("A1", 2, State.HELD)
    take("A3", 0, State.CANCELLED)
    take("A3", 1, start=now - timedelta(days=1))
    report = run(SEVERAL.replace("Hall 1", "Hall 2"))
    assert report.affected == ("A1-0", "A1-1", "A2-0")
    assert {name: row["place"] for name, row in appointments(connection).items()} == {
        "A1-0": "Hall 2",
        "A1-1": "Hall 2",
        "A1-2": "Hall 2",
        "A2-0": "Hall 2",
        "A3-0": "Hall 1",
        "A3-1": "Hall 1",
    }
    assert run(SEVERAL.replace("Hall 1", "Hall 2")).affected == ()


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("name: Blodprøve", "name: Blod", "Blod"),
        ("name: Blodprøve", "name: Blodprøve, category: Video", "Blodprøve"),
        ("name: Blodprøve", "name: Blodprøve, phone: required", None),
    ],
)
def test_a_new_name_or_category_of_their_type_comes_to_the_appointments(
    connection: Connection, run: Run, take: Take, old: str, new: str, title: str | None
) -> None:
    run(SEVERAL)
    take("A1")
    take("A3")
    report = run(SEVERAL.replace(old, new))
    assert report.affected == (() if title is None else ("A1-0",))
    found = {name: row["title"] for name, row in appointments(connection).items()}
    assert found == {"A1-0": title or "Blodprøve", "A3-0": "Blodprøve"}


# --- calendars for those on a list


def test_a_calendar_for_an_empty_list_is_reported(connection: Connection, run: Run) -> None:
    assert run(RULED).owners[0].for_nobody == (("lab", "risiko"), ("lab", "listed:123"))
    groups.replace(connection, OWNER, "risiko", {"x"})
    groups.replace(connection, OWNER, groups.listed_with("123"), {"x"})
    assert run(RULED).owners[0].for_nobody == ()
