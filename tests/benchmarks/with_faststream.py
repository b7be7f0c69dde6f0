"""The same work in FastStream, one transaction a message, written as somebody would who knows FastStream.

It parses, checks, decides and commits with timebok's own code, a batch of one at a time on one thread of its
own, so that the loop goes on meanwhile; then it publishes the replies and acknowledges. What differs is what
stands around the work. FastStream's two log lines a message are switched off, which is in its favour.

Run as ``python -m tests.benchmarks.with_faststream`` with timebok's settings in the environment.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage, RabbitQueue

from adapter.database import open_engine
from adapter.message import Inbound, Lane, Outbound, Properties
from adapter.outcome import Answered, Refused, dispatches_of
from adapter.service import make_batches
from adapter.settings import Settings

if TYPE_CHECKING:
    from adapter.batch import Batches

_WORKER = ThreadPoolExecutor(max_workers=1)


def read(message: RabbitMessage, lane: Lane, queue: str) -> Inbound:
    """A delivery as the work wants it."""
    wire = message.raw_message
    headers = {name: str(value) for name, value in wire.headers.items()}
    properties = Properties(
        message_id=wire.message_id,
        correlation_id=wire.correlation_id,
        reply_to=wire.reply_to,
        to=headers.get("to"),
        subject=wire.type,
        content_type=wire.content_type,
        application_timestamp=headers.get("applicationTimeStamp"),
        from_her_id=headers.get("fromHerId"),
        to_her_id=headers.get("toHerId"),
    )
    return Inbound(wire.body, properties, lane, queue, datetime.now(UTC), bool(wire.redelivered))


async def send(broker: RabbitBroker, message: Outbound) -> None:
    """Publish a reply, persistent, and wait for its confirm."""
    properties = message.properties
    headers = {
        "to": properties.to,
        "fromHerId": properties.from_her_id,
        "toHerId": properties.to_her_id,
        "applicationTimeStamp": properties.application_timestamp,
    }
    await broker.publish(
        message.body,
        queue=message.queue,
        headers={name: value for name, value in headers.items() if value is not None},
        content_type=properties.content_type,
        persist=True,
        message_id=properties.message_id,
        correlation_id=properties.correlation_id,
        reply_to=properties.reply_to,
        expiration=None if message.ttl is None else message.ttl.total_seconds(),
        message_type=properties.subject,
    )


def subscribe(broker: RabbitBroker, batches: Batches, lane: Lane, queue: str) -> None:
    """Answer what comes in on a queue."""

    @broker.subscriber(
        RabbitQueue(queue, declare=False),
        channel=Channel(prefetch_count=200),
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        decoder=lambda message: message.body,
    )
    async def answer(message: RabbitMessage) -> None:
        inbound = read(message, lane, queue)
        (outcome,) = await asyncio.get_running_loop().run_in_executor(_WORKER, batches.process, [inbound])
        if not isinstance(outcome, Answered | Refused):
            raise TypeError(f"this benchmark has only letters that are answered, not {outcome}")
        for dispatch in dispatches_of(outcome):
            await send(broker, dispatch.outbound)


def main() -> None:
    """Serve the two queues of the clinic until killed."""
    settings = Settings()
    engine = open_engine(settings.database_url.get_secret_value())
    batches = make_batches(settings, engine, settings.her_ids)
    broker = RabbitBroker(settings.amqp_url.get_secret_value(), log_level=logging.DEBUG)
    for lane in (Lane.SYNC, Lane.ASYNC):
        subscribe(broker, batches, lane, f"{settings.her_ids[0]}_{lane}")
    asyncio.run(FastStream(broker).run())


if __name__ == "__main__":
    main()
