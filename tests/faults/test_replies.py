"""A reply that cannot be delivered, or that may have been: it is sent again, the very same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.inside import SHORT
from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from tests.faults.scene import Scene

SOME = 8


async def test_a_reply_that_cannot_be_routed_is_kept_and_comes_when_its_queue_does(scene: Scene) -> None:
    await scene.service.start()
    await scene.at_work()
    async with scene.watched() as watch:
        await scene.delete(f"{scene.hub_id}_async")
        letters = await scene.ask(SOME)

        def tries() -> int:
            return len(
                [one for one in scene.service.said("not sent yet") if one["outcome"] == "undeliverable"]
            )

        await eventually(lambda: tries() > 2 * SOME, "it tries again", details=scene.service.last_words)
        assert scene.store.owed() == 2 * SOME
        assert await scene.hub.parked() == 0
        await scene.reopen_hub()
        await scene.goes_on(watch)
        await scene.answered(letters)
    assert not watch.was_not_ready()
    await scene.verdict()


async def test_a_reply_whose_confirm_is_lost_is_sent_again_to_the_byte(scene: Scene) -> None:
    await scene.service.start(heartbeat=SHORT, confirm_timeout=0.5)
    await scene.at_work()
    async with scene.watched(told=False) as watch:
        with scene.locked_store():
            letters = await scene.ask(SOME)
            await scene.in_hand(letters)
            scene.wire.lose_answers()
        await scene.answered(letters)
        await scene.goes_on(watch)
    verdict = await scene.verdict()
    assert verdict.repeated >= 2 * SOME, "nobody had told us that they had come"
