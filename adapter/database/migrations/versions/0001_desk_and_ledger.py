"""The desk's tables and the ledger's.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "appointment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("slot_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("hpr", sa.String(), nullable=True),
        sa.Column("practitioner_family_name", sa.String(), nullable=True),
        sa.Column("practitioner_given_name", sa.String(), nullable=True),
        sa.Column("national_id", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("representative_national_id", sa.String(), nullable=True),
        sa.Column("representative_family_name", sa.String(), nullable=True),
        sa.Column("representative_given_name", sa.String(), nullable=True),
        sa.Column("representative_phone", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("cancellation_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
    )
    op.create_index(
        "ix_appointment_her_id_national_id", "appointment", ["her_id", "national_id"], unique=False
    )
    op.create_index(
        "uq_appointment_taken",
        "appointment",
        ["her_id", "slot_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('held', 'booked')"),
        postgresql_where=sa.text("state IN ('held', 'booked')"),
    )
    op.create_table(
        "owner",
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_her_id", sa.String(), nullable=False),
        sa.Column("parent_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("her_id", name="pk_owner"),
    )
    op.create_table(
        "calendar",
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("hpr", sa.String(), nullable=True),
        sa.Column("family_name", sa.String(), nullable=True),
        sa.Column("given_name", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("place", sa.String(), nullable=True),
        sa.Column("conditions_version", sa.String(), nullable=True),
        sa.Column("conditions_text", sa.String(), nullable=True),
        sa.Column("hold_seconds", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["her_id"], ["owner.her_id"], name="fk_calendar_her_id"),
        sa.PrimaryKeyConstraint("her_id", "id", name="pk_calendar"),
    )
    op.create_table(
        "time_type",
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["her_id", "calendar_id"],
            ["calendar.her_id", "calendar.id"],
            name="fk_time_type_her_id_calendar_id",
        ),
        sa.PrimaryKeyConstraint("her_id", "calendar_id", "code", name="pk_time_type"),
    )
    op.create_table(
        "slot",
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["her_id", "calendar_id", "type_code"],
            ["time_type.her_id", "time_type.calendar_id", "time_type.code"],
            name="fk_slot_her_id_calendar_id_type_code",
        ),
        sa.PrimaryKeyConstraint("her_id", "id", name="pk_slot"),
    )
    op.create_index(
        "ix_slot_her_id_calendar_id_start", "slot", ["her_id", "calendar_id", "start"], unique=False
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("function", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("msg_id", sa.String(), nullable=True),
        sa.Column("conversation", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("properties", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("sender", "message_id", name="uq_inbox_sender_message_id"),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"], unique=False)
    op.create_index(
        "ix_inbox_with_body",
        "inbox",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    )
    op.create_index(
        "uq_inbox_letter",
        "inbox",
        ["sender", "msg_id"],
        unique=True,
        sqlite_where=sa.text("outcome = 'answered'"),
        postgresql_where=sa.text("outcome = 'answered'"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("answers", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("errors", sa.String(), nullable=True),
        sa.Column("msg_id", sa.String(), nullable=True),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("ttl_seconds", sa.Integer(), nullable=True),
        sa.Column("properties", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.Column("receipt_status", sa.String(), nullable=True),
        sa.Column("receipt_errors", sa.String(), nullable=True),
        sa.Column("receipt_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sender", "answers"], ["inbox.sender", "inbox.message_id"], name="fk_outbox_sender_answers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
    )
    op.create_index("ix_outbox_msg_id", "outbox", ["msg_id"], unique=False)
    op.create_index(
        "ix_outbox_owed",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NULL AND failure IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND failure IS NULL"),
    )
    op.create_index("ix_outbox_sender_answers", "outbox", ["sender", "answers"], unique=False)
    op.create_index(
        "ix_outbox_with_body",
        "outbox",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    )
