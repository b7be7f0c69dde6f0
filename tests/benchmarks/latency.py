"""From published to answered: at ten requests a second, and at half of what each can do.

What each can do is measured here once more, with the hub sending and receiving on the same machine as it does
in the rest of this part: only so is half of it half.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tests.benchmarks.contenders import ECHO, TIMEBOK
from tests.benchmarks.figures import middle, paired, percentile
from tests.benchmarks.processes import Failed, running
from tests.benchmarks.queues import fresh_queues
from tests.benchmarks.runs import SIZES, settings_for
from tests.benchmarks.sender import Sender
from tests.benchmarks.stores import Template
from tests.benchmarks.traffic import MIXED, make_traffic

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench
    from tests.benchmarks.contenders import Contender
    from tests.benchmarks.traffic import Traffic

QUIETLY = 10.0  # requests a second
SHOWN = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
_SECONDS, _SECONDS_HALF = 20.0, 10.0  # of sending, each round
_WARM_UP = 30  # requests, which are not counted
_FULL, _IN_HAND = 2_000, 200  # requests to find what each can do, and how many of them at once
_HALF_AT_MOST = 8_000  # requests; the store has places for no more


async def latency(bench: Bench) -> None:
    """Measure timebok and the echo in turns."""
    traffic = make_traffic(bench.parties, _WARM_UP + sum(_letters(bench).values()), MIXED)
    template = Template(bench.folder, traffic)
    rounds: dict[str, list[_Round]] = {ECHO.name: [], TIMEBOK.name: []}
    for number in range(bench.rounds):
        for contender in (ECHO, TIMEBOK)[:: 1 if number % 2 else -1]:
            done = await _round(bench, contender, traffic, template, seed=number)
            rounds[contender.name].append(done)
            told = (
                f"at {rate:.0f}/s p50 {1000 * percentile(waits, 0.5):.1f} ms, "
                f"p99 {1000 * percentile(waits, 0.99):.1f} ms"
                for rate, waits in ((QUIETLY, done.quiet), (done.full / 2, done.half))
            )
            bench.say(f"latency, round {number + 1} of {bench.rounds}: {contender.name} {'; '.join(told)}")
    found = {
        "full": {name: [one.full for one in of_one] for name, of_one in rounds.items()},
        "quiet": _summary({name: [one.quiet for one in of_one] for name, of_one in rounds.items()}),
        "half": _summary({name: [one.half for one in of_one] for name, of_one in rounds.items()}),
    }
    bench.found["latency"] = found
    bench.console.print(table(found))


def _summary(waits: dict[str, list[list[float]]]) -> dict[str, Any]:
    """The percentiles of each contender, round by round and of all rounds together, in seconds."""
    shown: dict[str, Any] = {}
    for name, rounds in waits.items():
        together = [wait for of_round in rounds for wait in of_round]
        shown[name] = {of: percentile(together, share) for of, share in SHOWN.items()}
        shown[name]["requests"] = len(together)
        shown[name]["rounds"] = {
            of: [percentile(of_round, share) for of_round in rounds] for of, share in SHOWN.items()
        }
    return shown


def table(found: dict[str, Any]) -> Table:
    """What a person wants to see of it."""
    shown = Table(title="Published to answered, in milliseconds", title_justify="left")
    for column in ("", "requests/s", "requests", *SHOWN, "p50 to the echo's", "p99 to the echo's"):
        shown.add_column(column, justify="left" if not column else "right")
    for load in ("quiet", "half"):
        for name, one in found[load].items():
            echo = found[load][ECHO.name]["rounds"]
            shown.add_row(
                name,
                f"{QUIETLY if load == 'quiet' else median(found['full'][name]) / 2:.0f}",
                str(one["requests"]),
                *(f"{1000 * one[of]:.1f}" for of in SHOWN),
                *(middle(paired(one["rounds"][of], echo[of])) for of in ("p50", "p99")),
            )
    return shown


@dataclass(frozen=True, slots=True)
class _Round:
    """What one contender can do, in requests a second, and how long each request took under two loads."""

    full: float
    quiet: list[float]
    half: list[float]


async def _round(
    bench: Bench, contender: Contender, traffic: Traffic, template: Template, seed: int
) -> _Round:
    settings = settings_for(bench, contender, template.copy(), SIZES)
    rng, quietly = random.Random(seed), _letters(bench)["quiet"]
    async with fresh_queues(bench.broker.url, traffic.parties, contender.queue_type) as queues:
        with running(contender.command, settings, bench.folder) as program:
            sender = Sender(queues, traffic.letters)
            try:
                async with queues.consumed_by(sender.on_reply):
                    await sender.in_turn(_WARM_UP)
                    full = await sender.flat_out(_letters(bench)["full"], _IN_HAND)
                    quiet = await sender.by_timetable(quietly, QUIETLY, rng)
                    count = min(_letters(bench)["half"], round(full / 2 * bench.scaled(_SECONDS_HALF)))
                    half = await sender.by_timetable(count, full / 2, rng)
            except TimeoutError:
                left = await queues.requests()
                raise Failed(f"no answer, {left} requests waiting\n{program.last_words()}") from None
            program.stop()
    return _Round(full, quiet, half)


def _letters(bench: Bench) -> dict[str, int]:
    """How many letters each load takes at most."""
    return {
        "full": bench.scaled(_FULL),
        "quiet": round(QUIETLY * bench.scaled(_SECONDS)),
        "half": bench.scaled(_HALF_AT_MOST),
    }
