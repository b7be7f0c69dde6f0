"""What the parts of the command share: tables without colours in a pipe, progress for the patient."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

PATIENCE_SECONDS = 2.0
_WIDTH_OF_A_PIPE = 1_000
_NEVER_WRAPPED = ("Calendar", "Slot", "Message", "Message id", "Appointment", "Referral")


def tracked(items: Sequence[T], label: str) -> Iterator[T]:
    """The items, with a progress bar on standard error once they have taken two seconds."""
    console = Console(stderr=True)
    began = time.monotonic()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=len(items), visible=False)
        for item in items:
            yield item
            progress.update(task, advance=1, visible=time.monotonic() - began > PATIENCE_SECONDS)


@contextmanager
def in_progress(what: str) -> Iterator[None]:
    """A bar on standard error while something of unknown length goes on, from its third second."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    bar = Progress(TextColumn(what), BarColumn(), TimeElapsedColumn(), console=console, transient=True)
    bar.add_task(what, total=None)
    timer = Timer(PATIENCE_SECONDS, bar.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


def new_table(*columns: str) -> Table:
    """A table with these headings, as plain as can be read; ids stay whole, so that they can be copied."""
    return Table(
        *(Column(name, overflow="fold", no_wrap=name in _NEVER_WRAPPED) for name in columns), box=box.SIMPLE
    )


def plain(text: str) -> str:
    """A text without control characters: ids are what a peer wrote, and a terminal obeys some of them."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def add_row(table: Table, *cells: str | None) -> None:
    """Add a row, made plain."""
    table.add_row(*(cell and plain(cell) for cell in cells))


def show(table: Table) -> None:
    """Print a table, as wide as the window; whole in a pipe, which has no width."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_PIPE
    console.print(table)
