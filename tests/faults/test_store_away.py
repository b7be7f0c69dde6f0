"""The store is away: taking messages pauses, no message loses a try, and all goes on once it is back.

Meanwhile the service says that it is not ready, also when nothing has come to show it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import make_url

from adapter import database, serving
from tests.faults.wire import Wire
from tests.reliability.waiting import eventually
from tests.support.databases import postgres_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.faults.conftest import SetScene
    from tests.faults.scene import Scene

SOME = 8
AWAY = "the booking store does not answer; waiting for it"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute is what the service gives another process that holds the lock; here it is less."""
    monkeypatch.setattr(database, "_PATIENCE_SECONDS", 0.2)


@pytest.fixture
async def far(set_scene: SetScene, amqp_url: str) -> AsyncIterator[tuple[Scene, Wire]]:
    """A scene whose store is a PostgreSQL at the other end of a wire."""
    with postgres_url() as url:
        target = make_url(url)
        wire = Wire(target.host or "", target.port or 5432)
        await wire.open()
        scene = await set_scene(amqp_url, url)
        through = target.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
        scene.service.database_url = through
        await scene.service.start()
        await scene.at_work()
        yield scene, wire
        wire.flow()  # whatever a test has left behind: a worker that waits for an answer cannot end
        for service in scene.service.alive():
            await service.stop()
        await wire.close()
        scene.store.close()


def tries(scene: Scene) -> set[int]:
    return {inbound.attempt for _moment, inbound in scene.service.road.seen}


async def waits_for_the_store(scene: Scene) -> None:
    """Wait until it waits, says so, and has neither burned a try nor laid anything aside."""
    await eventually(lambda: len(scene.service.said(AWAY)) > 1, "it waits", details=scene.service.last_words)
    assert not scene.service.service.ready
    assert await scene.hub.parked() == 0


async def test_a_store_that_another_process_keeps_locked(scene: Scene, impatient: None) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await waits_for_the_store(scene)
            await eventually(watch.was_not_ready, "it says that it is not ready")
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert tries(scene) == {1}
    await scene.verdict()


async def test_a_store_that_is_away_is_told_before_a_message_comes(scene: Scene, impatient: None) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            await scene.not_ready()
        await scene.goes_on(watch)
    await scene.verdict()


async def test_a_database_server_that_refuses_connections_for_a_while(far: tuple[Scene, Wire]) -> None:
    scene, wire = far
    async with scene.watched() as watch:
        await wire.close()
        letters = await scene.ask(SOME)
        await waits_for_the_store(scene)
        await wire.open()
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert tries(scene) == {1}
    await scene.verdict()


async def test_a_database_server_that_hangs_is_not_called_ready(
    far: tuple[Scene, Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_STORE_PATIENCE", 0.5)
    scene, wire = far
    async with scene.watched() as watch:
        wire.hang()
        letters = await scene.ask(SOME)
        await scene.not_ready()
        wire.flow()
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert tries(scene) == {1}
    await scene.verdict()
