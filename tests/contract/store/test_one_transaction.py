"""Within one transaction a desk reads what is free once for all who ask the same, and nobody can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import update

import handlers
from handlers.desk import tables
from handlers.desk.replies import Booked, Cancelled, Rebooked
from handlers.desk.requests import Cancel, Rebook, Reserve, SlotQuery
from handlers.desk.store import Desk
from tests.support.clinic import NOW, OWNER, book, cancel, reserve, slot_query, wish
from tests.support.people import KARI, LINE, OLA
from tests.support.worlds import DAY, OFFICE, STARTS, enter, worlds

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from handlers.desk.model import Patient
    from handlers.desk.replies import Reply
    from handlers.desk.requests import Request
    from tests.support.worlds import World

    Listed = Callable[..., list[str]]


@pytest.fixture
def desk(desk_at: Callable[..., Desk]) -> Desk:
    """The one desk of a transaction."""
    return desk_at(NOW)


@pytest.fixture
def listed(desk: Desk) -> Listed:
    """The ids of the slots that this very desk lists."""
    return lambda patient=LINE: [one.id for one in handlers.handle(slot_query(patient=patient), desk).slots]


def test_who_ask_the_same_are_given_the_very_same_answer(desk: Desk) -> None:
    first, second = (handlers.handle(slot_query(patient=one), desk).slots for one in (LINE, KARI))
    assert first is second


def test_every_write_is_seen_by_the_next_query(desk: Desk, listed: Listed) -> None:
    def after(request: Request, reply: type[Reply]) -> list[str]:
        assert isinstance(handlers.handle(request, desk), reply)
        assert listed(LINE) == listed(KARI) == listed(OLA)
        return listed()

    assert listed() == listed(KARI) == ["K1", "L1", "K2", "L2", "D1", "K3"]
    assert after(reserve("K1"), Booked) == ["L1", "K2", "L2", "D1", "K3"]
    assert after(reserve("L1", KARI), Booked) == ["K2", "L2", "D1", "K3"]
    assert after(book("L1", KARI), Booked) == ["K2", "L2", "D1", "K3"]
    assert after(Rebook(references=("K1",), **wish("K2")), Rebooked) == ["K1", "L2", "D1", "K3"]
    assert after(cancel("L1", patient=KARI), Cancelled) == ["K1", "L1", "L2", "D1", "K3"]
    assert after(cancel("K2"), Cancelled) == ["K1", "L1", "K2", "L2", "D1", "K3"]


def test_a_slot_for_several_is_offered_to_whoever_has_no_seat_in_it(
    desk: Desk, listed: Listed, connection: Connection
) -> None:
    connection.execute(update(tables.slot).where(tables.slot.c.id == "K1").values(capacity=2))
    assert "K1" in listed(LINE)
    handlers.handle(reserve("K1", KARI), desk)
    assert "K1" in listed(LINE)
    assert "K1" not in listed(KARI)
    assert "K1" in listed(OLA)
    handlers.handle(cancel("K1", patient=KARI), desk)
    assert "K1" in listed(KARI)


def test_a_question_about_another_owner_or_period_has_an_answer_of_its_own(desk: Desk) -> None:
    def asked(**query: object) -> list[str]:
        return [one.id for one in handlers.handle(slot_query(**query), desk).slots]

    assert asked() != asked(calendar_id="lab") != asked(owner="91096") != asked(end=NOW)


# --- in any world


def _ask(kind: type[Request], world: World, patient: Patient, desk: Desk, **fields: object) -> Reply:
    who = {"owner": OWNER, "patient": patient, "representative": world.representative}
    return handlers.handle(kind(**who | fields), desk)


def _check_as_if_new(world: World, desk: Desk, new_desk: Callable[[], Desk]) -> None:
    """Whoever asks is told what a desk would tell them that has never been asked before."""
    ever = {"start": min(STARTS) - DAY, "end": max(STARTS) + DAY, "answers": world.answers}
    for patient in dict.fromkeys([*(one.patient for one in world.taken), world.patient]):
        told = _ask(SlotQuery, world, patient, desk, **ever)
        assert told == _ask(SlotQuery, world, patient, new_desk(), **ever)


def _check_one_desk(engine: Engine, world: World) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        enter(connection, world)

        def new_desk() -> Desk:
            return Desk(connection, world.now, lambda: str(uuid4()), OFFICE)

        desk = new_desk()
        _check_as_if_new(world, desk, new_desk)
        for slot in world.slots:
            fields: Any = {"slot_id": slot.id, "start": slot.start, "end": slot.end}
            _ask(Reserve, world, world.patient, desk, **fields, answers=world.answers)
            _check_as_if_new(world, desk, new_desk)
        for one in world.taken:
            _ask(Cancel, world, one.patient, desk, references=(one.id,))
            _check_as_if_new(world, desk, new_desk)
        transaction.rollback()


def _check_many(engine: Engine, max_examples: int) -> None:
    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        max_examples=max_examples,
    )
    @given(worlds())
    def check(world: World) -> None:
        _check_one_desk(engine, world)

    check()


def test_a_desk_answers_as_if_it_had_never_been_asked(sqlite_in_memory: Engine) -> None:
    _check_many(sqlite_in_memory, 100)


def test_the_same_on_postgres(postgres: Engine) -> None:
    _check_many(postgres, 10)
