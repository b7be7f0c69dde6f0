"""Who gets a time, for how long, and why not: decided when it is written, never when it was shown."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Declined
from tests.support.clinic import END, HOLD, HPR, NOW, OTHER_OWNER, SLOTS, START, book, cancel, reserve
from tests.support.people import KARI, LINE, PARENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from handlers.desk.model import Appointment, Patient
    from handlers.desk.replies import Reply
    from handlers.desk.requests import Reserve
    from handlers.desk.store import Desk

    Ask = Callable[..., Reply]

    TakenBy = Callable[..., Appointment | None]
    Wish = Callable[..., Reserve]

SECOND = timedelta(seconds=1)
EITHER = pytest.mark.parametrize("request_for", [reserve, book])


@pytest.fixture
def taken_by(desk_at: Callable[..., Desk]) -> Callable[..., Appointment | None]:
    def taken_by(slot_id: str, at: datetime = NOW) -> Appointment | None:
        desk = desk_at(at)
        return next(iter(desk.takers(desk.slot("91095", slot_id))), None)

    return taken_by


# --- a calendar that books at once


def test_a_reservation_in_a_one_step_calendar_is_a_booking(ask: Ask, taken_by: TakenBy) -> None:
    booked = ask(reserve("K1")).appointment
    assert (booked.state, booked.held_until) == (State.BOOKED, None)
    assert (booked.start, booked.end, booked.slot_id, booked.her_id) == (START, END, "K1", "91095")
    assert taken_by("K1") == booked
    assert taken_by("K1", START + SECOND) == booked


def test_what_was_said_about_the_appointment_is_kept(ask: Ask, taken_by: TakenBy) -> None:
    ask(reserve("D1", representative=PARENT, reason="Vondt i foten", hpr=HPR))
    kept = taken_by("D1")
    assert (kept.patient, kept.representative, kept.reason) == (LINE, PARENT, "Vondt i foten")
    assert (kept.title, kept.practitioner.family_name) == ("Time & avtale", "Linn")


# --- a calendar with holds


def test_a_reservation_in_a_two_step_calendar_is_a_hold(ask: Ask, taken_by: TakenBy) -> None:
    held = ask(reserve("L1")).appointment
    assert (held.state, held.held_until) == (State.HELD, NOW + HOLD)
    assert taken_by("L1") == held


@EITHER
def test_nobody_else_gets_a_held_time_before_the_hold_lapses(ask: Ask, request_for: Wish) -> None:
    ask(reserve("L1"))
    assert ask(request_for("L1", KARI), NOW + HOLD - SECOND) == Declined(Reason.SLOT_TAKEN)


@EITHER
def test_anybody_gets_a_held_time_at_the_very_moment_the_hold_lapses(
    ask: Ask, request_for: Wish, taken_by: TakenBy
) -> None:
    ask(reserve("L1"))
    theirs = ask(request_for("L1", KARI), NOW + HOLD)
    assert isinstance(theirs, Booked)
    assert taken_by("L1", NOW + HOLD).patient == KARI


def test_a_hold_that_lapsed_is_written_down_as_lapsed(ask: Ask, connection: Connection) -> None:
    held = ask(reserve("L1")).appointment
    ask(reserve("L1", KARI), NOW + HOLD)
    query = select(tables.appointment.c.state).where(tables.appointment.c.id == held.id)
    assert connection.execute(query).scalar_one() == "lapsed"


def test_asking_again_gives_the_same_hold_and_makes_it_no_longer(ask: Ask, taken_by: TakenBy) -> None:
    held = ask(reserve("L1")).appointment
    again = ask(reserve("L1"), NOW + HOLD / 2).appointment
    assert again == held
    assert taken_by("L1", NOW + HOLD) is None


def test_a_hold_can_be_had_again_after_it_lapsed(ask: Ask) -> None:
    first = ask(reserve("L1")).appointment
    again = ask(reserve("L1"), NOW + HOLD).appointment
    assert again.id != first.id
    assert again.held_until == NOW + 2 * HOLD


# --- booking


def test_booking_confirms_the_hold_and_keeps_its_id(ask: Ask, taken_by: TakenBy) -> None:
    held = ask(reserve("L1", reason="Blodprøve")).appointment
    booked = ask(book("L1", reservation_id=held.id), NOW + HOLD - SECOND).appointment
    assert (booked.id, booked.state, booked.held_until) == (held.id, State.BOOKED, None)
    assert booked.reason == "Blodprøve"
    assert taken_by("L1", NOW + 2 * HOLD) == booked


def test_a_reason_given_when_confirming_replaces_the_earlier_one(ask: Ask, taken_by: TakenBy) -> None:
    held = ask(reserve("L1", reason="Blodprøve")).appointment
    ask(book("L1", reservation_id=held.id, reason="Fastende blodprøve"))
    assert taken_by("L1").reason == "Fastende blodprøve"


@pytest.mark.parametrize(
    ("uid", "related_to"),
    [("L1", "HOLD"), ("HOLD", "L1"), ("HOLD", None), ("unknown", "HOLD"), ("L1", None), ("L1", "unknown")],
)
def test_a_hold_is_confirmed_whichever_way_it_is_named(ask: Ask, uid: str, related_to: str | None) -> None:
    held = ask(reserve("L1")).appointment
    names = {"L1": "L1", "HOLD": held.id, "unknown": "unknown", None: None}
    booked = ask(book("L1", slot_id=names[uid], reservation_id=names[related_to])).appointment
    assert (booked.id, booked.state) == (held.id, State.BOOKED)


def test_somebody_elses_reservation_is_not_confirmed_by_its_id(ask: Ask) -> None:
    held = ask(reserve("L1")).appointment
    times = {"start": held.start, "end": held.end}
    assert ask(book("L1", KARI, slot_id=held.id, **times)) == Declined(Reason.SLOT_UNKNOWN)
    assert ask(book("L1", KARI, reservation_id=held.id)) == Declined(Reason.SLOT_TAKEN)


@pytest.mark.parametrize("slot_id", ["K1", "L1"])
def test_booking_straight_books_in_either_kind_of_calendar(ask: Ask, slot_id: str, taken_by: TakenBy) -> None:
    booked = ask(book(slot_id)).appointment
    assert booked.state is State.BOOKED
    assert taken_by(slot_id, NOW + HOLD) == booked


def test_after_the_hold_lapsed_booking_takes_the_time_if_it_is_free(ask: Ask) -> None:
    held = ask(reserve("L1")).appointment
    booked = ask(book("L1", reservation_id=held.id), NOW + HOLD).appointment
    assert booked.state is State.BOOKED
    assert booked.id != held.id


def test_after_the_hold_lapsed_booking_is_declined_if_somebody_has_the_time(ask: Ask) -> None:
    held = ask(reserve("L1")).appointment
    ask(reserve("L1", KARI), NOW + HOLD)
    assert ask(book("L1", reservation_id=held.id), NOW + HOLD) == Declined(Reason.SLOT_TAKEN)


# --- why not


@EITHER
@pytest.mark.parametrize("patient", [LINE, KARI])
def test_a_booked_time_is_taken_for_everybody(ask: Ask, request_for: Wish, patient: Patient) -> None:
    ask(book("L1"))
    assert ask(request_for("L1", patient)) == Declined(Reason.SLOT_TAKEN)


@EITHER
def test_a_time_is_passed_at_the_moment_it_begins(ask: Ask, request_for: Wish) -> None:
    assert ask(request_for("K1"), START) == Declined(Reason.SLOT_PASSED)
    assert isinstance(ask(request_for("K1"), START - SECOND), Booked)


@EITHER
@pytest.mark.parametrize("moved", [{"start": START - SECOND}, {"end": END + SECOND}])
def test_a_time_that_is_not_where_the_citizen_saw_it_is_moved(
    ask: Ask, request_for: Wish, moved: dict[str, datetime]
) -> None:
    assert ask(request_for("K1", **moved)) == Declined(Reason.SLOT_MOVED)


@EITHER
@pytest.mark.parametrize(
    "unknown",
    [{"slot_id": "nobody-has-this"}, {"owner": "999"}, {"calendar_id": "lab"}, {"slot_id": ""}],
    ids=["id", "owner", "calendar", "empty"],
)
def test_a_time_that_is_not_there_is_unknown(ask: Ask, request_for: Wish, unknown: dict[str, str]) -> None:
    assert ask(request_for("K1", **unknown)) == Declined(Reason.SLOT_UNKNOWN)


def test_the_same_slot_id_at_another_owner_is_another_slot(ask: Ask) -> None:
    assert isinstance(ask(reserve("K1")), Booked)
    assert isinstance(ask(reserve("K1", KARI, owner=OTHER_OWNER)), Booked)


@EITHER
def test_another_practitioner_is_declined_unless_the_citizen_accepts_one(ask: Ask, request_for: Wish) -> None:
    assert ask(request_for("D1", hpr="1")) == Declined(Reason.OTHER_PRACTITIONER)
    assert isinstance(ask(request_for("D1", hpr="1", accepts_another_practitioner=True)), Booked)


@EITHER
def test_what_is_declined_leaves_nothing_behind(ask: Ask, request_for: Wish, connection: Connection) -> None:
    for wish in (
        request_for("K1", start=START - SECOND),
        request_for("K0"),
        request_for("none"),
        request_for("D1", hpr="1"),
    ):
        assert isinstance(ask(wish), Declined)
    assert connection.execute(select(func.count()).select_from(tables.appointment)).scalar_one() == 0


# --- once more


def test_a_cancelled_time_can_be_booked_by_anybody_again(ask: Ask, taken_by: TakenBy) -> None:
    first = ask(reserve("K1")).appointment
    ask(cancel("K1"))
    assert ask(reserve("K1", KARI)).appointment.id != first.id
    assert taken_by("K1").patient == KARI
    ask(cancel("K1", patient=KARI))
    assert ask(book("K1")).appointment.patient == LINE
    assert SLOTS["K1"][1] == taken_by("K1").start
