"""What may be set about the RabbitMQ mailbox: how much to take from which broker, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from adapter.message import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapter.mailbox.broker import Broker


class QueueType(StrEnum):
    """What to declare: quorum queues where the broker has them (``auto``), or always one kind."""

    AUTO = "auto"
    QUORUM = "quorum"
    CLASSIC = "classic"


def _default_prefetch() -> dict[Lane, int]:
    return {Lane.ASYNC: 64, Lane.SYNC: 64, Lane.ERROR: 16}


@dataclass(frozen=True, slots=True)
class RabbitSettings:
    """How to reach the broker and how much to take from it.

    Raises:
        ValueError: a figure is out of range.
    """

    broker: Broker
    prefetch: Mapping[Lane, int] = field(default_factory=_default_prefetch)
    """Per lane: how many messages may be in our hands at once, shared among the parties."""
    queue_type: QueueType = QueueType.AUTO
    declare: bool = True
    """False when the queues are somebody else's to declare: then they must be there."""
    confirm_timeout: float = 10.0
    """Seconds that the broker may take to confirm what was published."""
    connect_timeout: float = 15.0
    """Seconds that connecting, declaring and consuming may take together. With the longest pause between two
    tries it stays below the 30 in which consuming is to go on."""
    heartbeat: int = 5
    """Seconds. A connection on which nothing came for about three times as long counts as lost.
    It wins over a ``heartbeat`` in the URL."""

    def __post_init__(self) -> None:
        if any(self.prefetch.get(lane, 0) < 1 for lane in Lane):
            raise ValueError("the prefetch must be at least 1 for each of the lanes async, sync and error")
        if self.heartbeat < 1 or self.confirm_timeout <= 0 or self.connect_timeout <= 0:
            raise ValueError("the heartbeat and the timeouts must be positive")
