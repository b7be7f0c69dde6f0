"""Puts messages on the wire in the order asked for, and tells what the broker said to each.

It must never report as confirmed what came back, and never wait for one confirm before it sends the next.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from aiormq.exceptions import DeliveryError, PublishError

from adapter.mailbox import together
from adapter.mailbox.broker_errors import as_unavailable
from adapter.mailbox.port import PublishOutcome, PublishResult
from adapter.mailbox.properties import to_carry_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiormq.channel import Channel
    from pamqp.commands import Basic

    from adapter.message import Outbound

# What encoding raises on a value that has no place in a frame, such as a name of 300 characters.
UNENCODABLE = (ValueError, TypeError, OverflowError, struct.error)


class Publisher:
    """Publishes on one channel, which confirms and raises for what is returned."""

    def __init__(self, channel: Channel, confirm_timeout: float) -> None:
        self._channel = channel
        self._confirm_timeout = confirm_timeout
        self._in_flight: set[together.Batch] = set()
        self._turn = asyncio.Lock()

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        """As ``Mailbox.publish``."""
        said: list[together.Confirm | Exception] = []
        batches: list[together.Batch] = []
        try:
            with as_unavailable():
                async with asyncio.timeout(self._confirm_timeout):
                    for several in _without_repetitions(messages):
                        said += await self._put_on_the_wire(several, batches)
                    for batch in batches:
                        await batch.ended
        finally:
            for batch in batches:
                batch.ended.cancel()
        return [_result(*one) for one in zip(messages, said, strict=True)]

    async def forward(
        self, body: bytes, wire: Basic.Properties, queue: str, headers: Mapping[str, str]
    ) -> bool:
        """Puts a message that came in on another queue, just as it came but for ``headers`` and its expiry.

        Whether it arrived; ``False`` when there is no such queue, or it cannot be put on a wire again.

        Raises:
            MailboxUnavailable: it is not known whether it arrived.
        """
        properties = to_carry_on(wire, headers)
        with as_unavailable():
            try:
                await self._channel.basic_publish(
                    body,
                    routing_key=queue,
                    properties=properties,
                    mandatory=True,
                    timeout=self._confirm_timeout,
                )
            except (PublishError, DeliveryError, *UNENCODABLE):
                return False
        return True

    async def _put_on_the_wire(
        self, messages: Sequence[Outbound], batches: list[together.Batch]
    ) -> list[together.Confirm | Exception]:
        """For each message, in their order, what will be said to it, or what is as good as a refusal.

        What goes out is added to ``batches``.
        """
        encoded = [self._encode(message) for message in messages]
        good = [one for one in encoded if isinstance(one, together.Encoded)]
        if not good:
            return [one for one in encoded if isinstance(one, Exception)]
        async with self._turn:
            # aiormq knows a returned message by its id alone. Two under the same id at once, and it would
            # blame the wrong one and report the other as confirmed: so the second waits for the first.
            ids = {one.message_id for one in good}
            earlier = [batch.ended for batch in self._in_flight if not ids.isdisjoint(batch.ids)]
            if earlier:
                await asyncio.wait(earlier)
            batch = await together.publish(self._channel, good)
            self._in_flight.add(batch)
        batch.ended.add_done_callback(lambda _: self._in_flight.discard(batch))
        batches.append(batch)
        sent = iter(batch.confirms)
        return [next(sent) if isinstance(one, together.Encoded) else one for one in encoded]

    def _encode(self, message: Outbound) -> together.Encoded | Exception:
        """The message for the wire, or why it has no place on one."""
        try:
            return together.encode(self._channel, message)
        except UNENCODABLE as error:
            return error


def _without_repetitions(messages: Sequence[Outbound]) -> list[Sequence[Outbound]]:
    """The messages in their order, cut wherever one has an id that was there before."""
    batches: list[Sequence[Outbound]] = []
    start, seen = 0, set[str]()
    for number, message in enumerate(messages):
        if _id_of(message) in seen:
            batches.append(messages[start:number])
            start, seen = number, set()
        seen.add(_id_of(message))
    return [*batches, messages[start:]]


def _id_of(message: Outbound) -> str:
    return message.properties.message_id or ""


def _result(message: Outbound, said: together.Confirm | Exception) -> PublishResult:
    """What became of a message that the broker has spoken of, or that was not for the wire."""
    error = said.error if isinstance(said, together.Confirm) else said
    outcome, reason = PublishOutcome.CONFIRMED, ""
    if isinstance(error, PublishError):
        outcome, reason = PublishOutcome.UNDELIVERABLE, str(error.args[0])
    elif isinstance(error, DeliveryError):
        outcome, reason = PublishOutcome.REFUSED, "the broker does not take it"
    elif error is not None:  # its text may quote the message
        outcome = PublishOutcome.REFUSED
        reason = f"it cannot be put on the wire ({type(error).__name__})"
    return PublishResult(message.properties.message_id, message.queue, outcome, reason)
