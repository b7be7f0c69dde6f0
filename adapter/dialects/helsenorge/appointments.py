"""An appointment as a vevent: the same in every reply that shows one (C4, C10, H4, H7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.texts import title_of
from adapter.dialects.helsenorge.xcal import Event, Taken
from handlers.desk.model import State

if TYPE_CHECKING:
    from handlers.desk.model import Appointment, Practitioner, TimeType
    from handlers.desk.replies import Permission, Shown

_STATUS = {State.HELD: "TENTATIVE", State.BOOKED: "CONFIRMED", State.CANCELLED: "CANCELLED"}


def shown_event(shown: Shown) -> Event:
    """An appointment with what its citizen may do to it."""
    return appointment_event(shown.appointment, shown.cancel, shown.change)


def appointment_event(
    appointment: Appointment, cancel: Permission | None = None, change: Permission | None = None
) -> Event:
    """An appointment: uid is the appointment, related-to the slot that it has (H7)."""
    calendar = appointment.calendar
    return Event(
        start=appointment.start,
        end=appointment.end,
        uid=appointment.id,
        contact=appointment.her_id,
        related_to=appointment.slot_id,
        status=_STATUS.get(appointment.state, "CONFIRMED"),
        summary=title_of(appointment),
        description=calendar.text if calendar else None,
        location=appointment.place,
        categories=categories_of(appointment.type),
        attendee=name_of(appointment.practitioner),
        taken=Taken(appointment.end - appointment.start, appointment.held_until, cancel, change),
    )


def categories_of(kind: TimeType | None) -> tuple[str, ...]:
    """Hastetime or Video, where the clinic has said that a type is one of them."""
    return () if kind is None or kind.policy.category is None else (kind.policy.category.value,)


def name_of(practitioner: Practitioner | None) -> str | None:
    """A practitioner's name as it is said."""
    return None if practitioner is None else f"{practitioner.given_name} {practitioner.family_name}"
