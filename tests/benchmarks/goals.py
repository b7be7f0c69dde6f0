"""What we want of timebok, and how far it is from it. All are ratios or bounds, so any machine will do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.benchmarks.contenders import CEILING, ECHO, ECHO_QUORUM, FASTSTREAM, TIMEBOK, TIMEBOK_QUORUM
from tests.benchmarks.figures import paired

if TYPE_CHECKING:
    from collections.abc import Callable

    Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """``measured`` gives the values, round by round, whose median is to be at least or at most ``bound``.

    It raises ``KeyError`` when the run did not measure that.
    """

    what: str
    bound: float
    measured: Callable[[Found], list[float]]
    at_least: bool = False
    unit: str = ""

    def is_met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


def _rate(ours: str, theirs: str) -> Callable[[Found], list[float]]:
    def measured(found: Found) -> list[float]:
        runs = found["throughput"]["mixed"]["runs"]
        return paired([run["rate"] for run in runs[ours]], [run["rate"] for run in runs[theirs]])

    return measured


def _wait(load: str, of: str) -> Callable[[Found], list[float]]:
    def measured(found: Found) -> list[float]:
        rounds = found["latency"][load]
        return paired(rounds[TIMEBOK.name]["rounds"][of], rounds[ECHO.name]["rounds"][of])

    return measured


def _growth(database: str) -> Callable[[Found], list[float]]:
    def measured(found: Found) -> list[float]:
        return [found["growth"][database]["slot query, 1 free"]["5000000"]["ratio"]]

    return measured


def _seal(what: str) -> Callable[[Found], list[float]]:
    def measured(found: Found) -> list[float]:
        return [run[what]["ratio"] for run in found["seal"]]

    return measured


def _memory(found: Found) -> list[float]:
    return [max(run["rss"] for run in found["throughput"]["mixed"]["runs"][TIMEBOK.name])]


GOALS = (
    Goal("requests/s to the bare echo's", 1.0, _rate(TIMEBOK.name, ECHO.name), at_least=True),
    Goal("the same on quorum queues", 1.0, _rate(TIMEBOK_QUORUM.name, ECHO_QUORUM.name), at_least=True),
    Goal("requests/s to FastStream's", 4.0, _rate(TIMEBOK.name, FASTSTREAM.name), at_least=True),
    Goal("requests/s to its own without a broker", 0.5, _rate(TIMEBOK.name, CEILING), at_least=True),
    Goal("p50 at 10 requests/s to the echo's", 1.8, _wait("quiet", "p50")),
    Goal("p99 at half load to the echo's at its half load", 1.0, _wait("half", "p99")),
    Goal("a slot query in 5 million slots to 1 thousand, SQLite", 1.2, _growth("SQLite")),
    Goal("the same, PostgreSQL", 1.2, _growth("PostgreSQL")),
    Goal("opening a sealed message to the bare RSA operations", 1.5, _seal("open")),
    Goal("sealing one, likewise", 1.5, _seal("close")),
    Goal("memory under load", 80.0, _memory, unit=" MB"),
)


def measured(found: Found) -> list[Goal]:
    """The goals that a run has measured."""
    known = []
    for goal in GOALS:
        with suppress(KeyError):
            goal.measured(found)
            known.append(goal)
    return known


def table(found: Found) -> Table:
    """Each goal, and whether it is met or by how much not."""
    known = measured(found)
    shown = Table(title="Goals", title_justify="left")
    for column in ("", "goal", "measured", "rounds", ""):
        shown.add_column(column, justify="right" if column in {"goal", "measured"} else "left")
    for goal in GOALS:
        wanted = f"{'≥' if goal.at_least else '≤'} {goal.bound:g}{goal.unit}"
        if goal not in known:
            shown.add_row(goal.what, wanted, "", "", "[dim]not measured[/]")
            continue
        values = goal.measured(found)
        value = median(values)
        rounds = f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1 else ""
        verdict = (
            "[green]met[/]" if goal.is_met(value) else f"[red]{value / goal.bound - 1:+.0%} of the goal[/]"
        )
        shown.add_row(goal.what, wanted, f"{value:.2f}{goal.unit}", rounds, verdict)
    return shown
