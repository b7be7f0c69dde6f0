"""The clinic's rules: policies, capacity, groups of patients, referrals, moves, messages of our own accord.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LIVING = "state IN ('held', 'booked')"
_IN_ORDER = "sent_at IS NULL AND failure IS NULL AND thread IS NOT NULL"


def upgrade() -> None:
    """Add what the rules need. What is there already goes on as it was: one patient a slot, no rules."""
    op.add_column("calendar", sa.Column("policy", sa.String(), nullable=False, server_default="{}"))
    op.add_column("time_type", sa.Column("policy", sa.String(), nullable=False, server_default="{}"))
    op.add_column("slot", sa.Column("capacity", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("slot", sa.Column("available_at", sa.BigInteger(), nullable=True))
    op.add_column("slot", sa.Column("must_call", sa.Boolean(), nullable=False, server_default=sa.false()))
    _appointments()
    _new_tables()
    _outbox()


def _appointments() -> None:
    for name, type_, default in (
        ("type_code", sa.String(), ""),
        ("seat", sa.Integer(), "0"),
        ("moves", sa.Integer(), "0"),
    ):
        op.add_column("appointment", sa.Column(name, type_, nullable=False, server_default=default))
    for name in ("fixed", "referral_id", "accepted_conditions", "answers"):
        op.add_column("appointment", sa.Column(name, sa.String(), nullable=True))
    op.execute(
        "UPDATE appointment SET type_code = COALESCE((SELECT slot.type_code FROM slot"
        " WHERE slot.her_id = appointment.her_id AND slot.id = appointment.slot_id), '')"
    )
    op.drop_index("uq_appointment_taken", "appointment")
    op.create_index(
        "uq_appointment_taken",
        "appointment",
        ["her_id", "slot_id", "seat"],
        unique=True,
        sqlite_where=sa.text(_LIVING),
        postgresql_where=sa.text(_LIVING),
    )


def _new_tables() -> None:
    op.create_table(
        "appointment_move",
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("moved_at", sa.BigInteger(), nullable=False),
        sa.Column("moved_by", sa.String(), nullable=False),
        sa.Column("from_calendar_id", sa.String(), nullable=False),
        sa.Column("from_slot_id", sa.String(), nullable=False),
        sa.Column("from_start", sa.BigInteger(), nullable=False),
        sa.Column("from_end", sa.BigInteger(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("appointment_id", "number", name="pk_appointment_move"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name="fk_appointment_move_appointment_id"
        ),
    )
    op.create_table(
        "group_member",
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("her_id", "member", "group_name", name="pk_group_member"),
        sa.ForeignKeyConstraint(["her_id"], ["owner.her_id"], name="fk_group_member_her_id"),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("her_id", sa.String(), nullable=False),
        sa.Column("national_id", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=True),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("closes", sa.BigInteger(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_referral"),
        sa.ForeignKeyConstraint(["her_id"], ["owner.her_id"], name="fk_referral_her_id"),
    )
    op.create_index("ix_referral_her_id_national_id", "referral", ["her_id", "national_id"])


def _outbox() -> None:
    """What we send of our own accord answers nothing."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("sender", existing_type=sa.String(), nullable=True)
        outbox.alter_column("answers", existing_type=sa.String(), nullable=True)
        outbox.add_column(sa.Column("thread", sa.String(), nullable=True))
    op.create_index(
        "ix_outbox_thread",
        "outbox",
        ["thread", "id"],
        sqlite_where=sa.text(_IN_ORDER),
        postgresql_where=sa.text(_IN_ORDER),
    )
