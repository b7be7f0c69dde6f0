"""Give an appointment back. (helsenorge.md, C3 and C6)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Cancelled, Declined
from handlers.desk.rules import takes_up_its_slot, why_not_cancel

if TYPE_CHECKING:
    from handlers.desk.model import Appointment
    from handlers.desk.requests import Cancel
    from handlers.desk.store import Desk


def handle(request: Cancel, desk: Desk) -> Cancelled | Declined:
    """Cancel the patient's appointment, or their hold. Another patient's appointment is not known here."""
    found = desk.appointments(request.owner, request.patient.national_id, request.references)
    meant = _the_one_meant(found, request, desk)
    if meant is None:
        return Declined(Reason.APPOINTMENT_UNKNOWN)
    if reason := why_not_cancel(meant, desk.now):
        return Declined(reason)
    return Cancelled(desk.cancel(meant, request.reason))


def _the_one_meant(found: list[Appointment], request: Cancel, desk: Desk) -> Appointment | None:
    """What is named by its own id; else what takes up the slot named; else the last that did.

    A slot may have been booked and cancelled by the same patient before, and messages in the wild name
    the slot, the appointment or both.
    """
    named = [one for one in found if one.id in request.references]
    living = [one for one in found if takes_up_its_slot(one, desk.now)]
    return next(iter(named + living + found), None)
