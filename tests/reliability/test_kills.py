"""P1 to P4: nothing is lost, nothing is done twice, wherever the service is killed on the road of a message.

Each kill is SIGKILL, which no cleaning up survives; then the service is started again. Meanwhile the citizens
go on asking.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, get_args

import pytest

from adapter.crash_points import CrashPoint
from tests.reliability.waiting import PATIENCE

if TYPE_CHECKING:
    from random import Random

    from tests.reliability.conftest import SetStage
    from tests.reliability.processes import Process
    from tests.reliability.stage import Stage

pytestmark = pytest.mark.timeout(300)  # deadlines of our own say more of what is missing

POINTS: tuple[CrashPoint, ...] = get_args(CrashPoint)
MANY = int(os.environ.get("TIMEBOK_TEST_KILLS", "100"))
ENOUGH = 300  # answers, after which a service that never came by its point is killed where it is


async def press_until_dead(stage: Stage, service: Process, most: int = ENOUGH) -> None:
    """Keep the citizens asking until the service has died; kill it when ``most`` have been answered."""
    answered, unanswered = stage.store.answered(), len(stage.hub.unanswered())
    deadline = time.monotonic() + PATIENCE
    while service.alive:
        await stage.crowd.keep_asking(unanswered + 20)
        if stage.store.answered() - answered >= most or time.monotonic() > deadline:
            service.kill()
        await asyncio.sleep(0.02)
    await stage.survive(service)


async def die_at(stage: Stage, point: CrashPoint, count: int) -> None:
    """Start the service, and let it die at a point. It comes by ``claimed`` only when something is owed."""
    while point == "claimed" and not stage.store.owed():
        await press_until_dead(stage, stage.services.start("after-commit"))
    await press_until_dead(stage, stage.services.start(point, count))


async def test_nothing_is_lost_or_done_twice_when_killed_at_any_boundary(
    set_stage: SetStage, rng: Random
) -> None:
    """Two services on one store; between them they die at every crash point, and twice by chance."""
    stage = await set_stage(30, two_step=True)

    async def live(*points: CrashPoint) -> None:
        for point in points:
            await die_at(stage, point, 1 if point == "claimed" else rng.randint(1, 4))
        await press_until_dead(stage, stage.services.start(), most=rng.randint(1, 40))

    await asyncio.gather(live(*POINTS[::2]), live(*POINTS[1::2]))
    stage.services.start()
    await stage.verdict()
    assert stage.kills >= len(POINTS) + 2


async def test_what_a_killed_service_leaves_the_other_one_finishes(set_stage: SetStage, rng: Random) -> None:
    stage = await set_stage(30, two_step=True)
    stage.services.start()
    await press_until_dead(stage, stage.services.start(), most=rng.randint(10, 60))
    await stage.verdict()


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_nothing_is_lost_or_done_twice_when_the_only_service_is_killed(
    set_stage: SetStage, rng: Random
) -> None:
    """One service at a time, so that nobody but the next one can finish what it leaves."""
    stage = await set_stage(30, two_step=True)
    for point in POINTS * max(1, MANY // 30):
        await die_at(stage, point, 1 if point == "claimed" else rng.randint(1, 4))
    stage.services.start()
    await stage.verdict()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)
async def test_nothing_is_lost_or_done_twice_in_a_hundred_kills(set_stage: SetStage, rng: Random) -> None:
    """Two services on one store, each dying again and again, wherever chance has it.

    ``TIMEBOK_TEST_KILLS`` is another number of kills.
    """
    stage = await set_stage(60, two_step=True)

    async def live() -> None:
        while stage.kills < MANY:
            if rng.random() < 0.2:
                await press_until_dead(stage, stage.services.start(), most=rng.randint(1, 120))
            else:
                point = rng.choice(POINTS)
                count = rng.randint(1, 2 if point == "claimed" else 12)
                await press_until_dead(stage, stage.services.start(point, count))

    await asyncio.gather(live(), live())
    stage.services.start()
    await stage.verdict()
    assert stage.kills >= MANY
