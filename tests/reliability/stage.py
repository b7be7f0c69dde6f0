"""All that a test of reliability needs around it: a hub, a store with a clinic, services, and the verdict."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.reliability.checker import Verdict, judge
from tests.reliability.processes import KILLED
from tests.reliability.waiting import PATIENCE, came_about

if TYPE_CHECKING:
    from tests.reliability.crowd import Crowd
    from tests.reliability.hub import Hub
    from tests.reliability.processes import Process, Processes
    from tests.reliability.store import Store


class Stage:
    """``kills`` counts the services that have died as they were meant to."""

    def __init__(self, hub: Hub, store: Store, services: Processes, crowd: Crowd) -> None:
        self.hub, self.store, self.services, self.crowd = hub, store, services, crowd
        self.kills = 0
        self._began = time.monotonic()

    async def survive(self, service: Process, patience: float = PATIENCE) -> None:
        """The service dies, as it was told to."""
        assert await service.ended(patience) == KILLED, service.last_words()
        self.kills += 1

    async def verdict(self, patience: float = PATIENCE) -> Verdict:
        """Wait until nothing is on its way any more, stop the services, and compare the books.

        Fails unless they agree. They are compared also when it takes too long: they say what is missing.
        """
        at_rest = await came_about(self._at_rest, patience)
        for service in self.services.alive():
            await service.stop()
        await self.hub.read_all()
        left, parked = await self.hub.waiting(), await self.hub.parked()
        verdict = judge(self.hub, self.store.read(), left=left, parked=parked)
        took = time.monotonic() - self._began
        print(f"{verdict}\nkills survived {self.kills}, in {took:.0f} s")  # noqa: T201 - the figures
        assert at_rest, f"something never came to rest\n{verdict}\n{self.services.last_words()}"
        assert verdict.good, f"{verdict}\n{self.services.last_words()}"
        return verdict

    async def _at_rest(self) -> bool:
        unanswered = self.hub.unanswered()
        if any(not letter.waits for letter in unanswered):
            return False
        given_up = self.store.given_up() if unanswered else set()
        if any(letter.msg_id not in given_up for letter in unanswered) or self.store.owed():
            return False
        replies = {reply.msg_id for reply in self.hub.replies.values()} if self.hub.takes_replies else set()
        if not replies <= self.hub.receipts <= self.store.receipted():
            return False
        return await self.hub.waiting() == 0
