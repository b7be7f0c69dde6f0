"""How cost grows: with the slots in the store, with the slots in an answer, and with what waits on the queue.

Larger stores should cost next to nothing more, since every question is answered from an index. What a message
costs is taken by itself, a batch of one, since nothing else shares the bill then.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.benchmarks.contenders import TIMEBOK
from tests.benchmarks.databases import postgres
from tests.benchmarks.processes import ROOT, Failed, environment_with, running
from tests.benchmarks.queues import fresh_queues
from tests.benchmarks.runs import measure, settings_for
from tests.benchmarks.sender import Sender
from tests.benchmarks.stores import Template, sqlite
from tests.benchmarks.traffic import make_traffic

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench

SIZES, SIZES_QUICK = (1_000, 100_000, 5_000_000), (1_000, 100_000)
_CALLS = 150
_FEW, _LONG = 3_000, 100_000
_IN_TURN = 200


async def growth(bench: Bench) -> None:
    """Measure what a message costs in small and in large stores."""
    sizes = SIZES if bench.scale >= 1 else SIZES_QUICK
    found = {"SQLite": _ask(bench, [sqlite(bench.folder / f"{size}.db") for size in sizes], sizes)}
    for file in bench.folder.glob("*.db*"):
        file.unlink()
    with ExitStack() as stack:
        urls = [stack.enter_context(postgres()) for _ in sizes]
        known = [url for url in urls if url]
        if len(known) == len(sizes):
            found["PostgreSQL"] = _ask(bench, known, sizes)
        else:
            bench.say("no PostgreSQL answers: SQLite only")
    bench.found["growth"] = found
    bench.console.print(table(found))


async def waiting(bench: Bench) -> None:
    """Measure what a message costs when one waits, a few thousand, and very many."""
    found: dict[str, Any] = {"1": await _one_waits(bench)}
    for letters in (bench.scaled(_FEW), bench.scaled(_LONG)):
        traffic = make_traffic(bench.parties, letters, {"HLT": 1})
        url = Template(bench.folder, traffic).copy()
        run = await measure(bench, TIMEBOK, traffic, url, enough=bench.scaled(_FEW))
        found[str(letters)] = run.as_json()
        bench.say(
            f"{letters:,} waiting: {run.rate:.0f}/s, {1000 * run.cpu:.2f} ms of CPU a message, "
            f"{run.rss:.0f} MB"
        )
    bench.found["waiting"] = found


async def _one_waits(bench: Bench) -> dict[str, Any]:
    """Send a request when the one before is answered, so that never more than one waits."""
    count = bench.scaled(_IN_TURN)
    traffic = make_traffic(bench.parties, 2 * count, {"HLT": 1})
    settings = settings_for(bench, TIMEBOK, Template(bench.folder, traffic).copy(), None)
    async with fresh_queues(bench.broker.url, traffic.parties, TIMEBOK.queue_type) as queues:
        with running(TIMEBOK.command, settings, bench.folder) as program:
            sender = Sender(queues, traffic.letters)
            async with queues.consumed_by(sender.on_reply):
                await sender.in_turn(count)
                before = program.usage()
                await sender.in_turn(count)
                after = program.usage()
            program.stop()
    cpu = (after.seconds - before.seconds) / count
    bench.say(f"1 waiting: {1000 * cpu:.2f} ms of CPU a message, {after.megabytes:.0f} MB")
    return {"cpu": cpu, "rss": after.megabytes}


def _ask(bench: Bench, urls: list[str], sizes: tuple[int, ...]) -> dict[str, Any]:
    stores = [f"{size}={url}" for size, url in zip(sizes, urls, strict=True)]
    command = [sys.executable, "-m", "tests.benchmarks.growing", str(bench.scaled(_CALLS)), *stores]
    asking = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_with({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with asking:
        assert asking.stderr is not None
        assert asking.stdout is not None
        said = []
        try:
            for line in asking.stderr:
                said.append(line)
                bench.say(line.strip())
            found: dict[str, Any] | None = json.loads(asking.stdout.read() or "null")
        except BaseException:  # told to stop: it must not go on without us
            asking.kill()
            raise
    if asking.returncode or found is None:
        raise Failed("".join(said))
    return found


def table(found: dict[str, Any]) -> Table:
    """What a person wants to see of ``growth``."""
    shown = Table(title="A message by itself, by the slots in the store", title_justify="left")
    shown.add_column("")
    sizes = next(iter(next(iter(found.values())).values()))
    for size in sizes:
        shown.add_column(f"{int(size):,}", justify="right")
    for database, questions in found.items():
        for question, of_size in questions.items():
            cells = [f"{1000 * one['seconds']:.2f} ms ({one['ratio']:.2f})" for one in of_size.values()]
            shown.add_row(f"{question}, {database}", *cells)
    return shown
