"""What does this patient have ahead of them? (helsenorge.md, C4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.replies import AppointmentList
from handlers.desk.rules.times import midnight
from handlers.desk.rules.undoing import is_listed, shown
from handlers.visiting import meet

if TYPE_CHECKING:
    from handlers.desk.replies import Declined
    from handlers.desk.requests import PlannedAppointments
    from handlers.desk.store import Desk


def handle(request: PlannedAppointments, desk: Desk) -> AppointmentList | Declined:
    """List the patient's appointments from the beginning of today on, with what they may do to each.

    A hold is among them, as a time that is not confirmed yet: a citizen who has lost the page on which to
    confirm it must be able to find it. So is what is in a calendar that has been closed since.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    today = midnight(desk.now, desk.office.zone)
    ahead = desk.ahead(request.owner, request.patient.national_id, today)
    return AppointmentList(
        tuple(shown(one, visitor.representative, desk.now) for one in ahead if is_listed(one, visitor))
    )
