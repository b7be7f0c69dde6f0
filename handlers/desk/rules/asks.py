"""What a calendar and a time type ask for: conditions accepted, answers, a reason for contact, a number.

A booking needs all of it. A hold may come without, since its citizen has yet to confirm it, but whatever
comes with it must be right.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.desk.policies import Ask
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined
from handlers.desk.rules.answers import why_not_answered

if TYPE_CHECKING:
    from handlers.desk.model import Appointment, Calendar, Patient, Representative, Slot
    from handlers.desk.requests import Answers, Reserve


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a wish. Its ``repr`` shows nothing of what a patient said."""

    reason: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    accepted_conditions: str | None = None
    answers: Answers = field(default=(), repr=False)


def given_by(request: Reserve, held: Appointment | None = None) -> Given:
    """What comes with ``request``, and what came with the hold that it confirms and is not said again."""
    phone = _phone(request.patient, request.representative)
    if held is None:
        return Given(request.reason, phone, request.accepted_conditions, request.answers)
    return Given(
        request.reason or held.reason,
        phone or _phone(held.patient, held.representative),
        request.accepted_conditions or held.accepted_conditions,
        request.answers or held.answers,
    )


def why_not_given(slot: Slot, given: Given, *, complete: bool) -> Declined | None:
    """Why ``slot`` cannot be had with what was ``given``: all that is asked for when ``complete``."""
    return (
        _why_not_accepted(slot.calendar, given.accepted_conditions, complete=complete)
        or why_not_answered(slot.calendar, slot.type.code, given.answers, complete=complete)
        or _why_not_the_reason(slot, given.reason, complete=complete)
        or _why_not_the_phone(slot, given.phone, complete=complete)
    )


def why_not_given_to_move(slot: Slot, request: Reserve, moving: Appointment) -> Declined | None:
    """Why an appointment cannot be moved to ``slot`` with what came with the wish, and with itself before.

    Its own reason for contact stays with it, whatever the new type thinks of it; what is new is the comment.
    What was accepted and answered for one calendar says nothing about another.
    """
    stays = moving if moving.calendar_id == slot.calendar.id else None
    accepted = request.accepted_conditions or (stays.accepted_conditions if stays else None)
    answers = request.answers or (_still_asked(slot.calendar, stays.answers) if stays else ())
    policy = slot.type.policy
    if why := (
        _why_not_accepted(slot.calendar, accepted, complete=True)
        or why_not_answered(slot.calendar, slot.type.code, answers, complete=True)
    ):
        return why
    if policy.reason is Ask.REQUIRED and is_blank(request.reason) and is_blank(moving.reason):
        return Declined(Reason.REASON_REQUIRED)
    phone = _phone(request.patient, request.representative) or _phone(moving.patient, moving.representative)
    if policy.phone is Ask.REQUIRED and is_blank(phone):
        return Declined(Reason.PHONE_REQUIRED)
    return why_too_long(request.reason, policy.longest_reason)


def _still_asked(calendar: Calendar, answers: Answers) -> Answers:
    """Those of an appointment's answers that are choices in its calendar still."""
    known = {(one.id, choice.code) for one in calendar.policy.questions for choice in one.choices}
    return tuple(answer for answer in answers if answer in known)


def why_too_long(reason: str | None, longest: int | None) -> Declined | None:
    """Why a text cannot be taken: it is too long, and never cut."""
    if longest is not None and len(reason or "") > longest:
        return Declined(Reason.REASON_TOO_LONG, str(longest))
    return None


def is_blank(text: str | None) -> bool:
    """Whether nothing was written."""
    return not (text or "").strip()


def _why_not_accepted(calendar: Calendar, accepted: str | None, *, complete: bool) -> Declined | None:
    """The version in force is the one to accept, as soon as the calendar demands it."""
    conditions = calendar.conditions
    if conditions is None or not calendar.policy.accept_conditions or accepted == conditions.version:
        return None
    if accepted is None and not complete:
        return None
    return Declined(Reason.CONDITIONS_NOT_ACCEPTED, conditions.version)


def _why_not_the_reason(slot: Slot, reason: str | None, *, complete: bool) -> Declined | None:
    policy = slot.type.policy
    if complete and policy.reason is Ask.REQUIRED and is_blank(reason):
        return Declined(Reason.REASON_REQUIRED)
    if policy.reason is Ask.REFUSED and not is_blank(reason):
        return Declined(Reason.REASON_REFUSED)
    return why_too_long(reason, policy.longest_reason)


def _why_not_the_phone(slot: Slot, phone: str | None, *, complete: bool) -> Declined | None:
    policy = slot.type.policy
    if complete and policy.phone is Ask.REQUIRED and is_blank(phone):
        return Declined(Reason.PHONE_REQUIRED)
    if policy.phone is Ask.REFUSED and not is_blank(phone):
        return Declined(Reason.PHONE_REFUSED)
    return None


def _phone(patient: Patient, representative: Representative | None) -> str | None:
    """The number to call: the patient's, or else that of who acts for them."""
    return patient.phone or (representative.phone if representative else None)
