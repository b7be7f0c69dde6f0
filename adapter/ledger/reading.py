"""A look at the ledger, for people: what came in, what was answered, and whether the hub has taken it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from adapter.ledger.packing import unpack
from adapter.ledger.tables import inbox, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from adapter.message import Properties


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours. ``receipt`` is the status of the hub's AppRec, or ``error``."""

    message_id: str
    kind: str
    function: str
    code: str
    errors: str | None
    queue: str
    created_at: datetime
    sent_at: datetime | None
    failure: str | None
    receipt: str | None
    receipt_errors: str | None
    receipt_at: datetime | None
    properties: Properties
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that came in, and what we sent because of it."""

    sender: str
    message_id: str
    msg_id: str | None
    her_id: str
    lane: str
    received_at: datetime
    function: str | None
    code: str | None
    outcome: str
    reason: str | None
    properties: Properties
    body: bytes | None = field(repr=False)
    sent: tuple[Sent, ...] = ()


def latest(connection: Connection, limit: int, outcome: str | None = None) -> list[Received]:
    """The messages that came in last, newest first; only those with ``outcome`` if it is given."""
    query = select(inbox).order_by(inbox.c.id.desc()).limit(limit)
    if outcome is not None:
        query = query.where(inbox.c.outcome == outcome)
    return _with_answers(connection, connection.execute(query).all())


def find(connection: Connection, some_id: str) -> list[Received]:
    """The messages whose AMQP message-id or MsgId is, or begins with, ``some_id``."""
    pattern = some_id.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    query = select(inbox).where(
        inbox.c.message_id.like(pattern, escape="\\") | inbox.c.msg_id.like(pattern, escape="\\")
    )
    return _with_answers(connection, connection.execute(query.order_by(inbox.c.id)).all())


def _with_answers(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Received]:
    return [_received(row, _sent_for(connection, row.sender, row.message_id)) for row in rows]


def _sent_for(connection: Connection, sender: str, message_id: str) -> tuple[Sent, ...]:
    query = (
        select(outbox).where(outbox.c.sender == sender, outbox.c.answers == message_id).order_by(outbox.c.id)
    )
    return tuple(
        Sent(
            message_id=row.message_id,
            kind=row.kind,
            function=row.function,
            code=row.code,
            errors=row.errors,
            queue=row.queue,
            created_at=row.created_at,
            sent_at=row.sent_at,
            failure=row.failure,
            receipt=row.receipt_status,
            receipt_errors=row.receipt_errors,
            receipt_at=row.receipt_at,
            properties=unpack(row.properties),
            body=row.body,
        )
        for row in connection.execute(query)
    )


def _received(row: Row[tuple[object, ...]], sent: tuple[Sent, ...]) -> Received:
    return Received(
        sender=row.sender,
        message_id=row.message_id,
        msg_id=row.msg_id,
        her_id=row.her_id,
        lane=row.lane,
        received_at=row.received_at,
        function=row.function,
        code=row.code,
        outcome=row.outcome,
        reason=row.reason,
        properties=unpack(row.properties),
        body=row.body,
        sent=sent,
    )
