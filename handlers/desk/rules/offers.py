"""What a calendar offers a visitor, as windows: for these types, these starts, but for when they are busy.

Everything that a query can tell from the rules without looking at a single slot is here; what stands with
the slot itself, and who has it, is for the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handlers.desk.policies import FOR_EVERYONE, Ask
from handlers.desk.rules.answers import may_lead_to
from handlers.desk.rules.audience import why_not_calendar
from handlers.desk.rules.limits import Span, has_limits, why_too_many
from handlers.desk.rules.times import Window, ages, lead, to_come

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from handlers.desk.model import Appointment, Calendar, TimeType
    from handlers.desk.requests import Answers
    from handlers.desk.rules.audience import Visitor


@dataclass(frozen=True, slots=True)
class Offer:
    """Times in some calendars, of all their types or of ``type_codes``, that begin within ``window``.

    Nothing that overlaps one of ``busy``.
    """

    calendar_ids: tuple[str, ...]
    type_codes: tuple[str, ...] | None
    window: Window
    busy: tuple[Span, ...] = ()

    def within(self, window: Window) -> Offer:
        """What of it begins within ``window``."""
        return Offer(self.calendar_ids, self.type_codes, self.window.within(window), self.busy)


def is_the_same_for_all(calendar: Calendar) -> bool:
    """Whether no rule looks at who asks, who acts for them, what they answered or what they have already."""
    policy = calendar.policy
    return (
        policy.audience == FOR_EVERYONE.audience
        and policy.representation is Ask.OPTIONAL
        and not policy.questions
        and not has_limits(calendar, calendar.types)
    )


def reachable(calendar: Calendar, visitor: Visitor, answers: Answers) -> tuple[TimeType, ...]:
    """The calendar's types that the visitor could book, as far as their answers lead."""
    if visitor.is_staff:
        return calendar.types
    if why_not_calendar(calendar, visitor):
        return ()
    return tuple(
        kind
        for kind in calendar.types
        if not kind.policy.hidden and may_lead_to(calendar, kind.code, answers)
    )


def bookable(
    calendar: Calendar,
    kinds: Iterable[TimeType],
    visitor: Visitor,
    ahead: Sequence[Appointment],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> list[tuple[TimeType, Window]]:
    """The types, of those reached, that the visitor can book at ``now``, and the starts they can have."""
    if visitor.is_staff:
        return [(kind, to_come(now)) for kind in kinds]
    of_age = ages(calendar.policy.audience, visitor.patient.national_id, zone)
    windows = [
        (kind, lead(kind.policy, now).within(of_age))
        for kind in kinds
        if not why_too_many(calendar, kind, ahead, now)
    ]
    return [(kind, window) for kind, window in windows if not window.is_empty]


def offers_of(
    calendar: Calendar, windows: Iterable[tuple[TimeType, Window]], busy: tuple[Span, ...]
) -> list[Offer]:
    """What was found ``bookable`` in one calendar, put together by window."""
    by_window: dict[Window, list[str]] = {}
    for kind, window in windows:
        by_window.setdefault(window, []).append(kind.code)
    return [
        Offer((calendar.id,), None if len(codes) == len(calendar.types) else tuple(codes), window, busy)
        for window, codes in by_window.items()
    ]


def put_together(offers: Iterable[Offer]) -> list[Offer]:
    """The same, in as few as can be: calendars that offer all they have within one window become one."""
    apart = list(offers)
    if len(apart) == 1:
        return apart
    together: dict[tuple[object, ...], Offer] = {}
    for offer in apart:
        of_its_own = () if offer.type_codes is None else (offer.calendar_ids, offer.type_codes)
        alike = (offer.window, offer.busy, *of_its_own)
        before = together.get(alike)
        ids = (*(before.calendar_ids if before else ()), *offer.calendar_ids)
        together[alike] = Offer(ids, offer.type_codes, offer.window, offer.busy)
    return list(together.values())
