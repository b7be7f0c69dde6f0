"""Messages as they lie on our queues, and what we send, with properties that are in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from adapter.message import Inbound, Lane, Outbound, Properties
from adapter.outcome import About, Answered, Dispatch, Kind
from tests.support.clinic import NOW, OWNER

if TYPE_CHECKING:
    from datetime import datetime, timedelta

HUB = "8093240"
RESERVATION = "DIALOG_INNBYGGER_TIMERESERVASJON"


def inbound(
    body: bytes = b"<a/>", *, lane: Lane = Lane.ASYNC, received_at: datetime = NOW, **changes: Any
) -> Inbound:
    """A message from the hub to the clinic; ``changes`` are of its properties."""
    message_id = str(uuid4())
    properties = Properties(
        message_id=message_id,
        correlation_id=message_id,
        reply_to=f"{HUB}_{'syncreply' if lane is Lane.SYNC else 'async'}",
        to=f"{OWNER}_{lane}",
        subject=RESERVATION,
        content_type="application/xml",
        application_timestamp="2027-03-01T08:00:00+01:00",
        from_her_id=HUB,
        to_her_id=OWNER,
    )
    return Inbound(body, replace(properties, **changes), lane, f"{OWNER}_{lane}", received_at)


def dispatch(
    kind: Kind = Kind.REPLY,
    *,
    message_id: str | None = None,
    msg_id: str | None = None,
    ttl: timedelta | None = None,
    receiver: str = HUB,
) -> Dispatch:
    """A message of ours."""
    properties = Properties(
        message_id=message_id or str(uuid4()),
        subject=RESERVATION,
        from_her_id=OWNER,
        to_her_id=receiver,
        headers={"errorCondition": "none, for once"},
    )
    outbound = Outbound("<svar>æøå</svar>".encode(), properties, f"{receiver}_async", ttl)
    return Dispatch(kind, outbound, RESERVATION, "05", msg_id or str(uuid4()), ("T02", "E31"))


def answered(*dispatches: Dispatch, msg_id: str | None = None) -> Answered:
    """The outcome of a message that was answered."""
    about = About(RESERVATION, "RT", msg_id or str(uuid4()), "conversation-1")
    return Answered(about, dispatches)
