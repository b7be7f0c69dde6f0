"""What the pipeline asks of a dialect. A dialect reads and words; it decides nothing and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapter.errors import Finding, TransportFault
    from adapter.message import Inbound
    from adapter.outcome import About, Dispatch
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

    def process_of(self, opened: Opened) -> str | None:
        """The process that a message belongs to, by its name in collaboration profiles, in any capitals.

        ``None`` when a profile need not have it.
        """

    def understand(self, opened: Opened) -> Request | None:
        """The request, in the desk's vocabulary; ``None`` when it is one that we do not offer.

        Raises ``ContentFault`` for what the schemas or the rules of the protocol do not allow, and
        ``Unsupported`` for a process that we have no part in.
        """

    def answer(
        self, inbound: Inbound, opened: Opened, reply: Reply | None, now: datetime
    ) -> tuple[Dispatch, ...]:
        """The messages that answer a request: with the desk's reply, or that we do not offer it."""

    def reject(
        self, inbound: Inbound, opened: Opened, findings: Sequence[Finding], now: datetime
    ) -> tuple[Dispatch, ...]:
        """The messages that answer a request in which something is wrong."""

    def refuse(self, inbound: Inbound, fault: TransportFault, now: datetime) -> tuple[Dispatch, ...]:
        """The error message for the sender's error queue. There is a sender in ``inbound``."""
