"""Move an appointment to another time, in one step. (helsenorge.md, H5)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined, Rebooked
from handlers.desk.rules.undoing import shown, why_not_change, why_not_there
from handlers.taking import is_by_another_referral, look, why_not
from handlers.visiting import meet, the_one_meant

if TYPE_CHECKING:
    from handlers.desk.requests import Rebook
    from handlers.desk.store import Desk


def handle(request: Rebook, desk: Desk) -> Rebooked | Declined:
    """Move the patient's appointment to the slot; when that cannot be, it stands where it stood.

    Its id stays. A hold of theirs on the new slot becomes the appointment's seat.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    meant = the_one_meant(request, visitor, desk)
    if meant is None:
        return Declined(Reason.APPOINTMENT_UNKNOWN)
    if why := why_not_change(meant, visitor, request.reason, desk.now):
        return why
    slot = desk.slot(request.owner, request.slot_id)
    if slot is None:
        return Declined(Reason.SLOT_UNKNOWN)
    attempt = look(slot, request, visitor, desk, moving=meant)
    if is_by_another_referral(attempt):
        return Declined(Reason.REFERRAL_FOR_OTHER_TIME)
    if why := why_not_there(meant, slot.calendar.id, visitor) or why_not(attempt, desk, complete=True):
        return why
    if attempt.held:
        desk.cancel(attempt.held, None)
    return Rebooked(shown(desk.move(meant, slot, request, attempt.seat), visitor.representative, desk.now))
