"""``python -m tests.benchmarks [PART ...]``: the parts of the benchmark, each by itself or all of them.

It starts a broker of its own, tells what it does, and leaves its figures as JSON in ``.bench``.
docs/performance.md says what is compared, and why that is fair.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import goals, growth, latency, operating, results, rush, sealing, throughput
from tests.benchmarks.bench import Bench
from tests.benchmarks.contenders import EVERY
from tests.benchmarks.processes import Failed
from tools.broker import NoBroker, broker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import FrameType

PARTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "throughput": throughput.throughput,
    "functions": throughput.functions,
    "ceiling": throughput.ceilings,
    "latency": latency.latency,
    "rush": rush.rush,
    "processes": operating.processes,
    "tuning": operating.tuning,
    "seal": sealing.seal,
    "growth": growth.growth,
    "waiting": growth.waiting,
}
_ROUNDS, _ROUNDS_QUICK, _SCALE_QUICK = 5, 2, 0.2
_IN_A_QUICK_LOOK = ("throughput", "latency", "rush", "growth")
_ONLY_WHEN_ASKED = {"tuning"}


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="a rough look in about two minutes")
    parser.add_argument("--rounds", type=int, help=f"how often all take turns; {_ROUNDS} by default")
    parser.add_argument("--scale", type=float, default=None, help="how much work a round is; 1 by default")
    parser.add_argument(
        "--only", action="append", default=[], choices=EVERY, help="throughput: let in this one (repeat it)"
    )
    parser.add_argument(
        "--publish", action="store_true", help="put figures and pictures into docs/performance"
    )
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part called {', '.join(unknown)}")
    if asked.publish and (asked.quick or asked.parts or asked.only):
        parser.error("only a whole run is published")
    return asked


async def run(bench: Bench, parts: list[str]) -> None:
    """Run the parts, one after the other."""
    for part in parts:
        await PARTS[part](bench)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)


def main() -> int:
    """Run what was asked for, show the goals, and save the figures."""
    asked = options()
    signal.signal(signal.SIGTERM, _end)
    rounds = asked.rounds or (_ROUNDS_QUICK if asked.quick else _ROUNDS)
    scale = asked.scale or (_SCALE_QUICK if asked.quick else 1.0)
    parts = asked.parts or list(
        _IN_A_QUICK_LOOK if asked.quick else [part for part in PARTS if part not in _ONLY_WHEN_ASKED]
    )
    try:
        with tempfile.TemporaryDirectory(prefix="timebok-bench-") as folder, broker() as found:
            bench = Bench(found, Path(folder), rounds, scale, only=asked.only, load_before=os.getloadavg()[0])
            bench.say(f"on {found.origin}; the machine's load is {bench.load_before:.1f}")
            try:
                asyncio.run(run(bench, parts))
            finally:  # what was found before it failed is worth keeping
                if goals.measured(bench.found):
                    bench.console.print(goals.table(bench.found))
                saved = results.save(bench)
                bench.say(f"the figures are in {saved.relative_to(results.ROOT)}")
            if asked.publish:
                results.publish(bench)
    except (Failed, NoBroker) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
