"""Puts messages on the wire in the order asked for, and tells what the broker said to each.

It must never report as confirmed what came back, and never wait for one confirm before it sends the next.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from aiormq.exceptions import DeliveryError, PublishError

from adapter.crash_points import crash_point
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
        self._in_flight: dict[str, together.Confirm] = {}
        self._turn = asyncio.Lock()

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        """As ``Mailbox.publish``."""
        confirms: list[together.Confirm] = []
        try:
            with as_unavailable():
                async with asyncio.timeout(self._confirm_timeout):
                    for batch in _without_repetitions(messages):
                        confirms += await self._put_on_the_wire(batch)
                    if confirms:
                        await asyncio.wait(confirms)
        finally:
            for confirm in confirms:
                confirm.cancel()
        return [_result(*one) for one in zip(messages, confirms, strict=True)]

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

    async def _put_on_the_wire(self, messages: Sequence[Outbound]) -> list[together.Confirm]:
        """One future for each message, in their order."""
        encoded = [self._encode(message) for message in messages]
        good = [one for one in encoded if isinstance(one, together.Encoded)]
        async with self._turn:
            # aiormq knows a returned message by its id alone. Two under the same id at once, and it would
            # blame the wrong one and report the other as confirmed: so the second waits for the first.
            earlier = [self._in_flight[one.message_id] for one in good if one.message_id in self._in_flight]
            if earlier:
                await asyncio.wait(earlier)
            sent = iter(await together.publish(self._channel, good))
            return [
                self._watch(one, next(sent)) if isinstance(one, together.Encoded) else one for one in encoded
            ]

    def _encode(self, message: Outbound) -> together.Encoded | together.Confirm:
        """The message for the wire; or, where it has no place on one, what is as good as a refusal."""
        try:
            return together.encode(self._channel, message)
        except UNENCODABLE as error:
            refused: together.Confirm = asyncio.get_running_loop().create_future()
            refused.set_exception(error)
            return refused

    def _watch(self, message: together.Encoded, confirm: together.Confirm) -> together.Confirm:
        self._in_flight[message.message_id] = confirm
        confirm.add_done_callback(lambda done: self._ended(message.message_id, done))
        return confirm

    def _ended(self, message_id: str, confirm: together.Confirm) -> None:
        if self._in_flight.get(message_id) is confirm:
            del self._in_flight[message_id]
        if not confirm.cancelled() and confirm.exception() is None:
            crash_point("after-publish")


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


def _result(message: Outbound, confirm: together.Confirm) -> PublishResult:
    """What became of a message whose confirm has come, or will not come any more.

    Raises ``MailboxUnavailable`` if nobody can tell.
    """
    outcome, reason = PublishOutcome.CONFIRMED, ""
    with as_unavailable():
        try:
            confirm.result()
        except PublishError as returned:
            outcome, reason = PublishOutcome.UNDELIVERABLE, str(returned.args[0])
        except DeliveryError:
            outcome, reason = PublishOutcome.REFUSED, "the broker does not take it"
        except UNENCODABLE as error:  # its text may quote the message
            outcome = PublishOutcome.REFUSED
            reason = f"it cannot be put on the wire ({type(error).__name__})"
    return PublishResult(message.properties.message_id, message.queue, outcome, reason)
