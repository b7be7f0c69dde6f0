"""timebok's own ceiling: the whole road of a message in one process, with no queue at either end.

Run as ``python -m tests.benchmarks.ceiling LETTERS BATCH`` with timebok's settings in the environment;
LETTERS is a pickled ``Traffic``. Prints one line of JSON.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import psutil

from adapter.database import open_engine
from adapter.message import Lane
from adapter.outcome import Answered, dispatches_of
from adapter.service import make_batches
from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapter.message import Inbound
    from tests.benchmarks.traffic import Traffic


def main() -> None:
    """Process every letter, and say how long it took, what it cost and how large the replies are."""
    traffic: Traffic = pickle.loads(Path(sys.argv[1]).read_bytes())
    size = int(sys.argv[2])
    settings = Settings()
    engine = open_engine(settings.database_url.get_secret_value())
    batches = make_batches(settings, engine, [traffic.parties.clinic])
    messages = [letter.inbound(traffic.parties) for letter in traffic.letters]
    process = psutil.Process()
    before, began = process.cpu_times(), time.perf_counter()
    outcomes = [(batch, batches.process(batch)) for batch in _batches(messages, size)]
    seconds, after = time.perf_counter() - began, process.cpu_times()
    used = after.user + after.system - before.user - before.system
    sizes: dict[str, list[list[int]]] = {Lane.SYNC: [], Lane.ASYNC: []}
    for batch, of_batch in outcomes:
        undone = [outcome for outcome in of_batch if not isinstance(outcome, Answered)]
        if undone:
            raise SystemExit(f"{len(undone)} of {len(of_batch)} letters were not answered: {undone[0]}")
        bodies = [[len(one.outbound.body) for one in dispatches_of(outcome)] for outcome in of_batch]
        sizes[batch[0].lane] += bodies
    found = {
        "rate": len(messages) / seconds,
        "cpu": used / len(messages),
        "rss": process.memory_info().rss / 1e6,
        "replies": sum(len(bodies) for of_lane in sizes.values() for bodies in of_lane),
        "sizes": {
            lane: [round(fmean(one)) for one in zip(*of_lane, strict=True)] for lane, of_lane in sizes.items()
        },
    }
    print(json.dumps(found))  # noqa: T201 - what it is run for


def _batches(messages: Sequence[Inbound], size: int) -> Iterator[Sequence[Inbound]]:
    """Batches as the service takes them: of one lane each, the lanes in turns as long as both have some."""
    lanes = [[one for one in messages if one.lane is lane] for lane in (Lane.SYNC, Lane.ASYNC)]
    for start in range(0, len(messages), size):
        yield from filter(None, [of_lane[start : start + size] for of_lane in lanes])


if __name__ == "__main__":
    main()
