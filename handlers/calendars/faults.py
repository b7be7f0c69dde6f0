"""What is wrong with a calendar file, said so that the one who wrote the file can mend it.

A fault names the place as an editor counts it and never stops the search for the next one: whoever
looks for faults gathers all of them before anything is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, order=True)
class FileFault:
    """One thing that is wrong. ``line`` and ``column`` count from 1; ``path`` is ``file`` for the whole."""

    source: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}: {self.path}: {self.message}"


class CalendarFileError(ValueError):
    """A calendar file cannot be used. ``faults`` holds everything found, in the order of the file."""

    def __init__(self, faults: Iterable[FileFault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def written(path: Path) -> str:
    """``("calendars", 2, "weekly", 0, "days")`` as ``calendars[2].weekly[0].days``."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".") or "file"
