"""What staff do and what the portal hears of it stand together: both are committed, or neither is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from adapter.dialects.helsenorge.leaving import Forms
from adapter.dialects.helsenorge.notices import HelsenorgeNotices, Portal
from adapter.errors import KeysUnavailable
from adapter.ledger.tables import outbox
from adapter.seal.sealed import Sealed
from adapter.staffing import Silence, Staffing, Telling
from adapter.wrapping import Plain
from adapter.xml.schema import Schema
from handlers import handle
from handlers.desk import referrals, register, tables
from handlers.desk.model import Fixed, State
from handlers.desk.office import USUAL
from handlers.desk.policies import CalendarPolicy, written
from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Cancelled, Declined, NoShowNoted, Rebooked
from handlers.desk.requests import Rebook
from handlers.desk.staff_wishes import ToBook, ToBookWithReferral, ToCancel, ToMarkNoShow, ToMove
from handlers.desk.store import Desk
from schemas import Catalogue
from tests.support.certificates import Post
from tests.support.clinic import END, NOW, OTHER_OWNER, OWNER, book, fill, wish
from tests.support.envelopes import HUB
from tests.support.people import KARI, LINE, PARENT
from tools.certificates import SIGN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from adapter.staffing import Done, Wish
    from adapter.wrapping import Wrapping

    Staff = Callable[..., Done]

PORTAL = Portal(HUB, "Digital dialog", "8093239", "Helsenorge")
BOOK = ToBook("K2", LINE, reason="Hoste")


@dataclass
class Clinic:
    """A store with a clinic in it, and its staff."""

    engine: Engine

    def does(
        self,
        wish: Wish,
        at: datetime = NOW,
        *,
        wrapping: Wrapping | None = None,
        portal: Portal | None = PORTAL,
    ) -> Done:
        notices = None
        if portal is not None:
            forms = Forms(Schema(Catalogue.load()), check=False)  # their form has tests of its own
            notices = HelsenorgeNotices(portal, ZoneInfo("Europe/Oslo"), lambda: str(uuid4()), forms)
        telling = Telling(notices, wrapping or Plain())
        return Staffing(self.engine, lambda: at, lambda: str(uuid4()), USUAL, telling).carry_out(wish)

    def books(self, wish: ToBook | ToBookWithReferral = BOOK) -> str:
        """The id of the appointment."""
        reply = self.does(wish).reply
        assert isinstance(reply, Booked)
        return reply.appointment.id

    def told(self) -> list[tuple[str, str]]:
        """What is owed to the portal, in its order: the appointment and the code."""
        with self.engine.begin() as connection:
            rows = connection.execute(select(outbox).order_by(outbox.c.id)).all()
        assert all((row.kind, row.sender, row.answers) == ("notice", None, None) for row in rows)
        return [(row.thread, row.code) for row in rows]

    def appointments(self) -> int:
        with self.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(tables.appointment)).scalar_one()

    def entry(self, appointment_id: str) -> register.Entry:
        with self.engine.begin() as connection:
            desk = Desk(connection, NOW, lambda: "", USUAL)
            found = register.find_with_history(connection, desk, appointment_id)
        assert found is not None
        return found


@pytest.fixture
def clinic(fresh_engine: Engine) -> Clinic:
    with fresh_engine.begin() as connection:
        fill(connection)
    return Clinic(fresh_engine)


def test_each_thing_that_staff_do_is_told_once_and_in_its_order(clinic: Clinic) -> None:
    first = clinic.books()
    assert isinstance(clinic.does(ToMove(first, "K3", "Legen er syk")).reply, Rebooked)
    assert isinstance(clinic.does(ToCancel(first, "Stengt")).reply, Cancelled)
    second = clinic.books()
    assert isinstance(clinic.does(ToMarkNoShow(second), END + timedelta(hours=1)).reply, NoShowNoted)
    assert clinic.told() == [(first, "05"), (first, "07"), (first, "08"), (second, "05"), (second, "11")]


def test_what_is_declined_changes_nothing_and_is_told_to_nobody(clinic: Clinic) -> None:
    taken = clinic.books()
    declined = {
        Reason.SLOT_TAKEN: ToBook("K2", KARI),
        Reason.SLOT_UNKNOWN: ToBook("nowhere", KARI),
        Reason.APPOINTMENT_UNKNOWN: ToCancel("nothing"),
        Reason.APPOINTMENT_NOT_BEGUN: ToMarkNoShow(taken),
    }
    for reason, impossible in declined.items():
        done = clinic.does(impossible)
        assert isinstance(done.reply, Declined)
        assert (done.reply.reason, done.notice) == (reason, None)
    assert clinic.told() == [(taken, "05")]
    assert clinic.appointments() == 1


def test_what_the_portal_could_not_be_told_is_not_done(clinic: Clinic, tmp_path: Path) -> None:
    post = Post(tmp_path)
    post.put("keys/sign.pem", post.issue("our-sign", SIGN, end=NOW - timedelta(minutes=1)).pem())
    with pytest.raises(KeysUnavailable):
        clinic.does(BOOK, wrapping=Sealed(post.open_seal()))
    assert (clinic.appointments(), clinic.told()) == (0, [])


def test_with_a_seal_it_is_kept_sealed(clinic: Clinic, tmp_path: Path) -> None:
    done = clinic.does(BOOK, wrapping=Sealed(Post(tmp_path).open_seal()))
    assert done.notice is not None
    assert b"MsgHead" not in done.notice.outbound.body
    with clinic.engine.begin() as connection:
        assert connection.execute(select(outbox.c.body)).scalar_one() == done.notice.outbound.body


def test_without_a_portal_staff_do_the_same_and_nobody_is_told(clinic: Clinic) -> None:
    done = clinic.does(BOOK, portal=None)
    assert isinstance(done.reply, Booked)
    assert (done.notice, done.silence) == (None, Silence.NO_PORTAL)
    assert (clinic.appointments(), clinic.told()) == (1, [])


def test_whose_slot_it_is_must_be_said_where_several_have_one_of_that_id(clinic: Clinic) -> None:
    declined = clinic.does(ToBook("K1", LINE)).reply
    assert declined == Declined(Reason.SLOT_UNKNOWN, f"{OWNER}, {OTHER_OWNER}")
    booked = clinic.does(ToBook("K1", LINE, owner=OTHER_OWNER)).reply
    assert isinstance(booked, Booked)
    assert booked.appointment.her_id == OTHER_OWNER


def test_what_staff_say_is_kept_with_the_appointment(clinic: Clinic) -> None:
    wish = ToBook("K2", LINE, PARENT, "Hoste", Fixed.SERIES)
    entry = clinic.entry(clinic.books(wish))
    one = entry.appointment
    assert (one.patient, one.representative, one.reason, one.fixed) == (LINE, PARENT, "Hoste", Fixed.SERIES)


def test_the_history_has_where_it_was_and_every_comment(clinic: Clinic) -> None:
    appointment = clinic.books()
    clinic.does(ToMove(appointment, "K3", "Legen er syk"))
    clinic.does(ToMove(appointment, "L2"))
    clinic.does(ToCancel(appointment, "Stengt"))
    entry = clinic.entry(appointment)
    assert [(move.from_slot_id, move.by, move.comment) for move in entry.moves] == [
        ("K2", "staff", "Legen er syk"),
        ("K3", "staff", None),
    ]
    assert entry.appointment.slot_id == "L2"
    assert (entry.appointment.state, entry.cancellation_reason) == (State.CANCELLED, "Stengt")
    assert entry.appointment.reason == "Hoste", "why the patient came is still there"


@pytest.mark.parametrize("policy", [CalendarPolicy(protected=True), CalendarPolicy(shows_appointments=False)])
def test_what_is_not_shown_online_the_portal_is_not_told(clinic: Clinic, policy: CalendarPolicy) -> None:
    with clinic.engine.begin() as connection:
        connection.execute(update(tables.calendar).values(policy=written(policy)))
    done = clinic.does(BOOK)
    assert isinstance(done.reply, Booked)
    assert (done.notice, done.silence) == (None, Silence.NOT_SHOWN)
    assert clinic.told() == []


def test_what_is_moved_out_of_sight_is_cancelled_as_far_as_the_portal_knows(clinic: Clinic) -> None:
    appointment = clinic.books()
    with clinic.engine.begin() as connection:
        hidden = written(CalendarPolicy(protected=True))
        connection.execute(update(tables.calendar).where(tables.calendar.c.id == "lab").values(policy=hidden))
    assert isinstance(clinic.does(ToMove(appointment, "L2")).reply, Rebooked)
    assert clinic.told() == [(appointment, "05"), (appointment, "08")]
    assert clinic.does(ToCancel(appointment)).silence is Silence.NOT_SHOWN


# --- looking


def test_the_list_has_what_is_ahead_and_what_has_become_of_it(clinic: Clinic) -> None:
    korona, lab = clinic.books(), clinic.books(ToBook("L2", KARI))
    clinic.does(ToCancel(korona))

    def found(**narrower: Any) -> list[tuple[str, State]]:
        with clinic.engine.begin() as connection:
            listed = register.appointments(connection, NOW, NOW, **narrower)
        return [(one.id, one.state) for one in listed]

    assert found() == [(korona, State.CANCELLED), (lab, State.BOOKED)]
    assert found(calendar_id="lab") == found(national_id=KARI.national_id) == [(lab, State.BOOKED)]
    assert found(end=NOW + timedelta(days=1)) == []


# --- referrals


def test_a_timed_referral_is_used_up_by_the_booking_that_comes_with_it(clinic: Clinic) -> None:
    appointment = clinic.books(ToBookWithReferral("right-1", BOOK))
    with clinic.engine.begin() as connection:
        (referral,) = referrals.listed(connection)
        assert referral.appointment_id == appointment
        assert referrals.withdraw(connection, "right-1") is referrals.Withdrawal.USED
    assert clinic.entry(appointment).appointment.referral_id == "right-1"
    assert clinic.told() == [(appointment, "05")]


def test_who_has_a_timed_referral_can_change_the_time_and_no_more(clinic: Clinic) -> None:
    appointment = clinic.books(ToBookWithReferral("right-1", BOOK))
    with clinic.engine.begin() as connection:
        for slot_id in ("K3", "K1"):
            desk = Desk(connection, NOW, lambda: str(uuid4()), USUAL)
            moved = handle(Rebook(references=(appointment,), **wish(slot_id)), desk)
            assert isinstance(moved, Rebooked)
        assert handle(book("K2", referral_id="right-1"), desk) == Declined(Reason.REFERRAL_USED)


def test_a_timed_referral_for_a_slot_that_is_taken_is_not_given(clinic: Clinic) -> None:
    clinic.books()
    done = clinic.does(ToBookWithReferral("right-1", ToBook("K2", KARI)))
    assert isinstance(done.reply, Declined)
    with clinic.engine.begin() as connection:
        assert referrals.listed(connection) == []


def test_an_unused_referral_can_be_taken_back_once(clinic: Clinic) -> None:
    with clinic.engine.begin() as connection:
        referral = referrals.Referral(
            "right-1", OWNER, LINE.national_id, None, "time", NOW, NOW + timedelta(days=9)
        )
        referrals.enter(connection, referral, NOW)
        assert referrals.listed(connection, LINE.national_id) == [referral]
        assert referrals.listed(connection, KARI.national_id) == []
        assert referrals.withdraw(connection, "right-1") is referrals.Withdrawal.WITHDRAWN
        assert referrals.withdraw(connection, "right-1") is referrals.Withdrawal.UNKNOWN


def test_staff_cannot_book_by_a_right_that_is_not_there_or_used(clinic: Clinic) -> None:
    clinic.books(ToBookWithReferral("right-1", BOOK))
    for referral_id, reason in (("right-1", Reason.REFERRAL_USED), ("none", Reason.REFERRAL_UNKNOWN)):
        reply = clinic.does(ToBook("L2", LINE, referral_id=referral_id)).reply
        assert reply == Declined(reason)
