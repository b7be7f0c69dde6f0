"""Rules of a calendar file that are each right and make no sense together are refused, where they stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file
from handlers.calendars.layout import lay_out
from tests.support.ruled import RULED, calendars_of, changed, faults_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


# --- what is refused together with something else

_QUESTION = RULED[RULED.index("      - id: hva") : RULED.index("    types:\n      - code: blod")]
_CHOICES = _QUESTION[_QUESTION.index("          - {code: a") :]
_ASKED = "    questions:\n" + _QUESTION
_ACUTE = "desk: acute\n    "


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # a practitioner's own calendar
        (
            "shows_appointments: false",
            "audience: {listed_with: 124}",
            "45:16: calendars[2].audience.listed_with: is not 123",
        ),
        (
            "shows_appointments: false",
            "conditions: {version: 1, text: a, must_accept: true}",
            "45:39: calendars[2].conditions.must_accept: a citizen sees",
        ),
        (
            "shows_appointments: false",
            "questions: [{id: a, text: b, choices: [{code: a, text: b, types: [konsultasjon]}]}]",
            "45:5: calendars[2].questions: a citizen sees",
        ),
        (
            "type: konsultasjon}",
            "type: konsultasjon, capacity: 2}",
            "49:57: calendars[2].slots[0].capacity: 2 is too many: a practitioner",
        ),
        # acting for another
        ("representation: optional", "representation: refused", None),
        ("{from: 18, to: 64}, sex", "{to: 11}, sex", None),
        # protected units
        (
            "shows_appointments: false",
            "protected: true\n    shows_appointments: true",
            "46:5: calendars[2].shows_appointments: the appointments of a protected",
        ),
        (
            "moves_to: [nord]",
            "protected: true\n    moves_to: [nord]",
            "11:5: calendars[0].moves_to: means nothing in a protected unit",
        ),
        (
            "moves_to: [nord]",
            "protected: true",
            "25:9: calendars[0].types[0].cancel: means nothing in a protected unit",
        ),
        (
            "moves_to: [nord]",
            "protected: true",
            "26:9: calendars[0].types[0].change: means nothing in a protected unit",
        ),
        # acute and drop-in desks
        (
            "overlaps: false",
            _ACUTE + "overlaps: false",
            "10:5: calendars[0].overlaps: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: drop-in",
            "10:5: calendars[0].moves_to: means nothing at a desk that is drop-in",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "11:5: calendars[0].questions: means nothing at a desk that is acute",
        ),
        (
            "representation: optional",
            _ACUTE + "representation: required",
            "9:5: calendars[0].representation: means nothing at a desk",
        ),
        (
            "overlaps: false",
            _ACUTE + "booking: two-step",
            "10:5: calendars[0].booking: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "6:52: calendars[0].conditions.must_accept: means nothing at a desk",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "22:9: calendars[0].types[0].lead: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "23:9: calendars[0].types[0].reason: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "24:9: calendars[0].types[0].phone: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "25:9: calendars[0].types[0].cancel: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "26:9: calendars[0].types[0].change: means nothing at a desk that is acute",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "27:9: calendars[0].types[0].most_open: means nothing at a desk that is",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "29:54: calendars[0].types[2].hidden: means nothing at a desk that is",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "32:57: calendars[0].slots[1].available_at: means nothing at a desk",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "33:57: calendars[0].slots[2].must_call: means nothing at a desk that is",
        ),
        (
            "overlaps: false",
            "desk: acute",
            "7:5: calendars[0].audience: means nothing at a desk that is acute",
        ),
        (
            "moves_to: [nord]",
            "protected: true",
            "7:5: calendars[0].audience: means nothing in a protected unit",
        ),
        (
            "moves_to: [nord]",
            "protected: true",
            "33:57: calendars[0].slots[2].must_call: means nothing in a prot",
        ),
        # hidden types
        (
            '11:00", type: blod, must',
            '11:00", type: skjult, must',
            "33:59: calendars[0].slots[2].must_call: no citizen is shown times of the hidden",
        ),
        # questions of a guided booking
        (
            _QUESTION,
            _QUESTION * 2,
            "17:9: calendars[0].questions[1].id: 'hva' is also the id of calendars[0].questions[0]; every",
        ),
        ("code: b,", "code: a,", "16:14: calendars[0].questions[0].choices[1].code: 'a' is also the code of"),
        (
            _CHOICES[_CHOICES.index("\n") + 1 :],
            "",
            "14:9: calendars[0].questions[0].choices: has 1 of at least 2; add a choice",
        ),
        (
            _CHOICES,
            "          []\n",
            "14:9: calendars[0].questions[0].choices: has 0 of at least 2; add a choice",
        ),
        (
            "types: [blod]}\n",
            "types: []}\n",
            "16:40: calendars[0].questions[0].choices[1].types: leads to nothing; name the codes",
        ),
        (
            "types: [blod]}\n",
            "types: [x]}\n",
            "16:48: calendars[0].questions[0].choices[1].types[0]: 'x' is not the code of one of this cal",
        ),
        (
            "types: [blod]}\n",
            "types: [blod, blod]}\n",
            "16:54: calendars[0].questions[0].choices[1].types[1]: 'blod' stands here twice",
        ),
        (
            "types: [blod]}\n",
            "types: [skjult]}\n",
            "16:48: calendars[0].questions[0].choices[1].types[0]: 'skjult' is hidden",
        ),
        (
            "[blod, rask]",
            "[blod]",
            "14:9: calendars[0].questions[0].choices: no choice leads to the type 'rask'",
        ),
        (
            _QUESTION,
            _QUESTION.replace("types: [blod]}", "types: [rask]}")
            + _QUESTION.replace("id: hva", "id: og").replace("[blod, rask]", "[rask]"),
            "21:40: calendars[0].questions[1].choices[1].types: nothing is left of it after hva: b; every",
        ),
        # moving to another calendar
        (
            "moves_to: [nord]",
            "moves_to: [sor]",
            "10:16: calendars[0].moves_to[0]: 'sor' is not the id of another calendar of this owner (nord",
        ),
        (
            "moves_to: [nord]",
            "moves_to: [lab]",
            "10:16: calendars[0].moves_to[0]: 'lab' is this calendar itself",
        ),
        (
            "moves_to: [nord]",
            "moves_to: [nord, nord]",
            "10:22: calendars[0].moves_to[1]: 'nord' stands here twice",
        ),
        (
            "moves_to: [nord]",
            "moves_to: [bakke]",
            "10:16: calendars[0].moves_to[0]: 'bakke' has no type of the same code as one here",
        ),
        (
            "{until: PT12H, most: 2, message: refused}",
            "{allowed: false}",
            "10:16: calendars[0].moves_to[0]: none of the types that 'nord' has too may be changed (blod)",
        ),
        (
            "desk: booking",
            "desk: drop-in",
            "10:16: calendars[0].moves_to[0]: 'nord' is at a desk that is drop-in",
        ),
        ("desk: booking", "protected: true", "10:16: calendars[0].moves_to[0]: 'nord' is a protected unit"),
        (
            "desk: booking",
            "audience: {sex: male}",
            "10:16: calendars[0].moves_to[0]: 'nord' is for the other sex",
        ),
        (
            "desk: booking",
            "audience: {age: {from: 65}}",
            "10:16: calendars[0].moves_to[0]: 'nord' is for people of another age",
        ),
        (
            "desk: booking",
            "audience: {age: {to: 17}}",
            "10:16: calendars[0].moves_to[0]: 'nord' is for people of another age",
        ),
        (
            "desk: booking\n    types:\n      - {code: blod, name: Blodprøve, duration: PT10M}",
            "types:\n      - {code: blod, name: Blodprøve, duration: PT10M, hidden: true}",
            "10:16: calendars[0].moves_to[0]: the types that could move there are hidden in 'nord'",
        ),
    ],
)
def test_rules_that_make_no_sense_together_are_refused(old: str, new: str, expected: str | None) -> None:
    text = changed(RULED, old, new)
    if expected is None:
        assert calendars_of(text)
    else:
        found = faults_of(text)
        assert any(expected in fault for fault in found), found


def test_nobody_under_twelve_books_alone() -> None:
    text = changed(RULED, "representation: optional", "representation: refused")
    text = changed(text, "{from: 18, to: 64}", "{to: 11}")
    (found,) = faults_of(text)
    assert found.startswith("a.yaml:8:5: calendars[0].representation: patients of at most 11 cannot book")


def test_where_nothing_may_be_changed_nothing_moves() -> None:
    text = changed(RULED, "{until: PT12H, most: 2, message: refused}", "{allowed: false}")
    text = text.replace("PT5M", "PT5M, change: {allowed: false}")
    (found,) = faults_of(text)
    assert found.startswith("a.yaml:10:5: calendars[0].moves_to: no type of this calendar may be changed")


def test_a_practitioners_appointments_may_move_to_a_resource_with_the_same_type() -> None:
    text = changed(RULED, "shows_appointments: false", "moves_to: [nord]").replace("konsultasjon", "blod")
    assert calendars_of(text)["bakke"].policy.moves_to == ("nord",)


def test_what_makes_no_sense_is_told_also_of_a_file_with_other_faults() -> None:
    text = changed(changed(RULED, "moves_to: [nord]", "moves_to: [bakke]"), "capacity: 3", "capacity: x")
    assert [fault.split(": ")[1] for fault in faults_of(text)] == [
        "calendars[0].moves_to[0]",
        "calendars[0].slots[0].capacity",
    ]


def test_questions_without_number_are_refused_rather_than_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.calendars.guide._MOST_ROADS", 1)
    assert "too many questions to see where they lead" in faults_of(RULED)[0]


# --- what depends on the clock


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "2027-03-03T12:00",
            "2027-03-05T10:00",
            "32:57: calendars[0].slots[1].available_at: 2027-03-05 10:00-10:10 can then no",
        ),
        (
            "2027-03-03T12:00",
            "2027-03-05T08:00",
            "can then no longer be booked (at the latest 2:00:00 before)",
        ),
        ("2027-03-03T12:00", "2027-03-05T07:59", None),
        (
            "2027-03-03T12:00",
            "2027-03-28T02:30",
            "slots[1].available_at: at 2027-03-28T02:30 the clock jumps forward",
        ),
        (
            "capacity: 2,",
            'available_at: "2027-03-15T07:00",',
            "35:63: calendars[0].weekly[0].available_at: 2027-03-08 08:00-08:10 can then no longer be boo",
        ),
        ("capacity: 2,", 'available_at: "2027-03-02T12:00", since: "2027-03-08",', None),
    ],
)
def test_times_that_would_become_available_too_late_are_refused(
    old: str, new: str, expected: str | None, oslo: ZoneInfo
) -> None:
    now = datetime(2027, 3, 2, 7, tzinfo=UTC)
    file = read_calendar_file(changed(RULED, old, new), "a.yaml")
    if expected is None:
        assert lay_out(file, now, oslo)
        return
    with pytest.raises(CalendarFileError) as caught:
        lay_out(file, now, oslo)
    assert any(expected in str(fault) for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize(("here", "there"), [("refused", "required"), ("required", "refused")])
def test_nothing_can_move_from_who_acts_alone_to_who_must_not(here: str, there: str) -> None:
    text = changed(RULED, "representation: optional", f"representation: {here}")
    faults = faults_of(changed(text, "desk: booking", f"representation: {there}"))
    assert any("calendars[0].moves_to[0]: 'nord' is for who" in fault for fault in faults), faults
