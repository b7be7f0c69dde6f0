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
from adapter.outcome import Answered, Outcome, dispatches_of
from adapter.service import make_batches
from adapter.settings import Settings

if TYPE_CHECKING:
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
    outcomes: list[Outcome] = []
    before, began = process.cpu_times(), time.perf_counter()
    for start in range(0, len(messages), size):
        outcomes += batches.process(messages[start : start + size])
    seconds, after = time.perf_counter() - began, process.cpu_times()
    undone = [outcome for outcome in outcomes if not isinstance(outcome, Answered)]
    if undone:
        raise SystemExit(f"{len(undone)} of {len(outcomes)} letters were not answered: {undone[0]}")
    used = after.user + after.system - before.user - before.system
    sizes: dict[str, list[int]] = {}
    for lane in (Lane.SYNC, Lane.ASYNC):
        bodies = [
            [len(dispatch.outbound.body) for dispatch in dispatches_of(outcome)]
            for message, outcome in zip(messages, outcomes, strict=True)
            if message.lane is lane
        ]
        sizes[lane] = [round(fmean(one)) for one in zip(*bodies, strict=True)]
    found = {
        "rate": len(messages) / seconds,
        "cpu": used / len(messages),
        "rss": process.memory_info().rss / 1e6,
        "replies": sum(len(dispatches_of(outcome)) for outcome in outcomes),
        "sizes": sizes,
    }
    print(json.dumps(found))  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
