"""Puts messages on the wire in the order asked for, and tells what the broker said to each.

It must never report as confirmed what came back, and never wait for one confirm before it sends the next.
"""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from aio_pika.exceptions import DeliveryError, PublishError

from adapter.crash_points import crash_point
from adapter.mailbox.broker_errors import as_unavailable
from adapter.mailbox.port import MailboxUnavailable, PublishOutcome, PublishResult
from adapter.mailbox.properties import to_carry_on, to_wire

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aio_pika.abc import AbstractChannel
    from aiormq.abc import DeliveredMessage

    from adapter.message import Outbound

# What encoding raises on a value that has no place in a frame, such as a name of 300 characters.
UNENCODABLE = (ValueError, TypeError, OverflowError, struct.error)


class Publisher:
    """Publishes on one channel, which confirms and raises for what is returned."""

    def __init__(self, channel: AbstractChannel, confirm_timeout: float) -> None:
        self._channel = channel
        self._confirm_timeout = confirm_timeout
        self._in_flight: dict[str, asyncio.Task[PublishResult]] = {}

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        """As ``Mailbox.publish``."""
        # A task puts its message on the wire when it first runs, and tasks first run in the order in
        # which they were created; aiormq's lock on the channel is handed on in order too.
        tasks = [self._begin(message) for message in messages]
        if not tasks:
            return []
        try:
            _, late = await asyncio.wait(tasks, timeout=self._confirm_timeout)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        if late:
            raise MailboxUnavailable(f"no confirm for {len(late)} of {len(tasks)} messages in time")
        results = []
        for result in ended:
            if isinstance(result, BaseException):
                raise MailboxUnavailable("the connection was lost before every confirm came") from result
            results.append(result)
        return results

    async def forward(self, wire: DeliveredMessage, queue: str, headers: Mapping[str, str]) -> bool:
        """Puts a message that came in on another queue, just as it came but for ``headers`` and its expiry.

        Whether it arrived; ``False`` when there is no such queue, or it cannot be put on a wire again.

        Raises:
            MailboxUnavailable: it is not known whether it arrived.
        """
        properties = to_carry_on(wire.header.properties, headers)
        with as_unavailable():
            try:
                channel = await self._channel.get_underlay_channel()
                await channel.basic_publish(
                    wire.body,
                    routing_key=queue,
                    properties=properties,
                    mandatory=True,
                    timeout=self._confirm_timeout,
                )
            except (PublishError, DeliveryError, *UNENCODABLE):
                return False
        return True

    def _begin(self, message: Outbound) -> asyncio.Task[PublishResult]:
        message_id = message.properties.message_id or ""
        # aiormq knows a returned message by its id alone. Two under the same id at once, and it would
        # blame the wrong one and report the other as confirmed: so the second waits for the first.
        task = asyncio.create_task(self._publish_one(message, self._in_flight.get(message_id)))
        self._in_flight[message_id] = task
        task.add_done_callback(lambda done: self._forget(message_id, done))
        return task

    def _forget(self, message_id: str, done: asyncio.Task[PublishResult]) -> None:
        if self._in_flight.get(message_id) is done:
            del self._in_flight[message_id]

    async def _publish_one(
        self, message: Outbound, earlier: asyncio.Task[PublishResult] | None
    ) -> PublishResult:
        if earlier is not None:
            await asyncio.wait([earlier])
        outcome, reason = PublishOutcome.CONFIRMED, ""
        with as_unavailable():
            try:
                wire = to_wire(message)
                await self._channel.default_exchange.publish(wire, message.queue, mandatory=True)
                crash_point("after-publish")
            except PublishError as returned:
                outcome, reason = PublishOutcome.UNDELIVERABLE, str(returned.args[0])
            except DeliveryError:
                outcome, reason = PublishOutcome.REFUSED, "the broker does not take it"
            except UNENCODABLE as error:  # its text may quote the message
                outcome = PublishOutcome.REFUSED
                reason = f"it cannot be put on the wire ({type(error).__name__})"
        return PublishResult(message.properties.message_id, message.queue, outcome, reason)
