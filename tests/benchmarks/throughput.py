"""How many requests a second: the mix as in life, and each function alone.

All contenders take turns in every round, in another order each time, so that what else the machine does
falls on all of them alike; what counts is the ratio within a round.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.benchmarks.contenders import ALONE, CEILING, EVERY, IN_THE_MIX
from tests.benchmarks.figures import middle, paired
from tests.benchmarks.runs import ceiling, measure
from tests.benchmarks.stores import Template
from tests.benchmarks.traffic import MIXED, make_questions, make_traffic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.bench import Bench
    from tests.benchmarks.contenders import Contender
    from tests.benchmarks.traffic import Traffic

LETTERS = 3_000
LETTERS_ALONE = 1_000
DAYS = 60
BATCHES = (1, 10, 50, 200)


async def throughput(bench: Bench) -> None:
    """Measure the mix."""
    chosen = [EVERY[name] for name in bench.only] or IN_THE_MIX
    traffic = make_traffic(bench.parties, bench.scaled(LETTERS), MIXED)
    bench.found["throughput"] = {"mixed": await _rounds(bench, "mixed", traffic, chosen)}
    bench.console.print(table("The mix", bench.found["throughput"]["mixed"]))


async def functions(bench: Bench) -> None:
    """Measure each function alone, and slot queries that are not all about the same day."""
    count = bench.scaled(LETTERS_ALONE)
    alone = {
        "slot query alone": make_traffic(bench.parties, count, {"HLT": 1}),
        f"slot query alone, about {DAYS} days": make_questions(bench.parties, count, DAYS),
        "reservation alone": make_traffic(bench.parties, count, {"RT": 1}),
        "cancellation alone": make_traffic(bench.parties, count, {"ART": 1}),
    }
    found = bench.found.setdefault("functions", {})
    for name, traffic in alone.items():
        found[name] = await _rounds(bench, name, traffic, ALONE)
        bench.console.print(table(name.capitalize(), found[name]))


async def ceilings(bench: Bench) -> None:
    """Measure what larger batches bring, without a broker."""
    traffic = make_traffic(bench.parties, bench.scaled(LETTERS_ALONE), MIXED)
    template = Template(bench.folder, traffic)
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(bench.rounds):
        for batch in BATCHES:
            found.setdefault(f"batches of {batch}", []).append(
                ceiling(bench, traffic, template.copy(), batch)
            )
        told = (f"{name} {runs[-1]['rate']:.0f}/s" for name, runs in found.items())
        bench.say(f"no broker, round {number + 1} of {bench.rounds}: {'; '.join(told)}")
    bench.found["ceiling"] = {"letters": len(traffic.letters), "runs": found}


async def _rounds(bench: Bench, name: str, traffic: Traffic, chosen: Sequence[Contender]) -> dict[str, Any]:
    template = Template(bench.folder, traffic)
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(bench.rounds):
        alone = ceiling(bench, traffic, template.copy())
        found.setdefault(CEILING, []).append(alone)
        turn = number % len(chosen)
        told = [f"{CEILING} {alone['rate']:.0f}/s"]
        for contender in (*chosen[turn:], *chosen[:turn]):
            run = await measure(bench, contender, traffic, template.copy(), alone["sizes"])
            found.setdefault(contender.name, []).append(run.as_json())
            told.append(f"{contender.name} {run.rate:.0f}/s")
        bench.say(f"{name}, round {number + 1} of {bench.rounds}: {'; '.join(told)}")
    return {"letters": len(traffic.letters), "sizes": alone["sizes"], "runs": found}


def rates(found: dict[str, Any], name: str) -> list[float]:
    """Requests a second of a contender, round by round."""
    return [run["rate"] for run in found["runs"][name]]


def table(title: str, found: dict[str, Any]) -> Table:
    """The medians of every contender, and its ratio to the echo on the same kind of queue."""
    shown = Table(title=f"{title}: {found['letters']} requests a run", title_justify="left")
    for column in ("", "requests/s", "of the echo", "ms CPU", "broker's ms CPU", "MB"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, runs in found["runs"].items():
        base = "echo, quorum" if "quorum" in name else "echo"
        ratio = middle(paired(rates(found, name), rates(found, base))) if base in found["runs"] else ""
        broker = [run["broker_cpu"] for run in runs if run.get("broker_cpu") is not None]
        shown.add_row(
            name,
            f"{median(rates(found, name)):.0f}",
            ratio,
            f"{1000 * median(run['cpu'] for run in runs):.2f}",
            f"{1000 * median(broker):.2f}" if broker else "",
            f"{max(run['rss'] for run in runs):.0f}",
        )
    return shown
