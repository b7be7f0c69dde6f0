"""The bare echo: aio-pika the way its documentation shows it, and nothing behind it.

It takes a request, publishes as many replies of the same sizes as timebok does, each of them persistent and
confirmed, and acknowledges. It reads nothing, checks nothing and keeps nothing.

Run as ``python -m tests.benchmarks.echo callback|iterator``; the rest stands in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import aio_pika

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

PREFETCH = 200  # as timebok's
_WAIT = 15  # seconds that the hub waits for an answer on its synchronous queue


class Echo:
    """Answers messages on one channel, whose publishing is confirmed (aio-pika's own default)."""

    def __init__(self, channel: AbstractChannel, sizes: dict[str, list[int]]) -> None:
        self._exchange = channel.default_exchange
        self._bodies = {lane: [bytes(size) for size in of_lane] for lane, of_lane in sizes.items()}

    async def answer(self, message: AbstractIncomingMessage) -> None:
        """Publish the replies, and acknowledge when they are confirmed."""
        lane = (message.routing_key or "").rpartition("_")[2]
        queue = message.reply_to or ""
        async with message.process():
            for body in self._bodies[lane]:
                reply = aio_pika.Message(
                    body,
                    headers={
                        "to": queue,
                        "fromHerId": message.headers["toHerId"],
                        "toHerId": message.headers["fromHerId"],
                        "applicationTimeStamp": message.headers["applicationTimeStamp"],
                    },
                    content_type=message.content_type,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    message_id=str(uuid4()),
                    correlation_id=message.correlation_id,
                    expiration=_WAIT if lane == "sync" else None,
                    type=message.type,
                )
                await self._exchange.publish(reply, routing_key=queue)


async def one_at_a_time(queue: AbstractQueue, echo: Echo) -> None:
    """Take the messages of a queue from its iterator, each when the one before is done."""
    async with queue.iterator() as messages:
        async for message in messages:
            await echo.answer(message)


async def main() -> None:
    """Serve the two queues of the clinic until killed."""
    environment = os.environ
    connection = await aio_pika.connect_robust(environment["TIMEBOK_AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=PREFETCH)
        echo = Echo(channel, json.loads(environment["TIMEBOK_BENCH_SIZES"]))
        clinic = environment["TIMEBOK_HER_IDS"]
        queues = [await channel.get_queue(f"{clinic}_{lane}") for lane in ("sync", "async")]
        if sys.argv[1] == "iterator":
            await asyncio.gather(*(one_at_a_time(queue, echo) for queue in queues))
        else:
            for queue in queues:
                await queue.consume(echo.answer)
            await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main())
