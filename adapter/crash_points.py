"""Places at which the process can be made to die, for the tests that kill it; nothing in production.

``TIMEBOK_CRASH_AT=after-commit:3`` kills the process with SIGKILL, which no cleaning up survives, the third
time it comes by ``after-commit``. Without that variable a crash point does nothing.
"""

from __future__ import annotations

import os
import signal
from typing import Literal

CrashPoint = Literal[
    "taken",  # messages are in our hands, nothing has been done
    "before-commit",  # decided and written, not committed
    "after-commit",  # committed, nothing sent
    "after-publish",  # some of it sent, not all
    "after-confirm",  # sent, not acknowledged
    "after-ack",  # acknowledged, not marked as sent
    "after-mark",  # all is done
    "claimed",  # due again, claimed from the outbox and not yet sent
]

_wanted, _, _count = os.environ.get("TIMEBOK_CRASH_AT", "").partition(":")
_left = int(_count or 1)


def crash_point(name: CrashPoint) -> None:
    """Die here, if the environment says so."""
    global _left  # noqa: PLW0603 - one countdown a process is what is wanted
    if name != _wanted:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
