"""Turns: a batch is what waits when its turn comes, and it settles while the next is processed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import pytest

from adapter import worker
from adapter.mailbox.memory import MemoryMailbox
from adapter.mailbox.topology import dead_letter_queue
from adapter.message import Outbound
from adapter.serving import Service
from adapter.settings import Settings
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.mailbox import PublishResult
    from adapter.message import Inbound
    from adapter.outcome import Outcome

QUEUE, WAITING, REPLIES = f"{OWNER}_async", f"{OWNER}_sync", f"{HUB}_async"
DAY = ("2026-03-02", "2026-03-02")
LONG = 30


class Slow(MemoryMailbox):
    """A mailbox on which nothing is published before ``let_out`` is set, and then in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.let_out = asyncio.Event()

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:
        await self.let_out.wait()
        return await super().publish(messages)


class Broken(MemoryMailbox):
    """A mailbox that fails at publishing as none ever should."""

    async def publish(self, messages: Sequence[Outbound]) -> list[PublishResult]:  # noqa: ARG002
        raise ZeroDivisionError


class Watched:
    """A service that takes one message at a time; ``processed`` are those that are committed."""

    def __init__(
        self, mailbox: MemoryMailbox, engine: Engine, batches: Batches, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.processed: list[str | None] = []
        process = batches.process

        def noted(batch: Sequence[Inbound], sent: Sequence[str] = ()) -> list[Outcome]:
            outcomes = process(batch, sent)
            self.processed += [message.properties.message_id for message in batch]
            return outcomes

        monkeypatch.setattr(batches, "process", noted)
        self._service = Service(Settings(batch=1, now="2030-01-01T08:00"), mailbox, engine, batches)
        self.running = asyncio.create_task(self._service.run([OWNER]))

    async def until_processed(self, count: int) -> None:
        while len(self.processed) < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)

    async def stop(self) -> bool:
        self._service.stop()
        return await self.running


def put(mailbox: MemoryMailbox, messages: Iterable[Inbound]) -> list[str | None]:
    """The messages, on their queue; gives their ids."""
    mailbox.broker.declare(QUEUE)
    mailbox.broker.declare(REPLIES)
    put = [Outbound(message.body, message.properties, QUEUE) for message in messages]
    assert all(mailbox.broker.deliver(message) for message in put)
    return [message.properties.message_id for message in put]


async def test_one_batch_is_processed_while_another_settles_and_no_third(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Slow()
    ids = put(mailbox, (letter(letters.reserve(slot)) for slot in ("K1", "K2", "K3")))
    async with asyncio.timeout(LONG):
        watched = Watched(mailbox, engine, batches, monkeypatch)
        await watched.until_processed(2)
        await asyncio.sleep(0.3)
        assert watched.processed == ids[:2]
        mailbox.let_out.set()
        await watched.until_processed(3)
        assert await watched.stop()


async def test_replies_leave_in_the_order_of_their_requests(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Slow()
    ids = put(mailbox, (letter(letters.reserve(slot)) for slot in ("K1", "K2", "K3")))
    async with asyncio.timeout(LONG):
        watched = Watched(mailbox, engine, batches, monkeypatch)
        await watched.until_processed(2)
        mailbox.let_out.set()
        await watched.until_processed(3)
        assert await watched.stop()
    answered = [one.properties.correlation_id for one in mailbox.broker.taken(REPLIES)]
    assert answered == [one for one in ids for _ in ("AppRec", "reply")]


async def test_a_stop_waits_for_what_still_settles(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Slow()
    put(mailbox, [letter(letters.reserve("K1"))])
    async with asyncio.timeout(LONG):
        watched = Watched(mailbox, engine, batches, monkeypatch)
        await watched.until_processed(1)
        stopping = asyncio.create_task(watched.stop())
        await asyncio.sleep(0.3)
        assert not stopping.done()
        mailbox.let_out.set()
        assert await stopping
    assert len(mailbox.broker.taken(REPLIES)) == 2


async def test_what_goes_wrong_in_settling_ends_the_service(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = Broken()
    put(mailbox, [letter(letters.reserve("K1"))])
    async with asyncio.timeout(LONG):
        watched = Watched(mailbox, engine, batches, monkeypatch)
        with pytest.raises(ExceptionGroup) as failed:
            await watched.running
    assert failed.group_contains(ZeroDivisionError)


class Held:
    """A service whose batches wait for ``may_go_on``; ``sizes`` are of those that were begun."""

    def __init__(
        self,
        mailbox: MemoryMailbox,
        engine: Engine,
        batches: Batches,
        monkeypatch: pytest.MonkeyPatch,
        **settings: int,
    ) -> None:
        self.may_go_on, self.sizes = Event(), list[int]()
        process = batches.process

        def slow(batch: Sequence[Inbound], sent: Sequence[str] = ()) -> list[Outcome]:
            self.sizes.append(len(batch))
            assert self.may_go_on.wait(LONG)
            return process(batch, sent)

        monkeypatch.setattr(batches, "process", slow)
        self._service = Service(Settings(now="2030-01-01T08:00", **settings), mailbox, engine, batches)
        self._running = asyncio.create_task(self._service.run([OWNER]))

    async def until_begun(self, count: int) -> None:
        while len(self.sizes) < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)

    async def stop(self) -> bool:
        self._service.stop()
        return await self._running


async def ask(mailbox: MemoryMailbox, question: Inbound) -> None:
    """Put a question on the queue of those who wait, and give the service the time to take it."""
    mailbox.broker.deliver(Outbound(question.body, question.properties, WAITING))
    await asyncio.sleep(0.1)


async def test_a_batch_takes_along_what_comes_while_it_waits_for_its_turn(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = MemoryMailbox()
    async with asyncio.timeout(LONG):
        held = Held(mailbox, engine, batches, monkeypatch, batch=3)
        put(mailbox, [letter(letters.reserve("K1"))])
        await held.until_begun(1)
        for _ in range(4):
            await ask(mailbox, letter(letters.slot_query(*DAY)))
        held.may_go_on.set()
        await held.until_begun(3)
        assert await held.stop()
    assert held.sizes == [1, 3, 1]


async def test_what_is_to_be_parked_is_not_lost_when_it_comes_again_before_its_turn(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = MemoryMailbox()
    question = letter(letters.slot_query(*DAY))
    from_nobody = replace(question, properties=replace(question.properties, from_her_id=None))
    async with asyncio.timeout(LONG):
        held = Held(mailbox, engine, batches, monkeypatch)
        put(mailbox, [letter(letters.reserve("K1"))])
        await held.until_begun(1)
        await ask(mailbox, from_nobody)
        mailbox.disconnect()
        mailbox.connect()
        held.may_go_on.set()
        while not mailbox.broker.waiting(dead_letter_queue(OWNER)):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        assert await held.stop()


async def test_the_limit_on_unsent_replies_also_holds_where_a_batch_is_read_in_portions(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_MOST_READ", 1)
    mailbox = MemoryMailbox(prefetch=10)
    put(mailbox, [letter(letters.reserve("K1")) for _ in range(10)])
    mailbox.broker.delete(REPLIES)
    async with asyncio.timeout(LONG):
        held = Held(mailbox, engine, batches, monkeypatch, batch=5, open_replies=4)
        held.may_go_on.set()
        await held.until_begun(1)
        await asyncio.sleep(1.5)
        begun = len(held.sizes)
        assert await held.stop()
    assert begun < 5
