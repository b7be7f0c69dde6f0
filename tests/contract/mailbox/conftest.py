"""The two worlds in which a mailbox has to keep its promises: RabbitMQ and the one within the process.

A world lets a test be the others: the peer that sends and reads, the operator who deletes a queue, the
network that breaks.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import aio_pika
import pytest
from yarl import URL

from adapter.mailbox.broker import Broker
from adapter.mailbox.memory import MemoryMailbox
from adapter.mailbox.memory_broker import MemoryBroker
from adapter.mailbox.properties import from_wire, to_wire
from adapter.mailbox.rabbitmq import RabbitMailbox
from adapter.mailbox.settings import RabbitSettings
from adapter.message import Inbound, Lane, Outbound, Properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aio_pika.abc import AbstractChannel

    from adapter.mailbox import Delivery, Mailbox

PATIENCE = 60.0  # of a test that waits for something that must come; nothing is measured by it


class World(Protocol):
    """What a test can do to and around a mailbox."""

    her_id: str

    def mailbox(self, *, prefetch: int = 16, declare: bool = True) -> Mailbox: ...
    async def deliver(self, *messages: Outbound) -> None: ...
    async def taken(self, queue: str) -> list[Outbound]: ...
    async def waiting(self, queue: str) -> int: ...
    async def declare(self, queue: str) -> None: ...
    async def delete(self, queue: str) -> None: ...
    async def cut(self) -> None: ...
    async def mend(self) -> None: ...


class Proxy:
    """A network between a mailbox and the broker that can be cut, mended and made to hang."""

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        self._flowing.set()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def hang(self) -> None:
        """Lets nothing through any more, and tells nobody."""
        self._flowing.clear()

    def flow(self) -> None:
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        with suppress(OSError):
            there, back = await asyncio.open_connection(*self._target)
            self._writers.add(back)
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
            self._writers.discard(back)
        writer.close()
        self._writers.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class MemoryWorld:
    """All within the process."""

    def __init__(self, her_id: str) -> None:
        self.her_id = her_id
        self.broker = MemoryBroker()
        self.mailboxes: list[MemoryMailbox] = []

    def mailbox(self, *, prefetch: int = 16, declare: bool = True) -> MemoryMailbox:
        self.mailboxes.append(MemoryMailbox(self.broker, prefetch=prefetch, declare=declare))
        return self.mailboxes[-1]

    async def deliver(self, *messages: Outbound) -> None:
        for message in messages:
            assert self.broker.deliver(message)

    async def taken(self, queue: str) -> list[Outbound]:
        return self.broker.taken(queue)

    async def waiting(self, queue: str) -> int:
        return self.broker.waiting(queue)

    async def declare(self, queue: str) -> None:
        self.broker.declare(queue)

    async def delete(self, queue: str) -> None:
        self.broker.delete(queue)

    async def cut(self) -> None:
        for mailbox in self.mailboxes:
            mailbox.disconnect()

    async def mend(self) -> None:
        for mailbox in self.mailboxes:
            mailbox.connect()

    async def close(self) -> None:
        pass


class RabbitWorld:
    """A real broker; the mailbox reaches it through a proxy, the peer directly."""

    def __init__(self, her_id: str, url: str) -> None:
        self.her_id = her_id
        self.url = url
        target = URL(url)
        self.proxy = Proxy(target.host or "", target.port or 5672)
        self.mailboxes: list[RabbitMailbox] = []

    @property
    def proxied(self) -> str:
        return str(URL(self.url).with_host("127.0.0.1").with_port(self.proxy.port))

    async def open(self) -> None:
        await self.proxy.open()
        await self.connect()

    async def connect(self) -> None:
        """Connects the peer, again after the broker was restarted."""
        self.connection = await aio_pika.connect(self.url)
        self.peer: AbstractChannel = self.connection.channel(on_return_raises=True)
        await self.peer.initialize()

    async def close(self) -> None:
        await self.connection.close()
        await self.proxy.close()

    def mailbox(self, *, prefetch: int = 16, declare: bool = True, **settings: Any) -> RabbitMailbox:
        lanes = dict.fromkeys(Lane, prefetch)
        chosen = RabbitSettings(Broker(self.proxied), lanes, declare=declare, **settings)
        self.mailboxes.append(RabbitMailbox(chosen))
        return self.mailboxes[-1]

    async def deliver(self, *messages: Outbound) -> None:
        for message in messages:
            channel = await self.peer.get_underlay_channel()
            await channel.basic_publish(
                message.body, routing_key=message.queue, properties=to_wire(message), mandatory=True
            )

    async def taken(self, queue: str) -> list[Outbound]:
        source = await self.peer.get_queue(queue, ensure=False)
        messages = []
        while (got := await source.get(no_ack=True, fail=False)) is not None:
            expiration = got.expiration
            ttl = timedelta(seconds=expiration) if isinstance(expiration, float) else None
            messages.append(Outbound(got.body, from_wire(got.properties), queue, ttl))
        return messages

    async def waiting(self, queue: str) -> int:
        async with self.connection.channel() as channel:
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0

    async def declare(self, queue: str) -> None:
        await self.peer.declare_queue(queue, durable=True)

    async def delete(self, queue: str) -> None:
        await self.peer.queue_delete(queue)

    async def cut(self) -> None:
        await self.proxy.close()
        await eventually(lambda: not any(mailbox.ready for mailbox in self.mailboxes))

    async def mend(self) -> None:
        await self.proxy.open()


async def eventually(holds: Callable[[], Any | Awaitable[Any]]) -> Any:
    """Waits until something holds, and gives what it gave."""
    deadline = time.monotonic() + PATIENCE
    while True:
        result = holds()
        if isinstance(result, bool | list | int) or result is None:
            value = result
        else:
            value = await result
        if value:
            return value
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.01)


async def collect(mailbox: Mailbox, lane: Lane, count: int, limit: int = 100) -> list[Delivery]:
    """Takes batches until there are ``count`` deliveries."""
    deliveries: list[Delivery] = []
    async with asyncio.timeout(PATIENCE):
        while len(deliveries) < count:
            batch = await mailbox.next_batch(lane, limit)
            assert 1 <= len(batch) <= limit
            deliveries += batch
    return deliveries


@pytest.fixture(params=["memory", "rabbitmq"])
async def world(request: pytest.FixtureRequest, her_id: str) -> AsyncIterator[World]:
    """Each test of the contract runs in both worlds."""
    if request.param == "rabbitmq":
        real = RabbitWorld(her_id, request.getfixturevalue("amqp_url"))
        await real.open()
        yield real
        await _close(real)
    else:
        memory = MemoryWorld(her_id)
        yield memory
        await _close(memory)


@pytest.fixture
async def rabbit(her_id: str, amqp_url: str) -> AsyncIterator[RabbitWorld]:
    """For what only a real broker can show."""
    real = RabbitWorld(her_id, amqp_url)
    await real.open()
    yield real
    await _close(real)


async def _close(world: MemoryWorld | RabbitWorld) -> None:
    for mailbox in world.mailboxes:
        await mailbox.close()
    await world.close()
    # Whatever a test did, nothing may be left running.
    await eventually(lambda: len(asyncio.all_tasks()) == 1)


@pytest.fixture(name="eventually")
def _eventually() -> Any:
    return eventually


@pytest.fixture(name="collect")
def _collect() -> Any:
    return collect


@pytest.fixture
def write(her_id: str) -> Callable[..., Outbound]:
    """Writes a message to one of the party's own queues."""

    def write(text: str, lane: Lane | str = Lane.ASYNC, **more: Any) -> Outbound:
        properties = Properties(message_id=more.pop("message_id", f"id-of-{text}"))
        return Outbound(text.encode(), properties, f"{her_id}_{lane}", **more)

    return write


@pytest.fixture
def read() -> Callable[..., list[str]]:
    """The texts of deliveries, or of messages read off a queue."""

    def read(messages: list[Delivery] | list[Outbound]) -> list[str]:
        inner: list[Inbound | Outbound] = [getattr(message, "inbound", message) for message in messages]
        return [message.body.decode() for message in inner]

    return read
