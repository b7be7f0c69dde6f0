"""What a booking desk is asked: one frozen value for each kind of wish, in the vocabulary of ``model``.

Every ``datetime`` is aware UTC. Nothing here knows how a national portal words a request, nothing here does
anything, and no ``repr`` shows what a patient is or says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Fixed, Patient, Representative


class Actor(StrEnum):
    """Who wishes something: a citizen by the portal, or the clinic's staff, whom no patient's rule binds."""

    CITIZEN = "citizen"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every request says: who is asked (the owner's HER-id), for whom, who acts for them, who asks."""

    owner: str
    patient: Patient
    representative: Representative | None = None
    by: Actor = Actor.CITIZEN


Answers = tuple[tuple[str, str], ...]
"""What the citizen has answered to the questions of a guided booking: question id and choice code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceOverview(Request):
    """Which resource calendars may this patient use?

    With an ``appointment_id``: to which of them can that appointment be moved?
    """

    answers: Answers = field(default=(), repr=False)
    appointment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PractitionerOverview(Request):
    """Whose calendars may this patient use?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAppointments(Request):
    """What does this patient have ahead of them, from the beginning of today on?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotQuery(Request):
    """Which times from ``start`` up to, not including, ``end`` can this patient book?

    ``calendar_id`` or ``hpr`` narrow the question to one resource's or one practitioner's calendar.
    """

    start: datetime
    end: datetime
    calendar_id: str | None = None
    hpr: str | None = None
    answers: Answers = field(default=(), repr=False)


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
    accepted_conditions: str | None = None
    referral_id: str | None = None
    answers: Answers = field(default=(), repr=False)
    fixed: Fixed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Reserve):
    """Book this time, or confirm the reservation ``reservation_id`` of it."""

    reservation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebook(Reserve):
    """Move what ``references`` point at (as in ``Cancel``) to this time, in one step; ``reason`` says why."""

    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(Request):
    """Cancel what ``references`` point at: ids of appointments or of their slots, best first."""

    references: tuple[str, ...]
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkNoShow(Request):
    """The patient did not come to what ``references`` point at. Only staff can say so."""

    references: tuple[str, ...]
