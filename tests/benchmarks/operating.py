"""What an operator may choose: how many processes, which database, how large a batch, how much in hand."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.benchmarks.contenders import TIMEBOK, TWO
from tests.benchmarks.databases import postgres
from tests.benchmarks.figures import middle, paired
from tests.benchmarks.runs import measure
from tests.benchmarks.stores import Template, fill
from tests.benchmarks.traffic import MIXED, make_traffic

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench

    Runs = dict[str, list[dict[str, Any]]]

LETTERS = 3_000
_ROUNDS = 3  # at most: these figures say which way to go, and no goal hangs on them
_BATCH_AND_PREFETCH = ((1, 200), (10, 40), (50, 50), (50, 200), (200, 800))


async def processes(bench: Bench) -> None:
    """Measure one and two processes in turns, on SQLite and on PostgreSQL."""
    traffic = make_traffic(bench.parties, bench.scaled(LETTERS), MIXED)
    template = Template(bench.folder, traffic)
    found: Runs = {}
    rounds = min(bench.rounds, _ROUNDS)
    for number in range(rounds):
        for contender in (TIMEBOK, TWO)[:: 1 if number % 2 else -1]:
            run = await measure(bench, contender, traffic, template.copy())
            found.setdefault(f"{contender.name}, SQLite", []).append(run.as_json())
            with postgres() as url:
                if url is None:
                    bench.say("no PostgreSQL answers: SQLite only")
                    continue
                fill(url, traffic)
                run = await measure(bench, contender, traffic, url)
                found.setdefault(f"{contender.name}, PostgreSQL", []).append(run.as_json())
        _tell(bench, "processes", number, rounds, found)
    bench.found["processes"] = {"letters": len(traffic.letters), "runs": found}
    pairs = {name: f"{TIMEBOK.name}, {name.rpartition(', ')[2]}" for name in found}
    bench.console.print(table("Shared work", "of one process", found, pairs))


async def tuning(bench: Bench) -> None:
    """Measure several sizes of a batch, and of what is in hand, in turns."""
    traffic = make_traffic(bench.parties, bench.scaled(LETTERS), MIXED)
    template = Template(bench.folder, traffic)
    found: Runs = {}
    rounds = min(bench.rounds, _ROUNDS)
    for number in range(rounds):
        for batch, prefetch in _BATCH_AND_PREFETCH[:: 1 if number % 2 else -1]:
            settings = (("batch", str(batch)), ("prefetch", str(prefetch)))
            run = await measure(bench, replace(TIMEBOK, settings=settings), traffic, template.copy())
            found.setdefault(f"batch {batch}, prefetch {prefetch}", []).append(run.as_json())
        _tell(bench, "tuning", number, rounds, found)
    bench.found["tuning"] = {"letters": len(traffic.letters), "runs": found}
    as_shipped = dict.fromkeys(found, "batch 50, prefetch 200")
    bench.console.print(table("Batch and prefetch", "of the defaults", found, as_shipped))


def table(title: str, ratio: str, found: Runs, pairs: dict[str, str]) -> Table:
    """What a person wants to see; ``pairs`` says beside which each of them is put."""
    shown = Table(title=title, title_justify="left")
    for column in ("", "requests/s", ratio, "ms CPU", "MB"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, runs in sorted(found.items()):
        ratios = paired([run["rate"] for run in runs], [run["rate"] for run in found[pairs[name]]])
        shown.add_row(
            name,
            f"{median(run['rate'] for run in runs):.0f}",
            middle(ratios),
            f"{1000 * median(run['cpu'] for run in runs):.2f}",
            f"{max(run['rss'] for run in runs):.0f}",
        )
    return shown


def _tell(bench: Bench, part: str, number: int, rounds: int, found: Runs) -> None:
    told = (f"{name} {runs[-1]['rate']:.0f}/s" for name, runs in found.items())
    bench.say(f"{part}, round {number + 1} of {rounds}: {'; '.join(told)}")
