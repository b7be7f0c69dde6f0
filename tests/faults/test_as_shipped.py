"""The real command, with the figures it is shipped with: what they add up to is what is promised.

The other tests use a shorter heartbeat, since nothing about it depends on how long it is.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from adapter.mailbox.broker import Broker
from adapter.mailbox.pauses import Pauses
from adapter.mailbox.settings import RabbitSettings
from tests.faults.inside import free_port
from tests.faults.scene import GOES_ON_WITHIN
from tests.faults.watch import LANES, Watch, heartbeat_bound
from tests.reliability.processes import Processes
from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.scene import Scene

LONG = 200.0
DEFAULTS = RabbitSettings(Broker("amqp://localhost"))


def test_a_try_to_connect_that_comes_to_nothing_and_the_pause_after_it_are_over_in_time() -> None:
    pauses = Pauses()
    longest = max(pauses.next() for _ in range(100))
    assert DEFAULTS.connect_timeout + longest < GOES_ON_WITHIN


def test_a_connection_that_is_dead_is_given_up_in_time() -> None:
    assert heartbeat_bound(DEFAULTS.heartbeat) + Pauses().next() < GOES_ON_WITHIN


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("fault", ["dies", "is dead to whoever calls", "is refused"])
async def test_the_real_command_goes_on_in_time_when_its_wire(
    scene: Scene, tmp_path: Path, fault: str
) -> None:
    port = free_port()
    services = Processes(
        tmp_path,
        amqp_url=scene.service.amqp_url,
        database_url=scene.store.url,
        her_ids=scene.clinic,
        health_port=str(port),
    )
    process = services.start()
    try:
        queues = [f"{scene.clinic}_{lane}" for lane in LANES]
        async with Watch(scene.url, queues, port, lambda: scene.wire.passes) as watch:
            await eventually(lambda: watch.is_ready(0), "it starts", details=process.last_words)
            await scene.answered(await scene.ask(1))
            if fault == "dies":
                scene.wire.lose_everything()
            elif fault == "is refused":
                await scene.wire.close()
                await eventually(lambda: len(process.said("mailbox.unreachable")) >= 7, "its pauses grow")
                await scene.wire.open()
            else:
                scene.wire.lose_everything_to_come()
                await eventually(lambda: scene.wire.calls >= 4, "it calls and calls", LONG)
                scene.wire.lose_nothing_more()
            began = time.monotonic()
            letters = await scene.ask(3)
            await scene.answered(letters, GOES_ON_WITHIN)
            left = GOES_ON_WITHIN - (time.monotonic() - began)
            await eventually(lambda: watch.is_ready(began), "it is ready", left, process.last_words)
            print(f"ready {time.monotonic() - began:.1f} s after it")  # noqa: T201 - a figure
        assert watch.longest_lie() <= heartbeat_bound(DEFAULTS.heartbeat) + 3
        await process.stop()
    finally:
        await asyncio.to_thread(services.close)
    await scene.verdict()
