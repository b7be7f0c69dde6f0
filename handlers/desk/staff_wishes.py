"""What the clinic's staff wish, as they say it: by the ids of a slot and of an appointment.

Each becomes a request of the desk, in the transaction in which that is carried out; or says why it cannot.
Nothing is decided here: whether it may be, the handlers say.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.desk import referrals, register
from handlers.desk.model import Fixed, Patient, Referral, Representative
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined
from handlers.desk.requests import Actor, Book, Cancel, MarkNoShow, Rebook

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handlers.desk.model import Slot
    from handlers.desk.store import Desk

#: How long after its time a timed referral still lets the patient choose another; a calendar's weekly times
#: reach no further ahead.
CHANGEABLE = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class ToBook:
    """Book this slot for a patient. ``owner`` is a HER-id, and needed where several have such a slot.

    ``referral_id`` is a right of the patient's that the booking is to use up.
    """

    slot_id: str
    patient: Patient
    representative: Representative | None = None
    reason: str | None = field(default=None, repr=False)
    fixed: Fixed | None = None
    owner: str | None = None
    referral_id: str | None = None

    def __call__(self, connection: Connection, desk: Desk) -> Book | Declined:
        """The request. Declined where there is no such slot; the detail is the owners to choose from."""
        slot = _slot(connection, desk, self.slot_id, self.owner)
        if isinstance(slot, Declined):
            return slot
        return Book(
            owner=slot.calendar.her_id,
            patient=self.patient,
            representative=self.representative,
            by=Actor.STAFF,
            slot_id=slot.id,
            start=slot.start,
            end=slot.end,
            reason=self.reason,
            fixed=self.fixed,
            referral_id=self.referral_id,
        )


@dataclass(frozen=True, slots=True)
class ToBookWithReferral:
    """Give a patient the right to one slot, and book it for them: a timed referral, under ``referral_id``.

    They may change it to any other time of that type in that calendar, as far as the type's rules go.
    """

    referral_id: str
    booking: ToBook

    def __call__(self, connection: Connection, desk: Desk) -> Book | Declined:
        """The request; the referral is entered first."""
        slot = _slot(connection, desk, self.booking.slot_id, self.booking.owner)
        if isinstance(slot, Declined):
            return slot
        referral = Referral(
            id=self.referral_id,
            her_id=slot.calendar.her_id,
            national_id=self.booking.patient.national_id,
            calendar_id=slot.calendar.id,
            type_code=slot.type.code,
            opens=min(slot.start, desk.now),
            closes=slot.start + CHANGEABLE,
        )
        referrals.enter(connection, referral, desk.now)
        return replace(self.booking, referral_id=referral.id)(connection, desk)


@dataclass(frozen=True, slots=True)
class ToMove:
    """Move an appointment to another slot of its owner; ``comment`` is kept with the move."""

    appointment_id: str
    slot_id: str
    comment: str | None = field(default=None, repr=False)

    def __call__(self, connection: Connection, desk: Desk) -> Rebook | Declined:
        """The request."""
        appointment = register.find(connection, desk, self.appointment_id)
        if appointment is None:
            return Declined(Reason.APPOINTMENT_UNKNOWN)
        slot = desk.slot(appointment.her_id, self.slot_id)
        if slot is None:
            return Declined(Reason.SLOT_UNKNOWN)
        return Rebook(
            owner=appointment.her_id,
            patient=appointment.patient,
            representative=appointment.representative,
            by=Actor.STAFF,
            slot_id=slot.id,
            start=slot.start,
            end=slot.end,
            reason=self.comment,
            references=(appointment.id,),
        )


@dataclass(frozen=True, slots=True)
class ToCancel:
    """Cancel an appointment; ``reason`` is kept with it."""

    appointment_id: str
    reason: str | None = field(default=None, repr=False)

    def __call__(self, connection: Connection, desk: Desk) -> Cancel | Declined:
        """The request."""
        one = register.find(connection, desk, self.appointment_id)
        if one is None:
            return Declined(Reason.APPOINTMENT_UNKNOWN)
        return Cancel(
            owner=one.her_id,
            patient=one.patient,
            representative=one.representative,
            by=Actor.STAFF,
            references=(one.id,),
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class ToMarkNoShow:
    """Write down that the patient did not come."""

    appointment_id: str

    def __call__(self, connection: Connection, desk: Desk) -> MarkNoShow | Declined:
        """The request."""
        one = register.find(connection, desk, self.appointment_id)
        if one is None:
            return Declined(Reason.APPOINTMENT_UNKNOWN)
        return MarkNoShow(owner=one.her_id, patient=one.patient, by=Actor.STAFF, references=(one.id,))


def _slot(connection: Connection, desk: Desk, slot_id: str, owner: str | None) -> Slot | Declined:
    owners = [owner] if owner else register.owners_of_slot(connection, slot_id)
    slot = desk.slot(owners[0], slot_id) if len(owners) == 1 else None
    return slot or Declined(Reason.SLOT_UNKNOWN, ", ".join(owners) if len(owners) > 1 else None)
