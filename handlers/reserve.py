"""Keep this time for me; in a one-step calendar: book it. (helsenorge.md, C2 and H4)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Declined
from handlers.desk.rules import is_hold_of, shown, why_not_this_slot

if TYPE_CHECKING:
    from handlers.desk.requests import Reserve
    from handlers.desk.store import Desk


def handle(request: Reserve, desk: Desk) -> Booked | Declined:
    """Hold the slot, or book it where the calendar has no holds.

    A patient who holds the slot already keeps that very hold: asking again makes it no longer.
    """
    slot = desk.slot(request.owner, request.slot_id)
    if slot is None:
        return Declined(Reason.SLOT_UNKNOWN)
    if reason := why_not_this_slot(slot, request, desk.now):
        return Declined(reason)
    taken = desk.taken_by(slot)
    if taken is None:
        return Booked(shown(desk.take(slot, request, hold=slot.calendar.hold), desk.now))
    return (
        Booked(shown(taken, desk.now)) if is_hold_of(taken, request.patient) else Declined(Reason.SLOT_TAKEN)
    )
