"""The one thread that everything of the store goes through, and that reads every message.

There is never more than one, since two are slower than one here; the lanes take turns on it, a batch each.
It is renewed from time to time: libxml2 keeps every name of an element for as long as the thread lives that
first read it, and once it has kept too many, it takes every document with another new one for broken.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapter.mailbox import Delivery

T = TypeVar("T")

_MOST_READ = 10_000_000  # bytes of messages; with nothing but new names in them 60 MB of memory


class Worker:
    """Does one thing after the other, in the order in which they were asked."""

    def __init__(self) -> None:
        self._thread = _new_thread()
        self._read = 0  # bytes of messages, by the thread that there is
        self._asked: list[float] = []  # when each thing was asked that is not done yet

    @property
    def behind(self) -> float:
        """For how many seconds something has been waiting to be done."""
        return time.monotonic() - min(self._asked) if self._asked else 0.0

    async def do(self, function: Callable[..., T], *args: Any) -> T:  # noqa: ANN401 - the function's
        """What ``function`` gives or raises."""
        asked = time.monotonic()
        self._asked.append(asked)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)
        finally:
            self._asked.remove(asked)

    def will_read(self, size: int) -> None:
        """Tell it before it gets ``size`` bytes of messages to read: with many, a new thread takes over.

        It begins once the old one has done what was asked of it, and has ended.
        """
        self._read += size
        if self._read > _MOST_READ:
            old, self._thread, self._read = self._thread, _new_thread(), size
            self._thread.submit(old.shutdown)

    def let_go(self) -> None:
        """Take nothing more; what was asked is still done, and nobody waits for it."""
        self._thread.shutdown(wait=False)


async def aside(function: Callable[..., None], *args: Any) -> None:  # noqa: ANN401 - the function's
    """Wait for a function on a thread of its own, which is left behind when we end: it may hang for long.

    What it raises is printed, and does not come here.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            function(*args)
        finally:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

    Thread(target=run, name="timebok aside", daemon=True).start()
    await done.wait()


def portion(deliveries: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
    """``deliveries``, cut in two: as many as one thread may read, one at least, and what is left."""
    size = 0
    for number, delivery in enumerate(deliveries):
        size += len(delivery.inbound.body)
        if number and size > _MOST_READ:
            return list(deliveries[:number]), list(deliveries[number:])
    return list(deliveries), []


def _new_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="timebok")
