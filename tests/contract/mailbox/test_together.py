"""What a batch costs on the wire: one write for all its messages, and one for all that is settled."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.message import Lane

MANY = 30
HEARTBEAT = 8  # bytes of its frame


@pytest.fixture
async def mailbox(rabbit: Any) -> Any:
    mailbox = rabbit.mailbox(prefetch=MANY)
    await mailbox.start([rabbit.her_id])
    return mailbox


@pytest.fixture
def writes(mailbox: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each piece that is handed to the socket, but for heartbeats."""
    sizes: list[int] = []
    queue = mailbox._session._connection.transport.connection.write_queue
    put = queue.put

    async def noting(frame: Any) -> None:
        if len(frame.payload) > HEARTBEAT:
            sizes.append(len(frame.payload))
        await put(frame)

    monkeypatch.setattr(queue, "put", noting)
    return sizes


async def test_the_messages_of_a_batch_leave_in_one_write(
    rabbit: Any, mailbox: Any, write: Any, writes: list[int]
) -> None:
    await rabbit.declare(f"{rabbit.her_id}_reply")
    results = await mailbox.publish([write(f"message {number}", "reply") for number in range(MANY)])
    assert all(result.confirmed for result in results)
    assert len(writes) == 1


async def test_the_confirms_of_a_batch_cost_one_future(
    rabbit: Any, mailbox: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rabbit.declare(f"{rabbit.her_id}_reply")
    channel = mailbox._session._publisher._channel
    made: list[Any] = []
    create = channel.create_future
    monkeypatch.setattr(channel, "create_future", lambda: made.append(1) or create(), raising=False)
    await mailbox.publish([write(f"message {number}", "reply") for number in range(MANY)])
    assert len(made) == 1
    assert not channel.confirmations
    assert not channel.message_id_delivery_tag


async def test_the_deliveries_of_a_batch_are_settled_in_one_write(
    rabbit: Any, mailbox: Any, write: Any, eventually: Any, writes: list[int]
) -> None:
    await rabbit.deliver(*(write(f"message {number}", "async") for number in range(MANY)))
    deliveries: list[Any] = []
    while len(deliveries) < MANY:
        deliveries += await mailbox.next_batch(Lane.ASYNC, MANY)
    writes.clear()
    await mailbox.ack(deliveries)
    assert len(writes) == 1
    await mailbox.close()
    assert await rabbit.waiting(f"{rabbit.her_id}_async") == 0


async def test_deliveries_cost_no_task_each(
    rabbit: Any, mailbox: Any, write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []
    connection = mailbox._session._connection.transport.connection
    monkeypatch.setattr(type(connection.channels[2]), "create_task", lambda *given: names.append(repr(given)))
    await rabbit.deliver(*(write(f"message {number}", "async") for number in range(MANY)))
    deliveries: list[Any] = []
    while len(deliveries) < MANY:
        deliveries += await mailbox.next_batch(Lane.ASYNC, MANY)
    assert not names


async def test_a_body_larger_than_a_frame_arrives_whole(
    rabbit: Any, mailbox: Any, write: Any, read: Any
) -> None:
    await rabbit.declare(f"{rabbit.her_id}_reply")
    sent = ["x" * 400_000, "small", ""]
    messages = [write(text, "reply", message_id=name) for name, text in zip("abc", sent, strict=True)]
    await mailbox.publish(messages)
    assert read(await rabbit.taken(f"{rabbit.her_id}_reply")) == sent
