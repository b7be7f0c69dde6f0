"""When a time can be booked: lead times, and the ages that are meant on the day of the appointment.

Each amounts to a window of starts, so that a list of times can be asked for in one go; why a single start
lies outside is worded by the same figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.desk.national_id import birth_date
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from handlers.desk.model import Calendar, Slot
    from handlers.desk.policies import Audience, TypePolicy
    from handlers.desk.rules.audience import Visitor

_SECOND = timedelta(seconds=1)
_NEVER, _FOREVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """The starts from ``opens`` up to, not including, ``closes``, both in whole seconds as slots are."""

    opens: datetime = _NEVER
    closes: datetime = _FOREVER

    def __contains__(self, start: datetime) -> bool:
        return self.opens <= start < self.closes

    @property
    def is_empty(self) -> bool:
        """Whether nothing begins within it."""
        return self.closes <= self.opens

    def within(self, other: Window) -> Window:
        """What the two have in common."""
        if other is ALWAYS:
            return self
        return Window(max(self.opens, other.opens), min(self.closes, other.closes))


ALWAYS = Window()


def period(start: datetime, end: datetime) -> Window:
    """The window from ``start`` up to, not including, ``end``, neither of which need be a whole second."""
    return Window(_not_before(start), _not_before(end))


@lru_cache(1)
def to_come(now: datetime) -> Window:
    """What has not begun at ``now``."""
    return Window(opens=_after(now))


def lead(policy: TypePolicy, now: datetime) -> Window:
    """The starts that can be booked at ``now``: to come, and neither too soon nor too far ahead."""
    if policy.earliest is None and not policy.latest:
        return to_come(now)
    opens = max(_after(now), _not_before(now + policy.latest))
    return Window(opens) if policy.earliest is None else Window(opens, _after(now + policy.earliest))


def ages(audience: Audience, national_id: str, zone: ZoneInfo) -> Window:
    """The starts on the days (of ``zone``) on which the patient's age is among those meant.

    Ages are full years: who was born on 29 February turns on 1 March where there is no such day. Who has no
    date of birth has no age that could fit.
    """
    if audience.youngest is None and audience.oldest is None:
        return ALWAYS
    born = birth_date(national_id)
    if born is None:
        return Window(_FOREVER, _NEVER)
    return Window(
        _NEVER if audience.youngest is None else _beginning(_birthday(born, audience.youngest), zone),
        _FOREVER if audience.oldest is None else _beginning(_birthday(born, audience.oldest + 1), zone),
    )


def is_of_age(calendar: Calendar, visitor: Visitor, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the patient has, today, an age that the calendar is for."""
    return visitor.is_staff or now in ages(calendar.policy.audience, visitor.patient.national_id, zone)


def why_not_then(slot: Slot, visitor: Visitor, now: datetime, zone: ZoneInfo) -> Declined | None:
    """Why the visitor cannot book what begins when ``slot`` does, at the moment ``now``."""
    policy, audience = slot.type.policy, slot.calendar.policy.audience
    bookable, of_age = lead(policy, now), ages(audience, visitor.patient.national_id, zone)
    if slot.start < of_age.opens:
        return Declined(Reason.TOO_YOUNG, str(audience.youngest))
    if slot.start >= of_age.closes:
        return Declined(Reason.TOO_OLD, str(audience.oldest))
    if slot.start < bookable.opens:
        return Declined(Reason.TOO_LATE_TO_BOOK, hours(policy.latest))
    if slot.start >= bookable.closes:
        return Declined(Reason.TOO_EARLY_TO_BOOK, hours(policy.earliest or timedelta()))
    return None


def why_not_online_yet(slot: Slot, now: datetime) -> Declined | None:
    """Why a time that is shown cannot be booked online (helsenorge.md, F7 and F8)."""
    if slot.must_call:
        return Declined(Reason.SLOT_BY_PHONE_ONLY)
    if slot.available_at is not None and slot.available_at > now:
        return Declined(Reason.SLOT_NOT_YET_AVAILABLE)
    return None


def hours(length: timedelta) -> str:
    """A length of time as a person would count it: in hours, with a fraction only where there is one."""
    return f"{length.total_seconds() / 3600:.10g}"


def midnight(moment: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the day (of ``zone``) that ``moment`` is on, as aware UTC."""
    return _beginning(moment.astimezone(zone).date(), zone)


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _birthday(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def _after(moment: datetime) -> datetime:
    """The first whole second after ``moment``."""
    return moment.replace(microsecond=0) + _SECOND


def _not_before(moment: datetime) -> datetime:
    """The first whole second from ``moment`` on."""
    return moment if moment.microsecond == 0 else _after(moment)
