"""How long a message that we have failed on waits for its next try: by the settings, and no other rule.

It must never give up a message that waits for something which is sure to come (``RetryLater.endlessly``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapter.message import Lane

if TYPE_CHECKING:
    from adapter.message import Inbound
    from adapter.outcome import RetryLater
    from adapter.settings import Settings


def pause_before_next_try(inbound: Inbound, outcome: RetryLater, settings: Settings) -> timedelta | None:
    """How long, or ``None`` if it has been tried often enough. Without end, the last pause comes again.

    Where the sender waits there is always an end: nobody wants that answer any more.
    """
    waits = inbound.lane is Lane.SYNC
    pauses = settings.retry_pauses_sync if waits else settings.retry_pauses
    if inbound.attempt <= len(pauses):
        return timedelta(seconds=pauses[inbound.attempt - 1])
    return timedelta(seconds=pauses[-1]) if pauses and outcome.endlessly and not waits else None
