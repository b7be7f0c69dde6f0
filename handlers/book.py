"""Book this time for good, held before or not. (helsenorge.md, H3 and H4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Declined
from handlers.taking import take
from handlers.visiting import meet

if TYPE_CHECKING:
    from handlers.desk.model import Slot
    from handlers.desk.requests import Book
    from handlers.desk.store import Desk


def handle(request: Book, desk: Desk) -> Booked | Declined:
    """Confirm the patient's hold on the slot, or book the slot in one step when it has a seat left.

    So a citizen whose hold has lapsed still gets the time if it is free.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    slot = _the_slot_meant(request, desk)
    if slot is None:
        return Declined(Reason.SLOT_UNKNOWN)
    return take(slot, request, visitor, desk, holding=False)


def _the_slot_meant(request: Book, desk: Desk) -> Slot | None:
    """The slot named, or the one that the reservation named is of: portals put either id first (H7)."""
    named = [request.slot_id, *filter(None, [request.reservation_id])]
    for slot_id in named:
        if slot := desk.slot(request.owner, slot_id):
            return slot
    held = desk.appointments(request.owner, request.patient.national_id, named)
    return desk.slot(request.owner, held[0].slot_id) if held else None
