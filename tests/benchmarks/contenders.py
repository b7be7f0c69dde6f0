"""Who is measured against whom, and how each is started."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from adapter.mailbox.settings import QueueType

_HERE = "tests.benchmarks"
_TIMEBOK = (str(Path(sys.executable).with_name("timebok")), "serve")
_CALLBACK = (sys.executable, "-m", f"{_HERE}.echo", "callback")
_ITERATOR = (sys.executable, "-m", f"{_HERE}.echo", "iterator")
_FASTSTREAM = (sys.executable, "-m", f"{_HERE}.with_faststream")


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that answers the hub. ``copies`` of it share the work; ``settings`` are timebok's.

    One that is ``sealed`` gets the letters signed and encrypted, and answers in the same way.
    """

    name: str
    command: tuple[str, ...]
    queue_type: QueueType = QueueType.CLASSIC
    copies: int = 1
    settings: tuple[tuple[str, str], ...] = ()
    sealed: bool = False

    @property
    def keeps_books(self) -> bool:
        """Whether it does the work, and not only what stands around it."""
        return self.command not in {_CALLBACK, _ITERATOR}


ECHO = Contender("echo", _CALLBACK)
ECHO_QUORUM = Contender("echo, quorum", _CALLBACK, QueueType.QUORUM)
ECHO_IN_TURN = Contender("echo, one at a time", _ITERATOR)
FASTSTREAM = Contender("FastStream", _FASTSTREAM)
TIMEBOK = Contender("timebok", _TIMEBOK)
TIMEBOK_QUORUM = Contender("timebok, quorum", _TIMEBOK, QueueType.QUORUM)
TWO = Contender("timebok, two processes", _TIMEBOK, copies=2)
TIMEBOK_SEALED = Contender("timebok, sealed", _TIMEBOK, sealed=True)

CEILING = "no broker"
"""The name of timebok's own ceiling, which is no contender: nothing is sent to it."""

IN_THE_MIX = (ECHO, TIMEBOK, FASTSTREAM, ECHO_QUORUM, TIMEBOK_QUORUM, ECHO_IN_TURN, TIMEBOK_SEALED)
ALONE = (ECHO, TIMEBOK, FASTSTREAM)
EVERY = {one.name: one for one in (*IN_THE_MIX, TWO)}
