"""One connection to the broker, from its opening to its loss: its channels and its consumers.

Each lane has a channel and a prefetch of its own, so that a flood on one never holds up another; publishing
has one too. What comes is only put into the lane buffer, as it is read from the socket. A session must never
call itself ready on the word of an open socket, and once lost, it must never hand out anything again.

Consuming goes to aiormq's channel, the one beneath aio-pika's: it says when the broker cancels a consumer,
takes many acknowledgements without waiting for each, and leaves the deliveries to us (``arrivals.py``).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, cast

import structlog

from adapter.mailbox.broker_errors import as_unavailable, describe
from adapter.mailbox.connection import BrokerConnection
from adapter.mailbox.deliveries import Token, receive, settle
from adapter.mailbox.pauses import Pauses
from adapter.mailbox.port import MailboxError, MailboxUnavailable
from adapter.mailbox.publisher import Publisher
from adapter.mailbox.topology import Source, parked_headers
from adapter.message import ATTEMPT, REASON, Lane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from aio_pika.abc import AbstractChannel
    from aiormq.abc import DeliveredMessage
    from aiormq.channel import Channel
    from pamqp.commands import Basic

    from adapter.mailbox.arrivals import Arrival
    from adapter.mailbox.lane_buffer import LaneBuffer
    from adapter.mailbox.port import Delivery, PublishResult
    from adapter.mailbox.settings import RabbitSettings
    from adapter.mailbox.topology import Topology
    from adapter.message import Outbound

CLOSE_SECONDS = 10.0

log = structlog.get_logger(__name__)


class Session:
    """Opened once, and lost or closed once."""

    def __init__(
        self, settings: RabbitSettings, topology: Topology, buffer: LaneBuffer, her_ids: Sequence[str]
    ) -> None:
        self.why_lost = ""
        self._settings = settings
        self._topology = topology
        self._buffer = buffer
        self._her_ids = tuple(dict.fromkeys(her_ids))
        self._sources = [Source(her_id, lane) for her_id in self._her_ids for lane in Lane]
        self._connection = BrokerConnection(settings.broker, settings.heartbeat)
        self._lanes: dict[Lane, Channel] = {}
        self._channels: list[AbstractChannel] = []
        self._publisher: Publisher | None = None
        self._asked: dict[str, Source] = {}  # by consumer tag; gone when the broker cancels it
        self._alive: dict[Source, str] = {}  # the consumer tag that the broker has said yes to
        self._tags = 0
        self._consuming = False
        self._lost = False
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Every queue has a consumer which the broker has said yes to and has not cancelled."""
        transport = self._connection.transport
        connected = not self._lost and transport is not None and transport.connection.is_opened
        return connected and self._consuming and all(source in self._alive for source in self._sources)

    async def open(self, *, consume: bool) -> None:
        """Connects, sees to the queues and consumes them.

        Raises:
            MailboxUnavailable: that did not come about, or not in time.
            QueueMissing, QueueRefused: as ``Topology`` says.
        """
        self._consuming = consume
        with as_unavailable():
            async with asyncio.timeout(self._settings.connect_timeout):
                await self._connection.connect()
                self._connection.close_callbacks.add(self._on_lost)
                publishing = await self._open_channel(confirms=True)
                wire = cast("Channel", await publishing.get_underlay_channel())
                self._publisher = Publisher(wire, self._settings.confirm_timeout)
                if not consume:
                    return
                for her_id in self._her_ids:
                    await self._topology.ensure_party(self._connection, her_id)
                for lane in Lane:
                    self._lanes[lane] = await self._open_lane(lane)
                for source in self._sources:
                    await self._consume(source)

    async def keep(self) -> None:
        """Keeps the consumers alive; returns when the connection is lost."""
        pauses = Pauses()
        while not self._lost:
            self._changed.clear()
            gone = [source for source in self._sources if source not in self._alive]
            if not gone or not self._consuming:
                await self._changed.wait()
                continue
            try:
                await self._restore(gone[0])
                pauses.reset()
            except MailboxError as error:
                log.warning("mailbox.consumer_not_restored", queue=gone[0].queue, error=describe(error))
                with suppress(TimeoutError):  # unless the connection is lost meanwhile
                    await asyncio.wait_for(self._changed.wait(), pauses.next())

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        """As ``Mailbox.publish``."""
        if self._publisher is None or self._lost:
            raise MailboxUnavailable("there is no connection to the broker")
        return await self._publisher.publish(messages)

    async def postpone(self, delivery: Delivery, pause: timedelta, reason: str) -> None:
        """As ``Mailbox.postpone``."""
        inbound = delivery.inbound
        with as_unavailable():
            waiting = await self._topology.ensure_waiting(self._connection, inbound.queue, pause)
        await self._forward(delivery, waiting, {ATTEMPT: str(inbound.attempt + 1), REASON: reason})

    async def park(self, delivery: Delivery, reason: str) -> None:
        """As ``Mailbox.park``."""
        inbound = delivery.inbound
        with as_unavailable():
            parking = await self._topology.ensure_parking(self._connection, inbound.party)
        await self._forward(delivery, parking, parked_headers(inbound, reason))

    async def _forward(self, delivery: Delivery, queue: str, headers: Mapping[str, str]) -> None:
        """Moves a message to another queue: there first, and only then off the one that it came on."""
        token = delivery.token
        if self._publisher is None or self._lost or not isinstance(token, Token):
            raise MailboxUnavailable("there is no connection to the broker")
        if not token.is_open:  # it comes again by itself, and must not be in two places
            raise MailboxUnavailable("the message came over a connection that is gone")
        arrived = await self._publisher.forward(delivery.inbound.body, token.wire, queue, headers)
        with as_unavailable():
            await settle([delivery], ack=arrived)

    async def stop_consuming(self) -> None:
        """Cancels the consumers. Raises ``MailboxUnavailable`` when the connection is lost over it."""
        self._consuming = False
        with as_unavailable():
            for source, tag in list(self._alive.items()):
                await self._lanes[source.lane].basic_cancel(tag)

    async def close(self) -> None:
        """Closes the connection, whatever state it is in. What is not settled goes back."""
        self._on_lost()
        with suppress(MailboxUnavailable), as_unavailable():
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()

    async def _restore(self, source: Source) -> None:
        with as_unavailable():
            async with asyncio.timeout(self._settings.connect_timeout):
                await self._topology.ensure_party(self._connection, source.her_id)
                await self._consume(source)
        log.info("mailbox.consumer_restored", queue=source.queue)

    async def _open_channel(self, *, confirms: bool = False) -> AbstractChannel:
        channel = self._connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        await channel.initialize()
        channel.close_callbacks.add(self._on_lost)
        self._channels.append(channel)
        return channel

    async def _open_lane(self, lane: Lane) -> Channel:
        channel = await self._open_channel()
        # Quorum queues know no prefetch for a whole channel, so each consumer has its share of the lane's.
        await channel.set_qos(prefetch_count=max(1, self._settings.prefetch[lane] // len(self._her_ids)))
        wire = cast("Channel", await channel.get_underlay_channel())
        wire.on_consumer_cancel_callbacks.add(self._on_cancelled)
        return wire

    async def _consume(self, source: Source) -> None:
        self._tags += 1
        tag = f"timebok-{source.queue}-{self._tags}"
        self._asked[tag] = source  # before the broker answers: it may cancel it in the same breath
        channel = self._lanes[source.lane]
        self._connection.arrivals.consumers[tag] = partial(self._on_arrival, source, channel)
        await channel.basic_consume(source.queue, _never, consumer_tag=tag)
        if tag in self._asked:
            self._alive[source] = tag

    def _on_arrival(self, source: Source, channel: Channel, arrival: Arrival) -> None:
        if not self._lost:
            self._buffer.put(receive(arrival, channel, source.lane, source.queue))

    def _on_cancelled(self, frame: Basic.Cancel) -> None:
        """The broker has cancelled a consumer, most likely because the queue was deleted."""
        self._connection.arrivals.consumers.pop(frame.consumer_tag or "", None)
        source = self._asked.pop(frame.consumer_tag or "", None)
        if source is not None:
            self._alive.pop(source, None)
            log.warning("mailbox.consumer_cancelled", queue=source.queue)
        self._changed.set()

    def _on_lost(self, _sender: object = None, error: BaseException | None = None) -> None:
        """The connection or one of its channels is gone, and with it this session as a whole."""
        if not self._lost:
            self.why_lost = describe(error) if error else ""
        self._lost = True
        self._alive.clear()
        self._changed.set()


async def _never(_message: DeliveredMessage) -> None:
    """What aiormq is to do with a delivery, of which it sees none."""
    raise RuntimeError("a delivery of ours has come past its consumer")
