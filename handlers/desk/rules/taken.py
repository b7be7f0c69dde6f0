"""Who has a slot, and is there a seat left in it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.model import Appointment, Patient, Slot, State
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def takes_up_its_slot(appointment: Appointment, now: datetime) -> bool:
    """Whether nobody else can have the seat: it is booked, or held and the hold has not lapsed."""
    if appointment.state is State.HELD:
        return appointment.held_until is not None and appointment.held_until > now
    return appointment.state is State.BOOKED


def is_hold_of(appointment: Appointment, patient: Patient) -> bool:
    """Whether ``appointment`` is a reservation that ``patient`` has yet to confirm."""
    return appointment.state is State.HELD and appointment.patient.national_id == patient.national_id


def free_seat(slot: Slot, takers: Sequence[Appointment]) -> int | None:
    """The lowest seat that nobody has; ``None`` when there are as many takers as the slot is for.

    A slot may have had more seats when they were taken than it has now.
    """
    if len(takers) >= slot.capacity:
        return None
    seats = {one.seat for one in takers}
    return next(seat for seat in range(slot.capacity) if seat not in seats)


def why_no_seat(slot: Slot, patient: Patient, takers: Sequence[Appointment]) -> Declined | None:
    """Why ``patient`` cannot have a seat of ``slot`` beside its ``takers``. Nobody sits on two."""
    if free_seat(slot, takers) is None:
        return Declined(Reason.SLOT_TAKEN)
    if any(one.patient.national_id == patient.national_id for one in takers):
        return Declined(Reason.ALREADY_OCCUPIED)
    return None
