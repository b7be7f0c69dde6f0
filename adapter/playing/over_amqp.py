"""The hub over a real broker: puts messages on the queues of a running adapter, and waits for the answers.

Replies come to a queue that is this player's own and goes with it. Error messages come to the sender's error
queue, as the protocol has it; do not play a sender whose queues are in use. With a seal, which is the hub's
and not the adapter's, every letter is sealed on its way out and opened on its way in.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError

from adapter.addressing import PLAIN_TYPES
from adapter.dialects.helsenorge.envelope import OK
from adapter.dialects.port import Opened, Receipt
from adapter.errors import OwnFault, TransportFault
from adapter.mailbox.broker_errors import as_unavailable
from adapter.mailbox.connection import BrokerConnection
from adapter.mailbox.properties import from_wire, to_wire
from adapter.message import Lane, Outbound
from adapter.outcome import Kind
from adapter.playing.exchange import Exchange
from adapter.wrapping import Plain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage

    from adapter.mailbox.broker import Broker
    from adapter.message import Inbound, Properties
    from adapter.playing.cases import Sending
    from adapter.playing.letters import Letters
    from adapter.wrapping import Wrapping

_SHORT_WAIT = 1.0
_SILENT = {"noted", "ignored", "parked"}


class _NoId(str):
    """A message id for none: aiormq makes one up where there is none, and pamqp writes no empty text."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


@dataclass(slots=True)
class _Waiting:
    """What has come back for one message so far; ``done`` when nothing more is to come."""

    bodies: dict[Kind, bytes] = field(default_factory=dict)
    receipt: Receipt | None = None
    reply: Opened | None = None
    condition: str | None = None
    done: asyncio.Event = field(default_factory=asyncio.Event)


class OverAmqp:
    """Sends messages over a connection. ``patience`` is how many seconds an answer may take."""

    def __init__(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        queue: str,
        letters: Letters,
        patience: float,
        wrapping: Wrapping,
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._queue = queue
        self._letters = letters
        self._patience = patience
        self._wrapping = wrapping
        self._waiting: dict[str, _Waiting] = {}
        self._error_queues: set[str] = set()

    async def send(self, sending: Sending, expected: str | None = None) -> Exchange:
        """Send a message and wait for what comes; shortly where ``expected`` is an outcome in silence."""
        inbound = self._letters.inbound(sending)
        properties = inbound.properties
        if properties.reply_to is not None and "replyTo" not in sending.properties:
            properties = replace(properties, reply_to=self._queue)
        await self._listen_for_errors(properties)
        waiting = self._waiting[properties.message_id or properties.correlation_id or ""] = _Waiting()
        try:
            await self._publish(inbound, properties)
            async with asyncio.timeout(_SHORT_WAIT if expected in _SILENT else self._patience):
                await waiting.done.wait()
        except TimeoutError:
            pass  # silence is an outcome
        except DeliveryError:
            return Exchange(sending.file, properties.subject, None, "undeliverable")
        return self._exchange(sending, inbound, waiting, expected)

    async def on_message(self, message: AbstractIncomingMessage) -> None:
        """Take in what the adapter has sent."""
        properties = from_wire(message.properties)
        original = properties.headers.get("originalMessageId") or properties.correlation_id or ""
        waiting = self._waiting.get(original)
        if waiting is None:
            return
        if condition := properties.headers.get("errorCondition"):
            waiting.condition = condition
            waiting.done.set()
            return
        body = self._unwrapped(message.body, properties)
        opened = self._letters.read(body)
        if isinstance(opened, Receipt):
            waiting.bodies[Kind.APPREC] = body
            waiting.receipt = opened
            if opened.status != OK:
                waiting.done.set()
        elif opened is not None:
            waiting.bodies[Kind.REPLY] = body
            waiting.reply = opened
            waiting.done.set()
            if waiting.receipt and (receipt := self._letters.receipt(body)):
                await self._publish(receipt, receipt.properties)

    async def _publish(self, inbound: Inbound, properties: Properties) -> None:
        message = self._wrapped(inbound, properties)
        written = to_wire(message)
        if properties.message_id is None:
            written.message_id = _NoId()
        channel = await self._channel.get_underlay_channel()
        await channel.basic_publish(
            message.body, routing_key=inbound.queue, properties=written, mandatory=True
        )

    def _wrapped(self, inbound: Inbound, properties: Properties) -> Outbound:
        """The message with its letter sealed, however little its envelope is in order."""
        plain = Outbound(inbound.body, properties, inbound.queue)
        if inbound.lane is Lane.ERROR:
            return plain
        whole = replace(plain, properties=replace(properties, to_her_id=inbound.party))
        wrapped = self._wrapping.wrap(whole, self._letters.clock())
        if properties.content_type not in PLAIN_TYPES:  # it is to be wrong, or missing
            return replace(wrapped, properties=properties)
        content_type = wrapped.properties.content_type
        return replace(wrapped, properties=replace(properties, content_type=content_type))

    def _unwrapped(self, body: bytes, properties: Properties) -> bytes:
        """The letter in a message; nothing that can be read if it cannot be opened."""
        try:
            return self._wrapping.unwrap(body, properties, self._letters.clock())
        except (TransportFault, OwnFault):
            return b""

    async def _listen_for_errors(self, properties: Properties) -> None:
        """Take in the errors for a sender, from a queue that is declared only where there is none yet."""
        name = f"{properties.from_her_id}_error"
        if properties.from_her_id is None or name in self._error_queues:
            return
        self._error_queues.add(name)
        try:
            channel = await self._connection.channel()
            queue = await channel.get_queue(name)
        except ChannelNotFoundEntity:
            channel = await self._connection.channel()
            queue = await channel.declare_queue(name, durable=True)
        await queue.consume(self.on_message, no_ack=True)

    def _exchange(
        self, sending: Sending, inbound: Inbound, waiting: _Waiting, expected: str | None
    ) -> Exchange:
        opened, receipt, reply = self._letters.read(inbound.body), waiting.receipt, waiting.reply
        outcome = "refused" if waiting.condition else "answered" if waiting.bodies else "silence"
        if outcome == "silence" and expected in _SILENT:
            outcome = expected
        return Exchange(
            file=sending.file,
            function=opened.about.function if opened else inbound.properties.subject,
            code=opened.about.code if opened else None,
            outcome=outcome,
            apprec={"status": receipt.status, "codes": list(receipt.errors)} if receipt else None,
            reply={"function": reply.about.function, "code": reply.about.code} if reply else None,
            error={"condition": waiting.condition} if waiting.condition else None,
            documents={str(kind): body for kind, body in waiting.bodies.items()},
        )


@asynccontextmanager
async def connected(
    broker: Broker, letters: Letters, patience: float, wrapping: Wrapping | None = None
) -> AsyncIterator[OverAmqp]:
    """A player on the broker, for as long as the context lasts; ``wrapping`` is the hub's own.

    Raises ``MailboxUnavailable``, also in the middle of a play, when the broker is not there or goes away.
    """
    connection = BrokerConnection(broker)
    with as_unavailable():
        await connection.connect(timeout=30)
        async with connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            queue = await channel.declare_queue(exclusive=True, auto_delete=True)
            player = OverAmqp(connection, channel, queue.name, letters, patience, wrapping or Plain())
            await queue.consume(player.on_message, no_ack=True)
            yield player
