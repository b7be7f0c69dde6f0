"""Which times can this patient book? (helsenorge.md, C1)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.replies import SlotList

if TYPE_CHECKING:
    from handlers.desk.model import Calendar
    from handlers.desk.requests import SlotQuery
    from handlers.desk.store import Desk


def handle(request: SlotQuery, desk: Desk) -> SlotList:
    """List the free slots that begin within the period asked for and have not begun yet."""
    asked_for = [calendar.id for calendar in desk.calendars(request.owner) if _is_meant(calendar, request)]
    start = max(request.start, desk.now)
    free = desk.free_slots(request.owner, start, request.end, asked_for)
    return SlotList(tuple(slot for slot in free if slot.start > desk.now))


def _is_meant(calendar: Calendar, request: SlotQuery) -> bool:
    if request.calendar_id is not None and calendar.id != request.calendar_id:
        return False
    hpr = calendar.practitioner.hpr if calendar.practitioner else None
    return request.hpr in (None, hpr)
