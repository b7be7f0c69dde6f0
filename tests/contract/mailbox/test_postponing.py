"""What we fail on waits on a queue of the broker and comes again, or is laid aside with its reason.

Whatever came with a message comes with it again, and no message is ever in two places or in none.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aio_pika
import pytest
from aio_pika.exceptions import ChannelPreconditionFailed

from adapter.mailbox import MailboxUnavailable, QueueMissing
from adapter.mailbox.topology import Topology
from adapter.message import ATTEMPT, CAME_FROM, PARKED_AT, REASON, Inbound, Lane, Properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from adapter.mailbox import Delivery

SHORT, LONG = timedelta(seconds=0.2), timedelta(hours=1)
OUR_OWN_FAULT = "own-fault: Poison"
FULL = Properties(
    message_id="0f0d3c2e-8a53-4b1f-9d5c-6a3c4f6f2b11",
    correlation_id="0f0d3c2e-8a53-4b1f-9d5c-6a3c4f6f2b12",
    reply_to="8093240_async",
    to="91095_async",
    subject="DIALOG_INNBYGGER_TIMERESERVASJON",
    content_type="application/xml",
    cpa_id="7b68b3c8-adcf-495d-98e1-f2bb1151516e",
    application_timestamp="2027-03-01T08:00:00+01:00",
    from_her_id="8093240",
    to_her_id="91095",
    headers={"X-SystemIdentifier": "æøå", "empty": ""},
)
# One of every type that a header may have, and what the AMQP 1.0 plugin writes.
STRANGE = {
    "flag": True,
    "small": -1,
    "large": 2**62,
    "share": 0.5,
    "exact": Decimal("1.25"),
    "moment": datetime(2027, 3, 1, 7, tzinfo=UTC),
    "nothing": None,
    "list": [1, "to", [False]],
    "table": {"a": {"b": "c"}},
    "x-amqp-1.0-properties": bytearray(b"\x00\x53\x73\xd0\x00\x00\x00\x05\x00\x00\x00\x01\x40"),
    "x-amqp-1.0-app-properties": bytearray(range(256)),
    "long": "x" * 30_000,
}
OURS = {ATTEMPT, REASON, CAME_FROM, PARKED_AT}
THE_BROKERS = ("x-death", "x-first-death-", "x-last-death-", "x-delivery-count")


@pytest.fixture(autouse=True)
async def no_queue_is_left(her_id: str, broker_on_demand: Any) -> AsyncIterator[None]:
    """Removes the queues that messages wait on."""
    yield
    if broker_on_demand.found is not None:
        connection = await aio_pika.connect(broker_on_demand.found.url)
        async with connection, connection.channel() as channel:
            for lane in Lane:
                for pause in (SHORT, LONG):
                    await channel.queue_delete(waiting_queue(her_id, pause, lane))


def waiting_queue(her_id: str, pause: timedelta, lane: Lane = Lane.ASYNC) -> str:
    return f"{her_id}_{lane}_wait_{pause.total_seconds():g}s"


@pytest.fixture
def again(world: Any, eventually: Any) -> Any:
    """Waits for one message; the broker in memory has to be told to look at the clock."""

    async def come_again(mailbox: Any, lane: Lane = Lane.ASYNC) -> Delivery:
        taking = asyncio.create_task(mailbox.next_batch(lane, 1))
        clock = getattr(world, "broker", None)

        def has_come() -> bool:
            if clock is not None:
                clock.expire()
            return taking.done()

        await eventually(has_come)
        return (await taking)[0]

    return come_again


@pytest.fixture
async def one(world: Any, write: Any, collect: Any) -> tuple[Any, Delivery]:
    """A mailbox that has started, and a message in its hands."""
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("poison"))
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    return mailbox, delivery


# --- waiting


@pytest.mark.parametrize("lane", Lane)
async def test_it_comes_again_as_its_next_attempt_and_with_all_that_came_with_it(
    world: Any, write: Any, collect: Any, again: Any, lane: Lane
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(_with(write("poison", lane), FULL))
    (first,) = await collect(mailbox, lane, 1)
    assert first.inbound.attempt == 1
    began = time.monotonic()
    await mailbox.postpone(first, SHORT, OUR_OWN_FAULT)
    second = await again(mailbox, lane)
    assert time.monotonic() - began >= SHORT.total_seconds()
    assert second.inbound.attempt == 2
    assert second.inbound.body == first.inbound.body
    assert (second.inbound.lane, second.inbound.queue) == (lane, f"{world.her_id}_{lane}")
    assert _as_it_came(second.inbound) == FULL
    await mailbox.ack([second])


async def test_attempts_are_counted_however_often_it_waits(again: Any, one: Any) -> None:
    mailbox, delivery = one
    attempts = [delivery.inbound.attempt]
    for _ in range(3):
        await mailbox.postpone(delivery, SHORT, OUR_OWN_FAULT)
        delivery = await again(mailbox)
        attempts.append(delivery.inbound.attempt)
    assert attempts == [1, 2, 3, 4]


async def test_while_it_waits_it_is_on_the_broker_and_survives_us(world: Any, one: Any) -> None:
    mailbox, delivery = one
    await mailbox.postpone(delivery, LONG, OUR_OWN_FAULT)
    await mailbox.close()
    assert await world.waiting(f"{world.her_id}_async") == 0
    (waiting,) = await world.taken(waiting_queue(world.her_id, LONG))
    assert waiting.body == b"poison"


async def test_while_it_waits_others_are_handed_out(world: Any, write: Any, read: Any, collect: Any) -> None:
    mailbox = world.mailbox(prefetch=1)
    await mailbox.start([world.her_id])
    await world.deliver(*(write(text) for text in ("poison", "good", "better")))
    for text in ("poison", "good"):
        (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
        assert read([delivery]) == [text]
        await mailbox.postpone(delivery, LONG, OUR_OWN_FAULT)
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["better"]


async def test_those_that_wait_for_longer_do_not_hold_up_those_that_wait_for_less(
    world: Any, write: Any, read: Any, collect: Any, again: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("patient"), write("brief"))
    patient, brief = await collect(mailbox, Lane.ASYNC, 2)
    await mailbox.postpone(patient, LONG, OUR_OWN_FAULT)
    await mailbox.postpone(brief, SHORT, OUR_OWN_FAULT)
    assert read([await again(mailbox)]) == ["brief"]


# --- laid aside


@pytest.mark.parametrize("lane", Lane)
async def test_it_is_laid_aside_with_its_reason_and_all_that_came_with_it(
    world: Any, write: Any, collect: Any, lane: Lane
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(_with(write("poison", lane, ttl=timedelta(hours=1)), FULL))
    await mailbox.park((await collect(mailbox, lane, 1))[0], OUR_OWN_FAULT)
    (parked,) = await world.taken(f"{world.her_id}_dl")
    headers = parked.properties.headers
    assert headers[REASON] == OUR_OWN_FAULT
    assert headers[CAME_FROM] == f"{world.her_id}_{lane}"
    assert headers[ATTEMPT] == "1"
    assert abs(datetime.now(UTC) - datetime.fromisoformat(headers[PARKED_AT])) < timedelta(minutes=5)
    assert parked.body == b"poison"
    assert parked.ttl is None, "it would be gone before anybody looks"
    assert _as_it_came(Inbound(b"", parked.properties, lane, "", datetime.now(UTC))) == FULL


async def test_what_is_laid_aside_is_off_its_queue(world: Any, one: Any) -> None:
    mailbox, delivery = one
    await mailbox.park(delivery, OUR_OWN_FAULT)
    await mailbox.close()
    assert await world.taken(f"{world.her_id}_async") == []
    assert len(await world.taken(f"{world.her_id}_dl")) == 1


async def test_the_tries_it_had_are_written_on_what_is_laid_aside(world: Any, again: Any, one: Any) -> None:
    mailbox, delivery = one
    await mailbox.postpone(delivery, SHORT, "own-fault: First")
    await mailbox.park(await again(mailbox), "own-fault: Last")
    (parked,) = await world.taken(f"{world.her_id}_dl")
    assert parked.properties.headers[ATTEMPT] == "2"
    assert parked.properties.headers[REASON] == "own-fault: Last"


# --- when it cannot be done


@pytest.mark.parametrize("what", ["postpone", "park"])
async def test_what_came_over_a_lost_connection_comes_again_and_is_not_in_two_places(
    world: Any, read: Any, collect: Any, eventually: Any, one: Any, what: str
) -> None:
    mailbox, stale = one
    await world.cut()
    await world.mend()
    await eventually(lambda: mailbox.ready)
    with pytest.raises(MailboxUnavailable):
        await _do(mailbox, what, stale)
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["poison"]
    assert await _lying(world) == 0


@pytest.mark.parametrize("what", ["postpone", "park"])
async def test_without_a_connection_it_stays_ours_and_comes_again(
    world: Any, read: Any, collect: Any, one: Any, what: str
) -> None:
    mailbox, delivery = one
    await world.cut()
    with pytest.raises(MailboxUnavailable):
        await _do(mailbox, what, delivery)
    await world.mend()
    (back,) = await collect(mailbox, Lane.ASYNC, 1)
    assert (read([back]), back.inbound.attempt) == (["poison"], 1)
    assert await _lying(world) == 0


async def test_a_queue_to_lay_it_aside_on_that_is_gone_is_made_anew(world: Any, read: Any, one: Any) -> None:
    mailbox, delivery = one
    await world.delete(f"{world.her_id}_dl")
    await mailbox.park(delivery, OUR_OWN_FAULT)
    assert read(await world.taken(f"{world.her_id}_dl")) == ["poison"]


@pytest.mark.parametrize("what", ["postpone", "park"])
async def test_without_a_queue_for_it_that_is_ours_to_declare_it_stays_ours_and_is_not_lost(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any, what: str
) -> None:
    for lane in Lane:
        await world.declare(f"{world.her_id}_{lane}")
    mailbox = world.mailbox(declare=False)
    await mailbox.start([world.her_id])
    await world.deliver(write("poison"))
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    with pytest.raises(QueueMissing, match=f"{world.her_id}_"):
        await _do(mailbox, what, delivery)
    assert mailbox.ready
    await mailbox.close()
    assert read(await eventually(lambda: world.taken(f"{world.her_id}_async"))) == ["poison"]


# --- what only a real broker can show


async def test_strange_headers_come_through_a_wait_and_are_still_there_when_it_is_laid_aside(
    rabbit: Any, collect: Any
) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    await _publish(rabbit, headers=STRANGE)
    (first,) = await collect(mailbox, Lane.ASYNC, 1)
    await mailbox.postpone(first, SHORT, OUR_OWN_FAULT)
    (second,) = await collect(mailbox, Lane.ASYNC, 1)
    assert _theirs(second.token.wire.headers) == STRANGE
    await mailbox.park(second, OUR_OWN_FAULT)
    queue = await rabbit.peer.get_queue(f"{rabbit.her_id}_dl", ensure=False)
    parked = await queue.get(no_ack=True)
    assert _theirs(parked.headers) == STRANGE
    types = {name: type(value) for name, value in _theirs(parked.headers).items()}
    assert types == {name: type(value) for name, value in STRANGE.items()}
    assert parked.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_a_message_that_says_it_has_died_before_is_not_dropped_after_its_wait(
    rabbit: Any, collect: Any
) -> None:
    """A broker drops what seems to go in circles. One that an operator moved back from ``_dl`` seems to."""
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    death = {"reason": "delivery_limit", "queue": f"{rabbit.her_id}_async", "exchange": "", "count": 1}
    death |= {"routing-keys": [f"{rabbit.her_id}_async"], "time": datetime.now(UTC)}
    await _publish(rabbit, headers={"x-death": [death]})
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    for attempt in (2, 3):
        await mailbox.postpone(delivery, SHORT, OUR_OWN_FAULT)
        (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
        assert delivery.inbound.attempt == attempt


async def test_who_else_was_to_have_a_copy_gets_no_second_one(rabbit: Any, collect: Any) -> None:
    other = f"{rabbit.her_id}_reply"
    await rabbit.declare(other)
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    await _publish(rabbit, headers={"CC": [other]})
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    await mailbox.postpone(delivery, SHORT, OUR_OWN_FAULT)
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    await mailbox.park(delivery, OUR_OWN_FAULT)
    assert len(await rabbit.taken(other)) == 1


async def test_a_broker_that_has_no_quorum_queues_to_wait_on_gives_ones_that_hand_on_all_the_same(
    rabbit: Any, collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proper = Topology._ensure

    async def refusing(self: Topology, connection: Any, queue: str, arguments: dict[str, Any]) -> None:
        if "x-dead-letter-strategy" in arguments:
            await self._accept(connection, queue, arguments, ChannelPreconditionFailed("invalid arg"))
        else:
            await proper(self, connection, queue, arguments)

    monkeypatch.setattr(Topology, "_ensure", refusing)
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    await _publish(rabbit)
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    await mailbox.postpone(delivery, SHORT, OUR_OWN_FAULT)
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    assert delivery.inbound.attempt == 2


async def _do(mailbox: Any, what: str, delivery: Delivery) -> None:
    if what == "park":
        await mailbox.park(delivery, OUR_OWN_FAULT)
    else:
        await mailbox.postpone(delivery, LONG, OUR_OWN_FAULT)


async def _lying(world: Any) -> int:
    """How many messages wait for another try, or are laid aside."""
    count = await world.waiting(f"{world.her_id}_dl")
    try:
        return count + await world.waiting(waiting_queue(world.her_id, LONG))
    except (QueueMissing, aio_pika.exceptions.ChannelNotFoundEntity):
        return count


async def _publish(rabbit: Any, **properties: Any) -> None:
    message = aio_pika.Message(b"poison", message_id="1", **properties)
    await rabbit.peer.default_exchange.publish(message, f"{rabbit.her_id}_async")


def _with(message: Any, properties: Properties) -> Any:
    return type(message)(message.body, properties, message.queue, message.ttl)


def _as_it_came(inbound: Inbound) -> Properties:
    """Without what we and the broker have added."""
    fields = {name: getattr(inbound.properties, name) for name in Properties.__slots__}
    return Properties(**fields | {"headers": _theirs(inbound.properties.headers)})


def _theirs(headers: Any) -> dict[str, Any]:
    return {k: v for k, v in headers.items() if k not in OURS and not k.startswith(THE_BROKERS)}
