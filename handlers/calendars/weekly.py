"""Laying out a weekly rule on the clock: from "Mondays, 08:30 to 15:00" to moments in time.

Pure functions of their arguments. A wall clock is what people keep their appointments by, so a rule is
laid out on the wall clock first and turned into moments afterwards: a slot that the clock jumps over does
not come to be, and of an hour that the clock shows twice the first one is meant. Nothing here looks at
what time it is, and nothing here ever yields a slot shorter than its type.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from handlers.calendars.entries import WeeklyEntry

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ANY_DAY = date(2000, 1, 1)
_SECOND = timedelta(seconds=1)

Span = tuple[datetime, datetime]


def occurrences(rule: WeeklyEntry, duration: timedelta, first: date, zone: ZoneInfo) -> Iterator[Span]:
    """The slots of ``rule``, as pairs of aware UTC, in order: from ``first`` or ``since``, to ``until``.

    ``duration`` is what the rule's type lasts. ``first``, like all dates, is a local date in ``zone``.
    """
    hours = day_plan(rule, duration)
    day = first if rule.since is None else max(first, rule.since)
    while day <= rule.until:
        if _DAYS[day.weekday()] in rule.days and day not in rule.except_:
            for start, end in hours:
                span = utc_span(datetime.combine(day, start), datetime.combine(day, end), zone)
                if span is not None and span[1] - span[0] >= duration:
                    yield span
        day += timedelta(days=1)


def day_plan(rule: WeeklyEntry, duration: timedelta) -> list[tuple[time, time]]:
    """The slots of any one day of ``rule`` on the wall clock: back to back, and afresh after each break."""
    plan = []
    breaks = sorted((_at(pause.from_), _at(pause.to)) for pause in rule.breaks)
    start, closing = _at(rule.from_), _at(rule.to)
    while (end := start + duration) <= closing:
        resume = max((to for from_, to in breaks if from_ < end and start < to), default=None)
        if resume is None:
            plan.append((start.time(), end.time()))
        start = resume or end
    return plan


def utc_span(start: datetime, end: datetime, zone: ZoneInfo) -> Span | None:
    """Local wall-clock times in ``zone`` as aware UTC; ``None`` when the clock jumps over one of them.

    An end at the very moment of the jump counts: the slot's last second is still there.
    """
    begins = to_utc(start, zone)
    ends = to_utc(end, zone)
    if ends is None and (last := to_utc(end - _SECOND, zone)) is not None:
        ends = last + _SECOND
    return None if begins is None or ends is None else (begins, ends)


def to_utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    """A local wall-clock time in ``zone`` as aware UTC, the first of two; ``None`` when there is none."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def slot_id(calendar_id: str, start: datetime, type_code: str) -> str:
    """The id of a slot that was given none: the same for the same calendar, start and type, always."""
    name = "\n".join((calendar_id, start.astimezone(UTC).isoformat(timespec="seconds"), type_code))
    return hashlib.sha256(name.encode()).hexdigest()[:24].upper()


def _at(moment: time) -> datetime:
    return datetime.combine(_ANY_DAY, moment)
