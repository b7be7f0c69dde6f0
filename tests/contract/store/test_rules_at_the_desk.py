"""The clinic's rules where they meet the books: seats, lists of patients, referrals, moves, and staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

import handlers
from handlers.desk import tables
from handlers.desk.model import Fixed, State
from handlers.desk.office import KeyMissing
from handlers.desk.policies import (
    AS_USUAL,
    FOR_EVERYONE,
    Ask,
    Audience,
    CalendarPolicy,
    Choice,
    Question,
    TypePolicy,
    Undoing,
    written,
)
from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Cancelled, Declined, NoShowNoted, Rebooked
from handlers.desk.requests import (
    Actor,
    MarkNoShow,
    PlannedAppointments,
    PractitionerOverview,
    Rebook,
    ResourceOverview,
)
from handlers.desk.store import Desk
from tests.support.clinic import HOLD, HPR, NOW, OWNER, SLOTS, START, book, cancel, reserve, slot_query, wish
from tests.support.people import KARI, LINE, OLA, PARENT
from tests.support.worlds import OFFICE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from handlers.desk.replies import Reply

    Ask_ = Callable[..., Reply]
    Decide = Callable[..., None]

SECOND = timedelta(seconds=1)
STAFF = {"by": Actor.STAFF}


@pytest.fixture
def decide(connection: Connection, desk_at: object) -> Decide:
    """What the clinic decides of a calendar, of its type, or of a slot."""

    def decide(
        calendar_id: str,
        calendar: CalendarPolicy = FOR_EVERYONE,
        kind: TypePolicy = AS_USUAL,
        slot: tuple[str, dict[str, Any]] | None = None,
    ) -> None:
        for table, name, policy in (
            (tables.calendar, "id", calendar),
            (tables.time_type, "calendar_id", kind),
        ):
            of_it = (table.c.her_id == OWNER, table.c[name] == calendar_id)
            connection.execute(update(table).where(*of_it).values(policy=written(policy)))
        if slot:
            of_it = (tables.slot.c.her_id == OWNER, tables.slot.c.id == slot[0])
            connection.execute(update(tables.slot).where(*of_it).values(slot[1]))

    return decide


@pytest.fixture
def refer(connection: Connection, desk_at: object) -> Callable[..., str]:
    """Staff give Line a right to a time in ``korona``."""

    def refer(**changes: object) -> str:
        row = {
            "id": str(uuid4()),
            "her_id": OWNER,
            "national_id": LINE.national_id,
            "type_code": "time",
            "opens": NOW,
            "closes": NOW + timedelta(days=14),
            "created_at": NOW,
            **changes,
        }
        connection.execute(insert(tables.referral), row)
        return row["id"]

    return refer


def rebook(slot_id: str, /, *references: str, **changes: Any) -> Rebook:
    return Rebook(references=references, **wish(slot_id, **changes))


def listed(reply: Reply) -> list[str]:
    return [slot.id for slot in reply.slots]


# --- seats


def test_a_slot_for_two_is_offered_and_given_until_both_seats_are_taken(ask: Ask_, decide: Decide) -> None:
    decide("korona", slot=("K1", {"capacity": 2}))
    first = ask(reserve("K1")).appointment
    assert "K1" in listed(ask(slot_query(patient=KARI)))
    second = ask(reserve("K1", KARI)).appointment
    assert (first.seat, second.seat) == (0, 1)
    assert "K1" not in listed(ask(slot_query(patient=OLA)))
    assert ask(reserve("K1", OLA)) == Declined(Reason.SLOT_TAKEN)


def test_the_lowest_seat_given_back_is_the_next_to_be_taken(ask: Ask_, decide: Decide) -> None:
    decide("korona", slot=("K1", {"capacity": 2}))
    ask(reserve("K1"))
    ask(reserve("K1", KARI))
    ask(cancel("K1"))
    assert ask(reserve("K1", OLA)).appointment.seat == 0


def test_nobody_sits_on_two_seats_of_a_slot(ask: Ask_, decide: Decide) -> None:
    decide("korona", slot=("K1", {"capacity": 2}))
    ask(book("K1"))
    assert "K1" not in listed(ask(slot_query()))
    assert ask(book("K1")) == Declined(Reason.ALREADY_OCCUPIED)


def test_a_lapsed_hold_gives_its_seat_back(ask: Ask_, decide: Decide) -> None:
    decide("lab", slot=("L1", {"capacity": 2}))
    ask(reserve("L1"))
    ask(reserve("L1", KARI), NOW + SECOND)
    assert ask(reserve("L1", OLA), NOW + HOLD).appointment.seat == 0


def test_when_the_clinic_takes_seats_away_nobody_new_gets_one(ask: Ask_, decide: Decide) -> None:
    decide("korona", slot=("K1", {"capacity": 2}))
    ask(reserve("K1"))
    ask(reserve("K1", KARI))
    ask(cancel("K1"))
    decide("korona", slot=("K1", {"capacity": 1}))
    assert ask(reserve("K1", OLA)) == Declined(Reason.SLOT_TAKEN)


# --- lists of patients


@pytest.fixture
def listing(connection: Connection, desk_at: object) -> Callable[..., None]:
    def add(group: str, national_id: str = LINE.national_id) -> None:
        row = {"her_id": OWNER, "member": OFFICE.fingerprint(national_id), "group_name": group}
        connection.execute(insert(tables.group_member), row)

    return add


@pytest.fixture
def ask_with_key(connection: Connection) -> Ask_:
    return lambda request: handlers.handle(request, Desk(connection, NOW, lambda: str(uuid4()), OFFICE))


EVERYTHING = [
    ResourceOverview(owner=OWNER, patient=LINE),
    PractitionerOverview(owner=OWNER, patient=LINE),
    PlannedAppointments(owner=OWNER, patient=LINE),
    slot_query(),
    reserve("K1"),
    book("K1"),
    cancel("K1"),
    rebook("K2", "K1"),
]


@pytest.mark.parametrize("request_", EVERYTHING, ids=lambda one: type(one).__name__)
def test_who_is_blocked_gets_nothing_at_all(
    ask_with_key: Ask_, listing: Callable[..., None], request_: Any
) -> None:
    listing("blocked")
    assert ask_with_key(request_) == Declined(Reason.BLOCKED)
    assert ask_with_key(replace(request_, patient=KARI)) != Declined(Reason.BLOCKED)
    assert ask_with_key(replace(request_, by=Actor.STAFF)) != Declined(Reason.BLOCKED)


def test_a_calendar_for_a_group_is_there_for_its_members_only(
    ask_with_key: Ask_, listing: Callable[..., None], decide: Decide
) -> None:
    listing("risk")
    decide("korona", CalendarPolicy(audience=Audience(group="risk")))
    for patient, is_member in ((LINE, True), (KARI, False)):
        overview = ask_with_key(ResourceOverview(owner=OWNER, patient=patient))
        assert ("korona" in [one.calendar.id for one in overview.resources]) is is_member
        assert ("K1" in listed(ask_with_key(slot_query(patient=patient)))) is is_member
    assert ask_with_key(reserve("K1", KARI)) == Declined(Reason.NOT_IN_GROUP)
    assert isinstance(ask_with_key(reserve("K1")), Booked)


def test_who_is_listed_with_a_practitioner_sees_them(
    ask_with_key: Ask_, listing: Callable[..., None], decide: Decide
) -> None:
    listing(f"listed:{HPR}")
    decide("linn", CalendarPolicy(audience=Audience(listed_with=f"00{HPR}")))
    assert len(ask_with_key(PractitionerOverview(owner=OWNER, patient=LINE)).practitioners) == 1
    assert ask_with_key(PractitionerOverview(owner=OWNER, patient=KARI)).practitioners == ()


def test_with_lists_but_without_their_key_nothing_is_decided(ask: Ask_, listing: Callable[..., None]) -> None:
    listing("blocked")
    with pytest.raises(KeyMissing, match=f"^{OWNER} has lists"):
        ask(reserve("K1"))


# --- referrals


def test_a_referral_leads_to_a_hidden_time_once(ask: Ask_, decide: Decide, refer: Callable[..., str]) -> None:
    decide("korona", kind=TypePolicy(hidden=True))
    assert ask(book("K1")) == Declined(Reason.TYPE_HIDDEN)
    referral = refer(calendar_id="korona")
    booked = ask(book("K1", referral_id=referral)).appointment
    assert booked.referral_id == referral
    assert ask(book("K2", referral_id=referral)) == Declined(Reason.REFERRAL_USED)
    assert isinstance(ask(cancel(booked.id)), Cancelled)
    assert ask(book("K1", referral_id=referral)) == Declined(Reason.REFERRAL_USED)


@pytest.mark.parametrize(
    "changes",
    [
        {"calendar_id": "lab"},
        {"type_code": "annen"},
        {"opens": START + SECOND},
        {"closes": START},
    ],
    ids=lambda one: next(iter(one)),
)
def test_a_referral_is_for_what_it_says(
    ask: Ask_, refer: Callable[..., str], changes: dict[str, object]
) -> None:
    assert ask(book("K1", referral_id=refer(**changes))) == Declined(Reason.REFERRAL_FOR_OTHER_TIME)


def test_a_referral_is_for_its_patient(ask: Ask_, refer: Callable[..., str]) -> None:
    assert ask(book("K1", KARI, referral_id=refer())) == Declined(Reason.REFERRAL_UNKNOWN)
    assert ask(book("K1", referral_id="none")) == Declined(Reason.REFERRAL_UNKNOWN)


@pytest.mark.parametrize("given_back", [True, False])
def test_a_hold_that_comes_to_nothing_leaves_its_referral_unused(
    ask: Ask_, refer: Callable[..., str], given_back: bool
) -> None:
    referral = refer()
    held = ask(reserve("L1", referral_id=referral)).appointment
    assert ask(reserve("L2", referral_id=referral)) == Declined(Reason.REFERRAL_USED)
    if given_back:
        ask(cancel(held.id))
    later = NOW if given_back else NOW + HOLD
    assert isinstance(ask(book("L2", referral_id=referral), later), Booked)


def test_a_hold_by_a_referral_is_confirmed_by_it_or_without_it(ask: Ask_, refer: Callable[..., str]) -> None:
    referral = refer()
    ask(reserve("L1", referral_id=referral))
    assert ask(book("L1", referral_id=referral)).appointment.referral_id == referral


# --- limits


def test_no_other_time_while_one_has_one_of_the_type(ask: Ask_, decide: Decide) -> None:
    decide("korona", kind=TypePolicy(most_open=1))
    booked = ask(reserve("K1")).appointment
    assert not {"K2", "K3"} & set(listed(ask(slot_query())))
    assert ask(reserve("K2")) == Declined(Reason.TOO_MANY_OPEN, "1")
    assert isinstance(ask(rebook("K2", booked.id)), Rebooked)
    ask(cancel(booked.id))
    assert isinstance(ask(reserve("K3")), Booked)


def test_no_time_that_overlaps_another_where_the_clinic_says_so(ask: Ask_, decide: Decide) -> None:
    decide("lab", CalendarPolicy(overlaps=False))
    ask(reserve("K2"))
    assert "L1" not in listed(ask(slot_query()))
    assert ask(reserve("L1")) == Declined(Reason.ALREADY_OCCUPIED)
    assert isinstance(ask(reserve("L2")), Booked)


def test_ones_own_hold_is_no_reason_not_to_confirm_it(ask: Ask_, decide: Decide) -> None:
    decide("lab", CalendarPolicy(overlaps=False), TypePolicy(most_open=1))
    held = ask(reserve("L1")).appointment
    assert ask(book("L1", reservation_id=held.id)).appointment.id == held.id


# --- what comes with a hold


def test_what_came_with_the_hold_need_not_come_again(ask: Ask_, decide: Decide) -> None:
    decide("lab", CalendarPolicy(accept_conditions=True), TypePolicy(reason=Ask.REQUIRED))
    ask(reserve("L1", reason="Blodprøve"))
    assert ask(book("L1")) == Declined(Reason.CONDITIONS_NOT_ACCEPTED, "1")
    booked = ask(book("L1", accepted_conditions="1")).appointment
    assert (booked.state, booked.reason, booked.accepted_conditions) == (State.BOOKED, "Blodprøve", "1")
    assert ask(reserve("L2", KARI, accepted_conditions="0")) == Declined(Reason.CONDITIONS_NOT_ACCEPTED, "1")


# --- moving


def test_moving_keeps_the_id_frees_the_old_time_and_writes_down_where_it_was(
    ask: Ask_, connection: Connection
) -> None:
    booked = ask(reserve("K1", reason="Hoste")).appointment
    moved = ask(rebook("K3", booked.id, reason="Må på jobb"))
    assert isinstance(moved, Rebooked)
    now_at = moved.appointment
    assert (now_at.id, now_at.slot_id, now_at.start) == (booked.id, "K3", SLOTS["K3"][1])
    assert (now_at.moves, now_at.reason) == (1, "Hoste")
    assert {"K1"} <= set(listed(ask(slot_query())))
    row = connection.execute(select(tables.appointment_move)).one()
    assert row[:4] == (booked.id, 1, NOW, "citizen")
    assert (row.from_slot_id, row.from_start, row.comment) == ("K1", START, "Må på jobb")
    kept = ask(PlannedAppointments(owner=OWNER, patient=LINE)).appointments
    assert [one.appointment for one in kept] == [now_at]


def test_when_it_cannot_be_moved_it_stands(ask: Ask_) -> None:
    booked = ask(reserve("K1")).appointment
    ask(reserve("K2", KARI))
    for slot_id, reason in (
        ("K2", Reason.SLOT_TAKEN),
        ("K1", Reason.SLOT_TAKEN),
        ("L1", Reason.CANNOT_MOVE_THERE),
        ("none", Reason.SLOT_UNKNOWN),
    ):
        assert ask(rebook(slot_id, booked.id)) == Declined(reason)
    assert ask(rebook("K3", booked.id, patient=KARI)) == Declined(Reason.APPOINTMENT_UNKNOWN)
    kept = ask(PlannedAppointments(owner=OWNER, patient=LINE)).appointments
    assert [one.appointment for one in kept] == [booked]


def test_to_another_calendar_where_the_clinic_allows_it(ask: Ask_, decide: Decide) -> None:
    decide("korona", CalendarPolicy(moves_to=("lab",)))
    booked = ask(reserve("K1")).appointment
    asked = ResourceOverview(owner=OWNER, patient=LINE, appointment_id=booked.id)
    assert [one.calendar.id for one in ask(asked).resources] == ["korona", "lab"]
    assert ask(rebook("L1", booked.id)).appointment.calendar_id == "lab"
    assert [one.calendar.id for one in ask(asked).resources] == ["lab"]


def test_only_what_the_citizen_moved_counts(ask: Ask_, decide: Decide, connection: Connection) -> None:
    decide("korona", kind=TypePolicy(change=Undoing(most=1)))
    booked = ask(reserve("K1")).appointment
    assert ask(rebook("K2", booked.id, **STAFF)).appointment.moves == 0
    assert ask(rebook("K3", booked.id)).appointment.moves == 1
    assert ask(rebook("K1", booked.id)) == Declined(Reason.CHANGED_TOO_OFTEN, "1")
    moves = connection.execute(select(tables.appointment_move.c.number, tables.appointment_move.c.moved_by))
    assert moves.all() == [(1, "staff"), (2, "citizen")]


def test_a_hold_on_the_new_time_becomes_the_appointments_place(ask: Ask_, decide: Decide) -> None:
    decide("korona", CalendarPolicy(moves_to=("lab",)))
    booked = ask(reserve("K1")).appointment
    ask(reserve("L1"))
    assert ask(rebook("L1", booked.id)).appointment.id == booked.id
    kept = ask(PlannedAppointments(owner=OWNER, patient=LINE)).appointments
    assert [one.appointment.id for one in kept] == [booked.id]


# --- another practitioner


def test_who_accepts_another_practitioner_gets_one_who_is_free(
    ask: Ask_, connection: Connection, desk_at: object
) -> None:
    per = {"her_id": OWNER, "id": "per", "position": 9, "open": True, "name": "Per"}
    connection.execute(
        insert(tables.calendar), per | {"hpr": "77", "family_name": "Per", "given_name": "Lege"}
    )
    kind = {"her_id": OWNER, "calendar_id": "per", "code": "time", "position": 0, "name": "Time"}
    connection.execute(insert(tables.time_type), kind | {"duration_seconds": 300})
    _calendar, start, end = SLOTS["D1"]
    row = {"her_id": OWNER, "id": "P1", "calendar_id": "per", "type_code": "time", "start": start, "end": end}
    connection.execute(insert(tables.slot), row)
    ask(book("D1", KARI))
    assert ask(book("D1", hpr=HPR)) == Declined(Reason.SLOT_TAKEN)
    became = ask(book("D1", hpr=HPR, accepts_another_practitioner=True)).appointment
    assert (became.slot_id, became.practitioner.hpr) == ("P1", "77")
    assert ask(book("D1", OLA, accepts_another_practitioner=True)) == Declined(Reason.SLOT_TAKEN)


def test_who_has_the_time_already_gets_no_second_one_with_another(ask: Ask_) -> None:
    ask(book("D1"))
    assert ask(book("D1", accepts_another_practitioner=True)) == Declined(Reason.SLOT_TAKEN)


# --- what is ahead


def test_what_is_ahead_goes_from_midnight_and_holds_are_in_it(ask: Ask_) -> None:
    ask(reserve("K1"))
    ask(reserve("L2"))
    asked = PlannedAppointments(owner=OWNER, patient=LINE)
    found = [(one.appointment.slot_id, one.appointment.state) for one in ask(asked).appointments]
    assert found == [("K1", State.BOOKED), ("L2", State.HELD)]
    evening = START.replace(hour=22, minute=59)
    assert [one.appointment.slot_id for one in ask(asked, evening).appointments] == ["K1"]
    assert ask(asked, evening + timedelta(minutes=1)).appointments == ()


def test_what_is_in_a_closed_calendar_is_seen_and_cancelled_by_its_rules(
    ask: Ask_, decide: Decide, connection: Connection
) -> None:
    decide("korona", kind=TypePolicy(cancel=Undoing(message=Ask.REQUIRED)))
    booked = ask(reserve("K1")).appointment
    connection.execute(update(tables.calendar).values(open=False))
    (shown,) = ask(PlannedAppointments(owner=OWNER, patient=LINE)).appointments
    assert (shown.appointment, shown.cancel.message) == (booked, Ask.REQUIRED)
    assert ask(cancel(booked.id)) == Declined(Reason.MESSAGE_REQUIRED)
    assert isinstance(ask(cancel(booked.id, reason="Frisk")), Cancelled)


def test_protected_units_and_calendars_that_do_not_show_are_left_out(ask: Ask_, decide: Decide) -> None:
    for calendar_id, slot_id in (("korona", "K1"), ("lab", "L2")):
        decide(calendar_id)
        ask(book(slot_id))
    decide("korona", CalendarPolicy(protected=True))
    decide("lab", CalendarPolicy(shows_appointments=False))
    assert ask(PlannedAppointments(owner=OWNER, patient=LINE)).appointments == ()
    assert ask(cancel("K1")) == Declined(Reason.APPOINTMENT_UNKNOWN)
    assert isinstance(ask(cancel("L2")), Cancelled)


def test_a_calendar_that_excludes_representatives_hides_from_them(ask: Ask_, decide: Decide) -> None:
    booked = ask(reserve("K1", OLA)).appointment
    decide("korona", CalendarPolicy(representation=Ask.REFUSED))
    acting = {"representative": PARENT}
    assert ask(reserve("K2", OLA, **acting)) == Declined(Reason.REPRESENTATIVE_REFUSED)
    assert ask(PlannedAppointments(owner=OWNER, patient=OLA, **acting)).appointments == ()
    asked = replace(cancel(booked.id, patient=OLA), representative=PARENT)
    assert ask(asked) == Declined(Reason.APPOINTMENT_UNKNOWN)


# --- staff


def test_no_patients_rule_binds_staff_but_nobody_shares_a_seat(ask: Ask_, decide: Decide) -> None:
    decide(
        "korona",
        CalendarPolicy(protected=True, audience=Audience(youngest=99), accept_conditions=True),
        TypePolicy(
            hidden=True, latest=timedelta(days=30), reason=Ask.REQUIRED, cancel=Undoing(allowed=False)
        ),
        slot=("K1", {"must_call": True}),
    )
    assert "K1" not in listed(ask(slot_query()))
    assert "K1" in listed(ask(slot_query(**STAFF)))
    booked = ask(book("K1", **STAFF)).appointment
    assert ask(book("K1", KARI, **STAFF)) == Declined(Reason.SLOT_TAKEN)
    by_staff = replace(cancel(booked.id), by=Actor.STAFF)
    assert isinstance(ask(by_staff), Cancelled)
    assert ask(by_staff) == Declined(Reason.APPOINTMENT_CANCELLED)


def test_who_did_not_come_is_noted_by_staff_once_it_has_begun(ask: Ask_) -> None:
    ask(book("K1"))
    said = MarkNoShow(owner=OWNER, patient=LINE, references=("K1",))
    by_staff = replace(said, by=Actor.STAFF)
    assert ask(said, START) == Declined(Reason.APPOINTMENT_NOT_ONLINE)
    assert ask(by_staff, START - SECOND) == Declined(Reason.APPOINTMENT_NOT_BEGUN)
    noted = ask(by_staff, START)
    assert isinstance(noted, NoShowNoted)
    assert noted.appointment.state is State.NO_SHOW
    assert isinstance(ask(by_staff, START), Declined)
    assert ask(replace(by_staff, patient=KARI), START) == Declined(Reason.APPOINTMENT_UNKNOWN)


# --- what must not show


def test_a_time_in_a_protected_unit_does_not_show_by_what_is_missing(ask: Ask_, decide: Decide) -> None:
    ask(reserve("K2"))
    decide("korona", CalendarPolicy(protected=True))
    decide("lab", CalendarPolicy(overlaps=False))
    assert "L1" in listed(ask(slot_query()))
    assert isinstance(ask(reserve("L1")), Booked)


def test_what_is_hidden_from_who_acts_does_not_show_by_what_is_missing(ask: Ask_, decide: Decide) -> None:
    ask(reserve("K2", OLA))
    decide("korona", CalendarPolicy(representation=Ask.REFUSED))
    decide("lab", CalendarPolicy(overlaps=False))
    asked = slot_query(patient=OLA)
    assert "L1" not in listed(ask(asked))
    assert "L1" in listed(ask(replace(asked, representative=PARENT)))
    assert isinstance(ask(reserve("L1", OLA, representative=PARENT)), Booked)


# --- what a hold or a move must not let in, or lose


def test_a_hold_by_a_referral_is_no_way_to_move_another_appointment_there(
    ask: Ask_, decide: Decide, refer: Callable[..., str]
) -> None:
    decide("korona", CalendarPolicy(moves_to=("lab",)))
    decide("lab", kind=TypePolicy(hidden=True))
    booked = ask(reserve("K1")).appointment
    referral = refer(calendar_id="lab")
    assert isinstance(ask(reserve("L1", referral_id=referral)), Booked)
    assert ask(rebook("L1", booked.id)) == Declined(Reason.REFERRAL_FOR_OTHER_TIME)
    assert isinstance(ask(book("L1", referral_id=referral)), Booked)


def test_a_phone_number_that_comes_with_a_move_is_kept(ask: Ask_, decide: Decide) -> None:
    booked = ask(book("K1", KARI)).appointment
    decide("korona", kind=TypePolicy(phone=Ask.REQUIRED))
    assert ask(rebook("K3", booked.id, patient=KARI)) == Declined(Reason.PHONE_REQUIRED)
    called = replace(KARI, phone=LINE.phone)
    assert ask(rebook("K3", booked.id, patient=called)).appointment.patient.phone == LINE.phone
    (kept,) = ask(PlannedAppointments(owner=OWNER, patient=KARI)).appointments
    assert kept.appointment.patient.phone == LINE.phone


def test_who_acts_is_kept_when_they_move_or_confirm(ask: Ask_) -> None:
    moved = ask(book("K1", OLA)).appointment
    ask(rebook("K3", moved.id, patient=OLA, representative=PARENT))
    ask(reserve("L1", OLA))
    ask(book("L1", OLA, representative=PARENT))
    kept = ask(PlannedAppointments(owner=OWNER, patient=OLA)).appointments
    assert [one.appointment.representative for one in kept] == [PARENT, PARENT]


def test_what_staff_book_as_one_of_a_series_is_fixed_although_the_citizen_held_it(ask: Ask_) -> None:
    ask(reserve("L1"))
    booked = ask(book("L1", fixed=Fixed.SERIES, **STAFF)).appointment
    assert ask(cancel(booked.id)) == Declined(Reason.APPOINTMENT_NOT_ONLINE)


def test_answers_and_conditions_of_one_calendar_mean_nothing_in_another(ask: Ask_, decide: Decide) -> None:
    choices = Choice("a", "Det ene", ("time",)), Choice("b", "Det andre", ("time",))
    question = Question("hva", "Hva skal du?", choices)
    decide("korona", CalendarPolicy(moves_to=("lab",), questions=(question,), accept_conditions=True))
    said = {"answers": (("hva", "a"),), "accepted_conditions": "1"}
    booked = ask(book("K1", **said)).appointment
    assert ask(rebook("L1", booked.id)).appointment.accepted_conditions is None
    assert isinstance(ask(rebook("L2", booked.id)), Rebooked)


def test_an_answer_to_what_is_asked_no_more_does_not_stop_a_move(ask: Ask_, decide: Decide) -> None:
    choices = Choice("a", "Det ene", ("time",)), Choice("b", "Det andre", ("time",))
    decide("korona", CalendarPolicy(questions=(Question("hva", "Hva skal du?", choices),)))
    booked = ask(book("K1", answers=(("hva", "a"),))).appointment
    decide("korona")
    assert isinstance(ask(rebook("K3", booked.id)), Rebooked)
