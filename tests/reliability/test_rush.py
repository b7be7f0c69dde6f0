"""P3: the day on which a vaccine is released. Many more citizens than times, all of them at once.

Every request lies on the queue before the service starts; two share the work, and are killed on the way.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from adapter.crash_points import CrashPoint
    from tests.reliability.conftest import SetStage
    from tests.reliability.stage import Stage

pytestmark = pytest.mark.timeout(300)  # deadlines of our own say more of what is missing

GREAT = int(os.environ.get("TIMEBOK_TEST_RUSH", "10000"))


async def everybody_wants_one(stage: Stage, citizens: int) -> None:
    """Their requests, on the queue."""
    await stage.hub.send_all(stage.crowd.everyone(citizens))
    assert await stage.hub.waiting() == citizens


async def every_time_goes_to_one_and_everybody_hears(stage: Stage, patience: float) -> None:
    verdict = await stage.verdict(patience)
    slots = len(stage.store.slots)
    assert verdict.codes == {"05": slots, "06": verdict.attempted - slots}


@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)
async def test_in_a_rush_every_time_goes_to_one_citizen_and_everybody_hears(set_stage: SetStage) -> None:
    """Two share the work until each has died, whoever gets more of it; two others finish it.

    Both die for certain: all that they can commit together before that is less than half of the work.
    """
    stage = await set_stage(20, takes_replies=False)
    await everybody_wants_one(stage, 400)
    first, second = (stage.services.start("after-commit", 2, batch="40") for _ in range(2))
    await asyncio.gather(stage.survive(first), stage.survive(second))
    for _ in range(2):
        stage.services.start()
    await every_time_goes_to_one_and_everybody_hears(stage, patience=60)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)
async def test_in_a_great_rush_every_time_goes_to_one_citizen_and_everybody_hears(
    set_stage: SetStage,
) -> None:
    """Two services, one dying three times and the other twice, long before the half is done.

    ``TIMEBOK_TEST_RUSH`` is another number of citizens; there are twenty for each time.
    """
    stage = await set_stage(GREAT // 20)
    unhurried = {"resend_after": "5"}  # a second, as elsewhere, and most would be sent twice
    await everybody_wants_one(stage, GREAT)

    async def live(*deaths: tuple[CrashPoint, int]) -> None:
        for point, of_ten_thousand in deaths:
            count = max(1, GREAT * of_ten_thousand // 10_000)
            await stage.survive(stage.services.start(point, count, **unhurried), patience=600)

    await asyncio.gather(
        live(("after-commit", 20), ("after-publish", 700), ("before-commit", 30)),
        live(("after-confirm", 15), ("after-ack", 25)),
    )
    for _ in range(2):
        stage.services.start(**unhurried)
    await every_time_goes_to_one_and_everybody_hears(stage, patience=1200)
