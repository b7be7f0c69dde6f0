"""What a clinic decides about its calendars and time types: the vocabulary of its rules, as frozen values.

Without any of it a calendar is open to everyone, and whatever is booked may be cancelled until it begins.
What the rules amount to is for ``rules``; which file keys they come from, for ``handlers/calendars``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from pydantic import TypeAdapter

_MOST_KEPT = 10_000  # policies whose text has been read already


class Sex(StrEnum):
    """As the ninth digit of a national identity number tells it."""

    FEMALE = "female"
    MALE = "male"


class Ask(StrEnum):
    """Whether something must, may or must not come with a wish."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    REFUSED = "refused"


class DeskKind(StrEnum):
    """What kind of desk a calendar is for. Only at a BOOKING desk may a citizen do anything online."""

    BOOKING = "booking"
    ACUTE = "acute"
    DROP_IN = "drop-in"


class TimeCategory(StrEnum):
    """What kind of time it is, in the words of the national portal (helsenorge.md, C1 and C10)."""

    URGENT = "Hastetime"
    VIDEO = "Video"


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a calendar is for; what is ``None`` asks nothing.

    ``youngest`` and ``oldest`` are full years on the day of the appointment, both included. ``group`` names a
    list of patients that the clinic keeps; ``listed_with`` is the HPR number of the practitioner with whom
    the patient must be listed.
    """

    group: str | None = None
    youngest: int | None = None
    oldest: int | None = None
    sex: Sex | None = None
    listed_with: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to a question of a guided booking, and the codes of the time types that it leaves."""

    code: str
    text: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a guided booking. The times that fit are those that every answer leaves."""

    id: str
    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Undoing:
    """Whether a citizen may cancel (or change) an appointment, and how.

    ``until`` is how long before its start at the latest, ``message`` whether one comes with it; ``most`` is
    how many times the same appointment may be changed, and means nothing for cancelling.
    """

    allowed: bool = True
    until: timedelta = timedelta()
    message: Ask = Ask.OPTIONAL
    most: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarPolicy:
    """What goes for all of a calendar.

    ``accept_conditions``: the conditions must have been accepted in their present version.
    ``representation``: whether somebody must, may or must not act for the patient.
    ``protected``: the appointments of this unit are not even shown online.
    ``overlaps``: whether a patient may have another appointment at the same time.
    ``moves_to``: the other calendars of the owner to which the citizen may move an appointment.
    ``shows_appointments``: whether they are among a citizen's booked appointments.
    """

    audience: Audience = Audience()
    accept_conditions: bool = False
    representation: Ask = Ask.OPTIONAL
    desk: DeskKind = DeskKind.BOOKING
    protected: bool = False
    overlaps: bool = True
    moves_to: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    shows_appointments: bool = True


@dataclass(frozen=True, slots=True)
class TypePolicy:
    """What goes for the times of one type.

    ``hidden``: only staff, or a citizen with a referral, may book it. ``earliest`` and ``latest`` are how
    long before its start a time may be booked at the earliest and at the latest. ``longest_reason`` is in
    characters. ``most_open`` is how many appointments of the type a citizen may have ahead of them.
    """

    category: TimeCategory | None = None
    hidden: bool = False
    earliest: timedelta | None = None
    latest: timedelta = timedelta()
    reason: Ask = Ask.OPTIONAL
    longest_reason: int | None = None
    phone: Ask = Ask.OPTIONAL
    cancel: Undoing = Undoing()
    change: Undoing = Undoing()
    most_open: int | None = None


#: What goes where the clinic has said nothing.
FOR_EVERYONE, AS_USUAL = CalendarPolicy(), TypePolicy()

_CALENDAR, _TYPE = TypeAdapter(CalendarPolicy), TypeAdapter(TypePolicy)


def written(policy: CalendarPolicy | TypePolicy) -> str:
    """The policy as text that can be kept: JSON of what differs from the default, the same for equal ones."""
    adapter: TypeAdapter[CalendarPolicy] | TypeAdapter[TypePolicy]
    adapter = _CALENDAR if isinstance(policy, CalendarPolicy) else _TYPE
    return adapter.dump_json(policy, exclude_defaults=True).decode()  # type: ignore[arg-type] # its own


@lru_cache(_MOST_KEPT)
def read_calendar_policy(text: str) -> CalendarPolicy:
    """What ``written`` wrote of a calendar."""
    return _CALENDAR.validate_json(text)


@lru_cache(_MOST_KEPT)
def read_type_policy(text: str) -> TypePolicy:
    """What ``written`` wrote of a time type."""
    return _TYPE.validate_json(text)
