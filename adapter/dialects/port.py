"""What is asked of a dialect. A dialect reads and words; it decides nothing and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapter.errors import Finding, TransportFault
    from adapter.message import Inbound
    from adapter.outcome import About, Dispatch
    from handlers.desk.model import Appointment, Owner
    from handlers.desk.replies import Reply
    from handlers.desk.requests import Request


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose head has been read: what it is, and between whom.

    ``sender`` and ``receiver`` are the HER-ids of the communication parties.
    """

    about: About
    sender: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt for a message of ours: its MsgId, and what the receiver made of it."""

    about: About
    original_msg_id: str
    status: str
    errors: tuple[str, ...]


class Dialect(Protocol):
    """A national way of saying things."""

    def open(self, body: bytes) -> Opened | Receipt:
        """Read the head of a message, and no more.

        Raises ``TransportFault`` when there is none. What is wrong further down comes to light in
        ``understand``.
        """

    def guess_msg_id(self, body: bytes) -> str | None:
        """The id that the letter in ``body`` seems to have. It is not read for it, and nothing depends on it.

        Good for looking up those of a batch in one go.
        """

    def process_of(self, opened: Opened) -> str | None:
        """The process that a message belongs to, by its name in collaboration profiles, in any capitals.

        ``None`` when a profile need not have it.
        """

    def understand(self, opened: Opened) -> Request:
        """The request, in the desk's vocabulary.

        Raises ``ContentFault`` for what the schemas or the rules of the protocol do not allow, and
        ``Unsupported`` for a process that we have no part in.
        """

    def answer(self, inbound: Inbound, opened: Opened, reply: Reply, now: datetime) -> tuple[Dispatch, ...]:
        """The messages that answer a request with the desk's reply."""

    def reject(
        self, inbound: Inbound, opened: Opened, findings: Sequence[Finding], now: datetime
    ) -> tuple[Dispatch, ...]:
        """The messages that answer a request in which something is wrong."""

    def refuse(self, inbound: Inbound, fault: TransportFault, now: datetime) -> tuple[Dispatch, ...]:
        """The error message for the sender's error queue. There is a sender in ``inbound``."""


class Change(StrEnum):
    """What has become of an appointment without the portal: DETAILS is its place or its category."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    NO_SHOW = "no-show"
    DETAILS = "details"


class Notices(Protocol):
    """A national way of telling a portal what has become of an appointment."""

    def notice(self, change: Change, appointment: Appointment, owner: Owner, now: datetime) -> Dispatch:
        """The one message about a change of ``owner``'s appointment, as it is after it; ``now`` is aware UTC.

        Raises ``InvalidReply`` when its receiver could not read it.
        """
