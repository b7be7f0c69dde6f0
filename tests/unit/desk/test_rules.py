"""The desk's rules by themselves: no books, no clock, only what is known at the moment of the write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.desk.model import Appointment, Calendar, Practitioner, Slot, State, TimeType
from handlers.desk.policies import (
    Ask,
    Audience,
    CalendarPolicy,
    Choice,
    DeskKind,
    Question,
    Sex,
    TypePolicy,
)
from handlers.desk.reasons import Reason
from handlers.desk.requests import Reserve
from handlers.desk.rules.offers import is_the_same_for_all
from handlers.desk.rules.taken import is_hold_of, takes_up_its_slot
from handlers.desk.rules.undoing import why_no_cancelling
from handlers.desk.rules.wishes import why_not_this_slot
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from handlers.desk.replies import Declined

START = datetime(2027, 3, 5, 8, 10, tzinfo=UTC)
END = START + timedelta(minutes=5)
BEFORE = START - timedelta(seconds=1)
SECOND = timedelta(seconds=1)
KIND = TimeType("time", "Time", timedelta(minutes=5))
CALENDAR = Calendar("91095", "korona", "Koronatest", category="Koronatest")
LINN = replace(CALENDAR, category=None, practitioner=Practitioner("9141200", "Linn", "Legesen"))
SLOT = Slot("K1", CALENDAR, KIND, START, END)
WISH = Reserve(owner="91095", patient=LINE, slot_id="K1", start=START, end=END)


def appointment(state: State, held_until: datetime | None = None) -> Appointment:
    return Appointment(
        "a", "91095", "korona", "K1", state, START, END, "Time", None, None, LINE, held_until=held_until
    )


def reason_of(declined: Declined | None) -> Reason | None:
    return declined.reason if declined else None


@pytest.mark.parametrize(
    ("state", "held_until", "taken"),
    [
        (State.BOOKED, None, True),
        (State.HELD, BEFORE + SECOND, True),
        (State.HELD, BEFORE, False),
        (State.HELD, BEFORE - SECOND, False),
        (State.HELD, None, False),
        (State.CANCELLED, None, False),
        (State.LAPSED, None, False),
    ],
)
def test_booked_times_and_holds_that_have_not_lapsed_take_up_their_slot(
    state: State, held_until: datetime | None, taken: bool
) -> None:
    assert takes_up_its_slot(appointment(state, held_until), BEFORE) is taken


@pytest.mark.parametrize("state", list(State))
def test_only_the_patients_own_hold_is_theirs_to_confirm(state: State) -> None:
    assert is_hold_of(appointment(state), LINE) is (state is State.HELD)
    assert not is_hold_of(appointment(state), KARI)


def test_a_patient_is_known_by_their_number_and_not_by_their_name() -> None:
    assert is_hold_of(appointment(State.HELD), replace(LINE, family_name="Gift", phone=None))


@pytest.mark.parametrize(
    ("changes", "now", "reason"),
    [
        ({}, BEFORE, None),
        ({}, START, Reason.SLOT_PASSED),
        ({}, END, Reason.SLOT_PASSED),
        ({"start": START + SECOND}, BEFORE, Reason.SLOT_MOVED),
        ({"end": END - SECOND}, BEFORE, Reason.SLOT_MOVED),
        ({"start": START + SECOND}, START, Reason.SLOT_MOVED),
        ({"calendar_id": "korona"}, BEFORE, None),
        ({"calendar_id": "lab"}, BEFORE, Reason.SLOT_UNKNOWN),
        ({"calendar_id": "lab", "end": START}, END, Reason.SLOT_UNKNOWN),
        ({"hpr": "1"}, BEFORE, None),
    ],
)
def test_why_a_slot_cannot_be_had(changes: dict[str, object], now: datetime, reason: Reason | None) -> None:
    assert reason_of(why_not_this_slot(SLOT, replace(WISH, **changes), now)) is reason


@pytest.mark.parametrize(
    ("hpr", "accepts", "reason"),
    [
        (None, False, None),
        ("9141200", False, None),
        ("1", False, Reason.OTHER_PRACTITIONER),
        ("1", True, None),
    ],
)
def test_another_practitioner_only_for_whoever_accepts_one(
    hpr: str | None, accepts: bool, reason: Reason | None
) -> None:
    wish = replace(WISH, hpr=hpr, accepts_another_practitioner=accepts)
    assert reason_of(why_not_this_slot(replace(SLOT, calendar=LINN), wish, BEFORE)) is reason


def test_the_same_moment_in_another_zone_is_the_same_moment() -> None:
    oslo_time = START.astimezone(datetime.fromisoformat("2027-03-05T09:10:00+01:00").tzinfo)
    assert why_not_this_slot(SLOT, replace(WISH, start=oslo_time), BEFORE) is None


@pytest.mark.parametrize(
    ("state", "held_until", "now", "reason"),
    [
        (State.BOOKED, None, BEFORE, None),
        (State.BOOKED, None, START, Reason.APPOINTMENT_PASSED),
        (State.HELD, END, BEFORE, None),
        (State.HELD, BEFORE, BEFORE, Reason.APPOINTMENT_UNKNOWN),
        (State.HELD, END, START, Reason.APPOINTMENT_PASSED),
        (State.LAPSED, None, BEFORE, Reason.APPOINTMENT_UNKNOWN),
        (State.CANCELLED, None, BEFORE, Reason.APPOINTMENT_CANCELLED),
        (State.CANCELLED, None, END, Reason.APPOINTMENT_CANCELLED),
    ],
)
def test_why_an_appointment_cannot_be_cancelled(
    state: State, held_until: datetime | None, now: datetime, reason: Reason | None
) -> None:
    assert reason_of(why_no_cancelling(appointment(state, held_until), None, now)) is reason


# --- whom a calendar's rules tell apart

TELL_CITIZENS_APART = {
    "a group": CalendarPolicy(audience=Audience(group="risiko")),
    "the youngest": CalendarPolicy(audience=Audience(youngest=0)),
    "the oldest": CalendarPolicy(audience=Audience(oldest=150)),
    "a sex": CalendarPolicy(audience=Audience(sex=Sex.FEMALE)),
    "whose list": CalendarPolicy(audience=Audience(listed_with="9141200")),
    "somebody must act": CalendarPolicy(representation=Ask.REQUIRED),
    "nobody may act": CalendarPolicy(representation=Ask.REFUSED),
    "no overlaps": CalendarPolicy(overlaps=False),
    "questions": CalendarPolicy(questions=(Question("q", "?", (Choice("a", "A", ("time",)),)),)),
}
TELL_NOBODY_APART = {
    "nothing": CalendarPolicy(),
    "another desk": CalendarPolicy(desk=DeskKind.ACUTE),
    "protected": CalendarPolicy(protected=True),
    "conditions": CalendarPolicy(accept_conditions=True, moves_to=("lab",), shows_appointments=False),
}


@pytest.mark.parametrize("policy", TELL_CITIZENS_APART.values(), ids=TELL_CITIZENS_APART)
def test_a_calendar_whose_rules_look_at_who_asks_is_not_the_same_for_all(policy: CalendarPolicy) -> None:
    assert not is_the_same_for_all(replace(CALENDAR, types=(KIND,), policy=policy))


def test_nor_is_one_with_a_limit_for_each_citizen() -> None:
    limited = replace(KIND, policy=TypePolicy(most_open=9))
    assert not is_the_same_for_all(replace(CALENDAR, types=(KIND, limited)))


@pytest.mark.parametrize("policy", TELL_NOBODY_APART.values(), ids=TELL_NOBODY_APART)
def test_any_other_calendar_is_the_same_for_all(policy: CalendarPolicy) -> None:
    hidden = replace(KIND, policy=TypePolicy(hidden=True, latest=timedelta(hours=2)))
    assert is_the_same_for_all(replace(CALENDAR, types=(KIND, hidden), policy=policy))
