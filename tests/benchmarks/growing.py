"""What one message costs in stores of several sizes: asked in turns, so that all bear the same.

Run as ``python -m tests.benchmarks.growing CALLS SIZE=URL ...``; every URL is of an empty database. Progress
goes to standard error, the result, as JSON, to standard output.
"""

from __future__ import annotations

import json
import random
import sys
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any

from adapter.outcome import Answered, dispatches_of
from adapter.service import make_batches
from adapter.settings import Settings
from tests.benchmarks import bulk
from tests.benchmarks.traffic import Parties, Writer, citizens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from tests.benchmarks.traffic import Letter

_WARM_UP = 20
_LONG_ANSWERS = 5  # they take long: so many times fewer of them
_SOME = 5_000  # slots, from anywhere in the store, more than are reserved
_GRANTED = {"HLT": "03", "RT": "05"}


class Store:
    """A store of one size, and letters about what is in it."""

    def __init__(self, parties: Parties, engine: Engine, size: int) -> None:
        self._parties = parties
        self._batches: Batches = make_batches(Settings(), engine, [parties.clinic])
        some = random.Random(size).sample(range(size), min(size, _SOME))
        self._free = [number for number in some if bulk.is_free(number)]

    def ask(self, letter: Letter) -> tuple[float, float]:
        """Have a letter processed, and give the seconds by the clock and those of this process's CPU."""
        batch = [letter.inbound(self._parties)]
        cpu, began = time.process_time(), time.perf_counter()
        (outcome,) = self._batches.process(batch)
        took = time.perf_counter() - began, time.process_time() - cpu
        codes = [dispatch.code for dispatch in dispatches_of(outcome)]
        if not isinstance(outcome, Answered) or codes[-1] != _GRANTED[letter.asked]:
            raise SystemExit(f"not what was asked for: {outcome}")
        return took

    def next_free(self) -> int:
        """The number of a slot that nobody has asked for yet, anywhere in the store."""
        return self._free.pop()


def main() -> None:
    """Fill all stores, and ask them in turns."""
    calls, parties = int(sys.argv[1]), Parties.of_this_run()
    stores = {}
    for argument in sys.argv[2:]:
        size, _, url = argument.partition("=")
        began = time.monotonic()
        engine = bulk.fill(url, parties.clinic, int(size))
        stores[int(size)] = Store(parties, engine, int(size))
        _say(f"{int(size):,} slots entered in {time.monotonic() - began:.0f} s")
    writer, people, days = Writer(parties), citizens(), bulk.answer_days()

    def look(day: Any, _store: Store) -> Letter:
        return writer.look(next(people), day)

    def reserve(store: Store) -> Letter:
        return writer.about("RT", next(people), bulk.place(store.next_free()))

    questions: dict[str, Callable[[Store], Letter]] = {
        "slot query, 1 free": partial(look, days[bulk.ONE]),
        "slot query, 500 free": partial(look, days[bulk.MANY]),
        "reservation": reserve,
    }
    found: dict[str, Any] = {}
    for name, question in questions.items():
        times = calls // _LONG_ANSWERS if "500" in name else calls
        found[name] = dict(_in_turns(stores, question, times))
        _say(f"{name}: asked {times} times of each")
    print(json.dumps(found))  # noqa: T201 - what it is run for


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - to whoever has started us


def _in_turns(
    stores: dict[int, Store], question: Callable[[Store], Letter], times: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    took: dict[int, list[tuple[float, float]]] = {size: [] for size in stores}
    for number in range(_WARM_UP + times):
        order = list(stores)
        for size in order[number % len(order) :] + order[: number % len(order)]:
            seconds = stores[size].ask(question(stores[size]))
            if number >= _WARM_UP:
                took[size].append(seconds)
    smallest = took[min(took)]
    for size, these in took.items():
        yield (
            size,
            {
                "seconds": median(wall for wall, _ in these),
                "cpu": median(cpu for _, cpu in these),
                "ratio": median(one[0] / other[0] for one, other in zip(these, smallest, strict=True)),
                "cpu_ratio": median(cpu for _, cpu in these) / median(cpu for _, cpu in smallest),
            },
        )


if __name__ == "__main__":
    main()
