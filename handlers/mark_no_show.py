"""The patient did not come. (helsenorge.md, C5 and F11)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined, NoShowNoted
from handlers.desk.rules.undoing import why_no_no_show
from handlers.visiting import meet, the_one_meant

if TYPE_CHECKING:
    from handlers.desk.requests import MarkNoShow
    from handlers.desk.store import Desk


def handle(request: MarkNoShow, desk: Desk) -> NoShowNoted | Declined:
    """Write down that the patient did not come to an appointment that has begun. Only staff can say so."""
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    meant = the_one_meant(request, visitor, desk)
    if meant is None:
        return Declined(Reason.APPOINTMENT_UNKNOWN)
    return why_no_no_show(meant, visitor, desk.now) or NoShowNoted(desk.note_no_show(meant))
