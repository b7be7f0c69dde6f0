"""Which resource calendars may this patient use? (helsenorge.md, H1)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.model import Resource
from handlers.desk.replies import ResourceList
from handlers.desk.rules.offers import put_together
from handlers.desk.rules.times import is_of_age
from handlers.desk.rules.undoing import why_no_changing, why_not_there
from handlers.visiting import meet, what_is_open

if TYPE_CHECKING:
    from handlers.desk.model import Appointment, Calendar
    from handlers.desk.replies import Declined
    from handlers.desk.requests import ResourceOverview
    from handlers.desk.rules.audience import Visitor
    from handlers.desk.store import Desk

NOTHING = (None, None)


def handle(request: ResourceOverview, desk: Desk) -> ResourceList | Declined:
    """List the owner's open resource calendars that are for this patient, with what they can book in each.

    Who has the age for a calendar at no time that is free, nor today, does not see it. Practitioners'
    calendars have an overview of their own.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    calendars = [one for one in desk.calendars(request.owner) if one.practitioner is None]
    leaving = None
    if request.appointment_id is not None:
        leaving = _the_appointment(request, desk)
        calendars = [one for one in calendars if _can_move_to(one, leaving, visitor, desk)]
    found = what_is_open(visitor, calendars, desk, request.answers, leaving)
    offers = put_together(offer for _calendar, _kinds, offers in found for offer in offers)
    spans = desk.spans(request.owner, visitor.patient, offers)
    return ResourceList(
        tuple(
            Resource(calendar, first, last, kinds)
            for calendar, kinds, _offers in found
            for first, last in [spans.get(calendar.id, NOTHING)]
            if first or is_of_age(calendar, visitor, desk.now, desk.office.zone)
        )
    )


def _the_appointment(request: ResourceOverview, desk: Desk) -> Appointment | None:
    named = [request.appointment_id] if request.appointment_id else []
    found = desk.appointments(request.owner, request.patient.national_id, named)
    return next((one for one in found if one.id == request.appointment_id), None)


def _can_move_to(calendar: Calendar, leaving: Appointment | None, visitor: Visitor, desk: Desk) -> bool:
    """Whether the calendar is one of the places that the appointment can be moved to, if it can at all."""
    return leaving is not None and not (
        why_not_there(leaving, calendar.id, visitor)
        or (not visitor.is_staff and why_no_changing(leaving, visitor.representative, desk.now))
    )
