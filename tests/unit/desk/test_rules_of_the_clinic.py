"""What a clinic decides, rule by rule: at its edge, just before it and just after it, and with its figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from handlers.desk.model import (
    Appointment,
    Calendar,
    Conditions,
    Fixed,
    Patient,
    Referral,
    Slot,
    State,
    TimeType,
)
from handlers.desk.national_id import sex
from handlers.desk.policies import (
    Ask,
    Audience,
    CalendarPolicy,
    Choice,
    DeskKind,
    Question,
    Sex,
    TypePolicy,
    Undoing,
)
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined, Permission
from handlers.desk.requests import Actor, Rebook, Reserve
from handlers.desk.rules.answers import may_lead_to, why_not_answered
from handlers.desk.rules.asks import Given, given_by, why_not_given, why_not_given_to_move
from handlers.desk.rules.audience import Visitor, why_not_calendar, why_turned_away
from handlers.desk.rules.limits import why_occupied, why_too_many
from handlers.desk.rules.offers import bookable, offers_of, put_together, reachable
from handlers.desk.rules.referrals import why_hidden, why_not_referred
from handlers.desk.rules.taken import free_seat, why_no_seat
from handlers.desk.rules.times import ages, hours, lead, midnight, period, why_not_online_yet, why_not_then
from handlers.desk.rules.undoing import (
    is_listed,
    is_visible,
    shown,
    why_not_cancel,
    why_not_change,
    why_not_there,
)
from handlers.desk.rules.wishes import why_not_this_slot
from tests.support.people import KARI, LINE, OLA, PARENT, synthetic

if TYPE_CHECKING:
    from typing import Any

OSLO = ZoneInfo("Europe/Oslo")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2027, 3, 1, 7, tzinfo=UTC)
START = datetime(2027, 3, 5, 8, 10, tzinfo=UTC)
END = START + timedelta(minutes=5)
CONDITIONS = Conditions("3", "Du må ikke ha feber.")


def calendar(policy: CalendarPolicy = CalendarPolicy(), kind: TypePolicy = TypePolicy()) -> Calendar:  # noqa: B008 - frozen
    types = (TimeType("time", "Time", timedelta(minutes=5), kind),)
    return Calendar(
        "91095", "korona", "Korona", "Koronatest", conditions=CONDITIONS, types=types, policy=policy
    )


def slot(policy: CalendarPolicy = CalendarPolicy(), kind: TypePolicy = TypePolicy(), **changes: Any) -> Slot:  # noqa: B008 - frozen
    where = calendar(policy, kind)
    return replace(Slot("K1", where, where.types[0], START, END), **changes)


def taken(
    policy: CalendarPolicy = CalendarPolicy(),  # noqa: B008 - frozen
    kind: TypePolicy = TypePolicy(),  # noqa: B008 - frozen
    **changes: Any,
) -> Appointment:
    made = Appointment("a", "91095", "korona", "K1", State.BOOKED, START, END, "Time", None, None, LINE)
    return replace(made, **{"type_code": "time", "calendar": calendar(policy, kind)} | changes)


def born(day: int, month: int, year: int) -> Patient:
    return replace(LINE, national_id=synthetic(day, month, year, 500 if year >= 2000 else 100))


# --- who


def test_the_ninth_digit_tells_the_sex() -> None:
    assert sex(synthetic(1, 1, 1970, 100)) is Sex.FEMALE
    assert [sex(f"0000000{individual}00") for individual in ("00", "01", "12", "13")] == [
        Sex.FEMALE,
        Sex.MALE,
        Sex.FEMALE,
        Sex.MALE,
    ]


@pytest.mark.parametrize(
    ("policy", "changes", "reason"),
    [
        (CalendarPolicy(), {}, None),
        (CalendarPolicy(audience=Audience(group="risk")), {}, Reason.NOT_IN_GROUP),
        (CalendarPolicy(audience=Audience(group="risk")), {"groups": frozenset({"risk"})}, None),
        (CalendarPolicy(audience=Audience(listed_with="12")), {}, Reason.NOT_LISTED_WITH_PRACTITIONER),
        (CalendarPolicy(audience=Audience(listed_with="012")), {"groups": frozenset({"listed:12"})}, None),
        (CalendarPolicy(audience=Audience(sex=sex(LINE.national_id))), {}, None),
        (
            CalendarPolicy(
                audience=Audience(sex=next(one for one in Sex if one is not sex(LINE.national_id)))
            ),
            {},
            Reason.OTHER_SEX,
        ),
        (CalendarPolicy(representation=Ask.REQUIRED), {}, Reason.REPRESENTATIVE_REQUIRED),
        (CalendarPolicy(representation=Ask.REQUIRED), {"representative": PARENT}, None),
        (
            CalendarPolicy(representation=Ask.REFUSED),
            {"representative": PARENT},
            Reason.REPRESENTATIVE_REFUSED,
        ),
        (CalendarPolicy(desk=DeskKind.ACUTE), {}, Reason.NOT_ONLINE),
        (CalendarPolicy(desk=DeskKind.DROP_IN), {}, Reason.NOT_ONLINE),
        (CalendarPolicy(protected=True), {}, Reason.NOT_ONLINE),
    ],
)
def test_who_may_use_a_calendar(
    policy: CalendarPolicy, changes: dict[str, Any], reason: Reason | None
) -> None:
    visitor = replace(Visitor(LINE), **changes)
    assert why_not_calendar(calendar(policy), visitor) == (Declined(reason) if reason else None)
    assert why_not_calendar(calendar(policy), replace(visitor, is_staff=True)) is None


def test_who_is_blocked_is_turned_away_but_not_when_staff_act() -> None:
    blocked = Visitor(LINE, groups=frozenset({"blocked"}))
    assert why_turned_away(blocked) == Declined(Reason.BLOCKED)
    assert why_turned_away(replace(blocked, is_staff=True)) is None
    assert why_turned_away(Visitor(LINE, groups=frozenset({"risk"}))) is None


# --- when


@pytest.mark.parametrize(
    ("birth", "age", "first_day"),
    [
        ((5, 3, 2009), 18, date(2027, 3, 5)),
        ((29, 2, 2008), 19, date(2027, 3, 1)),
        ((29, 2, 2008), 20, date(2028, 2, 29)),
        ((28, 3, 2009), 18, date(2027, 3, 28)),
    ],
)
def test_an_age_is_reached_at_midnight_of_the_birthday_where_the_clinic_is(
    birth: tuple[int, int, int], age: int, first_day: date
) -> None:
    number = born(*birth).national_id
    reached = datetime.combine(first_day, datetime.min.time(), OSLO).astimezone(UTC)
    assert ages(Audience(youngest=age), number, OSLO).opens == reached
    assert ages(Audience(oldest=age - 1), number, OSLO).closes == reached
    assert reached - SECOND not in ages(Audience(youngest=age), number, OSLO)
    assert reached - SECOND in ages(Audience(oldest=age - 1), number, OSLO)
    visitor, grown_up = Visitor(born(*birth)), CalendarPolicy(audience=Audience(youngest=age))
    assert why_not_then(slot(grown_up, start=reached), visitor, NOW - 99 * DAY, OSLO) is None
    too_young = Declined(Reason.TOO_YOUNG, str(age))
    assert why_not_then(slot(grown_up, start=reached - SECOND), visitor, NOW - 99 * DAY, OSLO) == too_young


@pytest.mark.parametrize(
    ("birth", "audience", "expected"),
    [
        ((5, 3, 2009), Audience(youngest=18), None),
        ((6, 3, 2009), Audience(youngest=18), Declined(Reason.TOO_YOUNG, "18")),
        ((5, 3, 1962), Audience(oldest=64), Declined(Reason.TOO_OLD, "64")),
        ((6, 3, 1962), Audience(oldest=64), None),
    ],
)
def test_ages_are_full_years_on_the_day_of_the_appointment(
    birth: tuple[int, int, int], audience: Audience, expected: Declined | None
) -> None:
    wanted = slot(CalendarPolicy(audience=audience))
    assert why_not_then(wanted, Visitor(born(*birth)), NOW, OSLO) == expected


def test_who_has_no_date_of_birth_has_no_age() -> None:
    assert ages(Audience(youngest=1), "99999999999", OSLO).is_empty
    assert not ages(Audience(), "99999999999", OSLO).is_empty


@pytest.mark.parametrize(
    ("policy", "before", "expected"),
    [
        (TypePolicy(latest=2 * HOUR), 2 * HOUR, None),
        (TypePolicy(latest=2 * HOUR), 2 * HOUR - SECOND, Declined(Reason.TOO_LATE_TO_BOOK, "2")),
        (TypePolicy(latest=2 * HOUR), 2 * HOUR - SECOND / 2, Declined(Reason.TOO_LATE_TO_BOOK, "2")),
        (TypePolicy(earliest=90 * DAY), 90 * DAY, None),
        (TypePolicy(earliest=90 * DAY), 90 * DAY + SECOND, Declined(Reason.TOO_EARLY_TO_BOOK, "2160")),
        (TypePolicy(earliest=90 * DAY), 90 * DAY + SECOND / 2, Declined(Reason.TOO_EARLY_TO_BOOK, "2160")),
        (TypePolicy(), SECOND / 2, None),
    ],
)
def test_lead_times_hold_to_the_second(
    policy: TypePolicy, before: timedelta, expected: Declined | None
) -> None:
    assert why_not_then(slot(kind=policy), Visitor(LINE), START - before, OSLO) == expected
    assert (START in lead(policy, START - before)) is (expected is None)


def test_a_day_begins_where_the_clinic_is() -> None:
    assert midnight(datetime(2027, 3, 28, 21, 59, tzinfo=UTC), OSLO) == datetime(2027, 3, 27, 23, tzinfo=UTC)
    assert midnight(datetime(2027, 3, 28, 22, tzinfo=UTC), OSLO) == datetime(2027, 3, 28, 22, tzinfo=UTC)


def test_hours_are_told_as_a_person_would() -> None:
    assert [hours(one * HOUR) for one in (0, 24, 0.5, 2160)] == ["0", "24", "0.5", "2160"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"must_call": True}, Reason.SLOT_BY_PHONE_ONLY),
        ({"must_call": True, "available_at": NOW + DAY}, Reason.SLOT_BY_PHONE_ONLY),
        ({"available_at": NOW}, None),
        ({"available_at": NOW + SECOND}, Reason.SLOT_NOT_YET_AVAILABLE),
    ],
)
def test_what_is_shown_and_not_to_be_booked_online(changes: dict[str, Any], reason: Reason | None) -> None:
    assert why_not_online_yet(slot(**changes), NOW) == (Declined(reason) if reason else None)


def test_staff_enter_what_has_begun() -> None:
    wanted = Reserve(owner="91095", patient=LINE, slot_id="K1", start=START, end=END)
    assert why_not_this_slot(slot(), wanted, START) == Declined(Reason.SLOT_PASSED)
    assert why_not_this_slot(slot(), replace(wanted, by=Actor.STAFF), START) is None


# --- what is asked for


@pytest.mark.parametrize(
    ("policy", "given", "expected"),
    [
        (TypePolicy(reason=Ask.REQUIRED), Given(), Declined(Reason.REASON_REQUIRED)),
        (TypePolicy(reason=Ask.REQUIRED), Given(reason=" \n"), Declined(Reason.REASON_REQUIRED)),
        (TypePolicy(reason=Ask.REQUIRED), Given(reason="Hoste"), None),
        (TypePolicy(reason=Ask.REFUSED), Given(reason="Hoste"), Declined(Reason.REASON_REFUSED)),
        (TypePolicy(reason=Ask.REFUSED), Given(), None),
        (TypePolicy(longest_reason=5), Given(reason="Hoste"), None),
        (TypePolicy(longest_reason=4), Given(reason="Hoste"), Declined(Reason.REASON_TOO_LONG, "4")),
        (TypePolicy(phone=Ask.REQUIRED), Given(), Declined(Reason.PHONE_REQUIRED)),
        (TypePolicy(phone=Ask.REQUIRED), Given(phone="+4799999901"), None),
        (TypePolicy(phone=Ask.REFUSED), Given(phone="+4799999901"), Declined(Reason.PHONE_REFUSED)),
    ],
)
def test_what_a_type_asks_for(policy: TypePolicy, given: Given, expected: Declined | None) -> None:
    assert why_not_given(slot(kind=policy), given, complete=True) == expected
    missing = {Reason.REASON_REQUIRED, Reason.PHONE_REQUIRED}
    later = None if expected is None or expected.reason in missing else expected
    assert why_not_given(slot(kind=policy), given, complete=False) == later


@pytest.mark.parametrize(
    ("demanded", "accepted", "refused"),
    [(True, None, True), (True, "2", True), (True, "3", False), (False, None, False), (False, "2", False)],
)
def test_conditions_are_accepted_in_the_version_in_force(
    demanded: bool, accepted: str | None, refused: bool
) -> None:
    wanted = slot(CalendarPolicy(accept_conditions=demanded))
    expected = Declined(Reason.CONDITIONS_NOT_ACCEPTED, "3") if refused else None
    assert why_not_given(wanted, Given(accepted_conditions=accepted), complete=True) == expected


WHAT = Question("hva", "Hva?", (Choice("a", "A", ("time", "kort")), Choice("b", "B", ("kort",))))
WHERE = Question("hvor", "Hvor?", (Choice("x", "X", ("time",)), Choice("y", "Y", ("kort",))))
GUIDED = calendar(CalendarPolicy(questions=(WHAT, WHERE)))


@pytest.mark.parametrize(
    ("answers", "complete", "expected"),
    [
        ((), False, None),
        ((), True, Declined(Reason.ANSWER_REQUIRED, "hva")),
        ((("hva", "a"),), True, Declined(Reason.ANSWER_REQUIRED, "hvor")),
        ((("hva", "a"), ("hvor", "x")), True, None),
        ((("hva", "b"),), False, Declined(Reason.ANSWERS_LEAD_ELSEWHERE)),
        ((("hva", "a"), ("hvor", "y")), True, Declined(Reason.ANSWERS_LEAD_ELSEWHERE)),
        ((("hva", "a"), ("hva", "b"), ("hvor", "x")), True, Declined(Reason.ANSWERS_LEAD_ELSEWHERE)),
        ((("hva", "c"),), False, Declined(Reason.ANSWER_UNKNOWN, "hva")),
        ((("hvem", "a"),), False, Declined(Reason.ANSWER_UNKNOWN)),
    ],
)
def test_answers_lead_to_a_type(
    answers: tuple[tuple[str, str], ...], complete: bool, expected: Declined | None
) -> None:
    assert why_not_answered(GUIDED, "time", answers, complete=complete) == expected
    if expected is None or expected.reason is Reason.ANSWERS_LEAD_ELSEWHERE:
        assert may_lead_to(GUIDED, "time", answers) is (expected is None)


def test_what_came_with_the_hold_counts_unless_it_is_said_anew() -> None:
    held = taken(
        reason="Hoste", accepted_conditions="3", answers=(("hva", "a"),), patient=replace(LINE, phone="1")
    )
    wish = Reserve(owner="91095", patient=KARI, slot_id="K1", start=START, end=END)
    assert given_by(wish, held) == Given("Hoste", "1", "3", (("hva", "a"),))
    anew = replace(wish, reason="Feber", accepted_conditions="4", answers=(("hva", "b"),), patient=LINE)
    assert given_by(anew, held) == Given("Feber", LINE.phone, "4", (("hva", "b"),))
    assert given_by(replace(wish, representative=PARENT)).phone == PARENT.phone


@pytest.mark.parametrize(
    ("kind", "changes", "before", "expected"),
    [
        (TypePolicy(reason=Ask.REQUIRED), {}, {}, Declined(Reason.REASON_REQUIRED)),
        (TypePolicy(reason=Ask.REQUIRED), {"reason": "Jobb"}, {}, None),
        (TypePolicy(reason=Ask.REQUIRED), {}, {"reason": "Hoste"}, None),
        (TypePolicy(reason=Ask.REFUSED), {}, {"reason": "Hoste"}, None),
        (TypePolicy(longest_reason=3), {"reason": "Jobb"}, {}, Declined(Reason.REASON_TOO_LONG, "3")),
        (TypePolicy(longest_reason=3), {}, {"reason": "Hoste"}, None),
        (
            TypePolicy(phone=Ask.REQUIRED),
            {"patient": KARI},
            {"patient": KARI},
            Declined(Reason.PHONE_REQUIRED),
        ),
        (TypePolicy(phone=Ask.REQUIRED), {"patient": KARI}, {}, None),
    ],
)
def test_a_move_needs_what_the_appointment_did_not_have(
    kind: TypePolicy, changes: dict[str, Any], before: dict[str, Any], expected: Declined | None
) -> None:
    wish = Rebook(owner="91095", patient=LINE, slot_id="K1", start=START, end=END, references=("a",))
    assert why_not_given_to_move(slot(kind=kind), replace(wish, **changes), taken(**before)) == expected


def test_what_was_accepted_for_one_calendar_is_not_for_another() -> None:
    wish = Rebook(owner="91095", patient=LINE, slot_id="K1", start=START, end=END, references=("a",))
    there = slot(CalendarPolicy(accept_conditions=True))
    assert why_not_given_to_move(there, wish, taken(accepted_conditions="3")) is None
    elsewhere = taken(accepted_conditions="3", calendar_id="lab")
    refused = Declined(Reason.CONDITIONS_NOT_ACCEPTED, "3")
    assert why_not_given_to_move(there, wish, elsewhere) == refused


# --- how many, and where else


def test_a_type_may_be_had_so_often() -> None:
    kind = TypePolicy(most_open=2)
    where = calendar(kind=kind)
    two = [taken(), taken(start=NOW + SECOND)]
    refused = Declined(Reason.TOO_MANY_OPEN, "2")
    assert why_too_many(where, where.types[0], two, NOW) == refused
    for other in (taken(start=NOW), taken(type_code="kort"), taken(calendar_id="lab")):
        assert why_too_many(where, where.types[0], [taken(), other], NOW) is None


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (START - HOUR, START, False),
        (START - HOUR, START + SECOND, True),
        (END, END + HOUR, False),
        (END - SECOND, END, True),
        (START, END, True),
    ],
)
def test_times_that_only_meet_do_not_overlap(start: datetime, end: datetime, overlaps: bool) -> None:
    have = [taken(start=start, end=end)]
    expected = Declined(Reason.ALREADY_OCCUPIED) if overlaps else None
    assert why_occupied(slot(CalendarPolicy(overlaps=False)), have) == expected
    assert why_occupied(slot(), have) is None


def test_seats_are_given_from_the_lowest_and_one_to_each() -> None:
    three = slot(capacity=3)
    assert [free_seat(three, [taken(seat=n) for n in seats]) for seats in ((), (0,), (0, 2), (0, 1, 2))] == [
        0,
        1,
        1,
        None,
    ]
    assert free_seat(slot(), [taken(seat=2)]) is None
    assert why_no_seat(three, LINE, [taken()]) == Declined(Reason.ALREADY_OCCUPIED)
    assert why_no_seat(three, KARI, [taken()]) is None
    assert why_no_seat(slot(), LINE, [taken()]) == Declined(Reason.SLOT_TAKEN)


# --- referrals


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"calendar_id": None}, None),
        ({"calendar_id": "lab"}, Reason.REFERRAL_FOR_OTHER_TIME),
        ({"type_code": "kort"}, Reason.REFERRAL_FOR_OTHER_TIME),
        ({"opens": START + SECOND}, Reason.REFERRAL_FOR_OTHER_TIME),
        ({"closes": START}, Reason.REFERRAL_FOR_OTHER_TIME),
        ({"closes": START + SECOND}, None),
        ({"appointment_id": "b"}, Reason.REFERRAL_USED),
        ({"appointment_id": "a"}, None),
    ],
)
def test_what_a_referral_gives_a_right_to(changes: dict[str, Any], reason: Reason | None) -> None:
    referral = Referral("R", "91095", LINE.national_id, "korona", "time", START, END)
    found = why_not_referred(replace(referral, **changes), slot(), taken())
    assert found == (Declined(reason) if reason else None)


def test_a_hidden_time_takes_a_referral() -> None:
    hidden = slot(kind=TypePolicy(hidden=True))
    referral = Referral("R", "91095", LINE.national_id, None, "time", START, END)
    assert why_hidden(hidden, None) == Declined(Reason.TYPE_HIDDEN)
    assert why_hidden(hidden, referral) is None
    assert why_not_referred(None, hidden, None) == Declined(Reason.REFERRAL_UNKNOWN)


# --- undoing

ONLY_SEEN = [
    ({"fixed": Fixed.SERIES}, {}),
    ({"fixed": Fixed.SEVERAL_RESOURCES}, {}),
    ({}, {"desk": DeskKind.ACUTE}),
    ({}, {"desk": DeskKind.DROP_IN}),
    ({}, {"protected": True}),
]


@pytest.mark.parametrize(("changes", "policy"), ONLY_SEEN)
def test_what_a_citizen_may_only_see(changes: dict[str, Any], policy: dict[str, Any]) -> None:
    seen = taken(CalendarPolicy(**policy), **changes)
    found = shown(seen, None, NOW)
    assert (found.cancel, found.change) == (None, None)
    assert why_not_cancel(seen, Visitor(LINE), None, NOW) == Declined(Reason.APPOINTMENT_NOT_ONLINE)
    assert why_not_change(seen, Visitor(LINE), None, NOW) == Declined(Reason.APPOINTMENT_NOT_ONLINE)
    assert why_not_cancel(seen, Visitor(LINE, is_staff=True), None, NOW) is None


@pytest.mark.parametrize(
    ("what", "reasons"),
    [
        ("cancel", (Reason.CANCEL_NOT_ALLOWED, Reason.TOO_LATE_TO_CANCEL)),
        ("change", (Reason.CHANGE_NOT_ALLOWED, Reason.TOO_LATE_TO_CHANGE)),
    ],
)
def test_undoing_is_allowed_until_so_many_hours_before(what: str, reasons: tuple[Reason, Reason]) -> None:
    ask = {"cancel": why_not_cancel, "change": why_not_change}[what]
    day_before = taken(kind=TypePolicy(**{what: Undoing(until=DAY, message=Ask.REQUIRED)}))
    visitor = Visitor(LINE)
    assert ask(day_before, visitor, "Syk", START - DAY) is None
    assert getattr(shown(day_before, None, START - DAY), what) == Permission(START - DAY, Ask.REQUIRED)
    late = START - DAY + SECOND
    assert ask(day_before, visitor, "Syk", late) == Declined(reasons[1], "24")
    assert getattr(shown(day_before, None, late), what) is None
    assert ask(day_before, visitor, " ", NOW) == Declined(Reason.MESSAGE_REQUIRED)
    never = taken(kind=TypePolicy(**{what: Undoing(allowed=False)}))
    assert ask(never, visitor, None, NOW) == Declined(reasons[0])
    silent = taken(kind=TypePolicy(**{what: Undoing(message=Ask.REFUSED)}))
    assert ask(silent, visitor, "Syk", NOW) == Declined(Reason.MESSAGE_REFUSED)
    assert ask(silent, visitor, None, NOW) is None
    assert ask(never, Visitor(LINE, is_staff=True), None, START + DAY) is None


def test_an_appointment_may_be_changed_so_often() -> None:
    once = TypePolicy(change=Undoing(most=1))
    assert shown(taken(kind=once), None, NOW).change
    assert why_not_change(taken(kind=once, moves=1), Visitor(LINE), None, NOW) == Declined(
        Reason.CHANGED_TOO_OFTEN, "1"
    )


def test_a_hold_can_always_be_given_back_and_never_moved() -> None:
    nothing = TypePolicy(cancel=Undoing(allowed=False, message=Ask.REQUIRED))
    held = taken(kind=nothing, state=State.HELD, held_until=NOW + SECOND)
    found = shown(held, None, NOW)
    assert (found.cancel, found.change) == (Permission(START, Ask.OPTIONAL), None)
    assert why_not_cancel(held, Visitor(LINE), None, NOW) is None


def test_where_an_appointment_can_be_moved() -> None:
    visitor = Visitor(LINE)
    elsewhere = taken(CalendarPolicy(moves_to=("lab",)))
    assert [why_not_there(elsewhere, where, visitor) for where in ("korona", "lab")] == [None, None]
    assert why_not_there(elsewhere, "linn", visitor) == Declined(Reason.CANNOT_MOVE_THERE)
    assert why_not_there(elsewhere, "linn", replace(visitor, is_staff=True)) is None


@pytest.mark.parametrize(
    ("policy", "visitor", "visible", "is_in_the_list"),
    [
        (CalendarPolicy(), Visitor(OLA), True, True),
        (CalendarPolicy(protected=True), Visitor(OLA), False, False),
        (CalendarPolicy(protected=True), Visitor(OLA, is_staff=True), True, True),
        (CalendarPolicy(shows_appointments=False), Visitor(OLA), True, False),
        (CalendarPolicy(representation=Ask.REFUSED), Visitor(OLA), True, True),
        (CalendarPolicy(representation=Ask.REFUSED), Visitor(OLA, PARENT), False, False),
        (CalendarPolicy(representation=Ask.REQUIRED), Visitor(OLA), True, True),
    ],
)
def test_what_is_seen_at_all(
    policy: CalendarPolicy, visitor: Visitor, visible: bool, is_in_the_list: bool
) -> None:
    assert is_visible(taken(policy), visitor) is visible
    assert is_listed(taken(policy), visitor) is is_in_the_list


# --- what is offered


def test_calendars_that_offer_all_within_one_window_are_asked_for_together() -> None:
    visitor, plain = Visitor(LINE), calendar()
    two = [plain, replace(plain, id="lab"), replace(calendar(kind=TypePolicy(latest=HOUR)), id="linn")]
    offers = [
        offer
        for one in two
        for offer in offers_of(
            one, bookable(one, reachable(one, visitor, ()), visitor, [], now=NOW, zone=OSLO), ()
        )
    ]
    together = put_together(offers)
    assert [(one.calendar_ids, one.type_codes) for one in together] == [
        (("korona", "lab"), None),
        (("linn",), None),
    ]
    assert together[0].window.opens == NOW + SECOND
    assert together[1].window.opens == NOW + HOUR


def test_a_period_need_not_be_of_whole_seconds() -> None:
    asked = period(START - SECOND / 2, START + SECOND / 2)
    assert START in asked
    assert (asked.opens, asked.closes) == (START, START + SECOND)
