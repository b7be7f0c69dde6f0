"""A scene of its own for every test: HER-ids, queues, a store, a wire and the service behind it."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aio_pika
import pytest
import structlog
from yarl import URL

from tests.faults.inside import Inside
from tests.faults.node import Node
from tests.faults.scene import Scene
from tests.faults.wire import Wire
from tests.reliability.hub import Hub
from tests.reliability.store import Store
from tools.private_node import PrivateNode, find_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

SetScene = Callable[..., Awaitable[Scene]]

_SLOTS = 200
_PAUSES = ("0.1", "0.2", "0.4", "0.8", "1", "2", "4", "5", "3600")


@pytest.fixture
async def node(private_node: Node) -> AsyncIterator[Node]:
    """A RabbitMQ to be stopped and put under pressure. It runs and is well when the test begins."""
    yield private_node
    await private_node.start()
    await private_node.relief()


@pytest.fixture(scope="session")
def private_node() -> Iterator[Node]:
    """A RabbitMQ that no other tests use."""
    server = find_server()
    if server is None:
        pytest.skip("no rabbitmq-server on this machine to be stopped and started")
    with PrivateNode(server) as private:
        yield Node(private)


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """What the service has logged."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
async def set_scene(tmp_path: Path, logs: list[Any]) -> AsyncIterator[SetScene]:
    """Call it with the broker's URL, and the service is started on it once ``service.start`` is called."""
    scenes: list[Scene] = []

    async def set_scene(url: str, database_url: str = f"sqlite:///{tmp_path / 'timebok.db'}") -> Scene:
        mine, theirs = (str(random.randint(10_000_000, 999_999_999)) for _ in range(2))
        store = Store(database_url)
        store.open_clinic(theirs, _SLOTS, two_step=False)
        target = URL(url)
        hub = Hub(url, mine, theirs)
        await hub.open()
        wire = Wire(target.host or "", target.port or 5672)
        await wire.open()
        through = str(target.with_host("127.0.0.1").with_port(wire.port))
        service = Inside(database_url, through, theirs, logs)
        scenes.append(Scene(hub, store, wire, service))
        return scenes[-1]

    yield set_scene
    for scene in scenes:
        for service in scene.service.alive():
            await service.stop()
        await scene.wire.close()
        await _remove_waiting_queues(scene)
        await scene.hub.close()
        scene.store.close()


@pytest.fixture
async def scene(set_scene: SetScene, amqp_url: str) -> Scene:
    """A scene on the broker that the whole session shares."""
    return await set_scene(amqp_url)


async def _remove_waiting_queues(scene: Scene) -> None:
    connection = await aio_pika.connect(scene.url)
    async with connection, connection.channel() as channel:
        for lane in ("async", "sync", "error"):
            for pause in _PAUSES:
                await channel.queue_delete(f"{scene.clinic}_{lane}_wait_{pause}s")
