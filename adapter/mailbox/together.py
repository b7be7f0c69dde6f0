"""Many messages, or many acknowledgements, in one write to the socket.

aiormq writes each by itself, which is most of what a message costs on its way out. Here the frames of a
whole batch go to its writer as one piece. Its own books of what is to be confirmed are kept as it keeps them,
so that confirms and returns find their message; an entry there for what was not written would put every
number after it off by one, and must never stay.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiormq.abc import ChannelFrame
from aiormq.exceptions import ChannelInvalidStateError

from adapter.mailbox import frames
from adapter.mailbox.properties import to_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aiormq.channel import Channel

    from adapter.message import Outbound

Confirm = asyncio.Future[object]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A message as it goes on the wire of one channel."""

    message_id: str
    frames: bytes = field(repr=False)


def encode(channel: Channel, message: Outbound) -> Encoded:
    """A message for the channel's wire. It has a message id.

    Raises ``ValueError``, ``TypeError`` or ``struct.error`` for what has no place in a frame.
    """
    properties, most = to_wire(message), channel.max_content_size
    written = frames.message(channel.number, message.queue, properties, message.body, most)
    return Encoded(message.properties.message_id or "", written)


async def publish(channel: Channel, messages: Sequence[Encoded]) -> list[Confirm]:
    """Put them on the wire in their order; gives for each the future of its confirm.

    A future ends with ``PublishError`` for what came back, with ``DeliveryError`` for what the broker does
    not take, and with what ended the channel if that comes first. No two may have the same message id, nor
    that of one whose future has not ended.
    """
    if not messages:
        return []
    async with channel.lock:
        _refuse_closed(channel)
        confirms = [_expect(channel, message.message_id) for message in messages]
        try:
            payload = b"".join([message.frames for message in messages])
            await channel.write_queue.put(ChannelFrame(payload, should_close=False))
        except BaseException:
            for confirm in confirms:
                channel.confirmations.pop(channel.delivery_tag, None)
                channel.delivery_tag -= 1
                confirm.cancel()
            raise
    return confirms


async def acknowledge(channel: Channel, numbers: Iterable[int]) -> None:
    """Acknowledge deliveries of the channel, and wait until that has left this process."""
    await _write(channel, frames.acks(channel.number, numbers))


async def reject(channel: Channel, numbers: Iterable[int], *, requeue: bool) -> None:
    """Reject deliveries of the channel, and wait until that has left this process."""
    await _write(channel, frames.rejects(channel.number, numbers, requeue=requeue))


def _expect(channel: Channel, message_id: str) -> Confirm:
    confirm: Confirm = channel.create_future()
    channel.delivery_tag += 1
    channel.confirmations[channel.delivery_tag] = confirm
    channel.message_id_delivery_tag[message_id] = channel.delivery_tag
    confirm.add_done_callback(lambda _: channel.message_id_delivery_tag.pop(message_id, None))
    return confirm


async def _write(channel: Channel, payload: bytes) -> None:
    _refuse_closed(channel)
    written = channel.create_future()
    await channel.write_queue.put(ChannelFrame(payload, should_close=False, drain_future=written))
    await written


def _refuse_closed(channel: Channel) -> None:
    if channel.is_closed:
        raise ChannelInvalidStateError("the channel is closed")
