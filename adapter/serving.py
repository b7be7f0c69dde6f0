"""The service at work: takes batches from the mailbox, has them processed, sends what is owed, settles.

It wires nothing together and decides nothing about a message. What it must never do is acknowledge a message
before its effect and its replies are committed.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapter.crash_points import crash_point
from adapter.errors import StoreUnavailable
from adapter.health import health_server
from adapter.ledger import outbox, retention
from adapter.mailbox import MailboxClosed, MailboxError, MailboxUnavailable
from adapter.message import Lane
from adapter.outcome import Parked, RetryLater, dispatches_of
from adapter.retrying import pause_before_next_try
from adapter.telemetry import tell
from adapter.worker import Worker, aside, portions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
    from datetime import datetime

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.mailbox import Delivery, Mailbox
    from adapter.message import Outbound
    from adapter.metrics import Metrics
    from adapter.outcome import Outcome
    from adapter.settings import Settings

log = structlog.get_logger(__name__)

_RESEND_AT_ONCE = 100
_RESEND_EVERY = 1.0
_MARK_EVERY = 0.05
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
        self._stop = asyncio.Event()
        self._store_is_away = False
        self._in_hand: set[str] = set()  # the ids of what is being sent, or is sent and not yet marked
        self._sent: list[str] = []  # of those, what the broker has confirmed
        self._owed = 1  # above 0, the outbox is counted when it is next looked at
        if metrics is not None:
            metrics.watch(lambda: self.ready, lambda: mailbox.ready, lambda: self._owed)

    @property
    def ready(self) -> bool:
        """Whether a message that came now would be answered: consumers are alive, and the store answers."""
        return self._mailbox.ready and not self._store_is_away and not self._store_hangs

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
        ends the process, which is as safe as any crash. Raises what ended a lane before its time.
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
        return self._mark(), self._resend(), self._tidy(), self._refresh_now_and_then(), self._stop.wait()

    async def _finish(self, lanes: Sequence[asyncio.Task[None]], others: Sequence[asyncio.Task[Any]]) -> bool:
        self._stop.set()
        finished = False
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.grace):
                await self._mailbox.stop_consuming()
                await asyncio.wait(lanes)
                await self._mark_now()  # whatever else the worker may be at comes first
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
        while True:
            if await self._stopped_before_there_is_room():
                return
            try:
                deliveries = await self._mailbox.next_batch(lane, self._settings.batch)
            except MailboxClosed:
                return
            crash_point("taken")
            for portion in portions(deliveries):
                outcomes = await self._process(portion)
                if outcomes is None:
                    return
                await self._settle(portion, outcomes)

    async def _process(self, deliveries: Sequence[Delivery]) -> list[Outcome] | None:
        """What became of each. Waits for a store that is away, instead of burning the messages' tries.

        ``None`` when told to stop meanwhile: they are in nobody's books, and go back to their queue.
        """
        batch = [delivery.inbound for delivery in deliveries]
        self._worker.will_read(sum(len(inbound.body) for inbound in batch))
        pause = 0.5
        while True:
            try:
                async with self._marking() as sent:
                    outcomes = await self._worker.do(self._batches.process, batch, sent)
            except StoreUnavailable:
                self._store_is_away = True
                log.warning("the booking store does not answer; waiting for it", messages=len(batch))
            else:
                self._store_is_away = False
                return outcomes
            if await self._stopped_within(pause):
                return None
            pause = min(2 * pause, _LONGEST_STORE_PAUSE)

    async def _settle(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """Send, then acknowledge. What could not be sent the outbox still owes, so the delivery is done."""
        done, undone = [], []
        for delivery, outcome in zip(deliveries, outcomes, strict=True):
            tell(delivery.inbound, outcome)
            if isinstance(outcome, RetryLater | Parked):
                undone.append((delivery, outcome))
            else:
                done.append(delivery)
        sent = await self._publish([dispatch.outbound for one in outcomes for dispatch in dispatches_of(one)])
        crash_point("after-confirm")
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

    # --- what is owed

    async def _stopped_before_there_is_room(self) -> bool:
        """Wait while too many replies are unsent: taking more would only make more of them."""
        while self._owed >= self._settings.open_replies:
            log.warning("too many replies are unsent; taking no more messages", unsent=self._owed)
            if await self._stopped_within(_RESEND_EVERY):
                return True
        return False

    async def _publish(self, messages: Sequence[Outbound]) -> bool:
        """Send, and note what the broker has confirmed, and whether it was all. The rest falls due again."""
        if not messages:
            return True
        ids = {message.properties.message_id or "" for message in messages}
        self._in_hand |= ids
        try:
            results = await self._mailbox.publish(messages)
        except MailboxUnavailable:
            log.warning("not sent yet: the broker is out of reach", messages=len(messages))
            self._owed += len(messages)
            self._in_hand -= ids
            return False
        if self._metrics is not None:
            self._metrics.published(results)
        for one in results:
            if one.confirmed:
                self._sent.append(one.message_id or "")
            else:
                log.warning("not sent yet", queue=one.queue, outcome=one.outcome, message_id=one.message_id)
                self._owed += 1
                self._in_hand.discard(one.message_id or "")
        return all(one.confirmed for one in results)

    @asynccontextmanager
    async def _marking(self) -> AsyncIterator[Sequence[str]]:
        """What is to be marked as sent; it is, unless an exception says otherwise."""
        sent, self._sent = self._sent, []
        try:
            yield sent
        except BaseException:
            self._sent += sent
            raise
        self._in_hand.difference_update(sent)
        if sent:
            crash_point("after-mark")

    async def _mark(self) -> None:
        """Mark what no batch has come along for. Under load the next batch does it, at no cost."""
        while True:
            await asyncio.sleep(_MARK_EVERY)
            if self._sent:
                await self._mark_now()

    async def _mark_now(self) -> None:
        try:
            async with self._marking() as sent:
                await self._worker.do(self._batches.mark, sent)
        except StoreUnavailable:
            log.warning("sent, but not marked yet: the booking store does not answer")

    async def _resend(self) -> None:
        pause = timedelta(seconds=self._settings.resend_after)
        while True:
            await asyncio.sleep(_RESEND_EVERY)
            if not self._mailbox.ready:
                continue  # claiming what cannot be sent would only put it off
            try:
                claim = outbox.claim_and_count, self._engine, self._settings.clock(), _RESEND_AT_ONCE, pause
                due, self._owed = await self._worker.do(*claim, self._owed > 0)
            except SQLAlchemyError as error:
                self._store_is_away = True
                log.warning("the outbox cannot be read", error=type(error).__name__)
                continue
            self._store_is_away = False
            ours = [one for one in due if one.properties.message_id not in self._in_hand]
            if ours:
                crash_point("claimed")
                await self._publish(ours)

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
