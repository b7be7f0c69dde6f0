"""What an import says it did: frozen values that name calendars and slots, and never a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.calendars.layout import Placed
    from handlers.desk.model import State


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each. A calendar is never removed but closed, and is counted here as removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.removed + other.removed,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class KeptSlot:
    """A slot that somebody has, and that stays as it was although the file says otherwise.

    ``state`` is BOOKED, or HELD when all of the ``taken`` places are held. ``start`` and ``end`` (aware UTC)
    are the store's; ``wanted`` is what the file says instead, or ``None`` when it no longer has the slot.
    Nobody else is offered a place in it.
    """

    id: str
    calendar_id: str
    start: datetime
    end: datetime
    state: State
    taken: int
    wanted: Placed | None

    @property
    def room(self) -> int | None:
        """How many the file has room for, where that is all it says otherwise."""
        w = self.wanted
        if w is None or (w.calendar_id, w.start, w.end) != (self.calendar_id, self.start, self.end):
            return None
        return w.capacity if w.capacity < self.taken else None


@dataclass(frozen=True, slots=True)
class WithheldSlot:
    """A slot of the file that is not offered, since its practitioner has a kept slot at the time.

    ``start`` and ``end`` are aware UTC.
    """

    id: str
    calendar_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OwnerReport:
    """What importing did to one owner's calendars.

    ``closed`` are the ids of the calendars that this import closed. A slot that was kept or withheld is
    in no count. ``affected`` are the ids of the booked appointments to come whose place, or whose type's name
    or category, this import has changed: their patients have to be told. ``for_nobody`` are the ids of
    calendars that are for those on a list which nobody is on, each with the name of the list.
    """

    her_id: str
    name: str
    calendars: Counts
    slots: Counts
    kept: tuple[KeptSlot, ...]
    withheld: tuple[WithheldSlot, ...]
    closed: tuple[str, ...]
    affected: tuple[str, ...] = ()
    for_nobody: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What importing a file did: owner by owner in the order of the file, and in sum."""

    owners: tuple[OwnerReport, ...]

    @property
    def calendars(self) -> Counts:
        return sum((owner.calendars for owner in self.owners), Counts())

    @property
    def slots(self) -> Counts:
        return sum((owner.slots for owner in self.owners), Counts())

    @property
    def kept(self) -> tuple[KeptSlot, ...]:
        return tuple(slot for owner in self.owners for slot in owner.kept)

    @property
    def withheld(self) -> tuple[WithheldSlot, ...]:
        return tuple(slot for owner in self.owners for slot in owner.withheld)

    @property
    def affected(self) -> tuple[str, ...]:
        return tuple(appointment for owner in self.owners for appointment in owner.affected)

    @property
    def closed(self) -> tuple[str, ...]:
        return tuple(calendar for owner in self.owners for calendar in owner.closed)
