"""Many messages, or many acknowledgements, in one write to the socket.

aiormq writes each by itself, which is most of what a message costs on its way out. Here the frames of a
whole batch go to its writer as one piece, and one future tells that all of it has been confirmed. Its own
books of what is to be confirmed are kept as it keeps them, so that confirms and returns find their message;
an entry there for what was not written would put every number after it off by one, and must never stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from aiormq.abc import ChannelFrame
from aiormq.exceptions import ChannelInvalidStateError

from adapter.crash_points import crash_point
from adapter.mailbox import frames
from adapter.mailbox.properties import to_wire

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence

    from aiormq.channel import Channel

    from adapter.message import Outbound


@dataclass(slots=True)
class Encoded:
    """A message as it goes on the wire of one channel."""

    message_id: str
    frames: bytes = field(repr=False)


class Confirm:
    """What the broker says to one message; to aiormq, as much as it needs of a future.

    ``error`` is ``PublishError`` for what came back, and ``DeliveryError`` for what the broker does not take.
    """

    __slots__ = ("_batch", "_said", "error")

    def __init__(self, batch: Batch) -> None:
        self.error: BaseException | None = None
        self._said = False
        self._batch = batch

    def done(self) -> bool:
        """Nobody waits for it: the broker has said what it says, or we have waited long enough."""
        return self._said or self._batch.ended.done()

    def cancelled(self) -> bool:
        """We have waited long enough."""
        return not self._said and self._batch.ended.done()

    def set_result(self, _frame: object) -> None:
        """The broker has the message."""
        self._has_ended()
        crash_point("after-publish")

    def set_exception(self, error: BaseException) -> None:
        """The broker does not have the message."""
        self.error = error
        self._has_ended()

    def _has_ended(self) -> None:
        self._said = True
        self._batch.one_has_ended()


class Batch:
    """Messages that have gone out in one write, and what the broker says to them, in their order.

    ``ended`` is done once it has spoken of all of them; it ends with what ended the channel if that comes
    first.
    """

    def __init__(self, ended: asyncio.Future[None], messages: Sequence[Encoded]) -> None:
        self.ended = ended
        self.ids = [message.message_id for message in messages]
        self.confirms = [Confirm(self) for _ in messages]
        self._missing = len(messages)

    def one_has_ended(self) -> None:
        """The broker has spoken of one more."""
        self._missing -= 1
        if not self._missing and not self.ended.done():
            self.ended.set_result(None)


def encode(channel: Channel, message: Outbound) -> Encoded:
    """A message for the channel's wire. It has a message id.

    Raises ``ValueError``, ``TypeError`` or ``struct.error`` for what has no place in a frame.
    """
    properties, most = to_wire(message), channel.max_content_size
    written = frames.message(channel.number, message.queue, properties, message.body, most)
    return Encoded(message.properties.message_id or "", written)


async def publish(channel: Channel, messages: Sequence[Encoded]) -> Batch:
    """Put them on the wire in their order: one at least.

    No two may have the same message id, nor that of one whose batch has not ended.
    """
    async with channel.lock:
        _refuse_closed(channel)
        batch = Batch(channel.create_future(), messages)
        last = channel.delivery_tag
        _expect(channel, batch)
        try:
            payload = b"".join([message.frames for message in messages])
            await channel.write_queue.put(ChannelFrame(payload, should_close=False))
        except BaseException:
            for number in range(last, channel.delivery_tag):
                channel.confirmations.pop(number + 1, None)
            channel.delivery_tag = last
            batch.ended.cancel()
            raise
    return batch


async def acknowledge(channel: Channel, numbers: Iterable[int]) -> None:
    """Acknowledge deliveries of the channel, and wait until that has left this process."""
    await _write(channel, frames.acks(channel.number, numbers))


async def reject(channel: Channel, numbers: Iterable[int], *, requeue: bool) -> None:
    """Reject deliveries of the channel, and wait until that has left this process."""
    await _write(channel, frames.rejects(channel.number, numbers, requeue=requeue))


def _expect(channel: Channel, batch: Batch) -> None:
    first = channel.delivery_tag + 1
    channel.delivery_tag += len(batch.confirms)
    numbers = range(first, channel.delivery_tag + 1)
    confirms = cast("list[asyncio.Future[object]]", batch.confirms)
    channel.confirmations.update(zip(numbers, confirms, strict=True))
    by_id = dict(zip(batch.ids, numbers, strict=True))
    channel.message_id_delivery_tag.update(by_id)
    batch.ended.add_done_callback(lambda _: _forget(channel, by_id))


def _forget(channel: Channel, by_id: dict[str, int]) -> None:
    for message_id, number in by_id.items():
        if channel.message_id_delivery_tag.get(message_id) == number:
            del channel.message_id_delivery_tag[message_id]


async def _write(channel: Channel, payload: bytes) -> None:
    _refuse_closed(channel)
    written = channel.create_future()
    await channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=written))
    await written


def _refuse_closed(channel: Channel) -> None:
    if channel.is_closed:
        raise ChannelInvalidStateError("the channel is closed")
