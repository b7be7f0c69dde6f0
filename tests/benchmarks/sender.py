"""The hub, sending while its answers come: in turn, by a timetable, or as much as is taken.

It knows of every letter when it was due and when it was answered. Where two messages answer a letter, it is
answered when the second has come.
"""

from __future__ import annotations

import asyncio
import gc
import time
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from aio_pika.abc import AbstractIncomingMessage

    from tests.benchmarks.queues import Queues
    from tests.benchmarks.traffic import Letter

_PATIENCE = 60.0


class Sender:
    """Sends ``letters``, each once, over several calls.

    Every method raises ``TimeoutError`` when what it has sent is not answered for a minute.
    """

    def __init__(self, queues: Queues, letters: Sequence[Letter]) -> None:
        self._queues = queues
        self._letters = iter(letters)
        self._due: dict[str, float] = {}
        self._missing: dict[str, int] = {}
        self._waits: dict[str, float] = {}
        self._came = asyncio.Event()

    async def on_reply(self, message: AbstractIncomingMessage) -> None:
        """Whatever comes back goes here."""
        now = time.perf_counter()
        about = message.correlation_id or ""
        self._missing[about] -= 1
        if not self._missing[about]:
            self._waits[about] = now - self._due[about]
            self._came.set()

    async def in_turn(self, count: int) -> None:
        """Send so many, each when the one before is answered."""
        for letter in islice(self._letters, count):
            await self._send(letter, time.perf_counter())
            await self._until_waiting_are(0)

    async def flat_out(self, count: int, most: int) -> float:
        """Send so many, never more than ``most`` unanswered, and give how many were answered a second."""
        began, sending = time.perf_counter(), []
        for letter in islice(self._letters, count):
            await self._until_waiting_are(most - 1)
            sending.append(self._begin(letter, time.perf_counter()))
        await asyncio.gather(*sending)
        await self._until_waiting_are(0)
        return count / (time.perf_counter() - began)

    async def by_timetable(self, count: int, rate: float, rng: Random) -> list[float]:
        """Send so many, ``rate`` a second, as random as citizens are and whatever comes back.

        Gives how long each took to be answered, from the moment at which it was due: one that had to wait for
        its turn to be sent has waited too.
        """
        self._waits.clear()
        self._due.clear()
        sending = []
        gc.collect()
        gc.disable()  # our own pauses are not theirs
        try:
            due = time.perf_counter()
            for letter in islice(self._letters, count):
                due += rng.expovariate(rate)
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                sending.append(self._begin(letter, due))
            await asyncio.gather(*sending)
            await self._until_waiting_are(0)
        finally:
            gc.enable()
        return list(self._waits.values())

    def _begin(self, letter: Letter, due: float) -> asyncio.Task[None]:
        self._expect(letter, due)
        return asyncio.create_task(self._queues.send_one(letter))

    async def _send(self, letter: Letter, due: float) -> None:
        self._expect(letter, due)
        await self._queues.send_one(letter)

    def _expect(self, letter: Letter, due: float) -> None:
        self._due[letter.message_id] = due
        self._missing[letter.message_id] = letter.replies

    async def _until_waiting_are(self, most: int) -> None:
        while len(self._due) - len(self._waits) > most:
            self._came.clear()
            async with asyncio.timeout(_PATIENCE):
                await self._came.wait()
