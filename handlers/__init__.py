"""The booking side: what a booking desk knows. No XML, no AMQP, no asyncio and no clock of its own.

``HANDLERS`` is the register: the type of a request says which function carries it out. A handler is a
plain function of the request and the desk, and reads like the rule it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import (
    book,
    cancel,
    mark_no_show,
    planned_appointments,
    practitioner_overview,
    rebook,
    reserve,
    resource_overview,
    slot_query,
)
from handlers.desk import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handlers.desk.replies import Reply
    from handlers.desk.store import Desk

HANDLERS: Mapping[type[requests.Request], Callable[[Any, Desk], Reply]] = {
    requests.ResourceOverview: resource_overview.handle,
    requests.PractitionerOverview: practitioner_overview.handle,
    requests.PlannedAppointments: planned_appointments.handle,
    requests.SlotQuery: slot_query.handle,
    requests.Reserve: reserve.handle,
    requests.Book: book.handle,
    requests.Cancel: cancel.handle,
    requests.Rebook: rebook.handle,
    requests.MarkNoShow: mark_no_show.handle,
}


def handle(request: requests.Request, desk: Desk) -> Reply:
    """Carry out ``request`` at ``desk``, within the desk's transaction, and say what became of it."""
    return HANDLERS[type(request)](request, desk)
