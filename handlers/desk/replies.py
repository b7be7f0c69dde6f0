"""What a booking desk answers, in the vocabulary of ``model``: frozen values, which do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Appointment, Practitioner, Resource, Slot
    from handlers.desk.policies import Ask
    from handlers.desk.reasons import Reason


@dataclass(frozen=True, slots=True)
class ResourceList:
    """The calendars that this patient may use; none is an answer too."""

    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class SlotList:
    """The times that this patient can book, in order of their start; none is an answer too."""

    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class PractitionerList:
    """The practitioners whose calendars this patient may use; none is an answer too."""

    practitioners: tuple[Practitioner, ...]


@dataclass(frozen=True, slots=True)
class Permission:
    """Until when a citizen may do something to an appointment, and whether a message comes with it."""

    until: datetime
    message: Ask


@dataclass(frozen=True, slots=True)
class Shown:
    """An appointment, and what its citizen may do to it at this moment: ``None`` is nothing."""

    appointment: Appointment
    cancel: Permission | None
    change: Permission | None


@dataclass(frozen=True, slots=True)
class AppointmentList:
    """What the patient has ahead of them, by its start; nothing is an answer too."""

    appointments: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Booked:
    """Taken: for good (BOOKED), or until ``shown.appointment.held_until`` (HELD)."""

    shown: Shown

    @property
    def appointment(self) -> Appointment:
        """What was booked or held."""
        return self.shown.appointment


@dataclass(frozen=True, slots=True)
class Rebooked(Booked):
    """Moved, in one step; the time it had before is free again."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """No longer taken."""

    appointment: Appointment


@dataclass(frozen=True, slots=True)
class NoShowNoted:
    """It is written down that the patient did not come."""

    appointment: Appointment


@dataclass(frozen=True, slots=True)
class Declined:
    """The desk has understood the wish and does not grant it.

    ``detail`` is what belongs to the reason, in plain text: the version of the conditions to accept, how many
    characters are allowed, an age, the id of a question. Never anything of the patient's.
    """

    reason: Reason
    detail: str | None = None


Reply = (
    ResourceList | PractitionerList | SlotList | AppointmentList | Booked | Cancelled | NoShowNoted | Declined
)
