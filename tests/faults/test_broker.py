"""The broker restarts, loses a queue or runs out of memory: then all goes on, nothing lost or doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from tests.faults.conftest import SetScene
    from tests.faults.node import Node
    from tests.faults.scene import Scene

SOME = 8


async def test_a_broker_that_restarts(set_scene: SetScene, node: Node) -> None:
    """With messages in our hands that are committed while it is away, so that their replies are owed."""
    scene = await set_scene(node.url)
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await scene.in_hand(letters)
            await node.stop()
            await scene.not_ready()
        # What was being decided is committed; what was not yet begun is forgotten, and comes again.
        await eventually(lambda: scene.store.owed() >= 2, "a receipt and a reply are owed")
        await node.start()
        await scene.reopen_hub()
        await scene.goes_on(watch)
        await scene.answered(letters)
    await scene.verdict()


@pytest.mark.parametrize("lane", ["async", "sync", "error"])
async def test_a_queue_that_is_deleted_under_the_consumer(scene: Scene, lane: str) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await scene.in_hand(letters)
            await scene.delete(f"{scene.clinic}_{lane}")
            restored = "mailbox.consumer_restored"
            await eventually(lambda: bool(scene.service.said(restored)), "it is made anew")
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert watch.was_not_ready() or scene.service.said("mailbox.consumer_cancelled")
    await scene.verdict()


async def test_a_broker_that_is_short_of_memory(set_scene: SetScene, node: Node) -> None:
    """It takes no replies, nor does it hear that a message is done; its consumers it keeps."""
    scene = await set_scene(node.url)
    await scene.service.start(confirm_timeout=1)
    await scene.at_work()
    async with scene.watched() as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await scene.in_hand(letters)
            await node.alarm()
        try:
            out_of_reach = "not sent yet: the broker is out of reach"
            await eventually(lambda: len(scene.service.said(out_of_reach)) > 1, "it tries and tries")
            assert not any(scene.hub.is_answered(letter) for letter in letters)
        finally:
            await node.relief()
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert not watch.was_not_ready(), "its consumers were alive all the time"
    await scene.verdict()


@pytest.mark.slow
async def test_a_service_that_starts_while_the_broker_is_short_of_memory(
    set_scene: SetScene, node: Node
) -> None:
    scene = await set_scene(node.url)
    letters = await scene.ask(SOME)
    await node.alarm()
    try:
        await scene.service.start(confirm_timeout=1)
        async with scene.watched() as watch:
            await scene.in_hand(letters)
            await node.relief()
            await scene.goes_on(watch)
            await scene.answered(letters)
    finally:
        await node.relief()
    await scene.verdict()
