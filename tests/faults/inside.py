"""The service within the test's process, where a test can set its heartbeat and make it fail on a message.

It is what ``timebok serve`` runs, from the queues to the store; only signals and start-up are missing.
"""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapter.batch import Batches
from adapter.database import open_engine
from adapter.mailbox.broker import Broker
from adapter.mailbox.lane_buffer import LaneBuffer
from adapter.mailbox.rabbitmq import RabbitMailbox
from adapter.mailbox.settings import RabbitSettings
from adapter.message import Lane
from adapter.pipeline import Pipeline
from adapter.service import make_dialect, new_id
from adapter.serving import Service
from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from adapter.ledger.ledger import Ledger
    from adapter.mailbox import Delivery
    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from handlers.desk.store import Desk

SHORT = 1  # seconds between heartbeats, where a test waits until a dead wire is noticed
_LONG = 10  # elsewhere: a machine that is out of breath for a while is no dead wire
_LAST_LINES = 25


class Stumble(Exception):
    """What we should never raise over a message."""


class Stumbling(Pipeline):
    """The road of a message, on which we fail at those that ``fails`` says; ``seen`` is all that came by."""

    def __init__(self, *road: Any) -> None:
        super().__init__(*road)
        self.fails: Callable[[Inbound], bool] = lambda _inbound: False
        self.seen: list[tuple[float, Inbound]] = []

    def process(self, inbound: Inbound, ledger: Ledger, desk: Desk) -> Outcome:
        self.seen.append((time.monotonic(), inbound))
        if self.fails(inbound):
            raise Stumble
        return super().process(inbound, ledger, desk)


class Seeing(LaneBuffer):
    """What has come from the broker; ``ids`` are the messages of all that ever came."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str | None] = set()

    def put(self, delivery: Delivery) -> None:
        self.ids.add(delivery.inbound.properties.message_id)
        super().put(delivery)


class Inside:
    """One service at a time. In the eyes of a stage it is a process like another."""

    def __init__(self, database_url: str, amqp_url: str, clinic: str, logs: list[Any]) -> None:
        self.logs = logs
        self.health_port = free_port()
        self.heartbeat = _LONG
        self.service: Service
        self.road: Stumbling
        self.came: Seeing
        self.database_url, self.amqp_url, self._clinic = database_url, amqp_url, clinic
        self._running: asyncio.Task[bool] | None = None
        self._engine: Engine | None = None

    async def start(
        self,
        *,
        heartbeat: int = _LONG,
        confirm_timeout: float = 10.0,
        declare: bool = True,
        **settings: Any,
    ) -> None:
        """Start it; it need not have come as far as to the broker yet."""
        self.heartbeat = heartbeat
        chosen = Settings(
            database_url=self.database_url,
            her_ids=(self._clinic,),
            health_port=self.health_port,
            **{"resend_after": 1, "retry_pauses": (0.2,), "retry_pauses_sync": (0.2,)} | settings,
        )
        self._engine = await asyncio.to_thread(open_engine, self.database_url)
        self.road = Stumbling(make_dialect(chosen), [self._clinic])
        pause = timedelta(seconds=chosen.resend_after)
        batches = Batches(self._engine, self.road, chosen.clock, new_id, resend_after=pause)
        mailbox = RabbitMailbox(
            RabbitSettings(
                Broker(self.amqp_url),
                prefetch=dict.fromkeys(Lane, chosen.prefetch),
                heartbeat=heartbeat,
                confirm_timeout=confirm_timeout,
                declare=declare,
            )
        )
        mailbox._buffer = self.came = Seeing()
        self.service = Service(chosen, mailbox, self._engine, batches)
        self._running = asyncio.create_task(self.service.run([self._clinic]))

    def alive(self) -> list[Inside]:
        return [] if self._running is None else [self]

    async def stop(self) -> None:
        """Ask it to stop; it has to end well."""
        assert self._running is not None
        running, self._running = self._running, None
        self.service.stop()
        assert await running, self.last_words()
        assert self._engine is not None
        self._engine.dispose()

    def said(self, event: str) -> list[Any]:
        """The lines of its log about ``event``."""
        return [entry for entry in self.logs if entry["event"] == event]

    def last_words(self) -> str:
        return "\n".join(["the end of its log:", *map(str, self.logs[-_LAST_LINES:])])


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
