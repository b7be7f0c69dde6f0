"""Is the slot the one that the citizen means, and was shown?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined
from handlers.desk.requests import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Slot
    from handlers.desk.requests import Reserve


def why_not_this_slot(slot: Slot, request: Reserve, now: datetime) -> Declined | None:
    """Why ``slot`` cannot be what ``request`` means, or be had any more (helsenorge.md, C2 and F5).

    Staff enter what has begun too: who walked in has been there since.
    """
    if request.calendar_id not in (None, slot.calendar.id):
        return Declined(Reason.SLOT_UNKNOWN)
    if (slot.start, slot.end) != (request.start, request.end):
        return Declined(Reason.SLOT_MOVED)
    if slot.start <= now and request.by is not Actor.STAFF:
        return Declined(Reason.SLOT_PASSED)
    return why_not_this_practitioner(slot, request)


def why_not_this_practitioner(slot: Slot, request: Reserve) -> Declined | None:
    """Why not with the practitioner of ``slot``, when the citizen has named one (KodetOpplysning, C2)."""
    practitioner = slot.calendar.practitioner
    if request.hpr is None or practitioner is None or request.accepts_another_practitioner:
        return None
    return None if practitioner.hpr == request.hpr else Declined(Reason.OTHER_PRACTITIONER)
