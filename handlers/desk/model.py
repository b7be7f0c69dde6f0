"""The vocabulary of a booking desk: people, what the clinic offers, what is taken of it.

Everything here is a frozen value whose ``repr`` shows nothing of what a patient is or says. Every
``datetime`` is aware UTC; turning it into what stands on a wire or on a calendar's page is the business of
whoever reads or writes those. Nothing here knows how a national portal words a request, and nothing here
does anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.desk.policies import AS_USUAL, FOR_EVERYONE

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from handlers.desk.policies import CalendarPolicy, TypePolicy


# --- people -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patient:
    """The citizen whom the appointment is for. ``repr`` shows nothing of them, lest it reach a log."""

    national_id: str
    family_name: str
    given_name: str
    phone: str | None = None

    def __repr__(self) -> str:
        return "Patient(…)"


class Relation(StrEnum):
    """Why somebody may act for the patient (code list 7611)."""

    PARENT = "FO"
    GUARDIAN = "VE"
    PROXY = "FU"


@dataclass(frozen=True, slots=True)
class Representative:
    """Who acts for the patient, and why they may. ``repr`` shows the relation only."""

    relation: Relation
    national_id: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    phone: str | None = None

    def __repr__(self) -> str:
        return f"Representative({self.relation.name}, …)"


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A named health professional, known by their number in the national register (HPR)."""

    hpr: str
    family_name: str
    given_name: str


# --- what the clinic offers -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owner:
    """A communication party that owns calendars, and the organisation it belongs to."""

    her_id: str
    name: str
    parent_her_id: str
    parent_name: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a citizen is told before booking; a new text has a new version."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class TimeType:
    """A kind of time in a calendar."""

    code: str
    name: str
    duration: timedelta
    policy: TypePolicy = AS_USUAL


@dataclass(frozen=True, slots=True)
class Calendar:
    """A resource's calendar (it has a ``category``) or a practitioner's (it has a ``practitioner``).

    ``hold`` is how long a reservation waits to be confirmed; ``None`` means that a reservation books at
    once. ``organisation`` is the name of what the owner belongs to, a municipality for one.
    """

    her_id: str
    id: str
    name: str
    category: str | None = None
    practitioner: Practitioner | None = None
    text: str | None = None
    place: str | None = None
    conditions: Conditions | None = None
    hold: timedelta | None = None
    types: tuple[TimeType, ...] = ()
    policy: CalendarPolicy = FOR_EVERYONE
    organisation: str = ""

    def __hash__(self) -> int:
        """By which one it is: all that it says takes longer to go through than what is looked up by it."""
        return hash((self.her_id, self.id))


@dataclass(frozen=True, slots=True)
class Slot:
    """A time for as many patients as its ``capacity`` says. ``id`` is unique within ``calendar.her_id``.

    It is shown and cannot be booked online before ``available_at``, nor at all when one ``must_call``.
    """

    id: str
    calendar: Calendar
    type: TimeType
    start: datetime
    end: datetime
    capacity: int = 1
    available_at: datetime | None = None
    must_call: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A calendar as the overview shows it to a patient.

    ``first`` and ``last`` are the start of the first and last time that this patient can book in it;
    ``types`` are those of its types that they can book, as far as the answers they gave lead.
    """

    calendar: Calendar
    first: datetime | None
    last: datetime | None
    types: tuple[TimeType, ...] = ()


class State(StrEnum):
    """What has become of an appointment. Only HELD (until it lapses) and BOOKED take up their slot."""

    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    NO_SHOW = "no-show"


class Fixed(StrEnum):
    """Why a citizen may only see an appointment, whatever its type allows: how staff have made it."""

    SERIES = "series"
    SEVERAL_RESOURCES = "several-resources"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A slot taken by a patient. It repeats what the slot said, since the calendar may change later.

    ``accepted_conditions`` is the version that was accepted, ``answers`` what was answered to the calendar's
    questions. ``calendar`` is that calendar as it is now, open or not, for its rules and for whoever words an
    answer; it is no part of what an appointment is.
    """

    id: str
    her_id: str
    calendar_id: str
    slot_id: str
    state: State
    start: datetime
    end: datetime
    title: str
    place: str | None
    practitioner: Practitioner | None
    patient: Patient
    representative: Representative | None = None
    reason: str | None = field(default=None, repr=False)
    held_until: datetime | None = None
    type_code: str = ""
    seat: int = 0
    moves: int = 0
    fixed: Fixed | None = None
    referral_id: str | None = None
    accepted_conditions: str | None = None
    answers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    calendar: Calendar | None = field(default=None, repr=False, compare=False)

    @property
    def type(self) -> TimeType | None:
        """Its time type as it is now, if there is one still."""
        kinds = self.calendar.types if self.calendar else ()
        return next((kind for kind in kinds if kind.code == self.type_code), None)


@dataclass(frozen=True, slots=True)
class Referral:
    """A patient's right to one appointment of a type, given by staff (bokningsunderlag).

    The appointment must begin from ``opens`` up to, not including, ``closes``. ``appointment_id`` is what it
    was used for: chosen by the citizen (an open referral), or by staff when they gave it (a timed one).
    """

    id: str
    her_id: str
    national_id: str = field(repr=False)
    calendar_id: str | None
    type_code: str
    opens: datetime
    closes: datetime
    appointment_id: str | None = None
