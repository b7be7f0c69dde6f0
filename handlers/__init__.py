"""The booking side: what a booking desk knows. No XML, no AMQP, no asyncio and no clock of its own.

``HANDLERS`` is the register: the type of a request says which function carries it out. A handler is a
plain function of the request and the desk, and reads like the rule it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import book, cancel, reserve, resource_overview, slot_query
from handlers.desk import model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handlers.desk.store import Desk

HANDLERS: Mapping[type[model.Request], Callable[[Any, Desk], model.Reply]] = {
    model.ResourceOverview: resource_overview.handle,
    model.SlotQuery: slot_query.handle,
    model.Reserve: reserve.handle,
    model.Book: book.handle,
    model.Cancel: cancel.handle,
}


def handle(request: model.Request, desk: Desk) -> model.Reply:
    """Carry out ``request`` at ``desk``, within the desk's transaction, and say what became of it."""
    return HANDLERS[type(request)](request, desk)
