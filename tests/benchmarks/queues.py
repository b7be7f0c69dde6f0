"""The hub's end of the broker: fresh queues for every run, letters put on them, replies counted.

Nothing here may take the processors away from what is measured: replies are counted where they lie, by asking
the broker how many there are, and nobody fetches them.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aio_pika

from adapter.mailbox.topology import Topology
from adapter.message import Lane
from tests.benchmarks.traffic import reply_queue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

    from adapter.mailbox.settings import QueueType
    from tests.benchmarks.traffic import Letter, Parties

_AT_ONCE = 400


@asynccontextmanager
async def fresh_queues(url: str, parties: Parties, queue_type: QueueType) -> AsyncIterator[Queues]:
    """The queues of both parties, all of one type and empty; gone in the end."""
    connection = await aio_pika.connect(url)
    async with connection:
        queues = Queues(connection, parties)
        await queues.delete()
        await queues.declare(queue_type)
        yield queues
        await queues.delete()


class Queues:
    """The queues of one run."""

    def __init__(self, connection: AbstractConnection, parties: Parties) -> None:
        self._connection = connection
        self._parties = parties
        self._in_flight = asyncio.Semaphore(_AT_ONCE)
        self._channel: aio_pika.abc.AbstractChannel

    async def declare(self, queue_type: QueueType) -> None:
        """Declare all: the clinic's as timebok does, the hub's of the same type."""
        await Topology(queue_type, declare=True).ensure_party(self._connection, self._parties.clinic)
        self._channel = await self._connection.channel(on_return_raises=True)
        for lane in (Lane.SYNC, Lane.ASYNC):
            name = reply_queue(self._parties, lane)
            await self._channel.declare_queue(
                name, durable=True, arguments={"x-queue-type": queue_type.value}
            )

    async def cork(self) -> None:
        """Put a message in front of all replies.

        Replies to one who waits expire, and what has expired is dropped at a queue's head, and only there:
        behind a message that never expires they stay, and can be counted.
        """
        for lane in (Lane.SYNC, Lane.ASYNC):
            await self._publish(aio_pika.Message(b"cork"), reply_queue(self._parties, lane))

    async def send(self, letters: Iterable[Letter]) -> None:
        """Put letters on the clinic's queues, and wait until the broker has confirmed each."""
        await asyncio.gather(*map(self.send_one, letters))

    async def send_one(self, letter: Letter) -> None:
        """Put one letter on the clinic's queue."""
        properties = letter.properties(self._parties)
        headers: dict[str, Any] = {
            "to": properties.to,
            "applicationTimeStamp": properties.application_timestamp,
            "fromHerId": properties.from_her_id,
            "toHerId": properties.to_her_id,
        }
        message = aio_pika.Message(
            letter.body,
            headers=headers,
            content_type=properties.content_type,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=properties.message_id,
            correlation_id=properties.correlation_id,
            reply_to=properties.reply_to,
            type=properties.subject,
        )
        await self._publish(message, f"{self._parties.clinic}_{letter.lane}")

    async def replies(self) -> int:
        """How many replies lie there, the corks not counted."""
        return sum(
            [await self._waiting(reply_queue(self._parties, lane)) - 1 for lane in (Lane.SYNC, Lane.ASYNC)]
        )

    async def requests(self) -> int:
        """How many requests wait for somebody to take them."""
        return sum(
            [await self._waiting(f"{self._parties.clinic}_{lane}") for lane in (Lane.SYNC, Lane.ASYNC)]
        )

    @asynccontextmanager
    async def consumed_by(
        self, on_reply: Callable[[AbstractIncomingMessage], Awaitable[None]]
    ) -> AsyncIterator[None]:
        """Hand out replies as they come, for as long as the block lasts, without acknowledgements."""
        async with self._connection.channel() as channel:
            for lane in (Lane.SYNC, Lane.ASYNC):
                queue = await channel.get_queue(reply_queue(self._parties, lane))
                await queue.consume(on_reply, no_ack=True)
            yield

    async def delete(self) -> None:
        """Take all queues away, with what is in them."""
        async with self._connection.channel() as channel:
            for suffix in ("async", "sync", "error", "dl"):
                await channel.queue_delete(f"{self._parties.clinic}_{suffix}")
            for lane in (Lane.SYNC, Lane.ASYNC):
                await channel.queue_delete(reply_queue(self._parties, lane))

    async def _waiting(self, name: str) -> int:
        found = await self._channel.declare_queue(name, passive=True)
        return found.declaration_result.message_count or 0

    async def _publish(self, message: aio_pika.Message, queue: str) -> None:
        async with self._in_flight:
            await self._channel.default_exchange.publish(message, queue)
