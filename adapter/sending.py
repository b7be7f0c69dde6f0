"""What we owe, on its way: sent, marked as sent, and sent once more where it falls due again.

It must never take anything for sent that the broker has not confirmed, and never send from the outbox what a
lane has in hand.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapter.crash_points import crash_point
from adapter.errors import StoreUnavailable
from adapter.ledger import outbox
from adapter.mailbox import MailboxUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.mailbox import Mailbox
    from adapter.message import Outbound
    from adapter.metrics import Metrics
    from adapter.settings import Settings
    from adapter.worker import Worker

log = structlog.get_logger(__name__)

RESEND_EVERY = 1.0
"""Seconds between two looks into the outbox."""
_RESEND_AT_ONCE = 100
_MARK_EVERY = 0.05


class Sending:
    """The messages of one service that are committed, from then until the store knows that they are sent."""

    def __init__(
        self,
        settings: Settings,
        mailbox: Mailbox,
        engine: Engine,
        batches: Batches,
        worker: Worker,
        metrics: Metrics | None,
    ) -> None:
        self.owed = 1
        """How many replies are unsent. Above 0, they are counted when the outbox is next looked at."""
        self.store_is_away = False
        """The store did not answer when it was last asked, here or for a batch."""
        self._settings = settings
        self._mailbox = mailbox
        self._engine = engine
        self._batches = batches
        self._worker = worker
        self._metrics = metrics
        self._in_hand: set[str] = set()  # the ids of what is to be sent now, or is sent and not yet marked
        self._sent: list[str] = []  # of those, what the broker has confirmed

    @property
    def owes_too_much(self) -> bool:
        """So many replies are unsent that taking more messages would only make more of them."""
        return self.owed >= self._settings.open_replies

    def hold(self, messages: Sequence[Outbound]) -> None:
        """Keep the outbox from sending what ``send`` is about to send."""
        self._in_hand.update([message.properties.message_id or "" for message in messages])

    async def send(self, messages: Sequence[Outbound]) -> bool:
        """Send, and note what the broker has confirmed, and whether it was all. The rest falls due again."""
        if not messages:
            return True
        self.hold(messages)
        try:
            results = await self._mailbox.publish(messages)
        except MailboxUnavailable:
            log.warning("not sent yet: the broker is out of reach", messages=len(messages))
            self.owed += len(messages)
            self._in_hand.difference_update([message.properties.message_id or "" for message in messages])
            return False
        if self._metrics is not None:
            self._metrics.published(results)
        for one in results:
            if one.confirmed:
                self._sent.append(one.message_id or "")
            else:
                log.warning("not sent yet", queue=one.queue, outcome=one.outcome, message_id=one.message_id)
                self.owed += 1
                self._in_hand.discard(one.message_id or "")
        return all(one.confirmed for one in results)

    @asynccontextmanager
    async def marking(self) -> AsyncIterator[Sequence[str]]:
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

    async def mark_now(self) -> None:
        """Mark what has been sent, in a transaction of its own."""
        try:
            async with self.marking() as sent:
                await self._worker.do(self._batches.mark, sent)
        except StoreUnavailable:
            log.warning("sent, but not marked yet: the booking store does not answer")

    async def mark(self) -> None:
        """Mark, for ever, what no batch comes along for. Under load the next batch does it, at no cost."""
        seen = self._sent
        while True:
            await asyncio.sleep(_MARK_EVERY)
            if self._sent and self._sent is seen:
                await self.mark_now()
            seen = self._sent

    async def resend(self) -> None:
        """Send, for ever, what falls due in the outbox."""
        pause = timedelta(seconds=self._settings.resend_after)
        while True:
            await asyncio.sleep(RESEND_EVERY)
            if not self._mailbox.ready:
                continue  # claiming what cannot be sent would only put it off
            try:
                claim = outbox.claim_and_count, self._engine, self._settings.clock(), _RESEND_AT_ONCE, pause
                due, self.owed = await self._worker.do(*claim, self.owed > 0)
            except SQLAlchemyError as error:
                self.store_is_away = True
                log.warning("the outbox cannot be read", error=type(error).__name__)
                continue
            self.store_is_away = False
            ours = [one for one in due if one.properties.message_id not in self._in_hand]
            if ours:
                crash_point("claimed")
                await self.send(ours)
