"""Giving a time back: by whichever name, once, in time, and never somebody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.reasons import Reason
from handlers.desk.replies import Cancelled, Declined
from tests.support.clinic import HOLD, NOW, OTHER_OWNER, OWNER, START, book, cancel, reserve
from tests.support.people import KARI

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from handlers.desk.replies import Reply
    from handlers.desk.store import Desk

    Ask = Callable[..., Reply]
    DeskAt = Callable[..., Desk]

SECOND = timedelta(seconds=1)
UNKNOWN = Declined(Reason.APPOINTMENT_UNKNOWN)
CANCELLED = Declined(Reason.APPOINTMENT_CANCELLED)


@pytest.mark.parametrize(
    "references",
    [
        ("APPOINTMENT",),
        ("K1",),
        ("APPOINTMENT", "K1"),
        ("K1", "APPOINTMENT"),
        ("unknown", "K1"),
        ("K1", "unknown"),
    ],
    ids="/".join,
)
def test_an_appointment_is_cancelled_whichever_way_it_is_named(ask: Ask, references: tuple[str, ...]) -> None:
    booked = ask(reserve("K1")).appointment
    names = [booked.id if name == "APPOINTMENT" else name for name in references]
    reply = ask(cancel(*names))
    assert isinstance(reply, Cancelled)
    assert (reply.appointment.id, reply.appointment.state) == (booked.id, State.CANCELLED)


def test_the_row_stays_with_the_reason_that_was_given(ask: Ask, connection: Connection) -> None:
    ask(reserve("K1", reason="Hoste"))
    ask(cancel("K1", reason="Frisk igjen"))
    row = connection.execute(select(tables.appointment)).one()
    assert (row.state, row.reason, row.cancellation_reason) == ("cancelled", "Hoste", "Frisk igjen")


def test_somebody_elses_appointment_is_unknown_and_stands(ask: Ask) -> None:
    booked = ask(reserve("K1")).appointment
    assert ask(cancel(booked.id, "K1", patient=KARI)) == UNKNOWN
    assert ask(reserve("K1", KARI)) == Declined(Reason.SLOT_TAKEN)


def test_an_appointment_at_another_owner_is_unknown(ask: Ask) -> None:
    booked = ask(reserve("K1")).appointment
    assert ask(cancel(booked.id, owner=OTHER_OWNER)) == UNKNOWN


def test_nothing_named_and_nothing_there_is_unknown(ask: Ask) -> None:
    ask(reserve("K1"))
    assert ask(cancel("no-such-id")) == UNKNOWN
    assert ask(cancel()) == UNKNOWN


def test_the_second_time_it_says_that_it_is_cancelled_already(ask: Ask) -> None:
    booked = ask(reserve("K1")).appointment
    ask(cancel("K1"))
    assert ask(cancel("K1")) == CANCELLED
    assert ask(cancel(booked.id)) == CANCELLED


def test_an_appointment_can_be_cancelled_until_it_begins_and_not_at_that_moment(ask: Ask) -> None:
    ask(reserve("K1"))
    assert ask(cancel("K1"), START) == Declined(Reason.APPOINTMENT_PASSED)
    assert isinstance(ask(cancel("K1"), START - SECOND), Cancelled)


def test_a_hold_can_be_given_back_before_it_lapses(ask: Ask) -> None:
    held = ask(reserve("L1")).appointment
    assert isinstance(ask(cancel(held.id)), Cancelled)
    assert ask(reserve("L1", KARI)).appointment.state is State.HELD


@pytest.mark.parametrize("written_down", [False, True])
def test_a_hold_that_lapsed_is_no_appointment_any_more(ask: Ask, written_down: bool) -> None:
    held = ask(reserve("L1")).appointment
    if written_down:
        ask(reserve("L1", KARI), NOW + HOLD)
    assert ask(cancel(held.id), NOW + HOLD) == UNKNOWN
    assert ask(cancel("L1"), NOW + HOLD) == UNKNOWN


def test_the_slot_names_the_appointment_that_takes_it_up_and_not_an_earlier_one(ask: Ask) -> None:
    ask(reserve("K1"))
    ask(cancel("K1"), NOW + SECOND)
    again = ask(reserve("K1"), NOW + 2 * SECOND).appointment
    assert ask(cancel("K1"), NOW + 3 * SECOND).appointment.id == again.id


def test_an_old_appointment_named_by_its_own_id_leaves_the_new_one_alone(ask: Ask) -> None:
    old = ask(reserve("K1")).appointment
    ask(cancel("K1"))
    ask(book("K1"))
    assert ask(cancel(old.id, "K1")) == CANCELLED
    assert isinstance(ask(cancel("K1")), Cancelled)


def test_the_slot_names_the_last_cancelled_one_when_nobody_has_it(ask: Ask) -> None:
    for n in (0, 2):
        ask(reserve("K1"), NOW + n * SECOND)
        ask(cancel("K1"), NOW + (n + 1) * SECOND)
    assert ask(cancel("K1"), NOW + 9 * SECOND) == CANCELLED


def test_a_long_history_with_a_slot_costs_no_more_than_a_short_one(ask: Ask, desk_at: DeskAt) -> None:
    first = ask(reserve("K1")).appointment
    ask(cancel("K1"))
    for _ in range(9):
        ask(reserve("K1"))
        ask(cancel("K1"))
    last = ask(reserve("K1")).appointment
    found = desk_at().appointments(OWNER, first.patient.national_id, (first.id, "K1"))
    assert [one.id for one in found[:2]] == [first.id, last.id]
    assert len(found) == 4
    assert ask(cancel(first.id, "K1")) == CANCELLED
    assert isinstance(ask(cancel("K1")), Cancelled)
