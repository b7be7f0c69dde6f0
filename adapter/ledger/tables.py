"""The ledger's tables: the inbox, which remembers what has been here, and the outbox of what we owe.

They lie in the same database as the desk's tables and are written in the same transaction.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from handlers.desk.tables import Instant
from handlers.desk.tables import metadata as desk_metadata

metadata = MetaData(naming_convention=desk_metadata.naming_convention)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sender", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("her_id", String, nullable=False),
    Column("lane", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("function", String),
    Column("code", String),
    Column("msg_id", String),
    Column("conversation", String),
    Column("outcome", String, nullable=False),
    Column("reason", String),
    Column("properties", String, nullable=False),
    Column("body", LargeBinary),
    UniqueConstraint("sender", "message_id"),
    Index(None, "received_at"),
)

#: What still has its body, in literals: only so can a database use the indexes below.
has_body = text("body IS NOT NULL")

Index("ix_inbox_with_body", inbox.c.received_at, sqlite_where=has_body, postgresql_where=has_body)

Index(
    "uq_inbox_letter",
    inbox.c.sender,
    inbox.c.msg_id,
    unique=True,
    sqlite_where=text("outcome = 'answered'"),
    postgresql_where=text("outcome = 'answered'"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("message_id", String, nullable=False, unique=True),
    Column("sender", String),
    Column("answers", String),
    Column("kind", String, nullable=False),
    Column("function", String, nullable=False),
    Column("code", String, nullable=False),
    Column("errors", String),
    Column("msg_id", String),
    Column("receiver", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("ttl_seconds", Integer),
    Column("properties", String, nullable=False),
    Column("body", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("failure", String),
    Column("receipt_status", String),
    Column("receipt_errors", String),
    Column("receipt_at", Instant),
    Column("thread", String),
    ForeignKeyConstraint(["sender", "answers"], ["inbox.sender", "inbox.message_id"]),
    Index(None, "msg_id"),
    Index(None, "sender", "answers"),
)

#: What is still owed, in literals: only so can a database use the index below.
owed = text("sent_at IS NULL AND failure IS NULL")

Index("ix_outbox_with_body", outbox.c.created_at, sqlite_where=has_body, postgresql_where=has_body)

Index("ix_outbox_owed", outbox.c.due_at, sqlite_where=owed, postgresql_where=owed)

#: The messages that are about one appointment and answer nothing go out in their order.
owed_in_order = text("sent_at IS NULL AND failure IS NULL AND thread IS NOT NULL")

Index(
    "ix_outbox_thread",
    outbox.c.thread,
    outbox.c.id,
    sqlite_where=owed_in_order,
    postgresql_where=owed_in_order,
)
