"""The mailbox without a broker: for tests, and for a service whose hub is played within the process.

It passes the contract tests of the real one. It must never be used where a message has to
survive the process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapter.mailbox.lane_buffer import LaneBuffer
from adapter.mailbox.memory_broker import Consumer, MemoryBroker, Stored
from adapter.mailbox.port import Delivery, MailboxUnavailable, PublishOutcome, PublishResult, QueueMissing
from adapter.mailbox.topology import (
    DELIVERY_LIMIT,
    Source,
    dead_letter_queue,
    parked_headers,
    queues_of,
    waiting_queue,
)
from adapter.message import ATTEMPT, REASON, Inbound, Lane, Outbound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

DEFAULT_PREFETCH = 64


@dataclass(frozen=True, slots=True, eq=False)
class _Token:
    consumer: Consumer
    number: int

    @property
    def is_open(self) -> bool:
        return self.number in self.consumer.in_hand


class MemoryMailbox:
    """A ``Mailbox`` on a ``MemoryBroker``; see the port for what each method does.

    What others would do on the broker is done there: ``mailbox.broker.deliver(message)`` puts a message on
    a queue, ``mailbox.broker.taken(queue)`` takes what was published to one.
    """

    def __init__(
        self, broker: MemoryBroker | None = None, *, prefetch: int = DEFAULT_PREFETCH, declare: bool = True
    ) -> None:
        """``broker`` is shared with whoever else is to be reached; ``prefetch`` is per lane."""
        self.broker = broker or MemoryBroker()
        self._prefetch = prefetch
        self._declare = declare
        self._buffer = LaneBuffer()
        self._sources: list[Source] = []
        self._consumers: dict[Consumer, Source] = {}
        self._connected = self._consuming = self._closed = False

    @property
    def ready(self) -> bool:
        alive = set(self._consumers.values())
        return self._connected and self._consuming and all(source in alive for source in self._sources)

    async def start(self, her_ids: Sequence[str]) -> None:
        if self._sources or self._closed:
            raise RuntimeError("a mailbox is started once")
        self._sources = [Source(her_id, lane) for her_id in dict.fromkeys(her_ids) for lane in Lane]
        self._consuming = True
        self.connect()

    async def next_batch(self, lane: Lane, limit: int) -> list[Delivery]:
        return await self._buffer.take(lane, limit)

    def topped_up(self, lane: Lane, deliveries: Sequence[Delivery], limit: int) -> list[Delivery]:
        ours = [one for one in deliveries if isinstance(one.token, _Token) and one.token.is_open]
        return ours + self._buffer.more(lane, limit - len(ours))

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        if not self._connected:
            raise MailboxUnavailable("there is no connection to the broker")
        return [self._publish_one(message) for message in messages]

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            if isinstance(token := delivery.token, _Token):
                self.broker.ack(token.consumer, token.number)

    async def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        for delivery in reversed(deliveries):  # each goes to the front: so they keep their order
            if isinstance(token := delivery.token, _Token):
                self.broker.reject(token.consumer, token.number, requeue=requeue)

    async def postpone(self, delivery: Delivery, pause: timedelta, reason: str) -> None:
        inbound = delivery.inbound
        waiting = waiting_queue(inbound.queue, pause)
        self._ensure(waiting, inbound.queue)
        self._forward(delivery, waiting, {ATTEMPT: str(inbound.attempt + 1), REASON: reason}, pause)
        await self.ack([delivery])

    async def park(self, delivery: Delivery, reason: str) -> None:
        inbound = delivery.inbound
        parking = dead_letter_queue(inbound.party)
        self._ensure(parking)
        self._forward(delivery, parking, parked_headers(inbound, reason), None)
        await self.ack([delivery])

    async def stop_consuming(self) -> None:
        self._consuming = False
        self._buffer.close()
        for consumer in self._consumers:
            self.broker.cancel(consumer)

    async def close(self) -> None:
        self._closed = True
        await self.stop_consuming()
        self.disconnect()

    def connect(self) -> None:
        """Connects again after ``disconnect``, which RabbitMQ's mailbox does by itself.

        Raises:
            QueueMissing: a queue is not there and is not ours to declare.
        """
        self._connected = True
        for source in self._sources if self._consuming else ():
            self._consume(source)

    def disconnect(self) -> None:
        """Loses the connection: what is in hand or waits to be handed out goes back to its queue."""
        self._connected = False
        self._buffer.clear()
        consumers, self._consumers = self._consumers, {}
        for consumer in consumers:
            self.broker.disconnect(consumer)

    def _ensure(self, queue: str, dead_letter: str | None = None) -> None:
        if not self._connected:
            raise MailboxUnavailable("there is no connection to the broker")
        if self._declare:
            self.broker.declare(queue, dead_letter)
        elif not self.broker.exists(queue):
            raise QueueMissing(f"the queue {queue} does not exist, and is not to be declared")

    def _forward(
        self, delivery: Delivery, queue: str, headers: Mapping[str, str], ttl: timedelta | None
    ) -> None:
        token = delivery.token
        if not isinstance(token, _Token) or not token.is_open:
            raise MailboxUnavailable("the message came over a connection that is gone")
        properties = delivery.inbound.properties
        changed = replace(properties, headers={**properties.headers, **headers})
        self.broker.deliver(Outbound(delivery.inbound.body, changed, queue, ttl))

    def _consume(self, source: Source) -> None:
        if self._declare:
            for queue, dead_letter in queues_of(source.her_id):
                self.broker.declare(queue, dead_letter, DELIVERY_LIMIT if dead_letter else None)
        else:
            self._ensure(source.queue)
        share = max(1, self._prefetch * len(Lane) // len(self._sources))
        consumer = Consumer(source.queue, share, self._on_message, self._on_cancelled)
        self._consumers[consumer] = source
        self.broker.consume(consumer)

    def _on_message(self, consumer: Consumer, number: int, stored: Stored) -> None:
        message = stored.message
        inbound = Inbound(
            body=message.body,
            properties=message.properties,
            lane=self._consumers[consumer].lane,
            queue=message.queue,
            received_at=datetime.now(UTC),
            redelivered=stored.redelivered,
        )
        self._buffer.put(Delivery(inbound, _Token(consumer, number)))

    def _on_cancelled(self, consumer: Consumer) -> None:
        """The queue was deleted: declares it and consumes it again, where it is ours to declare."""
        source = self._consumers.pop(consumer)
        if self._connected and self._consuming and self._declare:
            self._consume(source)

    def _publish_one(self, message: Outbound) -> PublishResult:
        arrived = self.broker.deliver(message)
        outcome = PublishOutcome.CONFIRMED if arrived else PublishOutcome.UNDELIVERABLE
        reason = "" if arrived else "NO_ROUTE"
        return PublishResult(message.properties.message_id, message.queue, outcome, reason)
