"""What a citizen may do to an appointment that they have: see, cancel and change it; until when and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.model import Appointment, State
from handlers.desk.policies import AS_USUAL, FOR_EVERYONE, Ask, CalendarPolicy, DeskKind, TypePolicy, Undoing
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined, Permission, Shown
from handlers.desk.rules.asks import is_blank
from handlers.desk.rules.audience import why_not_represented
from handlers.desk.rules.taken import takes_up_its_slot
from handlers.desk.rules.times import hours

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Representative
    from handlers.desk.rules.audience import Visitor


def shown(appointment: Appointment, representative: Representative | None, now: datetime) -> Shown:
    """The appointment, with what its citizen, or who acts for them, may do to it at ``now``."""
    return Shown(
        appointment,
        _permission(
            appointment, _cancelling(appointment), why_no_cancelling(appointment, representative, now)
        ),
        _permission(
            appointment, _type_policy(appointment).change, why_no_changing(appointment, representative, now)
        ),
    )


def is_visible(appointment: Appointment, visitor: Visitor) -> bool:
    """Whether the appointment exists as far as the visitor can tell.

    Those of protected units do not, nor do those in a calendar that excludes whoever acts for the patient.
    """
    policy = _calendar_policy(appointment)
    excluded = policy.representation is Ask.REFUSED and visitor.representative is not None
    return visitor.is_staff or not (policy.protected or excluded)


def is_listed(appointment: Appointment, visitor: Visitor) -> bool:
    """Whether it is among the patient's booked appointments."""
    return is_visible(appointment, visitor) and _calendar_policy(appointment).shows_appointments


def why_not_cancel(
    appointment: Appointment, visitor: Visitor, message: str | None, now: datetime
) -> Declined | None:
    """Why the visitor cannot cancel ``appointment`` with ``message``. Staff can, as long as there is one."""
    if visitor.is_staff:
        return _why_not_living(appointment, now)
    return why_no_cancelling(appointment, visitor.representative, now) or _why_not_the_message(
        _cancelling(appointment), message
    )


def why_not_change(
    appointment: Appointment, visitor: Visitor, message: str | None, now: datetime
) -> Declined | None:
    """Why the visitor cannot change ``appointment`` with ``message``. Staff can, as long as there is one."""
    if visitor.is_staff:
        return _why_not_living(appointment, now)
    return why_no_changing(appointment, visitor.representative, now) or _why_not_the_message(
        _type_policy(appointment).change, message
    )


def why_no_cancelling(
    appointment: Appointment, representative: Representative | None, now: datetime
) -> Declined | None:
    """Why a citizen cannot cancel ``appointment`` at ``now``, whatever the message."""
    if why := _why_only_seen(appointment, representative, now):
        return why
    policy = _cancelling(appointment)
    if not policy.allowed:
        return Declined(Reason.CANCEL_NOT_ALLOWED)
    if now > appointment.start - policy.until:
        return Declined(Reason.TOO_LATE_TO_CANCEL, hours(policy.until))
    return None


def why_no_changing(
    appointment: Appointment, representative: Representative | None, now: datetime
) -> Declined | None:
    """Why a citizen cannot change ``appointment`` at ``now``, whatever the message and the new time.

    A hold is confirmed or given back, and not changed.
    """
    if why := _why_only_seen(appointment, representative, now):
        return why
    policy = _type_policy(appointment).change
    if not policy.allowed or appointment.state is State.HELD:
        return Declined(Reason.CHANGE_NOT_ALLOWED)
    if policy.most is not None and appointment.moves >= policy.most:
        return Declined(Reason.CHANGED_TOO_OFTEN, str(policy.most))
    if now > appointment.start - policy.until:
        return Declined(Reason.TOO_LATE_TO_CHANGE, hours(policy.until))
    return None


def why_not_there(appointment: Appointment, calendar_id: str, visitor: Visitor) -> Declined | None:
    """Why the appointment cannot be moved to that calendar."""
    if visitor.is_staff or calendar_id in {appointment.calendar_id, *_calendar_policy(appointment).moves_to}:
        return None
    return Declined(Reason.CANNOT_MOVE_THERE)


def why_no_no_show(appointment: Appointment, visitor: Visitor, now: datetime) -> Declined | None:
    """Why it cannot be said that the patient did not come. Only staff know, once it has begun."""
    if not visitor.is_staff:
        return Declined(Reason.APPOINTMENT_NOT_ONLINE)
    if appointment.start > now:
        return Declined(Reason.APPOINTMENT_NOT_BEGUN)
    return _why_not_living(appointment, now)


def _why_only_seen(
    appointment: Appointment, representative: Representative | None, now: datetime
) -> Declined | None:
    """Why a citizen can do nothing to it: it is over, or made in a way that only staff can undo."""
    policy = _calendar_policy(appointment)
    if why := _why_not_living(appointment, now):
        return why
    if appointment.start <= now:
        return Declined(Reason.APPOINTMENT_PASSED)
    if appointment.fixed is not None or policy.protected or policy.desk is not DeskKind.BOOKING:
        return Declined(Reason.APPOINTMENT_NOT_ONLINE)
    return why_not_represented(policy, representative)


def _why_not_living(appointment: Appointment, now: datetime) -> Declined | None:
    """Why there is nothing to undo. A hold that has lapsed is no appointment any more."""
    if appointment.state is State.CANCELLED:
        return Declined(Reason.APPOINTMENT_CANCELLED)
    if appointment.state is State.NO_SHOW:
        return Declined(Reason.APPOINTMENT_PASSED)
    return None if takes_up_its_slot(appointment, now) else Declined(Reason.APPOINTMENT_UNKNOWN)


def _why_not_the_message(policy: Undoing, message: str | None) -> Declined | None:
    if policy.message is Ask.REQUIRED and is_blank(message):
        return Declined(Reason.MESSAGE_REQUIRED)
    if policy.message is Ask.REFUSED and not is_blank(message):
        return Declined(Reason.MESSAGE_REFUSED)
    return None


def _permission(appointment: Appointment, policy: Undoing, why_not: Declined | None) -> Permission | None:
    return None if why_not else Permission(appointment.start - policy.until, policy.message)


def _cancelling(appointment: Appointment) -> Undoing:
    """A hold can always be given back: left alone it lapses just the same."""
    return AS_USUAL.cancel if appointment.state is State.HELD else _type_policy(appointment).cancel


def _type_policy(appointment: Appointment) -> TypePolicy:
    return appointment.type.policy if appointment.type else AS_USUAL


def _calendar_policy(appointment: Appointment) -> CalendarPolicy:
    return appointment.calendar.policy if appointment.calendar else FOR_EVERYONE
