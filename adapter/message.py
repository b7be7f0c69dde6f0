"""What a mailbox and the pipeline hand each other: a message as bytes and properties, frozen.

Nothing here knows XML, a broker's library or a booking. A mailbox translates between these and its
wire (``adapter/mailbox``); the pipeline reads one and writes the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta


#: The headers that we add to a message when it waits for another try, or is parked.
ATTEMPT, REASON = "x-timebok-attempt", "x-timebok-reason"
CAME_FROM, PARKED_AT = "x-timebok-queue", "x-timebok-parked-at"

_A_FIGURE = re.compile("[0-9]{1,6}")  # a peer may write anything into a header, also a number without end


class Lane(StrEnum):
    """Which of a party's queues a message came in on (AMQP-spesifikasjon, 2.1.3).

    The value is the suffix of the queue's name: ``<herId>_async`` and so on.
    """

    ASYNC = "async"
    SYNC = "sync"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Properties:
    """The AMQP properties of a message, under the names of the AMQP specification, table 2.1.2.

    Every value is what the peer wrote, as text and unchecked; ``None`` means that it was not there. A
    ``subject`` that was not there may have been lost on the way (helsenorge.md, H8); it is empty where the
    peer is known to have given none. ``body_format`` is set where the body is not the bytes of a letter but
    values of AMQP's own.
    ``headers`` holds the application properties that have no field of their own here, such as
    ``originalMessageId`` of an error message.
    """

    message_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    to: str | None = None
    subject: str | None = None
    content_type: str | None = None
    cpa_id: str | None = None
    application_timestamp: str | None = None
    from_her_id: str | None = None
    to_her_id: str | None = None
    body_format: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it lay on one of our queues.

    ``received_at`` is aware UTC; ``redelivered`` says that the broker has handed it out before.
    """

    body: bytes = field(repr=False)
    properties: Properties
    lane: Lane
    queue: str
    received_at: datetime
    redelivered: bool = False

    @property
    def attempt(self) -> int:
        """Which try this is: 1, and one more each time that it was postponed because we failed on it."""
        text = self.properties.headers.get(ATTEMPT, "")
        return max(1, int(text)) if _A_FIGURE.fullmatch(text) else 1

    @property
    def party(self) -> str:
        """The HER-id of the party whose queue it lay on."""
        return self.queue.rpartition("_")[0]


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message that is to be put on ``queue``.

    ``properties.message_id`` is set, so that sending it again sends the same message.
    ``ttl`` is how long the broker may keep it; ``None`` means for as long as it takes.
    """

    body: bytes = field(repr=False)
    properties: Properties
    queue: str
    ttl: timedelta | None = None
