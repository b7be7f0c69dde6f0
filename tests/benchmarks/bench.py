"""One run of a benchmark: its broker, its folder, its options, and what it tells while it goes on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console

from tests.benchmarks.traffic import Parties

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tools.broker import Broker


_WIDE = 130  # where there is no terminal that says how wide it is


def _console() -> Console:
    console = Console(highlight=False, record=True)
    return console if console.is_terminal else Console(highlight=False, record=True, width=_WIDE)


@dataclass(slots=True)
class Bench:
    """What every part is handed. ``found`` is the result.

    ``scale`` makes everything shorter in a quick look; ``only`` names the contenders to let in, where there
    is a choice. In ``found`` each part has its own name; figures are seconds, megabytes, messages a second.
    """

    broker: Broker
    folder: Path
    rounds: int
    scale: float
    only: Sequence[str] = ()
    load_before: float = 0.0
    console: Console = field(default_factory=_console)
    parties: Parties = field(default_factory=Parties.of_this_run)
    found: dict[str, Any] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def scaled(self, figure: float, least: int = 1) -> int:
        """A number of letters or seconds, as many as this run has time for."""
        return max(least, round(figure * self.scale))

    def say(self, text: str) -> None:
        """A line of progress."""
        self.console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {text}")
