"""Keep this time for me; in a one-step calendar: book it. (helsenorge.md, C2 and H4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Declined
from handlers.taking import take
from handlers.visiting import meet

if TYPE_CHECKING:
    from handlers.desk.requests import Reserve
    from handlers.desk.store import Desk


def handle(request: Reserve, desk: Desk) -> Booked | Declined:
    """Hold the slot, or book it where the calendar has no holds.

    A patient who holds the slot already keeps that very hold: asking again makes it no longer.
    """
    visitor, turned_away = meet(request, desk)
    if turned_away:
        return turned_away
    slot = desk.slot(request.owner, request.slot_id)
    if slot is None:
        return Declined(Reason.SLOT_UNKNOWN)
    return take(slot, request, visitor, desk, holding=True)
