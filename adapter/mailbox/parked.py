"""What is parked on a party's dead-letter queue, for the person who looks at it and sends it on again.

The queue is the truth: a message is parked there also when the store is away. Looking changes nothing.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aio_pika.exceptions import ChannelNotFoundEntity, PublishError

from adapter.mailbox import lenient
from adapter.mailbox.broker_errors import as_unavailable
from adapter.mailbox.connection import BrokerConnection
from adapter.mailbox.port import MailboxUnavailable, QueueMissing
from adapter.mailbox.properties import from_wire, to_carry_on
from adapter.mailbox.topology import dead_letter_queue, queue_name
from adapter.message import ATTEMPT, CAME_FROM, PARKED_AT, REASON, Lane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

    from adapter.mailbox.broker import Broker
    from adapter.message import Properties

_OURS = (ATTEMPT, REASON, CAME_FROM, PARKED_AT)


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message that is parked. ``reason`` is ours, or the broker's own: ``expired``, ``delivery_limit``."""

    party: str
    reason: str
    came_from: str
    since: datetime | None
    properties: Properties = field(repr=False)
    wire: AbstractIncomingMessage = field(repr=False)


class DeadLetters:
    """The parked messages of some parties, in our hands for as long as the context lasts."""

    def __init__(self, channel: AbstractChannel, messages: Sequence[ParkedMessage]) -> None:
        self._channel = channel
        self.messages = messages

    async def retry(self, parked: ParkedMessage) -> None:
        """Put a message back on the queue that it came from, as if it had never been tried.

        Raises ``QueueMissing`` when that queue is not there any more; the message stays parked.
        """
        properties = to_carry_on(parked.wire.properties, {})
        properties.headers = {k: v for k, v in (properties.headers or {}).items() if k not in _OURS}
        with as_unavailable():
            channel = await self._channel.get_underlay_channel()
            try:
                await channel.basic_publish(
                    parked.wire.body, routing_key=parked.came_from, properties=properties, mandatory=True
                )
            except PublishError:
                raise QueueMissing(f"the queue {parked.came_from} does not exist") from None
            await parked.wire.ack()


@asynccontextmanager
async def dead_letters(broker: Broker, her_ids: Sequence[str]) -> AsyncIterator[DeadLetters]:
    """Take all that is parked for these parties in hand; what is not retried goes back at the end.

    Raises ``MailboxUnavailable`` when the broker cannot be reached.
    """
    lenient.install()
    connection = BrokerConnection(broker)
    with as_unavailable():
        await connection.connect(timeout=30)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        messages: list[ParkedMessage] = []
        for her_id in her_ids:
            messages += await _take_all(connection, her_id)
        try:
            yield DeadLetters(channel, messages)
        finally:
            await _give_back(messages)


async def _take_all(connection: Any, her_id: str) -> list[ParkedMessage]:  # noqa: ANN401 - aio-pika's
    channel = await connection.channel()
    try:
        queue = await channel.get_queue(dead_letter_queue(her_id))
    except ChannelNotFoundEntity:
        return []
    messages = []
    while (message := await queue.get(fail=False)) is not None:
        messages.append(_parked(her_id, message))
    return messages


async def _give_back(messages: Sequence[ParkedMessage]) -> None:
    """Puts what is still in hand back, first things first again.

    By ``nack``, for once: from RabbitMQ 4 on, that is how a message comes back without having failed, and a
    queue drops one that has failed 20 times. Looking at it must not be what it is lost by.
    """
    with suppress(MailboxUnavailable), as_unavailable():
        for one in messages:
            if not one.wire.processed:
                await one.wire.nack(requeue=True)


def _parked(her_id: str, message: AbstractIncomingMessage) -> ParkedMessage:
    properties = from_wire(message.properties)
    death = _last_death(message)
    if death is None:  # parked by us
        headers = properties.headers
        reason, queue, since = (headers.get(name) for name in (REASON, CAME_FROM, PARKED_AT))
    else:
        reason, queue, since = (death.get(name) for name in ("reason", "queue", "time"))
    lanes = [queue_name(her_id, lane) for lane in Lane]
    return ParkedMessage(
        party=her_id,
        reason=str(reason or "unknown"),
        came_from=str(queue) if queue in lanes else lanes[0],
        since=_moment(since),
        properties=properties,
        wire=message,
    )


def _last_death(message: AbstractIncomingMessage) -> dict[str, Any] | None:
    """What the broker wrote when it parked a message by itself; the latest comes first."""
    deaths = message.headers.get("x-death")
    return deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else None


def _moment(value: object) -> datetime | None:
    """A moment that may have been written by anybody."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
