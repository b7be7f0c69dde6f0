"""A look at the ledger, for people: what came in, what was answered, and whether the hub has taken it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from adapter.ledger.packing import unpack
from adapter.ledger.tables import inbox, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Connection, Row

    from adapter.message import Properties


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours. ``receipt`` is the status of the hub's AppRec, or ``error``.

    ``appointment_id`` is what one is about that answers nothing.
    """

    message_id: str
    msg_id: str | None
    appointment_id: str | None
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
    query = select(inbox).where(_begins(some_id, inbox.c.message_id, inbox.c.msg_id))
    return _with_answers(connection, connection.execute(query.order_by(inbox.c.id)).all())


def latest_notices(connection: Connection, limit: int) -> list[Sent]:
    """What we sent last of our own accord, newest first."""
    query = select(outbox).where(outbox.c.sender.is_(None)).order_by(outbox.c.id.desc()).limit(limit)
    return list(map(_sent, connection.execute(query)))


def find_notices(connection: Connection, some_id: str) -> list[Sent]:
    """What we sent of our own accord whose message-id, MsgId or appointment's id begins with ``some_id``."""
    meant = _begins(some_id, outbox.c.message_id, outbox.c.msg_id, outbox.c.thread)
    query = select(outbox).where(outbox.c.sender.is_(None), meant).order_by(outbox.c.id)
    return list(map(_sent, connection.execute(query)))


def _begins(some_id: str, *columns: ColumnElement[str] | Column[str]) -> ColumnElement[bool]:
    return or_(*(column.startswith(some_id, autoescape=True) for column in columns))


def _with_answers(connection: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> list[Received]:
    return [_received(row, _sent_for(connection, row.sender, row.message_id)) for row in rows]


def _sent_for(connection: Connection, sender: str, message_id: str) -> tuple[Sent, ...]:
    query = (
        select(outbox).where(outbox.c.sender == sender, outbox.c.answers == message_id).order_by(outbox.c.id)
    )
    return tuple(map(_sent, connection.execute(query)))


def _sent(row: Row[tuple[object, ...]]) -> Sent:
    return Sent(
        message_id=row.message_id,
        msg_id=row.msg_id,
        appointment_id=row.thread,
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
