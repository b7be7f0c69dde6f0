"""The mailbox on RabbitMQ: one session after the other, for as long as the service runs.

It reconnects by itself rather than with aio-pika's ``connect_robust``. That one restores connection, channels
and consumers in the background and lets nobody see how far it has come: between the open socket and the last
consumer it looks connected, and a consumer that cannot be restored is a line in a log. Readiness must mean
that every consumer is alive on the broker, and what was fetched over the old connection must not be handed
out over the new one. With a whole new session after each loss both are plain to see: what belonged to the
old one is gone with it. It must never hide that the broker is out of reach.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog

from adapter.mailbox import lenient
from adapter.mailbox.broker_errors import as_unavailable, describe
from adapter.mailbox.deliveries import Token, settle
from adapter.mailbox.lane_buffer import LaneBuffer
from adapter.mailbox.pauses import Pauses
from adapter.mailbox.port import MailboxClosed, MailboxError, MailboxUnavailable, QueueMissing, QueueRefused
from adapter.mailbox.session import Session
from adapter.mailbox.topology import Topology

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from adapter.mailbox.port import Delivery, PublishResult
    from adapter.mailbox.settings import RabbitSettings
    from adapter.message import Lane, Outbound

# A session that lasted this long was a good one: after its loss the pauses begin with the shortest again.
STEADY_SECONDS = 30.0

log = structlog.get_logger(__name__)


class RabbitMailbox:
    """A ``Mailbox`` on RabbitMQ; see there for what each method does."""

    def __init__(self, settings: RabbitSettings) -> None:
        """``settings`` say where the broker is and how much to take from it. Nothing happens yet."""
        lenient.install()
        self._settings = settings
        self._topology = Topology(settings.queue_type, declare=settings.declare)
        self._buffer = LaneBuffer()
        self._her_ids: tuple[str, ...] = ()
        self._session: Session | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._consuming = True
        self._closed = False

    @property
    def ready(self) -> bool:
        return self._session is not None and self._session.ready

    async def start(self, her_ids: Sequence[str]) -> None:
        if self._supervisor is not None or self._closed:
            raise RuntimeError("a mailbox is started once")
        self._her_ids = tuple(her_ids)
        self._started = asyncio.get_running_loop().create_future()
        self._supervisor = asyncio.create_task(self._supervise(self._started), name="mailbox")
        try:
            await self._started
        except BaseException:
            await self.close()
            raise

    async def next_batch(self, lane: Lane, limit: int) -> list[Delivery]:
        return await self._buffer.take(lane, limit)

    def topped_up(self, lane: Lane, deliveries: Sequence[Delivery], limit: int) -> list[Delivery]:
        ours = [one for one in deliveries if isinstance(one.token, Token) and one.token.is_open]
        return ours + self._buffer.more(lane, limit - len(ours))

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        return await self._open_session().publish(messages)

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        with suppress(MailboxUnavailable), as_unavailable():
            await settle(deliveries, ack=True)

    async def reject(self, deliveries: Sequence[Delivery], *, requeue: bool) -> None:
        with suppress(MailboxUnavailable), as_unavailable():
            await settle(deliveries, ack=False, requeue=requeue)

    async def postpone(self, delivery: Delivery, pause: timedelta, reason: str) -> None:
        await self._open_session().postpone(delivery, pause, reason)

    async def park(self, delivery: Delivery, reason: str) -> None:
        await self._open_session().park(delivery, reason)

    async def stop_consuming(self) -> None:
        self._consuming = False
        self._buffer.close()
        if self._session is not None:
            with suppress(MailboxUnavailable):
                await self._session.stop_consuming()

    async def close(self) -> None:
        self._closed = True
        self._consuming = False
        self._buffer.close()
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        if self._started is not None and not self._started.done():
            self._started.set_exception(MailboxClosed("the mailbox was closed before it had started"))

    def _open_session(self) -> Session:
        if self._session is None:
            raise MailboxUnavailable(f"there is no connection to {self._settings.broker.address}")
        return self._session

    async def _supervise(self, started: asyncio.Future[None]) -> None:
        """Opens a session, keeps it until it is lost, and begins again, until cancelled."""
        pauses = Pauses()
        loop = asyncio.get_running_loop()
        while True:
            session = Session(self._settings, self._topology, self._buffer, self._her_ids)
            try:
                await session.open(consume=self._consuming)
                opened_at = loop.time()
                await self._serve(session, started)
                log.warning("mailbox.lost", broker=self._settings.broker.address, error=session.why_lost)
                if loop.time() - opened_at > STEADY_SECONDS:
                    pauses.reset()
            except MailboxError as error:
                if isinstance(error, QueueMissing | QueueRefused) and not started.done():
                    started.set_exception(error)
                    return
                log.warning(
                    "mailbox.unreachable", broker=self._settings.broker.address, error=describe(error)
                )
            except Exception:  # whatever it is, consuming must go on
                log.exception("mailbox.failed", broker=self._settings.broker.address)
            finally:
                self._session = None
                self._buffer.clear()
                await session.close()
            await asyncio.sleep(pauses.next())

    async def _serve(self, session: Session, started: asyncio.Future[None]) -> None:
        self._session = session
        log.info("mailbox.connected", broker=self._settings.broker.address, parties=len(self._her_ids))
        if not started.done():
            started.set_result(None)
        if not self._consuming:  # asked to stop while the session opened
            with suppress(MailboxUnavailable):
                await session.stop_consuming()
        await session.keep()
