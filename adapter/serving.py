"""The service at work: takes batches from the mailbox, has them processed, sends what is owed, settles.

It wires nothing together and decides nothing about a message. What it must never do is acknowledge a message
before its effect and its replies are committed.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapter.crash_points import crash_point
from adapter.errors import StoreUnavailable
from adapter.health import health_server
from adapter.ledger import retention
from adapter.mailbox import MailboxClosed, MailboxError, MailboxUnavailable
from adapter.message import Lane
from adapter.outcome import Parked, RetryLater, dispatches_of
from adapter.retrying import pause_before_next_try
from adapter.sending import RESEND_EVERY, Sending
from adapter.telemetry import tell
from adapter.worker import Worker, aside, portion

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.mailbox import Delivery, Mailbox
    from adapter.message import Outbound
    from adapter.metrics import Metrics
    from adapter.outcome import Outcome
    from adapter.settings import Settings

log = structlog.get_logger(__name__)

_LONGEST_STORE_PAUSE = 10.0
_STORE_PATIENCE = 10.0
_TIDY_EVERY = 600.0
_REFRESH_EVERY = 60.0


class Service:
    """Serves the queues of some parties, with one worker that everything of the store goes through.

    ``refresh`` is told the time at the start and every minute, on a thread of its own: it may take long.
    ``metrics`` are counted, and shown beside the health.
    """

    def __init__(
        self,
        settings: Settings,
        mailbox: Mailbox,
        engine: Engine,
        batches: Batches,
        refresh: Callable[[datetime], None] | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._settings = settings
        self._mailbox = mailbox
        self._engine = engine
        self._batches = batches
        self._refresh = refresh
        self._metrics = metrics
        self._worker = Worker()
        self._sending = sending = Sending(settings, mailbox, engine, batches, self._worker, metrics)
        self._turn = asyncio.Lock()  # of the lanes, on the worker; whoever has waited longest is next
        self._stop = asyncio.Event()
        if metrics is not None:
            metrics.watch(lambda: self.ready, lambda: mailbox.ready, lambda: sending.owed)

    @property
    def ready(self) -> bool:
        """Whether a message that came now would be answered: consumers are alive, and the store answers."""
        return self._mailbox.ready and not self._sending.store_is_away and not self._store_hangs

    @property
    def _store_hangs(self) -> bool:
        """The worker is at something, or has not come to something, that was asked of it long ago."""
        return self._worker.behind > _STORE_PATIENCE

    def stop(self) -> None:
        """Ask ``run`` to finish what is in hand, and return."""
        self._stop.set()

    async def run(self, her_ids: Sequence[str]) -> bool:
        """Serve the parties until ``stop`` is called; then finish what is in hand, within the grace period.

        ``False`` when the grace ran out on something that the worker may still be at; whoever called it then
        ends the process, which is as safe as any crash. Raises what ended a lane before its time, in an
        ``ExceptionGroup``.
        """
        async with AsyncExitStack() as stack:
            stack.callback(self._worker.let_go)
            stack.push_async_callback(self._mailbox.close)
            if self._settings.health_port is not None:
                address = self._settings.health_host, self._settings.health_port
                await stack.enter_async_context(health_server(*address, lambda: self.ready, self._metrics))
            start = partial(self._mailbox.start, her_ids)
            if not (await self._unless_stopped(self._refreshed) and await self._unless_stopped(start)):
                return True
            log.info("serving", parties=list(her_ids))
            lanes = [asyncio.create_task(self._serve(lane)) for lane in Lane]
            others = [asyncio.create_task(one) for one in self._on_the_side()]
            await asyncio.wait([*lanes, *others], return_when=asyncio.FIRST_COMPLETED)
            log.info("stopping")
            return await self._finish(lanes, others)

    async def _unless_stopped(self, what: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """Do something, however long it takes; ``False`` when told to stop before it was done."""
        starting = asyncio.create_task(what())
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return False
        await starting
        return True

    def _on_the_side(self) -> tuple[Coroutine[Any, Any, Any], ...]:
        sending = self._sending.mark(), self._sending.resend()
        return *sending, self._tidy(), self._refresh_now_and_then(), self._stop.wait()

    async def _finish(self, lanes: Sequence[asyncio.Task[None]], others: Sequence[asyncio.Task[Any]]) -> bool:
        self._stop.set()
        finished = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.grace):
                await self._mailbox.stop_consuming()
                await asyncio.wait(lanes)
                await self._sending.mark_now()  # whatever else the worker may be at comes first
                finished = True
        late = [lane for lane in lanes if not lane.done()]
        for task in (*late, *others):
            task.cancel()
        ends = await asyncio.gather(*lanes, *others, return_exceptions=True)
        log.info("stopped", unfinished=len(late))
        for end in ends:
            if isinstance(end, Exception):
                raise end
        return finished

    # --- a lane

    async def _serve(self, lane: Lane) -> None:
        """Carry batch after batch. One is settled while the next is processed, and they settle in order.

        A batch is what is waiting when its turn has come, not what was when it began to wait for it.
        """
        settling: asyncio.Task[None] | None = None
        waiting: list[Delivery] = []
        async with asyncio.TaskGroup() as group:  # what goes wrong in settling ends the lane
            while waiting := waiting or await self._next_batch(lane):
                crash_point("taken")
                if await self._stopped_before_there_is_room():
                    return
                async with self._turn:
                    waiting = self._mailbox.topped_up(lane, waiting, self._settings.batch)
                    taken, waiting = portion(waiting)
                    if not taken:
                        continue
                    outcomes = await self._process(taken)
                if outcomes is None:
                    return
                replies = [dispatch.outbound for one in outcomes for dispatch in dispatches_of(one)]
                self._sending.hold(replies)
                if settling is not None:
                    await settling
                settling = group.create_task(self._settle(taken, outcomes, replies))

    async def _next_batch(self, lane: Lane) -> list[Delivery]:
        """What is waiting; nothing when told to stop."""
        try:
            return await self._mailbox.next_batch(lane, self._settings.batch)
        except MailboxClosed:
            return []

    async def _stopped_before_there_is_room(self) -> bool:
        """Wait while too many replies are unsent: answering more would only make more of them."""
        while self._sending.owes_too_much:
            log.warning("too many replies are unsent; answering no more messages", unsent=self._sending.owed)
            if await self._stopped_within(RESEND_EVERY):
                return True
        return False

    async def _process(self, deliveries: Sequence[Delivery]) -> list[Outcome] | None:
        """What became of each. Waits for a store that is away, instead of burning the messages' tries.

        ``None`` when told to stop meanwhile: they are in nobody's books, and go back to their queue.
        """
        batch = [delivery.inbound for delivery in deliveries]
        self._worker.will_read(sum(len(inbound.body) for inbound in batch))
        pause = 0.5
        while True:
            try:
                async with self._sending.marking() as sent:
                    outcomes = await self._worker.do(self._batches.process, batch, sent)
            except StoreUnavailable:
                self._sending.store_is_away = True
                log.warning("the booking store does not answer; waiting for it", messages=len(batch))
            else:
                self._sending.store_is_away = False
                return outcomes
            if await self._stopped_within(pause):
                return None
            pause = min(2 * pause, _LONGEST_STORE_PAUSE)

    async def _settle(
        self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome], replies: Sequence[Outbound]
    ) -> None:
        """Send, then acknowledge. What could not be sent the outbox still owes, so the delivery is done."""
        sent = await self._sending.send(replies)
        crash_point("after-confirm")
        done, undone = [], []
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            tell(delivery.inbound, outcome)
            if isinstance(outcome, RetryLater | Parked):
                undone.append((delivery, outcome))
            else:
                done.append(delivery)
        await self._mailbox.ack(done)
        crash_point("after-ack")
        if self._metrics is not None:
            self._metrics.settled(deliveries, outcomes, sent=sent)
        for delivery, outcome in undone:  # only now: nobody waits for these
            if isinstance(outcome, RetryLater):
                await self._try_again(delivery, outcome)
            else:
                await self._lay_aside(delivery, outcome.reason)

    async def _try_again(self, delivery: Delivery, outcome: RetryLater) -> None:
        pause = pause_before_next_try(delivery.inbound, outcome, self._settings)
        if pause is None:
            await self._lay_aside(delivery, outcome.reason)
            return
        try:
            await self._mailbox.postpone(delivery, pause, outcome.reason)
        except MailboxUnavailable:
            log.warning("not postponed: the broker is out of reach, and will hand it out again")
        except MailboxError as error:
            log.warning("it cannot wait, so it is parked at once", error=str(error))
            await self._lay_aside(delivery, outcome.reason)

    async def _lay_aside(self, delivery: Delivery, reason: str) -> None:
        inbound = delivery.inbound
        try:
            await self._mailbox.park(delivery, reason)
            log.error("parked", queue=inbound.queue, reason=reason, attempts=inbound.attempt)
            if self._metrics is not None:
                self._metrics.parked()
        except MailboxUnavailable:
            log.warning("not parked: the broker is out of reach, and will hand it out again")
        except MailboxError as error:
            log.error("not parked: it stays in our hands until we stop", error=str(error))  # noqa: TRY400

    # --- what is forgotten

    async def _tidy(self) -> None:
        chosen = self._settings
        kept = timedelta(days=chosen.keep_bodies), timedelta(days=chosen.keep_messages)
        while not await self._stopped_within(_TIDY_EVERY):
            try:
                while await self._worker.do(retention.forget_some, self._engine, chosen.clock(), *kept):
                    pass  # the lanes take their turns on the worker in between
            except SQLAlchemyError as error:
                log.warning("the ledger cannot be tidied", error=type(error).__name__)

    # --- what comes over the network

    async def _refreshed(self) -> None:
        if self._refresh is not None:
            await aside(self._refresh, self._settings.clock())

    async def _refresh_now_and_then(self) -> None:
        while not await self._stopped_within(_REFRESH_EVERY):
            await self._refreshed()

    # --- inside

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True
