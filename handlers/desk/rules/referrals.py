"""Booking referrals: a right that staff give a patient to one appointment of a type within a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from handlers.desk.model import Appointment, Referral, Slot


def why_not_referred(referral: Referral | None, slot: Slot, having: Appointment | None) -> Declined | None:
    """Why the referral gives no right to ``slot``, beside what the patient has by it already.

    ``having`` is the hold that is confirmed, or the appointment that is moved. Taking a time uses the
    referral up, and cancelling that time does not give it back.
    """
    if referral is None:
        return Declined(Reason.REFERRAL_UNKNOWN)
    if referral.appointment_id is not None and (having is None or having.id != referral.appointment_id):
        return Declined(Reason.REFERRAL_USED)
    meant = referral.calendar_id in (None, slot.calendar.id) and referral.type_code == slot.type.code
    if not meant or not referral.opens <= slot.start < referral.closes:
        return Declined(Reason.REFERRAL_FOR_OTHER_TIME)
    return None


def why_hidden(slot: Slot, referral: Referral | None) -> Declined | None:
    """Why a citizen cannot have a time of this type: only a referral leads to it."""
    return Declined(Reason.TYPE_HIDDEN) if slot.type.policy.hidden and referral is None else None
