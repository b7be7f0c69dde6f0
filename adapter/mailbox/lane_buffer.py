"""What has come from the broker and waits to be handed out, lane by lane.

It is bounded because the broker is: it never sends more than the lane's prefetch allows. It must never
hold back one lane for another, and never hand out what belonged to a connection that is gone: whoever
loses the connection clears it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from adapter.mailbox.port import MailboxClosed
from adapter.message import Lane

if TYPE_CHECKING:
    from adapter.mailbox.port import Delivery


class LaneBuffer:
    """First in, first out, per lane. ``put`` never waits, ``take`` does."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[Delivery]] = {lane: deque() for lane in Lane}
        self._arrived = {lane: asyncio.Event() for lane in Lane}
        self._closed = False

    def put(self, delivery: Delivery) -> None:
        """Adds one, unless the buffer is closed: then it stays unsettled, and so goes back."""
        if not self._closed:
            lane = delivery.inbound.lane
            self._waiting[lane].append(delivery)
            self._arrived[lane].set()

    async def take(self, lane: Lane, limit: int) -> list[Delivery]:
        """Waits for one and gives what is there, at most ``limit`` (which is at least 1).

        Raises:
            MailboxClosed: the buffer is closed.
        """
        waiting = self._waiting[lane]
        while not waiting:  # a loop, since another taker of the lane may have been quicker
            if self._closed:
                raise MailboxClosed("the mailbox takes no more messages")
            self._arrived[lane].clear()
            await self._arrived[lane].wait()
        return self.more(lane, limit)

    def more(self, lane: Lane, limit: int) -> list[Delivery]:
        """Gives what is there, at most ``limit``, and waits for nothing."""
        waiting = self._waiting[lane]
        return [waiting.popleft() for _ in range(min(limit, len(waiting)))]

    def clear(self) -> None:
        """Forgets everything: it will be delivered again."""
        for waiting in self._waiting.values():
            waiting.clear()

    def close(self) -> None:
        """Forgets everything and lets nobody wait any longer."""
        self._closed = True
        self.clear()
        for arrived in self._arrived.values():
            arrived.set()
