"""The vocabulary of a booking desk: what is asked, what is kept, what is answered.

Everything here is a frozen value whose ``repr`` shows nothing of what a patient is or says. Every
``datetime`` is aware UTC; turning it into what stands on a wire or on a calendar's page is the business of
whoever reads or writes those. Nothing here knows how a national portal words a request, and nothing here
does anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta


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


@dataclass(frozen=True, slots=True)
class Calendar:
    """A resource's calendar (it has a ``category``) or a practitioner's (it has a ``practitioner``).

    ``hold`` is how long a reservation waits to be confirmed; ``None`` means that a reservation books at
    once.
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


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be taken by one patient. ``id`` is unique within ``calendar.her_id``."""

    id: str
    calendar: Calendar
    type: TimeType
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Resource:
    """A calendar as the overview shows it, with the first and last time that can be booked in it."""

    calendar: Calendar
    first: datetime | None
    last: datetime | None


class State(StrEnum):
    """What has become of an appointment. Only HELD (until it lapses) and BOOKED take up their slot."""

    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A slot taken by a patient. It repeats what the slot said, since the calendar may change later."""

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


# --- what is asked ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every request says: who is asked (the owner's HER-id), for whom, and who acts for them."""

    owner: str
    patient: Patient
    representative: Representative | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceOverview(Request):
    """Which resource calendars may this patient use?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotQuery(Request):
    """Which times from ``start`` up to, not including, ``end`` can this patient book?

    ``calendar_id`` or ``hpr`` narrow the question to one resource's or one practitioner's calendar.
    """

    start: datetime
    end: datetime
    calendar_id: str | None = None
    hpr: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve(Request):
    """Keep this time for me; in a one-step calendar: book it.

    ``start`` and ``end`` are what the citizen saw; a slot that has been moved since is not theirs.
    """

    slot_id: str
    start: datetime
    end: datetime
    reason: str | None = field(default=None, repr=False)
    calendar_id: str | None = None
    hpr: str | None = None
    accepts_another_practitioner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Reserve):
    """Book this time, or confirm the reservation ``reservation_id`` of it."""

    reservation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Request):
    """Cancel what ``references`` point at: ids of appointments or of their slots, best first."""

    references: tuple[str, ...]
    reason: str | None = field(default=None, repr=False)


# --- what is answered -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResourceList:
    """The calendars that this patient may use; none is an answer too."""

    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class SlotList:
    """The times that this patient can book, in order of their start; none is an answer too."""

    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """Taken: for good (BOOKED), or until ``appointment.held_until`` (HELD)."""

    appointment: Appointment


@dataclass(frozen=True, slots=True)
class Cancelled:
    """No longer taken."""

    appointment: Appointment


class Reason(StrEnum):
    """Why the desk declines a wish. Each dialect words these in its own codes and texts."""

    SLOT_UNKNOWN = "slot-unknown"
    SLOT_MOVED = "slot-moved"
    SLOT_TAKEN = "slot-taken"
    SLOT_PASSED = "slot-passed"
    OTHER_PRACTITIONER = "other-practitioner"
    APPOINTMENT_UNKNOWN = "appointment-unknown"
    APPOINTMENT_CANCELLED = "appointment-already-cancelled"
    APPOINTMENT_PASSED = "appointment-passed"


@dataclass(frozen=True, slots=True)
class Declined:
    """The desk has understood the wish and does not grant it."""

    reason: Reason


Reply = ResourceList | SlotList | Booked | Cancelled | Declined
