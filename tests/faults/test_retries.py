"""P4 and P5: what we fail on waits, longer each time, holds up nobody, and in the end is laid aside.

A person sees it there, sends it on its way again, and it is answered once, as if nothing had been.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aio_pika

from adapter.message import ATTEMPT, PARKED_AT, REASON
from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from tests.faults.conftest import SetScene
    from tests.faults.node import Node
    from tests.faults.scene import Scene

PAUSES = (0.2, 0.4, 0.8)
STUMBLED = "own-fault: Stumble"
STRANGE = {
    "X-SystemIdentifier": "æøå",
    "x-amqp-1.0-properties": bytearray(b"\x00\x53\x73\xd0\x00\x00\x00\x05\x00\x00\x00\x01\x40"),
    "list": [1, "to", {"three": None}],
}


def attempts_at(scene: Scene, message_id: str) -> dict[int, float]:
    """When each try of a message began."""
    moments: dict[int, float] = {}
    for moment, inbound in scene.service.road.seen:
        if inbound.properties.message_id == message_id:
            moments.setdefault(inbound.attempt, moment)
    return moments


async def look_at_the_parked(scene: Scene) -> list[dict[str, Any]]:
    said = await scene.command("messages", "parked", "--json")
    return [json.loads(line) for line in said.splitlines()]


async def test_what_we_fail_on_waits_longer_each_time_and_is_then_parked(scene: Scene) -> None:
    await scene.service.start(retry_pauses=PAUSES)
    scene.service.road.fails = lambda inbound: "list-of-ours" in inbound.properties.headers
    (letter,) = scene.letters(1)
    poison = await scene.send_strangely(letter, headers=STRANGE | {"list-of-ours": "yes"})
    await eventually(lambda: 2 in attempts_at(scene, poison), "it is tried again")
    while not await scene.hub.parked():  # all the while others are answered
        await scene.answered(await scene.ask(1))
    moments = attempts_at(scene, poison)
    assert list(moments) == [1, 2, 3, 4]
    gaps = [later - earlier for earlier, later in pairwise(moments.values())]
    assert all(gap >= pause for gap, pause in zip(gaps, PAUSES, strict=True)), gaps
    (seen,) = await look_at_the_parked(scene)
    assert seen["message_id"] == poison
    assert (seen["reason"], seen["came_from"]) == (STUMBLED, f"{scene.clinic}_async")
    assert [line["reason"] for line in scene.service.said("parked")] == [STUMBLED]
    headers = await headers_of_the_parked(scene)
    assert headers.items() >= STRANGE.items()
    assert (headers[REASON], headers[ATTEMPT]) == (STUMBLED, "4")


async def test_the_parked_are_seen_and_sent_on_again_whoever_parked_them(scene: Scene) -> None:
    ours, expired, hopeless, other = scene.letters(4)
    by_the_broker = [
        await scene.send_strangely(expired, expiration=0.001),
        await scene.send_strangely(hopeless, headers={PARKED_AT: "long ago"}),
    ]
    await scene.parked(1)
    await give_back_until_parked(scene)
    await scene.parked(2)
    await scene.service.start(retry_pauses=(0.1,), resend_after=60)
    scene.service.road.fails = lambda inbound: inbound.properties.message_id not in by_the_broker
    by_us = [await scene.send_strangely(ours), await scene.send_strangely(other)]
    await scene.parked(4)

    before = await look_at_the_parked(scene)
    assert {one["message_id"]: one["reason"] for one in before} == {
        by_the_broker[0]: "expired",
        by_the_broker[1]: "delivery_limit",
        by_us[0]: STUMBLED,
        by_us[1]: STUMBLED,
    }
    assert {one["came_from"] for one in before} == {f"{scene.clinic}_async"}
    assert all(one["since"] for one in before)
    table = await scene.command("messages", "parked")
    assert "4 parked" in table
    assert all(text in table for text in (*by_us, *by_the_broker, "expired", "delivery_limit", STUMBLED))
    assert await retry(scene, "--reason", "own-fault", "--dry-run") == 2
    assert await look_at_the_parked(scene) == before, "looking changes nothing, not even the order"

    scene.service.road.fails = lambda _inbound: False
    assert await retry(scene, "--since", "2999-01-01") == 0
    assert await retry(scene, by_us[0][:12]) == 1
    await scene.answered([ours])
    assert await retry(scene, "--reason", "own-fault") == 1
    await scene.answered([other])
    assert await retry(scene, "--reason", "expired") == 1
    await scene.answered([expired])
    assert await retry(scene, "--since", "2020-01-01 12:00:00") == 1
    await scene.answered([hopeless])
    assert "0 parked" in await scene.command("messages", "parked")
    verdict = await scene.verdict()
    assert (verdict.answered, verdict.repeated) == (4, 0)


async def test_what_is_tried_again_and_fails_again_has_all_its_tries_again(scene: Scene) -> None:
    await scene.service.start(retry_pauses=(0.1, 0.2))
    (letter,) = scene.letters(1)
    scene.service.road.fails = lambda _inbound: True
    poison = await scene.send_strangely(letter)
    await scene.parked(1)
    scene.service.road.seen.clear()
    assert await retry(scene, poison) == 1
    await eventually(lambda: 3 in attempts_at(scene, poison), "it is tried thrice")
    await scene.parked(1)
    assert list(attempts_at(scene, poison)) == [1, 2, 3]


async def test_a_message_that_is_nobodys_is_parked_and_stays_so_when_it_is_tried_again(scene: Scene) -> None:
    """Whatever a peer writes into our headers: it neither stops us nor counts."""
    await scene.service.start()
    nonsense = {ATTEMPT: "9" * 5_000, PARKED_AT: "soon", REASON: "none", "fromHerId": "nobody"}
    (letter,) = scene.letters(1)
    message_id = await scene.send_strangely(letter, headers=nonsense)
    letter.acknowledged.clear()  # it is not to be answered
    scene.hub.letters.clear()
    await scene.parked(1)
    for _ in range(2):
        (seen,) = await look_at_the_parked(scene)
        assert seen["reason"] == "no-sender-to-tell: transport:invalid-field-value"
        assert await retry(scene, message_id) == 1
        await scene.parked(1)
    await scene.answered(await scene.ask(1))


async def test_without_queues_to_wait_on_it_is_parked_at_once(scene: Scene) -> None:
    """Where the queues are somebody else's to declare, and they have declared those of the specification."""
    await scene.service.start(declare=False, retry_pauses=(3600,))
    (letter,) = scene.letters(1)
    scene.service.road.fails = lambda inbound: "mark" in inbound.properties.headers
    await scene.send_strangely(letter, headers={"mark": "yes"})
    await scene.parked(1)
    (seen,) = await look_at_the_parked(scene)
    assert seen["reason"] == STUMBLED
    await scene.answered(await scene.ask(1))


async def test_without_a_queue_to_park_on_it_stays_in_hand_and_others_are_answered(scene: Scene) -> None:
    await scene.delete(f"{scene.clinic}_dl")
    await scene.service.start(declare=False, retry_pauses=(3600,))
    (letter,) = scene.letters(1)
    scene.service.road.fails = lambda inbound: "mark" in inbound.properties.headers
    await scene.send_strangely(letter, headers={"mark": "yes"})
    stays = "not parked: it stays in our hands until we stop"
    await eventually(lambda: bool(scene.service.said(stays)), "it is told", details=scene.service.last_words)
    await scene.answered(await scene.ask(1))
    await scene.service.stop()
    await scene.service.start()
    await scene.answered([letter])
    await scene.verdict()


async def test_what_another_user_of_the_broker_has_signed_can_wait_too(
    set_scene: SetScene, node: Node
) -> None:
    """A broker takes a message only under the name of whoever sends it, and closes the channel else."""
    await node.control("add_user", "hub", "hub")
    await node.control("set_permissions", "hub", ".*", ".*", ".*")
    scene = await set_scene(node.url)
    await scene.service.start(retry_pauses=PAUSES)
    scene.service.road.fails = lambda inbound: inbound.attempt == 1
    (letter,) = scene.letters(1)
    as_hub = node.url.replace("guest:guest@", "hub:hub@")
    await scene.send_strangely(letter, url=as_hub, user_id="hub")
    await scene.answered([letter])
    assert len(scene.service.said("mailbox.connected")) == 1, "the connection was not lost over it"
    await scene.verdict()


async def retry(scene: Scene, *which: str) -> int:
    """Send parked messages on again; gives how many the command says that it were."""
    said = await scene.command("messages", "retry", *which)
    assert said.endswith("sent on their way again\n")
    return int(said.splitlines()[-1].split()[0])


async def headers_of_the_parked(scene: Scene) -> dict[str, Any]:
    connection = await aio_pika.connect(scene.url)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(f"{scene.clinic}_dl")
        message = await queue.get()
        await message.reject(requeue=True)
        return dict(message.headers)


async def give_back_until_parked(scene: Scene) -> None:
    """Be a service that can never get through with a message."""
    connection = await aio_pika.connect(scene.url)
    async with connection, connection.channel() as channel:
        queue = await channel.get_queue(f"{scene.clinic}_async")
        while (message := await queue.get(fail=False)) is not None:
            await message.reject(requeue=True)
