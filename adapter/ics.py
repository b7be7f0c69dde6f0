"""An appointment as an iCalendar text (RFC 5545), for whatever calendar a person keeps.

It says when, where and what, as the citizen sees it: never whose appointment it is, nor why they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icalendar import Calendar, Event

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Appointment

_STATUS = {"held": "TENTATIVE", "booked": "CONFIRMED", "no-show": "CONFIRMED"}


def write_ics(appointment: Appointment, title: str, now: datetime, *, moves: int) -> bytes:
    """The appointment under ``title``, as it is ``now``, moved so many times; times are in UTC.

    A calendar that has it already knows it by its id, and the newer by its moves and by ``now``.
    """
    event = Event()
    event.add("uid", appointment.id)
    event.add("dtstamp", now)
    event.add("dtstart", appointment.start)
    event.add("dtend", appointment.end)
    event.add("summary", title)
    if appointment.place:
        event.add("location", appointment.place)
    event.add("status", _STATUS.get(appointment.state.value, "CANCELLED"))
    event.add("sequence", moves)
    calendar = Calendar()
    calendar.add("prodid", "-//timebok//timebok//NO")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
