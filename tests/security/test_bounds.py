"""What a message, a lot of messages and a long day may take up is bounded by the settings. (Promise P6)"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock, Thread, current_thread
from typing import TYPE_CHECKING

import pytest

from adapter import worker
from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Lane, Outbound
from adapter.outcome import About, Noted
from adapter.service import make_batches, make_dialect, make_inspector, make_mailbox
from adapter.serving import Service
from adapter.settings import Settings
from tests.security.road import Road, clinic, said
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapter.message import Inbound
    from adapter.outcome import Outcome

SOAK = Path(__file__).with_name("soak.py")
LIMITS = {
    "TIMEBOK_MAX_BYTES": ("3000", b" " * 3_000),
    "TIMEBOK_MAX_ELEMENTS": ("150", b"<b/>" * 130),
    "TIMEBOK_MAX_DEPTH": ("20", b"<b>" * 20 + b"</b>" * 20),
    "TIMEBOK_MAX_ATTRIBUTES": ("150", b"<b " + b" ".join(b'a%d="1"' % n for n in range(140)) + b"/>"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_of_the_settings_is_the_one_that_holds(
    road: Road, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    value, more = LIMITS[name]
    monkeypatch.setenv(name, value)
    settings = Settings()
    batches = make_batches(settings, road.engine, [OWNER])
    small = letters.reserve().body
    large = letters.reserve("K2").body.replace(b"<Sporsmal>", b"<Sporsmal>" + more)
    assert said(batches.process([inbound(small)])[0]) == "answered 1 05"
    assert said(batches.process([inbound(large)])[0]) in {
        "refused transport:not-well-formed-xml",
        "answered 2 T01",
    }
    assert make_inspector(settings).inspect(large)[1][0].code == "T01"
    monkeypatch.delenv(name)
    assert make_dialect(Settings()).open(large).letter is not None


def test_the_broker_is_asked_for_no_more_than_the_prefetch() -> None:
    mailbox = make_mailbox(Settings(prefetch=7))
    assert mailbox._settings.prefetch == dict.fromkeys(Lane, 7)


class Slow:
    """Stands in for the pipeline: takes its time, and notes how much was in hand meanwhile."""

    def __init__(self, mailbox: MemoryMailbox) -> None:
        self.mailbox = mailbox
        self.batches: list[int] = []
        self.in_hand: list[int] = []

    def process(self, batch: Sequence[Inbound], _sent: Sequence[str] = ()) -> list[Outcome]:
        time.sleep(0.002)
        self.batches.append(len(batch))
        self.in_hand += [len(consumer.in_hand) for consumer in self.mailbox._consumers]
        return [Noted(About()) for _ in batch]

    def mark(self, sent: Sequence[str]) -> None:
        assert not sent, "nothing is answered"


@pytest.mark.parametrize(("prefetch", "batch"), [(5, 50), (20, 3), (1, 1)])
async def test_what_is_in_hand_is_bounded_by_the_prefetch(prefetch: int, batch: int) -> None:
    """However much waits, no lane holds more, and no transaction is larger than a batch."""
    mailbox, engine = MemoryMailbox(prefetch=prefetch), clinic()
    slow = Slow(mailbox)
    for lane in Lane:
        mailbox.broker.declare(f"{OWNER}_{lane}")
        for _ in range(200):
            message = inbound(b"x", lane=lane)
            assert mailbox.broker.deliver(Outbound(message.body, message.properties, message.queue))
    service = Service(Settings(batch=batch), mailbox, engine, slow)
    running = asyncio.create_task(service.run([OWNER]))
    async with asyncio.timeout(60):
        while sum(slow.batches) < 200 * len(Lane):  # noqa: ASYNC110 - it is on another thread
            await asyncio.sleep(0.01)
    service.stop()
    await running
    engine.dispose()
    assert max(slow.in_hand) == prefetch
    assert max(slow.batches) <= min(batch, prefetch)


# --- for long


class Reading:
    """Stands in for the pipeline: notes who reads, and whether anybody does at the same time."""

    def __init__(self) -> None:
        self.readers: list[Thread] = []
        self.read = 0
        self.ended_late: list[Thread] = []
        self._one_at_a_time = Lock()

    def process(self, batch: Sequence[Inbound], _sent: Sequence[str] = ()) -> list[Outcome]:
        assert self._one_at_a_time.acquire(blocking=False), "two at once"
        me = current_thread()
        if me not in self.readers:
            self.ended_late += [one for one in self.readers if one.is_alive()]
            self.readers.append(me)
        self.read += len(batch)
        self._one_at_a_time.release()
        return [Noted(About()) for _ in batch]

    def mark(self, sent: Sequence[str]) -> None:
        assert not sent, "nothing is answered"


@pytest.mark.parametrize("readers", [1, 6])
async def test_whoever_has_read_much_is_replaced_once_it_has_ended(
    monkeypatch: pytest.MonkeyPatch, readers: int
) -> None:
    """libxml2 forgets nothing while the thread lives that has read it. There is never more than one."""
    each, messages = 100, 30 * len(Lane)
    monkeypatch.setattr(worker, "_MOST_READ", each * messages // readers)
    mailbox, engine, reading = MemoryMailbox(), clinic(), Reading()
    service = Service(Settings(batch=1), mailbox, engine, reading)
    for lane in Lane:
        mailbox.broker.declare(f"{OWNER}_{lane}")
        for _ in range(messages // len(Lane)):
            message = inbound(b"x" * each, lane=lane)
            assert mailbox.broker.deliver(Outbound(message.body, message.properties, message.queue))
    running = asyncio.create_task(service.run([OWNER]))
    async with asyncio.timeout(60):
        while reading.read < messages:  # noqa: ASYNC110 - it is on another thread
            await asyncio.sleep(0.01)
    service.stop()
    assert await running
    engine.dispose()
    assert len(reading.readers) == readers
    assert reading.ended_late == []


async def test_a_batch_is_cut_where_it_is_too_much_for_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message is never too much, however large it is."""
    monkeypatch.setattr(worker, "_MOST_READ", 1_000)
    mailbox, engine = MemoryMailbox(), clinic()
    slow = Slow(mailbox)
    service = Service(Settings(), mailbox, engine, slow)
    mailbox.broker.declare(f"{OWNER}_async")
    for size in (400, 600, 1, 2_000, 10, 10, 10):
        message = inbound(b"x" * size)
        assert mailbox.broker.deliver(Outbound(message.body, message.properties, message.queue))
    running = asyncio.create_task(service.run([OWNER]))
    async with asyncio.timeout(60):
        while sum(slow.batches) < 7:  # noqa: ASYNC110 - it is on another thread
            await asyncio.sleep(0.01)
    service.stop()
    assert await running
    engine.dispose()
    assert slow.batches == [2, 1, 1, 3]


def soak(*arguments: str) -> tuple[list[float], dict[str, int]]:
    """The megabytes of a service after each fifth of the messages, and what it has sent."""
    run = subprocess.run(
        [sys.executable, SOAK, *arguments], capture_output=True, text=True, check=True, timeout=3_000
    )
    told = json.loads(run.stdout)
    return told["megabytes"], told["sent"]


@pytest.mark.timeout(90)
def test_memory_does_not_grow_over_some_hundred_messages() -> None:
    figures, _ = soak("--messages", "500")
    assert figures[-1] <= figures[1] + 15


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_memory_stops_growing_over_a_hundred_thousand_messages() -> None:
    """``TIMEBOK_TEST_SOAK`` is another number of messages."""
    figures, _ = soak("--messages", os.environ.get("TIMEBOK_TEST_SOAK", "100000"))
    assert figures[-1] <= figures[1] + 10


@pytest.mark.timeout(90)
def test_names_that_nobody_uses_again_do_not_stay_in_memory() -> None:
    """Of 30 reservations the last 18 would leave 120 MB of them behind."""
    figures, _ = soak("--messages", "30", "--kind", "new-names")
    assert figures[-1] <= figures[1] + 60


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_new_names_are_taken_in_however_many_there_have_been() -> None:
    """A thread that has read some hundred megabytes of names refuses all documents with another one."""
    figures, sent = soak("--messages", "300", "--kind", "new-names")
    assert list(sent.values()) == [300, 300], "a receipt and a reply for each"
    assert figures[-1] <= figures[1] + 60
