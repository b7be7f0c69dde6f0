"""Which times can this patient book? (helsenorge.md, C1)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.replies import SlotList
from handlers.desk.rules.offers import put_together
from handlers.desk.rules.times import period
from handlers.visiting import meet, what_is_offered

if TYPE_CHECKING:
    from handlers.desk.model import Calendar
    from handlers.desk.replies import Declined
    from handlers.desk.requests import SlotQuery
    from handlers.desk.store import Desk


def handle(request: SlotQuery, desk: Desk) -> SlotList | Declined:
    """List the times with a seat left that begin within the period asked for and are for this patient.

    Those that can only be booked by phone, or not yet, are among them, and say so (F7 and F8).
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    calendars = [calendar for calendar in desk.calendars(request.owner) if _is_meant(calendar, request)]
    asked = period(request.start, request.end)
    offers = [one.within(asked) for one in what_is_offered(visitor, calendars, desk, request.answers)]
    return SlotList(desk.free_slots(request.owner, visitor.patient, put_together(offers)))


def _is_meant(calendar: Calendar, request: SlotQuery) -> bool:
    if request.calendar_id is not None and calendar.id != request.calendar_id:
        return False
    hpr = calendar.practitioner.hpr if calendar.practitioner else None
    return request.hpr in (None, hpr)
