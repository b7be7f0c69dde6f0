"""What the rest of the adapter may ask of a mailbox, so that it knows no broker and no broker's library.

A mailbox must never acknowledge a message by itself, drop one, or change the order in which it was asked
to publish. What it hands out and nobody settles comes back, here or at another replica.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from adapter.errors import TimebokError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from adapter.message import Inbound, Lane, Outbound


class MailboxError(TimebokError):
    """What a mailbox raises::

    MailboxError
    ├── MailboxUnavailable   the broker is out of reach: try again later
    ├── MailboxClosed        this mailbox has stopped: nothing more comes from it
    ├── QueueMissing         a queue that should be there is not, and we may not declare it
    └── QueueRefused         the broker does not let us have a queue as it was asked for
    """


class MailboxUnavailable(MailboxError):
    """The connection is gone, or the broker did not confirm in time.

    Some of the messages may have arrived: send all of them again, under the same message ids.
    """


class MailboxClosed(MailboxError):
    """``stop_consuming`` or ``close`` was called: no more batches come."""


class QueueMissing(MailboxError):
    """A queue does not exist, and the settings say not to declare it. The message names it."""


class QueueRefused(MailboxError):
    """The broker refuses to declare a queue, and there is none to use. The message says why."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message in our hands until it is acknowledged or rejected.

    ``token`` is the mailbox's own; it is good for one settlement on the connection that it came on.
    """

    inbound: Inbound
    token: object = field(repr=False)


class PublishOutcome(StrEnum):
    """What the broker said to a message."""

    CONFIRMED = "confirmed"
    UNDELIVERABLE = "undeliverable"  # no such queue
    REFUSED = "refused"  # the broker does not take it, or it cannot be put on the wire


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What became of one published message. ``reason`` is for people; it never quotes the message."""

    message_id: str | None
    queue: str
    outcome: PublishOutcome
    reason: str = ""

    @property
    def confirmed(self) -> bool:
        """The broker has it in its keeping."""
        return self.outcome is PublishOutcome.CONFIRMED


class Mailbox(Protocol):
    """The queues of one or more parties. It is used from one event loop."""

    @property
    def ready(self) -> bool:
        """A consumer of ours is alive on the broker for every lane of every party.

        False until ``start`` is done, while reconnecting, while one of the queues is gone, and from
        ``stop_consuming`` on.
        """

    async def start(self, her_ids: Sequence[str]) -> None:
        """Connects and consumes the queues of these parties. Call it once.

        Waits, with growing pauses, until the broker is there; from then on the connection is restored
        by itself whenever it is lost.

        Raises:
            QueueMissing: a queue is not there and is not ours to declare.
            QueueRefused: the broker does not let us have a queue.
            MailboxClosed: the mailbox was closed meanwhile.
        """

    async def next_batch(self, lane: Lane, limit: int) -> list[Delivery]:
        """Waits for a message on the lane; gives it and those waiting behind it, at most ``limit``.

        In the order in which they lay on their queue. What is handed out counts against the lane's
        prefetch until it is settled. It can be cancelled without losing a message.

        Raises:
            MailboxClosed: nothing more will come.
        """

    def topped_up(self, lane: Lane, deliveries: Sequence[Delivery], limit: int) -> list[Delivery]:
        """A batch that has had to wait, as it is to be processed: at most ``limit``, maybe nothing.

        Without those whose connection is gone, which come again by themselves, and with what has come on the
        lane meanwhile.
        """

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        """Puts the messages on their queues, in this order, and waits until the broker has them.

        Gives a result for each, in the same order.

        Raises:
            MailboxUnavailable: it is not known what became of at least one of them.
        """

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Settles them: the broker forgets them.

        Does nothing for one that is settled already, or whose connection is gone: the broker hands that
        one out again. Nor does a broker confirm an acknowledgement: it may lose some when the connection
        ends right after, and hand those out again too.
        """

    async def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        """Gives them back (``requeue=True``) or has them parked on the party's dead-letter queue.

        Does nothing for the same ones as ``ack``.
        """

    async def postpone(self, delivery: Delivery, pause: timedelta, reason: str) -> None:
        """Has the message wait for ``pause`` and then come again, as its next attempt.

        It is on a queue of the broker while it waits, so it survives us. What came with it comes again.

        Raises:
            MailboxUnavailable: that did not come about; the message is still ours, and comes back.
            QueueMissing, QueueRefused: there is no queue to wait on; the message is still ours.
        """

    async def park(self, delivery: Delivery, reason: str) -> None:
        """Lays the message aside on the party's dead-letter queue, with its reason in a header.

        Raises:
            MailboxUnavailable, QueueMissing, QueueRefused: as ``postpone``.
        """

    async def stop_consuming(self) -> None:
        """Takes no more messages. What is in hand can still be settled, and messages be published.

        What was fetched but not handed out goes back when the mailbox closes.
        """

    async def close(self) -> None:
        """Ends it all: what is not settled goes back to its queue. Does nothing the second time."""
