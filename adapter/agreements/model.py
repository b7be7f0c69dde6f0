"""What a profile says of a party, and what an agreement says of two. Facts only, and no file (A1, A2, A7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from adapter.message import Lane


@dataclass(frozen=True, slots=True)
class Process:
    """A process that a party takes part in, in which role, and the actions that it sends and receives."""

    name: str
    version: str
    role: str
    sends: tuple[str, ...]
    receives: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a channel of a party ends. ``name`` is what follows the last ``/`` of its address."""

    lane: Lane
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate in a profile, and whether a channel names it to sign or to encrypt with.

    ``place`` is the file and line, for people.
    """

    certificate: x509.Certificate = field(repr=False)
    signs: bool
    encrypts: bool
    place: str


@dataclass(frozen=True)
class Profile:
    """What a party supports, where it is reached and with which certificates; ``place`` is file and line."""

    her_id: str
    name: str
    processes: tuple[Process, ...]
    queues: tuple[Queue, ...]
    certificates: tuple[Listed, ...]
    place: str

    @cached_property
    def supported(self) -> frozenset[str]:
        """The names of its processes, in small letters: profiles and message functions differ in theirs."""
        return frozenset(one.name.casefold() for one in self.processes)

    def supports(self, process: str) -> bool:
        """Whether it takes part in a process, whatever the version and the role."""
        return process.casefold() in self.supported


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two parties have agreed on. ``start`` and ``end`` are aware UTC, both included.

    ``id`` is the cpaId: a UUID in small letters. ``status`` is what the register wrote, and decides nothing:
    in use they are called ``proposed`` as well as ``agreed``.
    """

    id: str
    status: str
    start: datetime
    end: datetime
    parties: tuple[Profile, Profile]
    place: str

    def applies(self, now: datetime) -> bool:
        """Whether it is in force now."""
        return self.start <= now <= self.end

    def side(self, her_id: str) -> Profile | None:
        """What it says of one of its parties; ``None`` for any other."""
        return next((one for one in self.parties if one.her_id == her_id), None)
