"""Who may use a calendar: which patients, and whether somebody may, must or must not act for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.desk.groups import BLOCKED, listed_with
from handlers.desk.national_id import sex
from handlers.desk.policies import Ask, DeskKind
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined

if TYPE_CHECKING:
    from handlers.desk.model import Calendar, Patient, Representative
    from handlers.desk.policies import Audience, CalendarPolicy


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the desk: the patient, who acts for them, and which of the clinic's lists they are in.

    Staff stand there for the patient (``is_staff``), and no rule about patients binds them.
    """

    patient: Patient
    representative: Representative | None = None
    groups: frozenset[str] = field(default=frozenset(), repr=False)
    is_staff: bool = False


def why_turned_away(visitor: Visitor) -> Declined | None:
    """Why this desk does nothing at all for the visitor: the clinic has blocked them."""
    return Declined(Reason.BLOCKED) if BLOCKED in visitor.groups and not visitor.is_staff else None


def why_not_calendar(calendar: Calendar, visitor: Visitor) -> Declined | None:
    """Why the visitor may not use the calendar, on whatever day (for ages see ``times``)."""
    if visitor.is_staff:
        return None
    return (
        _why_not_online(calendar.policy)
        or _why_not_this_patient(calendar.policy.audience, visitor)
        or why_not_represented(calendar.policy, visitor.representative)
    )


def why_not_represented(policy: CalendarPolicy, representative: Representative | None) -> Declined | None:
    """Why not with, or without, somebody who acts for the patient."""
    if policy.representation is Ask.REQUIRED and representative is None:
        return Declined(Reason.REPRESENTATIVE_REQUIRED)
    if policy.representation is Ask.REFUSED and representative is not None:
        return Declined(Reason.REPRESENTATIVE_REFUSED)
    return None


def _why_not_online(policy: CalendarPolicy) -> Declined | None:
    """Only staff make appointments at acute and drop-in desks, and in protected units."""
    return Declined(Reason.NOT_ONLINE) if policy.protected or policy.desk is not DeskKind.BOOKING else None


def _why_not_this_patient(audience: Audience, visitor: Visitor) -> Declined | None:
    if audience.group is not None and audience.group not in visitor.groups:
        return Declined(Reason.NOT_IN_GROUP)
    if audience.sex is not None and sex(visitor.patient.national_id) is not audience.sex:
        return Declined(Reason.OTHER_SEX)
    if audience.listed_with is not None and listed_with(audience.listed_with) not in visitor.groups:
        return Declined(Reason.NOT_LISTED_WITH_PRACTITIONER)
    return None
