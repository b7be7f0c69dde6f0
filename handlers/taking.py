"""What reserving, booking and moving have in common: may this visitor have this slot at this moment?

Whatever a query has left out is asked once more here, in front of the write and under the slot's lock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Declined
from handlers.desk.rules.asks import given_by, why_not_given, why_not_given_to_move
from handlers.desk.rules.audience import why_not_calendar
from handlers.desk.rules.limits import has_limits, why_occupied, why_too_many
from handlers.desk.rules.referrals import why_hidden, why_not_referred
from handlers.desk.rules.taken import free_seat, is_hold_of, why_no_seat
from handlers.desk.rules.times import period, why_not_online_yet, why_not_then
from handlers.desk.rules.undoing import shown
from handlers.desk.rules.wishes import why_not_this_slot
from handlers.visiting import what_is_open, what_they_have

if TYPE_CHECKING:
    from handlers.desk.model import Appointment, Referral, Slot
    from handlers.desk.requests import Reserve
    from handlers.desk.rules.audience import Visitor
    from handlers.desk.store import Desk

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A slot that a visitor wishes to have, with who has it now, and what they have already to do with it.

    ``held`` is their own hold on the slot, ``moving`` the appointment that they would move to it, and
    ``referral`` what gives them the right to it.
    """

    slot: Slot
    request: Reserve
    visitor: Visitor
    takers: list[Appointment]
    held: Appointment | None
    moving: Appointment | None
    referral: Referral | None

    @property
    def seat(self) -> int:
        """The seat that is theirs to have, once nothing speaks against it."""
        seat = self.held.seat if self.held else free_seat(self.slot, self.takers)
        if seat is None:
            raise RuntimeError("there is no seat left in a slot that could be had")
        return seat


def take(slot: Slot, request: Reserve, visitor: Visitor, desk: Desk, *, holding: bool) -> Booked | Declined:
    """Book the slot for the visitor, or hold it when ``holding`` is wished for and its calendar has holds.

    A hold of theirs is confirmed, or kept just as it is. Where they accept another practitioner they get one
    who is free at the time when the one they meant is not.
    """
    hold = slot.calendar.hold if holding else None
    attempt = look(slot, request, visitor, desk)
    if why := why_not(attempt, desk, complete=hold is None):
        another = why.reason is Reason.SLOT_TAKEN and _take_another(attempt, desk, holding=holding)
        return another or why
    return Booked(shown(_enter(attempt, desk, hold), visitor.representative, desk.now))


def look(
    slot: Slot, request: Reserve, visitor: Visitor, desk: Desk, moving: Appointment | None = None
) -> Attempt:
    """What there is to know about the wish to have ``slot``, or to move ``moving`` to it."""
    takers = desk.takers(slot)
    held = next((one for one in takers if is_hold_of(one, request.patient)), None)
    named = _referral_id(request, held, moving)
    referral = None
    if named is not None and (request.referral_id or not visitor.is_staff):
        referral = desk.referral(request.owner, request.patient.national_id, named)
    return Attempt(slot, request, visitor, takers, held, moving, referral)


def why_not(attempt: Attempt, desk: Desk, *, complete: bool) -> Declined | None:
    """Why the slot cannot be had; with all that it asks for, when the wish has to be ``complete``."""
    slot, visitor = attempt.slot, attempt.visitor
    if why := why_not_this_slot(slot, attempt.request, desk.now):
        return why
    if why := why_not_calendar(slot.calendar, visitor) or _why_not_referred(attempt):
        return why
    if not visitor.is_staff and (why := _why_not_now(attempt, desk)):
        return why
    if attempt.held is None and (why := why_no_seat(slot, visitor.patient, attempt.takers)):
        return why
    return (
        None if visitor.is_staff else _why_over(attempt, desk) or _why_incomplete(attempt, complete=complete)
    )


def is_by_another_referral(attempt: Attempt) -> bool:
    """Whether a move is to what a referral gives a right to that the appointment was not made by.

    A hold on the new time counts too: the move would give it back with its referral, to be used once more.
    """
    held, moving = attempt.held, attempt.moving
    by_hold = held.referral_id if held and not attempt.visitor.is_staff else None
    own = moving.referral_id if moving else None
    return any(one not in (None, own) for one in (attempt.request.referral_id, by_hold))


def _why_not_referred(attempt: Attempt) -> Declined | None:
    """Staff are bound by a referral only where they name it, as they do when they book by one."""
    having = attempt.held or attempt.moving
    named = _referral_id(attempt.request, attempt.held, attempt.moving)
    if named is None or (attempt.visitor.is_staff and not attempt.request.referral_id):
        return None
    return why_not_referred(attempt.referral, attempt.slot, having)


def _why_not_now(attempt: Attempt, desk: Desk) -> Declined | None:
    """A hold was made when the time could be had, and whoever made it keeps that right."""
    slot = attempt.slot
    if attempt.held is not None:
        return None
    return (
        why_hidden(slot, attempt.referral)
        or why_not_online_yet(slot, desk.now)
        or why_not_then(slot, attempt.visitor, desk.now, desk.office.zone)
    )


def _why_over(attempt: Attempt, desk: Desk) -> Declined | None:
    """Looked up only where there is a limit, and then nobody else books for this patient meanwhile."""
    slot, visitor = attempt.slot, attempt.visitor
    if not has_limits(slot.calendar, [slot.type]):
        return None
    desk.one_at_a_time(slot.calendar.her_id, visitor.patient.national_id)
    ahead = what_they_have(slot.calendar.her_id, visitor, desk, attempt.held, attempt.moving)
    return why_too_many(slot.calendar, slot.type, ahead, desk.now) or why_occupied(slot, ahead)


def _why_incomplete(attempt: Attempt, *, complete: bool) -> Declined | None:
    if attempt.moving:
        return why_not_given_to_move(attempt.slot, attempt.request, attempt.moving)
    return why_not_given(attempt.slot, given_by(attempt.request, attempt.held), complete=complete)


def _enter(attempt: Attempt, desk: Desk, hold: timedelta | None) -> Appointment:
    request, held, referral = attempt.request, attempt.held, attempt.referral
    if held is None:
        taken = desk.take(attempt.slot, request, hold=hold, seat=attempt.seat)
    elif hold is None:
        taken = desk.confirm(held, request, given_by(request, held))
    else:
        return held
    if referral and referral.appointment_id is None and not desk.use_up(referral, taken):
        raise RuntimeError("a referral was used up by somebody else although it was locked")
    return taken


def _take_another(attempt: Attempt, desk: Desk, *, holding: bool) -> Booked | None:
    """The like time of another practitioner, for who accepts one (KodetOpplysning; helsenorge.md, F6)."""
    slot, request, visitor = attempt.slot, attempt.request, attempt.visitor
    if not request.accepts_another_practitioner or slot.calendar.practitioner is None:
        return None
    if any(one.patient.national_id == visitor.patient.national_id for one in attempt.takers):
        return None
    others = [one for one in desk.calendars(request.owner) if one.practitioner and one.id != slot.calendar.id]
    then = period(slot.start, slot.start + _SECOND)
    found = what_is_open(visitor, others, desk, request.answers)
    offers = [one.within(then) for _calendar, _kinds, these in found for one in these]
    for like in desk.free_slots(request.owner, visitor.patient, offers):
        if (like.end, like.type.code) != (slot.end, slot.type.code):
            continue
        wish = replace(
            request, slot_id=like.id, calendar_id=None, hpr=None, accepts_another_practitioner=False
        )
        other = desk.slot(request.owner, like.id)
        reply = take(other, wish, visitor, desk, holding=holding) if other else None
        if isinstance(reply, Booked):
            return reply
    return None


def _referral_id(request: Reserve, held: Appointment | None, moving: Appointment | None) -> str | None:
    named = (request.referral_id, held.referral_id if held else None, moving.referral_id if moving else None)
    return next(filter(None, named), None)
