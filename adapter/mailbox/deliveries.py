"""What came from the broker as a ``Delivery``, and how it is settled there.

It must never settle a delivery twice, nor on another channel than its own: the broker would end the channel,
and everything in hand would be delivered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapter.mailbox import together
from adapter.mailbox.port import Delivery
from adapter.mailbox.properties import from_wire
from adapter.message import Inbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiormq.channel import Channel
    from pamqp.commands import Basic

    from adapter.mailbox.arrivals import Arrival
    from adapter.message import Lane


@dataclass(slots=True, eq=False)
class Token:
    """The channel that a delivery came on, its number there, and its properties as they lay on the wire."""

    channel: Channel
    number: int
    wire: Basic.Properties
    settled: bool = False

    @property
    def is_open(self) -> bool:
        """It is still to be settled, and can be."""
        return not self.settled and not self.channel.is_closed


def receive(arrival: Arrival, channel: Channel, lane: Lane, queue: str) -> Delivery:
    """A delivery as the port gives it. Never raises, whatever the peer wrote."""
    inbound = Inbound(
        body=arrival.body,
        properties=from_wire(arrival.properties),
        lane=lane,
        queue=queue,
        received_at=datetime.now(UTC),
        redelivered=arrival.redelivered,
    )
    return Delivery(inbound, Token(channel, arrival.number, arrival.properties))


async def settle(deliveries: Sequence[Delivery], *, ack: bool, requeue: bool = False) -> None:
    """Acknowledges (``ack``) or rejects those that are neither settled nor of a channel that is closed.

    Raises what the library raises when the connection is lost meanwhile.
    """
    by_channel: dict[Channel, list[Token]] = {}
    for delivery in deliveries:
        if isinstance(delivery.token, Token) and delivery.token.is_open:
            by_channel.setdefault(delivery.token.channel, []).append(delivery.token)
    for channel, tokens in by_channel.items():
        for token in tokens:
            token.settled = True
        numbers = [token.number for token in tokens]
        if ack:
            await together.acknowledge(channel, numbers)
        else:
            await together.reject(channel, numbers, requeue=requeue)
