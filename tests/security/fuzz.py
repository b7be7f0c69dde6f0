"""Throws changed sample messages at the whole road, for as long as one likes, and tells how it went.

    python tests/security/fuzz.py --minutes 30 --seed 1
    python tests/security/fuzz.py --seed 1 --only 4711

Every message must come to an outcome, and everything that is sent must be readable by its receiver. What
breaks that is kept as a file, with the seed and the number that make it again. Ends with 1 if anything broke.
"""

# ruff: noqa: T201 - a program that talks to a person

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog

from adapter.database import open_engine
from adapter.outcome import dispatches_of, name_of
from adapter.playing.cases import find_cases, find_circumstances
from adapter.playing.letters import Letters
from adapter.settings import Settings
from adapter.xml.schema import Schema
from handlers.calendars.files import import_files, read_files
from schemas import Catalogue
from tests.security.mutating import mutate
from tests.security.road import Road

if TYPE_CHECKING:
    from adapter.message import Inbound

FIXTURES = Path(__file__).parents[2] / "fixtures"
_RENEW_THE_STORE_AFTER = 5_000
_MEGABYTE = 1_000_000


@dataclass(slots=True)
class Figures:
    """What is told in the end."""

    inputs: int = 0
    bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0
    slowest_input: int = 0
    memory_first: float = 0.0
    memory_last: float = 0.0


class Fuzzer:
    """The sample messages, changed by ``seed``, on a store with their calendars."""

    def __init__(self, seed: int, keep: Path | None = None, schema: Schema | None = None) -> None:
        circumstances = find_circumstances([FIXTURES])
        self._settings = Settings(now=circumstances.now)
        self._files = read_files(circumstances.calendars)
        self._ours = [document.owner.her_id for file in self._files for document in file.documents]
        self._schema = schema or Schema(Catalogue.load())
        self._road = self._new_road()
        letters = Letters(self._road.dialect, self._ours, self._settings.clock)
        cases = list(find_cases([FIXTURES]))
        self.samples = [letters.inbound(one) for case in cases for one in (*case.before, case.sending)]
        self._seed = seed
        self._keep = keep
        self.figures = Figures()

    def warm_up(self) -> None:
        """Send the samples as they are, so that what is made when it is first needed is there."""
        for sample in self.samples:
            self._road.send(sample)
        self._renew_the_store()

    def run(self, seconds: float) -> Figures:
        """Go on for so long."""
        end = time.monotonic() + seconds
        figures = self.figures
        while time.monotonic() < end:
            self.throw_next()
            if figures.inputs % _RENEW_THE_STORE_AFTER == 0:
                self._renew_the_store()
                figures.memory_first = figures.memory_first or resident_megabytes()
        figures.memory_last = resident_megabytes()
        return figures

    def throw_next(self) -> None:
        """Make the next message of the seed, and send it."""
        self.throw_only(self.figures.inputs)

    def throw_only(self, number: int) -> None:
        """Make the message of the seed that has this number, and send it.

        It is the same for as long as the samples are, in ``fixtures/``, and what changes them.
        """
        self.throw(Random(f"{self._seed}/{number}"), number)

    def throw(self, random: Random, number: int | None = None) -> None:
        """Make a message and send it; in the figures it has the next number, unless it is given one."""
        figures = self.figures
        message = mutate(random.choice(self.samples), self.samples, random)
        number = figures.inputs if number is None else number
        figures.inputs += 1
        figures.bytes += len(message.body)
        began = time.process_time()
        try:
            outcome = self._road.send(message)
        except Exception as error:  # noqa: BLE001 - that is what it looks for
            self._note_crash(message, number, error)
            return
        took = time.process_time() - began
        figures.outcomes[f"{message.lane} {name_of(outcome)}"] += 1
        figures.answers.update(f"{one.kind} {one.code}" for one in dispatches_of(outcome))
        if took > figures.slowest:
            figures.slowest, figures.slowest_input = took, number
            self._write("slowest", message)

    def _note_crash(self, message: Inbound, number: int, error: Exception) -> None:
        words = f"{self._seed}/{number}: {type(error).__name__}: " + str(error)[:300]
        self.figures.crashes.append(words)
        self._write(f"crash-{number}", message)

    def _write(self, name: str, message: Inbound) -> None:
        if self._keep is not None:
            (self._keep / f"{name}.xml").write_bytes(message.body)
            (self._keep / f"{name}.txt").write_text(f"{message.lane} {message.properties!a}\n")

    def _renew_the_store(self) -> None:
        self._road.engine.dispose()
        self._road = self._new_road()

    def close(self) -> None:
        """Let go of the store."""
        self._road.engine.dispose()

    def _new_road(self) -> Road:
        engine = open_engine("sqlite://")
        with engine.begin() as connection:
            import_files(connection, self._files, self._settings.clock(), self._settings.zone)
        return Road(self._schema, engine=engine, ours=self._ours, clock=self._settings.clock)


def resident_megabytes() -> float:
    """How much memory the process has at this moment."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / _MEGABYTE


def told(figures: Figures, seconds: float) -> str:
    """The figures for a person."""
    each = [f"  {count:>9} {name}" for name, count in sorted(figures.outcomes.items())]
    answers = ", ".join(f"{name} {count}" for name, count in sorted(figures.answers.items()))
    return "\n".join(
        [
            f"inputs    {figures.inputs} in {seconds / 60:.1f} minutes, {figures.bytes / _MEGABYTE:.0f} MB",
            "outcomes",
            *each,
            f"sent      {answers}",
            f"crashes   {len(figures.crashes)}",
            *(f"  {crash}" for crash in figures.crashes[:20]),
            f"slowest   {figures.slowest:.2f} s of the processor (number {figures.slowest_input})",
            f"resident  {figures.memory_first:.0f} MB, and {figures.memory_last:.0f} MB in the end",
        ]
    )


def main() -> None:
    """Run it from a command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="throw nothing but the message with this number")
    parser.add_argument("--keep", type=Path, help="where what broke goes; a new temporary folder by default")
    given = parser.parse_args()
    keep = given.keep or Path(mkdtemp(prefix="timebok-fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    fuzzer = Fuzzer(given.seed, keep)
    fuzzer.warm_up()
    print(f"{len(fuzzer.samples)} samples, seed {given.seed}, into {keep}", flush=True)
    began = time.monotonic()
    try:
        if given.only is None:
            fuzzer.run(given.minutes * 60)
        else:
            fuzzer.throw_only(given.only)
    except KeyboardInterrupt:
        print("stopped")
    print(told(fuzzer.figures, time.monotonic() - began))
    sys.exit(1 if fuzzer.figures.crashes else 0)


if __name__ == "__main__":
    main()
