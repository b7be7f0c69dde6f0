"""What came from the broker as a ``Delivery``, and how it is settled there.

It must never settle a delivery twice, nor on another channel than its own: the broker would end the channel,
and everything in hand would be delivered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapter.mailbox.port import Delivery
from adapter.mailbox.properties import from_wire
from adapter.message import Inbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiormq.abc import AbstractChannel, DeliveredMessage

    from adapter.message import Lane


@dataclass(slots=True, eq=False)
class Token:
    """The channel that a delivery came on, its number there, and how it lay on the wire."""

    channel: AbstractChannel
    number: int
    wire: DeliveredMessage
    settled: bool = False

    @property
    def is_open(self) -> bool:
        """It is still to be settled, and can be."""
        return not self.settled and not self.channel.is_closed


def receive(message: DeliveredMessage, lane: Lane, queue: str) -> Delivery:
    """A delivery as the port gives it. Never raises, whatever the peer wrote."""
    inbound = Inbound(
        body=message.body,
        properties=from_wire(message.header.properties),
        lane=lane,
        queue=queue,
        received_at=datetime.now(UTC),
        redelivered=bool(message.redelivered),
    )
    return Delivery(inbound, Token(message.channel, message.delivery_tag or 0, message))


async def settle(deliveries: Sequence[Delivery], *, ack: bool, requeue: bool = False) -> None:
    """Acknowledges (``ack``) or rejects those that are neither settled nor of a channel that is closed.

    Raises what the library raises when the connection is lost meanwhile.
    """
    tokens = [delivery.token for delivery in deliveries]
    open_ones = [token for token in tokens if isinstance(token, Token) and token.is_open]
    for number, token in enumerate(open_ones, start=1):
        token.settled = True
        # One queue leads to the socket: when the last is written, so are all before it.
        wait = number == len(open_ones)
        if ack:
            await token.channel.basic_ack(token.number, wait=wait)
        else:
            await token.channel.basic_reject(token.number, requeue=requeue, wait=wait)
