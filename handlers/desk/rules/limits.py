"""Limits for one citizen: how many appointments of a type they may have, and none at the same time.

``ahead`` are the patient's living appointments and holds at this owner that have not ended, as far as who
asks may know of them: those of protected units do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from handlers.desk.model import Appointment, Calendar, Slot, TimeType

Span = tuple["datetime", "datetime"]


def has_limits(calendar: Calendar, kinds: Iterable[TimeType]) -> bool:
    """Whether what a patient has already matters for ``kinds`` of times in the calendar."""
    return not calendar.policy.overlaps or any(kind.policy.most_open is not None for kind in kinds)


def why_too_many(
    calendar: Calendar, kind: TimeType, ahead: Iterable[Appointment], now: datetime
) -> Declined | None:
    """Why the patient can have no other appointment of this type of this calendar."""
    most = kind.policy.most_open
    if most is None:
        return None
    open_ones = [
        one
        for one in ahead
        if (one.calendar_id, one.type_code) == (calendar.id, kind.code) and one.start > now
    ]
    return Declined(Reason.TOO_MANY_OPEN, str(most)) if len(open_ones) >= most else None


def busy(calendar: Calendar, ahead: Iterable[Appointment]) -> tuple[Span, ...]:
    """From when to when the patient can have nothing in the calendar."""
    if calendar.policy.overlaps:
        return ()
    return tuple((one.start, one.end) for one in ahead)


def why_occupied(slot: Slot, ahead: Iterable[Appointment]) -> Declined | None:
    """Why the patient cannot be there: they are elsewhere. Times that only meet do not overlap."""
    overlap = any(slot.start < end and start < slot.end for start, end in busy(slot.calendar, ahead))
    return Declined(Reason.ALREADY_OCCUPIED) if overlap else None
