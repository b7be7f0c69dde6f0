"""The queues of a party: what they are called, and seeing to it that they are there.

It must never change or delete a queue that exists: one that was declared otherwise is used as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionInternalError,
    ConnectionNotImplemented,
)

from adapter.mailbox.port import QueueMissing, QueueRefused
from adapter.mailbox.settings import QueueType
from adapter.message import ATTEMPT, CAME_FROM, PARKED_AT, REASON, Lane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from aio_pika.abc import AbstractConnection

    from adapter.message import Inbound

# How often a message may come back unsettled before the broker parks it (AMQP-spesifikasjon, 2.1.3).
DELIVERY_LIMIT = 10

_OF_QUORUM_QUEUES = {"x-delivery-limit", "x-dead-letter-strategy", "x-overflow"}

log = structlog.get_logger(__name__)


def queue_name(her_id: str, lane: Lane) -> str:
    """The queue of a party for a lane, such as ``91095_async``."""
    return f"{her_id}_{lane.value}"


def dead_letter_queue(her_id: str) -> str:
    """The queue on which a party's messages are parked, such as ``91095_dl``."""
    return f"{her_id}_dl"


def waiting_queue(queue: str, pause: timedelta) -> str:
    """Where messages of a queue wait for another try, such as ``91095_async_wait_30s``."""
    return f"{queue}_wait_{pause.total_seconds():g}s"


def parked_headers(inbound: Inbound, reason: str) -> dict[str, str]:
    """What is written on a message that is parked: why, when, after how many tries, and where it lay."""
    return {
        REASON: reason,
        CAME_FROM: inbound.queue,
        ATTEMPT: str(inbound.attempt),
        PARKED_AT: datetime.now(UTC).isoformat(timespec="seconds"),
    }


@dataclass(frozen=True, slots=True)
class Source:
    """A queue that is to be consumed: a lane of a party."""

    her_id: str
    lane: Lane

    @property
    def queue(self) -> str:
        return queue_name(self.her_id, self.lane)


def queues_of(her_id: str) -> Iterator[tuple[str, str | None]]:
    """All queues of a party, each with the queue to which it dead-letters, if to any.

    The dead-letter queue comes first: a queue never refers to one that is not there yet. The error lane
    dead-letters too, as else a message that is rejected there would be lost.
    """
    parked = dead_letter_queue(her_id)
    yield parked, None
    for lane in Lane:
        yield queue_name(her_id, lane), parked


class Topology:
    """Declares queues, or checks that they are there, on whatever connection it is given."""

    def __init__(self, queue_type: QueueType, *, declare: bool) -> None:
        self._declare = declare
        self._quorum = queue_type is not QueueType.CLASSIC
        self._may_fall_back = queue_type is QueueType.AUTO

    async def ensure_party(self, connection: AbstractConnection, her_id: str) -> None:
        """Sees to it that a party's queues are there.

        Raises:
            QueueMissing: one is not there, and is not ours to declare.
            QueueRefused: the broker does not let us have one.
        """
        for queue, dead_letter in queues_of(her_id):
            if not self._declare and dead_letter is None:
                continue  # we do not use it ourselves: the broker does, if its owner wants it
            await self._ensure(connection, queue, self._arguments(dead_letter))

    async def ensure_waiting(self, connection: AbstractConnection, queue: str, pause: timedelta) -> str:
        """Sees to it that there is a queue on which messages of ``queue`` wait for ``pause``; gives its name.

        A quorum queue hands them on only when they have safely arrived; a classic one may lose them if the
        broker dies in that very moment.

        Raises:
            QueueMissing, QueueRefused: as ``ensure_party``.
        """
        name = waiting_queue(queue, pause)
        arguments = self._arguments(queue) | {"x-message-ttl": int(pause.total_seconds() * 1000)}
        if self._quorum:
            arguments |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
        await self._ensure(connection, name, arguments)
        return name

    async def ensure_parking(self, connection: AbstractConnection, her_id: str) -> str:
        """Sees to it that there is a queue to park a party's messages on; gives its name.

        Raises:
            QueueMissing, QueueRefused: as ``ensure_party``.
        """
        name = dead_letter_queue(her_id)
        await self._ensure(connection, name, self._arguments(None))
        return name

    def _arguments(self, dead_letter: str | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {"x-queue-type": "quorum" if self._quorum else "classic"}
        if dead_letter is not None:
            arguments |= {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead_letter}
            if self._quorum:
                arguments["x-delivery-limit"] = DELIVERY_LIMIT
        return arguments

    async def _ensure(self, connection: AbstractConnection, queue: str, arguments: dict[str, Any]) -> None:
        if not self._declare:
            if not await _exists(connection, queue):
                raise QueueMissing(
                    f"the queue {queue} does not exist, and the settings say not to declare it"
                )
            return
        try:
            async with connection.channel() as channel:
                await channel.declare_queue(queue, durable=True, arguments=arguments)
        except (ChannelPreconditionFailed, ChannelAccessRefused) as refusal:
            await self._accept(connection, queue, arguments, refusal)
        except (ConnectionInternalError, ConnectionNotImplemented) as refusal:
            # A broker whose quorum queues are switched off says so by ending the connection. The error
            # goes on; the next connection finds us asking for classic ones.
            if not self._quorum or "queue" not in str(refusal):
                raise
            self._fall_back(queue, refusal)
            raise

    async def _accept(
        self,
        connection: AbstractConnection,
        queue: str,
        arguments: dict[str, Any],
        refusal: ChannelPreconditionFailed | ChannelAccessRefused,
    ) -> None:
        """Makes do with what there is, after the broker refused to declare the queue."""
        if await _exists(connection, queue):
            log.warning(
                "mailbox.queue_used_as_it_is",
                queue=queue,
                wanted=arguments,
                broker_says=str(refusal),
                hint="the queue exists and was declared otherwise, or is not ours to declare",
            )
        elif self._quorum and isinstance(refusal, ChannelPreconditionFailed):
            self._fall_back(queue, refusal)
            classic = {k: v for k, v in arguments.items() if k not in _OF_QUORUM_QUEUES}
            await self._ensure(connection, queue, classic | {"x-queue-type": "classic"})
        else:
            raise QueueRefused(f"the broker does not let us declare {queue}: {refusal}") from refusal

    def _fall_back(self, queue: str, refusal: Exception) -> None:
        if not self._may_fall_back:
            raise QueueRefused(f"the broker refuses a quorum queue for {queue}: {refusal}") from refusal
        self._quorum = False
        log.warning("mailbox.classic_queues", queue=queue, broker_says=str(refusal))


async def _exists(connection: AbstractConnection, queue: str) -> bool:
    """Whether the queue is there. On a channel of its own, as the broker closes it when it is not."""
    try:
        async with connection.channel() as channel:
            await channel.declare_queue(queue, passive=True)
    except ChannelNotFoundEntity:
        return False
    return True
