"""What stands in a message never shows when a value of the desk is printed, and a value never changes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime

import pytest

from handlers.desk.model import Appointment, Patient, Relation, Representative, State
from handlers.desk.replies import Booked, Shown
from tests.support import clinic
from tests.support.people import LINE, PARENT

NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
APPOINTMENT = Appointment(
    "a", "91095", "korona", "K1", State.BOOKED, NOW, NOW, "Time", None, None, LINE, PARENT, "Kløe på halsen"
)
SECRETS = [
    value
    for person in (LINE, PARENT)
    for field in fields(person)
    if (value := getattr(person, field.name)) and field.name != "relation"
]
SAID = "Kløe på halsen"


@pytest.mark.parametrize(
    "value",
    [
        LINE,
        PARENT,
        APPOINTMENT,
        Booked(Shown(APPOINTMENT, None, None)),
        clinic.reserve("K1", representative=PARENT, reason=SAID),
        clinic.book("K1", representative=PARENT, reason=SAID),
        clinic.cancel("K1", reason=SAID),
        clinic.slot_query(representative=PARENT),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_of_a_person_shows_when_it_is_printed(value: object) -> None:
    shown = f"{value!r} {value}"
    assert not [secret for secret in [*SECRETS, SAID] if secret in shown]


def test_a_representative_shows_only_why_they_may_act() -> None:
    assert "PARENT" in repr(Representative(Relation.PARENT, "x"))


def test_people_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        LINE.phone = "1"
    assert Patient("1", "a", "b") == Patient("1", "a", "b")
