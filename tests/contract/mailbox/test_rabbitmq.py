"""What only a real broker can show: it goes away, hangs, refuses, and hands on strange messages."""

from __future__ import annotations

import asyncio
import logging
import struct
from typing import TYPE_CHECKING, Any

import aio_pika
import pytest
import structlog
from pamqp import encode
from yarl import URL

from adapter.mailbox import MailboxClosed, MailboxUnavailable, PublishOutcome, QueueMissing, QueueRefused
from adapter.mailbox.broker import Broker
from adapter.mailbox.rabbitmq import RabbitMailbox
from adapter.mailbox.settings import QueueType, RabbitSettings
from adapter.message import Lane, Outbound, Properties

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_UTF_8 = "not utf-8"
FAR_AWAY = 1_700_000_000_000_000  # microseconds where seconds are meant: the year 55840 in milliseconds


# --- reaching the broker


async def test_start_waits_for_the_broker(
    rabbit: Any, eventually: Any, write: Any, read: Any, collect: Any
) -> None:
    await rabbit.proxy.close()
    mailbox = rabbit.mailbox()
    with structlog.testing.capture_logs() as logs:
        starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
        await eventually(lambda: _events(logs, "mailbox.unreachable"))
        assert not starting.done()
        assert not mailbox.ready
        await rabbit.mend()
        await starting
    assert mailbox.ready
    await rabbit.deliver(write("at last"))
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["at last"]


async def test_waiting_for_the_broker_can_be_given_up(rabbit: Any) -> None:
    await rabbit.proxy.close()
    mailbox = rabbit.mailbox()
    starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


async def test_closing_gives_up_waiting_for_the_broker(rabbit: Any) -> None:
    await rabbit.proxy.close()
    mailbox = rabbit.mailbox()
    starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
    await asyncio.sleep(0)
    await mailbox.close()
    with pytest.raises(MailboxClosed):
        await starting


async def test_a_broker_that_accepts_and_says_nothing_is_not_waited_for_without_end(
    rabbit: Any, eventually: Any
) -> None:
    rabbit.proxy.hang()
    mailbox = rabbit.mailbox(connect_timeout=0.2)
    with structlog.testing.capture_logs() as logs:
        starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
        await eventually(lambda: len(_events(logs, "mailbox.unreachable")) > 1)
        rabbit.proxy.flow()
        await starting
    assert mailbox.ready


async def test_a_wrong_password_is_told_and_never_shown(rabbit: Any, eventually: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    url = str(URL(rabbit.proxied).with_password("hush-hush"))
    settings = RabbitSettings(Broker(url))
    mailbox = RabbitMailbox(settings)
    rabbit.mailboxes.append(mailbox)
    with structlog.testing.capture_logs() as logs:
        starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
        await eventually(lambda: _events(logs, "mailbox.unreachable"))
        starting.cancel()
        await asyncio.wait([starting])
    assert "ACCESS_REFUSED" in str(logs)
    for shown in (repr(settings), str(settings), settings.broker.address, str(logs), caplog.text):
        assert "hush-hush" not in shown


@pytest.mark.parametrize(
    "orderly",
    [pytest.param(True, id="stopped"), pytest.param(False, id="killed", marks=pytest.mark.slow)],
)
async def test_a_broker_that_restarts_keeps_what_was_unsettled(
    rabbit: Any, amqp_broker: Any, write: Any, read: Any, collect: Any, eventually: Any, *, orderly: bool
) -> None:
    if amqp_broker.node is None:
        pytest.skip("not our broker to restart")
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    if not orderly:
        # RabbitMQ 3.10 half forgets a quorum queue that was declared a moment before the node is killed
        # (nobody can consume it any more); one that has been through a restart is safely on disk.
        await asyncio.to_thread(amqp_broker.stop)
        await asyncio.to_thread(amqp_broker.start)
        await rabbit.connect()
        await eventually(lambda: mailbox.ready)
    await rabbit.deliver(write("kept"))
    await collect(mailbox, Lane.ASYNC, 1)
    await asyncio.to_thread(amqp_broker.stop if orderly else amqp_broker.kill)
    await eventually(lambda: not mailbox.ready)
    await asyncio.to_thread(amqp_broker.start)
    await eventually(lambda: mailbox.ready)
    deliveries = await collect(mailbox, Lane.ASYNC, 1)
    assert read(deliveries) == ["kept"]
    await mailbox.ack(deliveries)


# --- readiness


async def test_not_ready_while_a_queue_is_gone_that_is_not_ours_to_declare(
    rabbit: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    for lane in Lane:
        await rabbit.declare(f"{rabbit.her_id}_{lane}")
    mailbox = rabbit.mailbox(declare=False)
    await mailbox.start([rabbit.her_id])
    assert mailbox.ready
    with structlog.testing.capture_logs() as logs:
        await rabbit.delete(f"{rabbit.her_id}_sync")
        await eventually(lambda: not mailbox.ready)
        await eventually(lambda: _events(logs, "mailbox.consumer_not_restored"))
    await rabbit.deliver(write("unaffected"))
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["unaffected"]
    await rabbit.declare(f"{rabbit.her_id}_sync")
    await eventually(lambda: mailbox.ready)
    await rabbit.deliver(write("back", Lane.SYNC))
    assert read(await collect(mailbox, Lane.SYNC, 1)) == ["back"]


async def test_a_channel_that_the_broker_closes_is_noticed(
    rabbit: Any, write: Any, read: Any, collect: Any, eventually: Any
) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    session = mailbox._session
    await session._lanes[Lane.SYNC].basic_ack(4711)  # no such delivery: the broker closes the channel
    await eventually(lambda: mailbox._session is not session and mailbox.ready)
    await rabbit.deliver(write("on", Lane.SYNC))
    assert read(await collect(mailbox, Lane.SYNC, 1)) == ["on"]


@pytest.mark.slow
async def test_a_connection_that_hangs_is_noticed(rabbit: Any, eventually: Any) -> None:
    mailbox = rabbit.mailbox(heartbeat=1)
    await mailbox.start([rabbit.her_id])
    rabbit.proxy.hang()
    await eventually(lambda: not mailbox.ready)
    await rabbit.cut()
    rabbit.proxy.flow()
    await rabbit.mend()
    await eventually(lambda: mailbox.ready)


# --- publishing


async def test_a_confirm_that_does_not_come_is_not_waited_for_without_end(rabbit: Any, write: Any) -> None:
    mailbox = rabbit.mailbox(confirm_timeout=0.2)
    await mailbox.start([rabbit.her_id])
    rabbit.proxy.hang()
    with pytest.raises(MailboxUnavailable):
        await mailbox.publish([write("unheard", "dl")])
    rabbit.proxy.flow()


async def test_a_connection_that_is_lost_while_publishing_is_told(rabbit: Any, write: Any) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    rabbit.proxy.hang()
    publishing = asyncio.create_task(mailbox.publish([write(f"{number}", "dl") for number in range(20)]))
    await asyncio.sleep(0.01)
    await rabbit.proxy.close()
    with pytest.raises(MailboxUnavailable):
        await publishing
    await rabbit.mend()


async def test_publishing_can_be_cancelled(rabbit: Any, write: Any, eventually: Any) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    rabbit.proxy.hang()
    publishing = asyncio.create_task(mailbox.publish([write("a", "dl"), write("b", "dl")]))
    await asyncio.sleep(0.01)
    publishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publishing
    rabbit.proxy.flow()
    (result,) = await mailbox.publish([write("c", "dl")])
    assert result.confirmed
    assert mailbox.ready


@pytest.mark.parametrize(
    ("properties", "queue"),
    [
        (Properties(message_id="x" * 256), "dl"),
        (Properties(message_id="1", correlation_id="\ud800"), "dl"),
        (Properties(message_id="1", headers={"much": "x" * 200_000}), "dl"),
        (Properties(message_id="1", headers={"x" * 300: ""}), "d" * 300),
        (Properties(message_id="1"), "d\udfff"),
    ],
    ids=["long id", "surrogate", "large headers", "long queue", "strange queue"],
)
async def test_what_cannot_be_put_on_the_wire_is_refused_and_harms_no_other(
    rabbit: Any, write: Any, read: Any, properties: Properties, queue: str
) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    strange = Outbound(b"", properties, f"{rabbit.her_id}_{queue}")
    results = await mailbox.publish([write("a", "dl"), strange, write("b", "dl")])
    assert [result.outcome for result in results] == [
        PublishOutcome.CONFIRMED,
        PublishOutcome.REFUSED,
        PublishOutcome.CONFIRMED,
    ]
    assert mailbox.ready
    assert read(await rabbit.taken(f"{rabbit.her_id}_dl")) == ["a", "b"]


async def test_what_the_broker_does_not_take_is_refused(rabbit: Any, write: Any) -> None:
    queue = f"{rabbit.her_id}_reply"
    await rabbit.peer.declare_queue(queue, arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    results = [
        *await mailbox.publish([write("fits", "reply")]),
        *await mailbox.publish([write("no", "reply")]),
    ]
    assert [result.outcome for result in results] == [PublishOutcome.CONFIRMED, PublishOutcome.REFUSED]


async def test_what_is_published_survives_the_broker(rabbit: Any, write: Any) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    await mailbox.publish([write("kept", "dl")])
    queue = await rabbit.peer.get_queue(f"{rabbit.her_id}_dl")
    message = await queue.get(no_ack=True)
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


# --- strange messages


async def test_a_message_that_the_library_cannot_read_stalls_nothing(
    rabbit: Any, write: Any, read: Any, collect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    queue = f"{rabbit.her_id}_async"
    monkeypatch.setitem(encode.METHODS, "shortstr", _broken_short_string(encode.METHODS["shortstr"]))
    monkeypatch.setitem(encode.METHODS, "timestamp", lambda _value: struct.pack(">Q", FAR_AWAY))
    strange = [
        aio_pika.Message(b"1", message_id="1", correlation_id=NOT_UTF_8),
        aio_pika.Message(b"2", message_id="2", timestamp=1),
    ]
    for message in strange:
        await rabbit.peer.default_exchange.publish(message, queue)
    await rabbit.deliver(write("good"))
    deliveries = await collect(mailbox, Lane.ASYNC, 3)
    assert read(deliveries) == ["1", "2", "good"]
    assert not any(delivery.inbound.redelivered for delivery in deliveries)
    assert deliveries[0].inbound.properties.correlation_id == "\ufffd\ufffd"


async def test_headers_of_any_type_come_through(rabbit: Any, collect: Any) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    headers = {
        "fromHerId": 91095,
        "toHerId": bytearray(b"8093240"),
        "flag": True,
        "nothing": None,
        "list": [1, "x"],
        "table": {"a": 1},
        "x-amqp-1.0-properties": bytearray(b"\x00\x53\x73"),
    }
    await rabbit.peer.default_exchange.publish(
        aio_pika.Message(b"", message_id="1", headers=headers), f"{rabbit.her_id}_async"
    )
    (delivery,) = await collect(mailbox, Lane.ASYNC, 1)
    assert delivery.inbound.properties == Properties(
        message_id="1", from_her_id="91095", to_her_id="8093240", headers={"flag": "true"}
    )


# --- queues


async def test_queues_are_durable_quorum_and_dead_letter(rabbit: Any, eventually: Any) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    parked = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"{rabbit.her_id}_dl"}
    quorum = {"x-queue-type": "quorum"}
    for suffix in ("async", "sync", "error"):
        arguments = {**quorum, **parked, "x-delivery-limit": 10}
        # Declaring is refused unless every argument is the same.
        await rabbit.peer.declare_queue(f"{rabbit.her_id}_{suffix}", durable=True, arguments=arguments)
    await rabbit.peer.declare_queue(f"{rabbit.her_id}_dl", durable=True, arguments=quorum)


async def test_classic_queues_are_declared_on_request(rabbit: Any) -> None:
    mailbox = rabbit.mailbox(queue_type=QueueType.CLASSIC)
    await mailbox.start([rabbit.her_id])
    arguments = {
        "x-queue-type": "classic",
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": f"{rabbit.her_id}_dl",
    }
    await rabbit.peer.declare_queue(f"{rabbit.her_id}_async", durable=True, arguments=arguments)


async def test_a_queue_that_was_declared_otherwise_is_used_as_it_is(
    rabbit: Any, write: Any, read: Any, collect: Any
) -> None:
    await rabbit.peer.declare_queue(f"{rabbit.her_id}_async", durable=True, arguments={"x-max-length": 100})
    mailbox = rabbit.mailbox()
    with structlog.testing.capture_logs() as logs:
        await mailbox.start([rabbit.her_id])
    (warning,) = _events(logs, "mailbox.queue_used_as_it_is")
    assert warning["queue"] == f"{rabbit.her_id}_async"
    assert warning["log_level"] == "warning"
    await rabbit.deliver(write("theirs"))
    assert read(await collect(mailbox, Lane.ASYNC, 1)) == ["theirs"]


async def test_a_queue_that_another_connection_has_for_itself_is_waited_for(
    rabbit: Any, eventually: Any
) -> None:
    async with rabbit.connection.channel() as channel:
        await channel.declare_queue(f"{rabbit.her_id}_async", exclusive=True)
        mailbox = rabbit.mailbox()
        with structlog.testing.capture_logs() as logs:
            starting = asyncio.create_task(mailbox.start([rabbit.her_id]))
            await eventually(lambda: _events(logs, "mailbox.unreachable"))
        await channel.queue_delete(f"{rabbit.her_id}_async")
    await starting
    assert mailbox.ready


@pytest.mark.parametrize("queue_type", [QueueType.AUTO, QueueType.QUORUM])
async def test_a_broker_without_quorum_queues(
    rabbit: Any, monkeypatch: pytest.MonkeyPatch, queue_type: QueueType
) -> None:
    """It gets classic ones, unless quorum was asked for by name."""
    from adapter.mailbox.topology import Topology

    proper = Topology._arguments

    def unheard_of(self: Topology, dead_letter: str | None) -> dict[str, Any]:
        arguments = proper(self, dead_letter)
        kind = "unheard of" if arguments["x-queue-type"] == "quorum" else "classic"
        return arguments | {"x-queue-type": kind}

    monkeypatch.setattr(Topology, "_arguments", unheard_of)
    mailbox = rabbit.mailbox(queue_type=queue_type)
    if queue_type is QueueType.QUORUM:
        with pytest.raises(QueueRefused, match="unheard of"):
            await mailbox.start([rabbit.her_id])
    else:
        await mailbox.start([rabbit.her_id])
        assert mailbox.ready


async def test_a_missing_queue_is_named(rabbit: Any) -> None:
    await rabbit.declare(f"{rabbit.her_id}_async")
    with pytest.raises(QueueMissing, match=f"{rabbit.her_id}_sync"):
        await rabbit.mailbox(declare=False).start([rabbit.her_id])


def _broken_short_string(proper: Callable[[str], bytes]) -> Callable[[str], bytes]:
    return lambda value: b"\x02\xff\xfe" if value == NOT_UTF_8 else proper(value)


def _events(logs: Any, name: str) -> list[Any]:
    return [entry for entry in logs if entry["event"] == name]
