"""What every mailbox promises, tried in both worlds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapter.mailbox import MailboxClosed, MailboxUnavailable, PublishOutcome, QueueMissing
from adapter.mailbox.topology import DELIVERY_LIMIT
from adapter.message import Lane, Outbound, Properties

FULL = Properties(
    message_id="0f0d3c2e-8a53-4b1f-9d5c-6a3c4f6f2b11",
    correlation_id="0f0d3c2e-8a53-4b1f-9d5c-6a3c4f6f2b12",
    reply_to="11111_syncreply",
    to="91095_async",
    subject="DIALOG_INNBYGGER_TIMERESERVASJON",
    content_type="application/pkcs7-mime; smime-type=signed-and-enveloped-data",
    cpa_id="7b68b3c8-adcf-495d-98e1-f2bb1151516e",
    application_timestamp="2026-02-26T12:45:32+01:00",
    from_her_id="91095",
    to_her_id="8093240",
    headers={"originalMessageId": "æøå", "X-SystemIdentifier": "Helsenorge"},
)


# --- taking


async def test_messages_come_in_the_order_of_their_queue_and_in_batches_up_to_the_limit(
    world: Any, write: Any, read: Any, collect: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(*(write(f"{number}") for number in range(10)))
    deliveries = await collect(mailbox, Lane.ASYNC, 10, limit=3)
    assert read(deliveries) == [f"{number}" for number in range(10)]


async def test_a_single_message_is_handed_out_at_once(world: Any, write: Any, read: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    taking = asyncio.create_task(mailbox.next_batch(Lane.ASYNC, 10))
    await world.deliver(write("alone"))
    assert read(await taking) == ["alone"]


async def test_what_waits_already_is_one_batch(world: Any, write: Any, read: Any, eventually: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(*(write(text) for text in "abcd"))
    queue = f"{world.her_id}_async"
    await eventually(lambda: _none_waits(world, queue))
    batch = await mailbox.next_batch(Lane.ASYNC, 2)
    assert read(batch)[0] == "a"
    assert len(batch) <= 2


async def test_a_batch_is_topped_up_with_what_came_meanwhile_and_waits_for_nothing(
    world: Any, write: Any, read: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    assert mailbox.topped_up(Lane.ASYNC, [], 10) == []
    await world.deliver(*(write(text) for text in "abcd"))
    batch = await mailbox.next_batch(Lane.ASYNC, 1)

    async def is_full() -> bool:
        nonlocal batch
        batch = mailbox.topped_up(Lane.ASYNC, batch, 3)
        return len(batch) == 3

    await eventually(is_full)
    assert mailbox.topped_up(Lane.SYNC, [], 10) == []
    await mailbox.stop_consuming()
    assert read(mailbox.topped_up(Lane.ASYNC, batch, 10)) == ["a", "b", "c"]


async def test_what_came_over_a_connection_that_is_gone_leaves_the_batch(
    world: Any, write: Any, read: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("again"))
    (first,) = await mailbox.next_batch(Lane.ASYNC, 1)
    await world.cut()
    await world.mend()
    batch = [first]

    async def has_come_again() -> bool:
        nonlocal batch
        batch = mailbox.topped_up(Lane.ASYNC, batch, 10)
        return batch != [] and batch[0] is not first

    await eventually(has_come_again)
    assert read(batch) == ["again"]
    assert batch[0].inbound.redelivered


async def test_a_message_says_where_and_when_it_came(world: Any, write: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    before = datetime.now(UTC)
    await world.deliver(write("here", Lane.ERROR))
    (delivery,) = await collect(mailbox, Lane.ERROR, 1)
    inbound = delivery.inbound
    assert (inbound.lane, inbound.queue) == (Lane.ERROR, f"{world.her_id}_error")
    assert before <= inbound.received_at <= datetime.now(UTC)
    assert not inbound.redelivered


async def test_several_parties_share_a_mailbox(world: Any, write: Any, read: Any, collect: Any) -> None:
    other = f"{world.her_id}1"
    mailbox = world.mailbox()
    await mailbox.start([world.her_id, other])
    await world.deliver(write("one"), Outbound(b"two", Properties(message_id="2"), f"{other}_async"))
    deliveries = await collect(mailbox, Lane.ASYNC, 2)
    assert sorted(read(deliveries)) == ["one", "two"]
    await mailbox.close()
    for lane in ("async", "sync", "error", "dl"):
        await world.delete(f"{other}_{lane}")


async def test_no_more_than_the_prefetch_is_in_our_hands(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = world.mailbox(prefetch=4)
    await mailbox.start([world.her_id])
    await world.deliver(*(write(f"{number}") for number in range(6)))
    deliveries = await collect(mailbox, Lane.ASYNC, 4)
    assert read(deliveries) == ["0", "1", "2", "3"]
    assert await world.waiting(f"{world.her_id}_async") == 2
    await mailbox.ack(deliveries[:1])
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["4"]
    assert await world.waiting(f"{world.her_id}_async") == 1


async def test_a_lane_is_served_while_another_is_full(
    world: Any, write: Any, read: Any, collect: Any
) -> None:
    mailbox = world.mailbox(prefetch=2)
    await mailbox.start([world.her_id])
    await world.deliver(*(write(f"{number}") for number in range(20)))
    await world.deliver(write("quick", Lane.SYNC), write("wrong", Lane.ERROR))
    assert read(await collect(mailbox, Lane.SYNC, 1)) == ["quick"]
    assert read(await collect(mailbox, Lane.ERROR, 1)) == ["wrong"]


async def test_a_cancelled_wait_loses_nothing(world: Any, write: Any, read: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    taking = asyncio.create_task(mailbox.next_batch(Lane.ASYNC, 10))
    await asyncio.sleep(0)
    taking.cancel()
    await world.deliver(write("kept"))
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["kept"]


# --- settling


async def test_what_is_acknowledged_is_gone_and_what_is_not_comes_back(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    # At most 32: RabbitMQ itself forgets those beyond that when a channel to a quorum queue closes at once.
    acknowledged = 30
    mailbox = world.mailbox(prefetch=64)
    await mailbox.start([world.her_id])
    await world.deliver(*(write(f"{number}") for number in range(acknowledged)), write("undone"))
    deliveries = await collect(mailbox, Lane.ASYNC, acknowledged + 1)
    await mailbox.ack(deliveries[:acknowledged])
    await mailbox.close()  # at once: none of ours may be lost on the way
    back = await eventually(lambda: world.taken(f"{world.her_id}_async"))
    assert read(back) == ["undone"]


async def test_what_comes_back_says_so(world: Any, write: Any, read: Any, collect: Any) -> None:
    first = world.mailbox()
    await first.start([world.her_id])
    await world.deliver(write("again"))
    await collect(first, Lane.ASYNC, 1)
    await first.close()
    second = world.mailbox()
    await second.start([world.her_id])
    (delivery,) = await collect(second, Lane.ASYNC, 1)
    assert delivery.inbound.redelivered
    assert read([delivery]) == ["again"]


@pytest.mark.parametrize("lane", Lane)
async def test_what_is_rejected_for_good_is_parked(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any, lane: Lane
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("poison", lane))
    await mailbox.reject(await collect(mailbox, lane, 1), requeue=False)
    parked = await eventually(lambda: world.taken(f"{world.her_id}_dl"))
    assert read(parked) == ["poison"]


async def test_what_is_given_back_comes_again(world: Any, write: Any, read: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("later"))
    await mailbox.reject(await collect(mailbox, Lane.ASYNC, 1), requeue=True)
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    assert read([delivery]) == ["later"]
    assert delivery.inbound.redelivered


async def test_what_is_given_back_too_often_is_parked(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("hopeless"))
    for _ in range(DELIVERY_LIMIT + 1):
        await mailbox.reject(await collect(mailbox, Lane.ASYNC, 1), requeue=True)
    parked = await eventually(lambda: world.taken(f"{world.her_id}_dl"))
    assert read(parked) == ["hopeless"]


async def test_settling_twice_is_harmless(world: Any, write: Any, read: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("once"))
    deliveries = await collect(mailbox, Lane.ASYNC, 1)
    await mailbox.ack(deliveries)
    await mailbox.ack(deliveries)
    await mailbox.reject(deliveries, requeue=True)
    await world.deliver(write("next"))
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["next"]
    assert mailbox.ready


async def test_settling_what_came_over_a_lost_connection_is_harmless(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("a"), write("b"))
    stale = await collect(mailbox, Lane.ASYNC, 2)
    await world.cut()
    await mailbox.ack(stale[:1])
    await world.mend()
    await eventually(lambda: mailbox.ready)
    await mailbox.ack(stale)
    await mailbox.reject(stale, requeue=False)
    fresh = await collect(mailbox, Lane.ASYNC, 2)
    assert sorted(read(fresh)) == ["a", "b"]
    assert all(delivery.inbound.redelivered for delivery in fresh)
    assert mailbox.ready
    await mailbox.ack(fresh)
    await mailbox.close()
    assert await world.taken(f"{world.her_id}_dl") == []


# --- publishing


async def test_messages_are_published_in_the_order_given(world: Any, write: Any, read: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    messages = [write(f"{number}", "reply") for number in range(50)]
    results = await mailbox.publish(messages)
    assert all(result.confirmed for result in results)
    assert [result.message_id for result in results] == [each.properties.message_id for each in messages]
    assert read(await world.taken(f"{world.her_id}_reply")) == [f"{number}" for number in range(50)]


async def test_a_message_to_no_queue_is_reported_and_the_others_arrive(
    world: Any, write: Any, read: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    results = await mailbox.publish(
        [write("a", "reply"), write("lost", "nowhere"), write("b", "reply"), Outbound(b"", FULL, "")]
    )
    assert [result.outcome for result in results] == [
        PublishOutcome.CONFIRMED,
        PublishOutcome.UNDELIVERABLE,
        PublishOutcome.CONFIRMED,
        PublishOutcome.UNDELIVERABLE,
    ]
    assert results[1].queue == f"{world.her_id}_nowhere"
    assert results[1].reason
    assert read(await world.taken(f"{world.her_id}_reply")) == ["a", "b"]


async def test_two_messages_under_one_id_each_have_a_result_of_their_own(
    world: Any, write: Any, read: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    messages = [
        write("lost", "nowhere", message_id="same"),
        write("found", "reply", message_id="same"),
        write("lost too", "nowhere", message_id="same"),
    ]
    one, other = await asyncio.gather(mailbox.publish(messages), mailbox.publish(messages))
    for results in (one, other):
        assert [result.confirmed for result in results] == [False, True, False]
    assert read(await world.taken(f"{world.her_id}_reply")) == ["found", "found"]


async def test_a_message_keeps_its_properties_both_ways(world: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    body = bytes(range(256))
    await world.deliver(Outbound(body, FULL, f"{world.her_id}_sync"))
    (delivery,) = await collect(mailbox, Lane.SYNC, 1)
    assert delivery.inbound.properties == FULL
    assert delivery.inbound.body == body
    await mailbox.publish([Outbound(body, FULL, f"{world.her_id}_reply")])
    (sent,) = await world.taken(f"{world.her_id}_reply")
    assert sent.properties == FULL
    assert sent.body == body
    assert sent.ttl is None


async def test_an_empty_and_a_large_message_arrive_as_they_are(world: Any, write: Any, collect: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    large = b"\x00\xff" * 500_000
    queue = f"{world.her_id}_async"
    await world.deliver(Outbound(b"", FULL, queue), Outbound(large, FULL, queue))
    deliveries = await collect(mailbox, Lane.ASYNC, 2)
    assert [delivery.inbound.body for delivery in deliveries] == [b"", large]


async def test_a_message_says_how_long_it_may_be_kept(world: Any, write: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    await mailbox.publish([write("15 s", "reply", ttl=timedelta(seconds=15))])
    (message,) = await world.taken(f"{world.her_id}_reply")
    assert message.ttl == timedelta(seconds=15)


async def test_a_message_that_nobody_takes_in_time_is_gone(world: Any, write: Any, eventually: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    queue = f"{world.her_id}_reply"
    await world.declare(queue)
    for ttl in (timedelta(milliseconds=1), timedelta(0), timedelta(seconds=-1)):
        (result,) = await mailbox.publish([write("brief", "reply", ttl=ttl)])
        assert result.confirmed
        await asyncio.sleep(0.002)
    assert await eventually(lambda: _none_waits(world, queue))
    assert await world.taken(queue) == []


async def test_nothing_to_do_is_nothing_done(world: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    assert await mailbox.publish([]) == []
    await mailbox.ack([])
    await mailbox.reject([], requeue=True)


# --- being ready, and staying so


async def test_ready_from_start_to_stop(world: Any) -> None:
    mailbox = world.mailbox()
    assert not mailbox.ready
    await mailbox.start([world.her_id])
    assert mailbox.ready
    await mailbox.stop_consuming()
    assert not mailbox.ready
    await mailbox.close()
    assert not mailbox.ready


@pytest.mark.parametrize("lane", Lane)
async def test_a_deleted_queue_is_declared_and_consumed_again(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any, lane: Lane
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(write("before", lane))
    in_hand = await collect(mailbox, lane, 1)
    await world.delete(f"{world.her_id}_{lane}")
    await eventually(lambda: mailbox.ready and _exists(world, f"{world.her_id}_{lane}"))
    await world.deliver(write("after", lane))
    assert read(await collect(mailbox, lane, 1)) == ["after"]
    await mailbox.ack(in_hand)
    await world.deliver(write("later", lane))
    assert read(await collect(mailbox, lane, 1)) == ["later"]
    assert mailbox.ready


async def test_consuming_goes_on_after_the_connection_was_lost(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.deliver(*(write(text) for text in "abc"))
    await eventually(lambda: _none_waits(world, f"{world.her_id}_async"))
    await collect(mailbox, Lane.ASYNC, 1, limit=1)  # one is in hand, the others are fetched
    await world.cut()
    assert not mailbox.ready
    await world.mend()
    await eventually(lambda: mailbox.ready)
    await world.deliver(write("d"))
    deliveries = await collect(mailbox, Lane.ASYNC, 4)
    assert sorted(read(deliveries)) == ["a", "b", "c", "d"]  # each once
    await mailbox.ack(deliveries)
    await mailbox.close()
    assert await world.taken(f"{world.her_id}_async") == []


async def test_without_a_connection_nothing_is_published(world: Any, write: Any, eventually: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    await world.cut()
    with pytest.raises(MailboxUnavailable):
        await mailbox.publish([write("no", "reply")])
    await world.mend()
    await eventually(lambda: mailbox.ready)
    (result,) = await mailbox.publish([write("yes", "reply")])
    assert result.confirmed
    await mailbox.close()
    with pytest.raises(MailboxUnavailable):
        await mailbox.publish([write("no", "reply")])


async def test_a_queue_that_is_not_there_and_not_ours_to_declare_is_an_error(world: Any) -> None:
    mailbox = world.mailbox(declare=False)
    with pytest.raises(QueueMissing, match=f"{world.her_id}_async"):
        await mailbox.start([world.her_id])
    assert not mailbox.ready


async def test_queues_that_are_not_ours_to_declare_are_used(
    world: Any, write: Any, read: Any, collect: Any
) -> None:
    for lane in Lane:
        await world.declare(f"{world.her_id}_{lane}")
    mailbox = world.mailbox(declare=False)
    await mailbox.start([world.her_id])
    await world.deliver(write("theirs"))
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["theirs"]


# --- stopping


async def test_after_stopping_what_is_in_hand_can_be_finished(
    world: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = world.mailbox()
    await mailbox.start([world.her_id])
    await world.declare(f"{world.her_id}_reply")
    await world.deliver(*(write(text) for text in ("in hand", "fetched")))
    await eventually(lambda: _none_waits(world, f"{world.her_id}_async"))
    in_hand = await collect(mailbox, Lane.ASYNC, 1, limit=1)
    waiting = asyncio.create_task(mailbox.next_batch(Lane.SYNC, 1))
    await asyncio.sleep(0)
    await mailbox.stop_consuming()
    with pytest.raises(MailboxClosed):
        await waiting
    with pytest.raises(MailboxClosed):
        await mailbox.next_batch(Lane.ASYNC, 1)
    await world.deliver(write("too late"))
    (result,) = await mailbox.publish([write("reply", "reply")])
    assert result.confirmed
    await mailbox.ack(in_hand)
    await mailbox.close()
    back = await eventually(lambda: _taken_at_least(world, f"{world.her_id}_async", 2))
    assert sorted(read(back)) == ["fetched", "too late"]


async def test_closing_twice_or_unstarted_is_harmless(world: Any) -> None:
    mailbox = world.mailbox()
    await mailbox.close()
    await mailbox.close()
    await mailbox.stop_consuming()
    with pytest.raises(MailboxClosed):
        await mailbox.next_batch(Lane.ASYNC, 1)


async def _none_waits(world: Any, queue: str) -> bool:
    return await world.waiting(queue) == 0


async def _taken_at_least(world: Any, queue: str, count: int) -> Any:
    return await world.waiting(queue) >= count and await world.taken(queue)


async def _exists(world: Any, queue: str) -> bool:
    try:
        await world.waiting(queue)
    except Exception:  # noqa: BLE001 - each world has its own way to say that it is not there
        return False
    return True
