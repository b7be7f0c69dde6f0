"""Looks all the time whether the service says that it is ready, and whether that is true.

It is true while the broker itself has a consumer on each queue of the party, and the wire to it passes
what is sent. It never asks the service for either.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import aio_pika

from adapter.mailbox import MailboxUnavailable
from adapter.mailbox.broker_errors import as_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from aio_pika.abc import AbstractConnection

LANES = ("async", "sync", "error")
_LOOK_EVERY = 0.03
_ANSWER_WITHIN = 5.0


def heartbeat_bound(heartbeat: int) -> float:
    """How long a connection may be dead before anybody can know: three heartbeats, each a second late.

    It is looked at each half heartbeat, but not more often than once a second.
    """
    return 3 * (heartbeat + 1) + max(1, heartbeat // 2)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at a moment. It counts as said if it was, before and after the look at the broker."""

    at: float
    said: bool
    true: bool


class Watch:
    """Watches from entering the block to leaving it."""

    def __init__(
        self,
        url: str,
        queues: list[str],
        health_port: int,
        passes: Callable[[], bool],
        is_ready: Callable[[], bool] | None = None,
    ) -> None:
        """``passes`` says whether the wire passes what is sent; ``is_ready`` is the service's own word."""
        self.looks: list[Look] = []
        self.contradictions: list[str] = []
        self._url, self._queues, self._port = url, queues, health_port
        self._passes, self._is_ready = passes, is_ready
        self._connection: AbstractConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._over = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._over = True  # not cancelled: the library may take that for a broken channel, and go on
        try:
            await self._task
        finally:
            if self._connection is not None:
                await self._connection.close()

    def longest_lie(self) -> float:
        """For how many seconds on end it was said to be ready, and was not."""
        longest, began = 0.0, None
        for look in self.looks:
            if look.said and not look.true:
                began = look.at if began is None else began
                longest = max(longest, look.at - began)
            else:
                began = None
        return longest

    def was_not_ready(self) -> bool:
        """Whether it ever said so."""
        return any(not look.said for look in self.looks)

    def is_ready(self, since: float) -> bool:
        """Whether the last look was after that moment, and it was said and true then."""
        last = self.looks[-1] if self.looks else None
        return last is not None and last.at > since and last.said and last.true

    async def _watch(self) -> None:
        while not self._over:
            before = await self._said()
            true = await self._has_consumers() and self._passes()
            self.looks.append(Look(time.monotonic(), said=before and await self._said(), true=true))
            await asyncio.sleep(_LOOK_EVERY)

    async def _said(self) -> bool:
        before = self._is_ready and self._is_ready()
        served = await self._served()
        if self._is_ready and before == self._is_ready() != served:
            self.contradictions.append(f"/ready says {served}, the service {before}")
        return served

    async def _served(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except ConnectionRefusedError:
            return False  # it has not started yet
        try:
            writer.write(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n")
            line = await reader.readline()
        finally:
            writer.close()
        assert line in {b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 503 Service Unavailable\r\n"}, line
        return b"200" in line

    async def _has_consumers(self) -> bool:
        with suppress(MailboxUnavailable), as_unavailable():
            async with asyncio.timeout(_ANSWER_WITHIN):
                if self._connection is None or self._connection.is_closed:
                    self._connection = await aio_pika.connect(self._url)
                return all([await self._consumers(self._connection, queue) > 0 for queue in self._queues])
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(MailboxUnavailable), as_unavailable():
                await connection.close()
        return False

    @staticmethod
    async def _consumers(connection: AbstractConnection, queue: str) -> int:
        try:
            async with connection.channel() as channel:
                found = await channel.declare_queue(queue, passive=True)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return 0
        return found.declaration_result.consumer_count or 0
