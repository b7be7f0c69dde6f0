"""One run of one contender: all lies on the queues, it starts, and it is watched until all is answered.

The clock runs from the first reply to the last, so that starting up does not count; it is a difference of
seconds between programs that live for months.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.benchmarks.processes import ROOT, Failed, broker_usage, environment_with, running
from tests.benchmarks.queues import fresh_queues
from tests.benchmarks.sealing import seal_settings, under_seal
from tests.benchmarks.stores import books

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.contenders import Contender
    from tests.benchmarks.processes import Running
    from tests.benchmarks.queues import Queues
    from tests.benchmarks.traffic import Traffic

_LOOK_EVERY = 0.02
_PATIENCE = 60.0  # without a single further reply
BATCH = 50
SIZES = {"sync": [5_300], "async": [1_050, 2_700]}
"""Bytes of each reply, on each queue, where it was not measured just before."""


@dataclass(frozen=True, slots=True)
class Run:
    """``rate`` in requests a second, the CPU's time in seconds a request, ``rss`` in megabytes."""

    rate: float
    cpu: float
    rss: float
    broker_cpu: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def settings_for(bench: Bench, contender: Contender, database_url: str, sizes: Any) -> dict[str, str]:
    """What a contender finds in its environment."""
    return {
        "amqp_url": bench.broker.url,
        "database_url": database_url,
        "her_ids": bench.parties.clinic,
        "queue_type": contender.queue_type.value,
        "bench_sizes": json.dumps(sizes or SIZES),
        **dict(contender.settings),
    }


async def measure(
    bench: Bench,
    contender: Contender,
    traffic: Traffic,
    database_url: str,
    sizes: Any = None,
    enough: int | None = None,
) -> Run:
    """How quickly, and at what cost, ``contender`` answers ``traffic`` when all of it lies waiting.

    It is watched until all is answered; with ``enough``, until there are so many replies.
    """
    settings = settings_for(bench, contender, database_url, sizes)
    letters = traffic.letters
    if contender.sealed:
        settings |= seal_settings(bench.folder, bench.parties)
        letters = under_seal(bench.folder, traffic)
    async with fresh_queues(bench.broker.url, traffic.parties, contender.queue_type) as queues:
        await queues.cork()
        await queues.send(letters)
        with running(contender.command, settings, bench.folder, contender.copies) as program:
            run = await watch(program, queues, traffic, enough or traffic.replies)
            program.stop()
    if contender.keeps_books and enough is None:
        check_books(database_url, traffic)
    return run


def check_books(database_url: str, traffic: Traffic) -> None:
    """Raise ``Failed`` unless all that was asked for is done: what is quick and wrong does not count."""
    states = books(database_url)
    found, due = (
        (states["booked"] + states["held"], states["cancelled"]),
        (traffic.reserved, traffic.cancelled),
    )
    if found != due:
        raise Failed(f"{due} appointments are due, living and cancelled, and there are {found}")


async def watch(program: Running, queues: Queues, traffic: Traffic, enough: int) -> Run:
    """Wait for the first reply and for the last, and tell what happened in between."""
    first, began = await _until(program, queues, 1)
    before, broker_before, peak = program.usage(), broker_usage(), 0.0
    came, ended = first, began
    while came < enough:
        peak = max(peak, program.usage().megabytes)
        came, ended = await _until(program, queues, came + 1)
    after, broker_after = program.usage(), broker_usage()
    answered = len(traffic.letters) * (came - first) / traffic.replies
    spent = None
    if broker_before and broker_after:
        spent = (broker_after.seconds - broker_before.seconds) / answered
    cpu = (after.seconds - before.seconds) / answered
    return Run(answered / (ended - began), cpu, max(peak, after.megabytes), spent)


async def _until(program: Running, queues: Queues, wanted: int) -> tuple[int, float]:
    """How many replies there are, and when, as soon as there are so many."""
    deadline = time.perf_counter() + _PATIENCE
    while (came := await queues.replies()) < wanted:
        program.check()
        if time.perf_counter() > deadline:
            left = await queues.requests()
            raise Failed(f"{came} replies, {left} requests waiting, and no more\n{program.last_words()}")
        await asyncio.sleep(_LOOK_EVERY)
    return came, time.perf_counter()


def ceiling(bench: Bench, traffic: Traffic, database_url: str, batch: int = BATCH) -> dict[str, Any]:
    """What the work takes without a broker, in a process of its own."""
    letters = bench.folder / "letters.pickle"
    letters.write_bytes(pickle.dumps(traffic))
    environment = environment_with({"database_url": database_url})
    command = [sys.executable, "-m", "tests.benchmarks.ceiling", str(letters), str(batch)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if found["replies"] != traffic.replies:
        raise Failed(f"{traffic.replies} replies are due, and {found['replies']} were made")
    check_books(database_url, traffic)
    return found
