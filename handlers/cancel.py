"""Give an appointment back. (helsenorge.md, C3 and C6)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Cancelled, Declined
from handlers.desk.rules.undoing import why_not_cancel
from handlers.visiting import meet, the_one_meant

if TYPE_CHECKING:
    from handlers.desk.requests import Cancel
    from handlers.desk.store import Desk


def handle(request: Cancel, desk: Desk) -> Cancelled | Declined:
    """Cancel the patient's appointment, or their hold. Another patient's appointment is not known here."""
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    meant = the_one_meant(request, visitor, desk)
    if meant is None:
        return Declined(Reason.APPOINTMENT_UNKNOWN)
    if why := why_not_cancel(meant, visitor, request.reason, desk.now):
        return why
    return Cancelled(desk.cancel(meant, request.reason))
