"""Which resource calendars may this patient use? (helsenorge.md, H1)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.model import Resource
from handlers.desk.replies import ResourceList

if TYPE_CHECKING:
    from handlers.desk.requests import ResourceOverview
    from handlers.desk.store import Desk


def handle(request: ResourceOverview, desk: Desk) -> ResourceList:
    """List the owner's open resource calendars; practitioners' calendars have an overview of their own."""
    spans = desk.bookable_spans(request.owner)
    return ResourceList(
        tuple(
            Resource(calendar, *spans.get(calendar.id, (None, None)), types=calendar.types)
            for calendar in desk.calendars(request.owner)
            if calendar.practitioner is None
        )
    )
