"""Many at once: whatever the interleaving, a slot has one appointment. (Promise P3)"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

import handlers
from adapter.database import open_engine
from handlers.desk import tables
from handlers.desk.model import Patient
from handlers.desk.policies import AS_USUAL, FOR_EVERYONE, CalendarPolicy, TypePolicy, written
from handlers.desk.replies import Booked, Cancelled
from handlers.desk.requests import Rebook
from handlers.desk.store import Desk
from tests.support.clinic import HOLD, NOW, OWNER, SLOTS, book, cancel, fill, reserve, wish
from tests.support.databases import postgres_url
from tests.support.people import KARI, LINE, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from handlers.desk.replies import Reply
    from handlers.desk.requests import Request

    AtOnce = Callable[..., list[Reply]]
    Decide = Callable[..., None]
    Living = Callable[[str], int]
    DeskAt = Callable[..., Desk]

MANY = 12
PEOPLE = [Patient(synthetic(n + 1, 5, 1970, 100), "Fiskebolle", f"Nr. {n}") for n in range(MANY)]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Engine]]:
    """Four openings of one database, as four processes would have it."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('at-once') / 'timebok.db'}"
        else:
            url = stack.enter_context(postgres_url())
        engines = [open_engine(url) for _ in range(4)]
        yield engines
        for engine in engines:
            engine.dispose()


@pytest.fixture
def engines(opened: list[Engine]) -> list[Engine]:
    """The same with nothing in it but the clinic."""
    with opened[0].begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())
        fill(connection)
    return opened


@pytest.fixture
def at_once(engines: list[Engine]) -> Callable[..., list[Reply]]:
    """Carry out requests at the same time, each in a transaction of its own."""

    def carry_out(barrier: Barrier, at: datetime, numbered: tuple[int, Request]) -> Reply:
        number, request = numbered
        barrier.wait(30)
        with engines[number % len(engines)].begin() as connection:
            return handlers.handle(request, Desk(connection, at, lambda: str(uuid4())))

    def run(requests: list[Request], at: datetime = NOW) -> list[Reply]:
        task = partial(carry_out, Barrier(len(requests)), at)
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(task, enumerate(requests)))

    return run


@pytest.fixture
def living(engines: list[Engine]) -> Callable[[str], int]:
    """How many living appointments a slot has."""

    def count(slot_id: str) -> int:
        query = select(func.count()).where(tables.appointment.c.slot_id == slot_id, tables.living)
        with engines[0].begin() as connection:
            return connection.execute(query).scalar_one()

    return count


@pytest.mark.parametrize("slot_id", ["K1", "L1"], ids=["one-step", "two-step"])
def test_of_many_who_reserve_one_slot_exactly_one_wins(at_once: AtOnce, living: Living, slot_id: str) -> None:
    replies = at_once([reserve(slot_id, patient) for patient in PEOPLE])
    assert sum(isinstance(reply, Booked) for reply in replies) == 1
    assert {reply.reason for reply in replies if not isinstance(reply, Booked)} == {"slot-taken"}
    assert living(slot_id) == 1


def test_of_many_who_book_and_reserve_one_slot_exactly_one_wins(at_once: AtOnce, living: Living) -> None:
    replies = at_once([(book if n % 2 else reserve)("L1", patient) for n, patient in enumerate(PEOPLE)])
    assert sum(isinstance(reply, Booked) for reply in replies) == 1
    assert living("L1") == 1


def test_of_many_who_want_a_lapsed_hold_exactly_one_wins(at_once: AtOnce, living: Living) -> None:
    at_once([reserve("L1", LINE)])
    replies = at_once([reserve("L1", patient) for patient in PEOPLE], NOW + HOLD)
    assert sum(isinstance(reply, Booked) for reply in replies) == 1
    assert living("L1") == 1


def test_one_patient_who_asks_many_times_at_once_has_one_hold(at_once: AtOnce, living: Living) -> None:
    replies = at_once([reserve("L1")] * MANY)
    assert len({reply.appointment.id for reply in replies}) == 1
    assert living("L1") == 1


def test_of_many_cancellations_of_one_appointment_exactly_one_is_granted(
    at_once: AtOnce, living: Living
) -> None:
    at_once([reserve("K1")])
    replies = at_once([cancel("K1")] * MANY)
    assert sum(isinstance(reply, Cancelled) for reply in replies) == 1
    assert living("K1") == 0


def test_confirming_and_cancelling_a_hold_at_once_leave_at_most_one_appointment(
    at_once: AtOnce, living: Living
) -> None:
    at_once([reserve("L1")])
    wishes = [cancel("L1"), book("L1"), reserve("L1", KARI)] * 4
    replies = at_once(wishes)
    assert living("L1") <= 1
    assert sum(isinstance(reply, Cancelled) for reply in replies) >= 1


def test_everybody_gets_their_own_slot_when_each_wants_another(at_once: AtOnce, living: Living) -> None:
    slots = [slot_id for slot_id, (calendar, *_) in SLOTS.items() if calendar != "stengt" and slot_id != "K0"]
    replies = at_once([reserve(slot_id, PEOPLE[n]) for n, slot_id in enumerate(slots)])
    assert all(isinstance(reply, Booked) for reply in replies)
    assert [living(slot_id) for slot_id in slots] == [1] * len(slots)


# --- what the clinic decides holds at once too


@pytest.fixture
def decide(engines: list[Engine]) -> Callable[..., None]:
    """Let every calendar, type and slot of the clinic have these."""

    def decide(calendar: CalendarPolicy, kind: TypePolicy, capacity: int = 1) -> None:
        with engines[0].begin() as connection:
            connection.execute(update(tables.calendar).values(policy=written(calendar)))
            connection.execute(update(tables.time_type).values(policy=written(kind)))
            connection.execute(update(tables.slot).values(capacity=capacity))

    return decide


def test_a_slot_for_three_has_three_of_many(at_once: AtOnce, living: Living, decide: Decide) -> None:
    decide(FOR_EVERYONE, AS_USUAL, 3)
    replies = at_once([reserve("K1", patient) for patient in PEOPLE])
    assert sum(isinstance(reply, Booked) for reply in replies) == 3
    assert living("K1") == 3


@pytest.mark.parametrize("most", [1, 2])
def test_who_books_many_times_at_once_has_no_more_than_the_type_allows(
    at_once: AtOnce, living: Living, decide: Decide, most: int
) -> None:
    decide(FOR_EVERYONE, TypePolicy(most_open=most))
    replies = at_once([reserve(slot_id) for slot_id in ("K1", "K2", "K3")] * 4)
    assert sum(isinstance(reply, Booked) for reply in replies) == most
    assert sum(map(living, ("K1", "K2", "K3"))) == most


def test_who_books_two_times_at_once_that_overlap_has_one(
    at_once: AtOnce, living: Living, decide: Decide
) -> None:
    decide(CalendarPolicy(overlaps=False), AS_USUAL)
    at_once([book(slot_id) for slot_id in ("K1", "L1", "K2", "L1")] * 3)
    assert living("L1") + max(living("K1"), living("K2")) == 1


def test_a_referral_used_many_times_at_once_is_used_once(
    at_once: AtOnce, living: Living, engines: list[Engine]
) -> None:
    row = {"id": "R", "her_id": OWNER, "national_id": LINE.national_id, "type_code": "time"}
    with engines[0].begin() as connection:
        always = {"opens": NOW, "closes": NOW + timedelta(days=99), "created_at": NOW}
        connection.execute(insert(tables.referral), row | always)
    replies = at_once([book(slot_id, referral_id="R") for slot_id in ("K1", "K2", "K3", "L1")] * 3)
    assert sum(isinstance(reply, Booked) for reply in replies) == 1
    assert sum(map(living, ("K1", "K2", "K3", "L1"))) == 1


def test_an_appointment_moved_many_times_at_once_is_in_one_place(at_once: AtOnce, living: Living) -> None:
    at_once([reserve("K1")])
    moves = [Rebook(references=("K1",), **wish(slot_id)) for slot_id in ("K2", "K3")] * 4
    replies = at_once([*moves, *(reserve(slot_id, KARI) for slot_id in ("K2", "K3"))])
    assert sum(isinstance(reply, Booked) for reply in replies) >= 2
    assert [living(slot_id) for slot_id in ("K1", "K2", "K3")] in ([0, 1, 1], [1, 1, 1])


# --- with the check of the handlers out of the way


def row(state: str, **changes: object) -> dict[str, object]:
    moments = {"start": NOW, "end": NOW, "created_at": NOW, "changed_at": NOW}
    who = {"national_id": LINE.national_id, "family_name": "D", "given_name": "L", "title": "T"}
    where = {"id": str(uuid4()), "her_id": "91095", "calendar_id": "korona", "slot_id": "K1"}
    return {**moments, **who, **where, "state": state, **changes}


@pytest.mark.parametrize("first", ["held", "booked"])
@pytest.mark.parametrize("second", ["held", "booked"])
def test_the_database_itself_refuses_a_second_living_appointment(
    connection: Connection, first: str, second: str
) -> None:
    connection.execute(insert(tables.appointment), row(first))
    with pytest.raises(IntegrityError), connection.begin_nested():
        connection.execute(insert(tables.appointment), row(second))


@pytest.mark.parametrize("ended", ["cancelled", "lapsed"])
def test_the_database_allows_a_new_appointment_beside_ended_ones(connection: Connection, ended: str) -> None:
    for state in (ended, ended, "booked"):
        connection.execute(insert(tables.appointment), row(state))


def test_the_desk_cannot_take_a_slot_that_somebody_has_after_all(
    connection: Connection, desk_at: DeskAt
) -> None:
    desk = desk_at()
    slot = desk.slot("91095", "K1")
    desk.take(slot, reserve("K1"), hold=None)
    with pytest.raises(IntegrityError), connection.begin_nested():
        desk.take(slot, reserve("K1", KARI), hold=HOLD)
