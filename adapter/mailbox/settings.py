"""What an operator may set about the RabbitMQ mailbox.

The URL holds a password: nothing here may show it, in a repr, a log or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from yarl import URL

from adapter.message import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        ValueError: the URL is none of a broker, or a figure is out of range.
    """

    url: str = field(repr=False)
    """``amqp://`` or ``amqps://``, with what aiormq reads from its query (``cafile`` and so on)."""
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
        try:
            parsed = URL(self.url)
            valid = parsed.scheme in {"amqp", "amqps"} and bool(parsed.host)
        except ValueError:
            valid = False
        if not valid:  # raised out here, since what yarl says may quote the URL
            raise ValueError("the broker's URL must read amqp://user:password@host:port/vhost, or amqps://")
        if any(self.prefetch.get(lane, 0) < 1 for lane in Lane):
            raise ValueError("the prefetch must be at least 1 for each of the lanes async, sync and error")
        if self.heartbeat < 1 or self.confirm_timeout <= 0 or self.connect_timeout <= 0:
            raise ValueError("the heartbeat and the timeouts must be positive")

    @property
    def address(self) -> str:
        """Where the broker is, for logs and errors: without the user and the password."""
        url = URL(self.url)
        return f"{url.host}:{url.port or (5671 if url.scheme == 'amqps' else 5672)}{url.path}"
