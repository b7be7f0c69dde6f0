"""The wire to the broker is slow, dead, cut or refused: then all goes on, and nothing is lost or doubled.

It goes on within 30 seconds of the end of the fault. Throughout, the service says truly whether it is ready.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.faults.inside import SHORT
from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from tests.faults.scene import Scene

SOME = 8
PATIENT = 60  # seconds before a reply that is on its way is thought not to have been sent


async def test_a_slow_wire_is_not_a_dead_one(scene: Scene) -> None:
    await scene.service.start(resend_after=PATIENT)
    await scene.at_work()
    async with scene.watched() as watch:
        scene.wire.slow(delay=0.02, piece=1_000)
        await scene.answered(await scene.ask(SOME))
        scene.wire.slow(delay=0, piece=65536)
        await scene.goes_on(watch)
    assert not watch.was_not_ready()
    await scene.verdict()


@pytest.mark.parametrize("towards_broker", [True, False], ids=["towards the broker", "from the broker"])
async def test_a_wire_that_is_cut_in_the_middle_of_a_frame(scene: Scene, *, towards_broker: bool) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        scene.wire.cut_in_a_frame(towards_broker=towards_broker)
        letters = await scene.ask(SOME)
        await eventually(
            lambda: bool(scene.service.said("mailbox.lost")), "it notices", details=scene.service.last_words
        )
        await scene.goes_on(watch)
        await scene.answered(letters)
    await scene.verdict()


async def test_a_broker_that_refuses_connections_for_a_while(scene: Scene) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await scene.in_hand(letters)
            await scene.wire.close()
            await scene.not_ready()
        tried = len(scene.service.said("mailbox.unreachable"))
        await eventually(
            lambda: len(scene.service.said("mailbox.unreachable")) >= tried + 3, "it tries and tries"
        )
        letters += await scene.ask(SOME)
        await scene.wire.open()
        await scene.goes_on(watch)
        await scene.answered(letters)
    await scene.verdict()


async def test_a_wire_that_dies_and_tells_nobody(scene: Scene) -> None:
    """The broker believes in its consumer for as long as we believe in the broker: three heartbeats."""
    await scene.service.start(heartbeat=SHORT)
    await scene.at_work()
    async with scene.watched(told=False) as watch:
        scene.wire.lose_everything()
        letters = await scene.ask(SOME)
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert scene.service.said("mailbox.lost")
    await scene.verdict()


@pytest.mark.slow
async def test_a_wire_that_hangs_and_goes_on_where_it_stopped(scene: Scene) -> None:
    await scene.service.start(heartbeat=SHORT)
    await scene.at_work()
    async with scene.watched(told=False) as watch:
        scene.wire.hang()
        letters = await scene.ask(SOME)
        await scene.not_ready()
        scene.wire.flow()
        await scene.goes_on(watch)
        await scene.answered(letters)
    await scene.verdict()


async def test_a_wire_that_hangs_for_less_than_anybody_notices(scene: Scene) -> None:
    await scene.service.start(resend_after=PATIENT)
    await scene.at_work()
    async with scene.watched(told=False) as watch:
        scene.wire.hang()
        letters = await scene.ask(SOME)
        await asyncio.sleep(0.5)  # the fault itself
        scene.wire.flow()
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert not watch.was_not_ready()
    assert (await scene.verdict()).repeated == 0
