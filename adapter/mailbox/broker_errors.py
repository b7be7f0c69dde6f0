"""Which of the library's errors mean that the broker is out of reach, said once.

It must never take a cancellation of our own task for one of them, or the other way round.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiormq.exceptions import AMQPError

from adapter.mailbox.port import MailboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

# RuntimeError is what aio-pika and aiormq raise on a closed channel or connection.
GONE = (AMQPError, OSError, RuntimeError, TimeoutError)


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Turns every sign that the connection is gone into ``MailboxUnavailable``."""
    try:
        yield
    except asyncio.CancelledError:
        # aiormq gives a CancelledError to whoever waits for an answer when the connection closes. It is
        # ours only if somebody asked this task to stop.
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise MailboxUnavailable("the connection to the broker was closed") from None
    except GONE as error:
        raise MailboxUnavailable(f"the broker is out of reach: {describe(error)}") from error


def describe(error: BaseException) -> str:
    """An error for a log: what the broker said, and nothing of a message.

    The errors of a message that came back quote it; only what they are is told.
    """
    if isinstance(error, AMQPError) and getattr(error, "message", None) is not None:
        return type(error).__name__
    return f"{type(error).__name__}: {error}"
