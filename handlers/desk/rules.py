"""The desk's rules, as pure functions of what is known at the moment of the write.

A rule says why something may not be, or that it may (``None``). It looks nothing up and changes nothing;
the handlers ask it in front of every write, never only when times are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.model import Appointment, Patient, Slot, State
from handlers.desk.policies import AS_USUAL
from handlers.desk.reasons import Reason
from handlers.desk.replies import Permission, Shown

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.requests import Reserve


def takes_up_its_slot(appointment: Appointment, now: datetime) -> bool:
    """Whether nobody else can have the slot: it is booked, or held and the hold has not lapsed."""
    if appointment.state is State.HELD:
        return appointment.held_until is not None and appointment.held_until > now
    return appointment.state is State.BOOKED


def is_hold_of(appointment: Appointment, patient: Patient) -> bool:
    """Whether ``appointment`` is a reservation that ``patient`` has yet to confirm."""
    return appointment.state is State.HELD and appointment.patient.national_id == patient.national_id


def why_not_this_slot(slot: Slot, request: Reserve, now: datetime) -> Reason | None:
    """Why ``request`` cannot have ``slot``, whoever else may have it (helsenorge.md, C2 and F7)."""
    if request.calendar_id not in (None, slot.calendar.id):
        return Reason.SLOT_UNKNOWN
    if (slot.start, slot.end) != (request.start, request.end):
        return Reason.SLOT_MOVED
    if slot.start <= now:
        return Reason.SLOT_PASSED
    return why_not_this_practitioner(slot, request)


def why_not_this_practitioner(slot: Slot, request: Reserve) -> Reason | None:
    """Why not with the practitioner of ``slot``, when the citizen has named one (KodetOpplysning, C2)."""
    practitioner = slot.calendar.practitioner
    if request.hpr is None or practitioner is None or request.accepts_another_practitioner:
        return None
    return None if practitioner.hpr == request.hpr else Reason.OTHER_PRACTITIONER


def shown(appointment: Appointment, now: datetime) -> Shown:
    """The appointment, with what its citizen may do to it at ``now``."""
    nothing_said = AS_USUAL.cancel
    cancel = None
    if why_not_cancel(appointment, now) is None:
        cancel = Permission(appointment.start - nothing_said.until, nothing_said.message)
    return Shown(appointment, cancel, change=None)


def why_not_cancel(appointment: Appointment, now: datetime) -> Reason | None:
    """Why ``appointment`` cannot be cancelled. A hold that has lapsed is no appointment any more."""
    if appointment.state is State.CANCELLED:
        return Reason.APPOINTMENT_CANCELLED
    if not takes_up_its_slot(appointment, now):
        return Reason.APPOINTMENT_UNKNOWN
    return Reason.APPOINTMENT_PASSED if appointment.start <= now else None
