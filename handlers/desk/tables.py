"""The desk's tables. What a row means is said in ``model``; how it is used, in ``store``.

The database itself keeps the promise that matters most: ``uq_appointment_taken`` lets a seat of a slot have
one living appointment, whatever the code above it does; most slots have one seat, number 0.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole seconds since 1970: the same and sortable in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return None if value is None else datetime.fromtimestamp(value, UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

owner = Table(
    "owner",
    metadata,
    Column("her_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("parent_her_id", String, nullable=False),
    Column("parent_name", String, nullable=False),
)

calendar = Table(
    "calendar",
    metadata,
    Column("her_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("name", String, nullable=False),
    Column("category", String),
    Column("hpr", String),
    Column("family_name", String),
    Column("given_name", String),
    Column("text", String),
    Column("place", String),
    Column("conditions_version", String),
    Column("conditions_text", String),
    Column("hold_seconds", Integer),
    Column("policy", String, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("her_id", "id"),
    ForeignKeyConstraint(["her_id"], ["owner.her_id"]),
)

time_type = Table(
    "time_type",
    metadata,
    Column("her_id", String, nullable=False),
    Column("calendar_id", String, nullable=False),
    Column("code", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("duration_seconds", Integer, nullable=False),
    Column("policy", String, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("her_id", "calendar_id", "code"),
    ForeignKeyConstraint(["her_id", "calendar_id"], ["calendar.her_id", "calendar.id"]),
)

slot = Table(
    "slot",
    metadata,
    Column("her_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("calendar_id", String, nullable=False),
    Column("type_code", String, nullable=False),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("capacity", Integer, nullable=False, server_default="1"),
    Column("available_at", Instant),
    Column("must_call", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("her_id", "id"),
    ForeignKeyConstraint(
        ["her_id", "calendar_id", "type_code"],
        ["time_type.her_id", "time_type.calendar_id", "time_type.code"],
    ),
    Index(None, "her_id", "calendar_id", "start"),
)

appointment = Table(
    "appointment",
    metadata,
    Column("id", String, primary_key=True),
    Column("her_id", String, nullable=False),
    Column("calendar_id", String, nullable=False),
    Column("slot_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("start", Instant, nullable=False),
    Column("end", Instant, nullable=False),
    Column("title", String, nullable=False),
    Column("place", String),
    Column("hpr", String),
    Column("practitioner_family_name", String),
    Column("practitioner_given_name", String),
    Column("national_id", String, nullable=False),
    Column("family_name", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("phone", String),
    Column("relation", String),
    Column("representative_national_id", String),
    Column("representative_family_name", String),
    Column("representative_given_name", String),
    Column("representative_phone", String),
    Column("reason", String),
    Column("held_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("cancellation_reason", String),
    Column("type_code", String, nullable=False, server_default=""),
    Column("seat", Integer, nullable=False, server_default="0"),
    Column("moves", Integer, nullable=False, server_default="0"),
    Column("fixed", String),
    Column("referral_id", String),
    Column("accepted_conditions", String),
    Column("answers", String),
    Index(None, "her_id", "national_id"),
)

#: Where an appointment was before it was moved, and the comment that came with the move.
appointment_move = Table(
    "appointment_move",
    metadata,
    Column("appointment_id", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("moved_at", Instant, nullable=False),
    Column("moved_by", String, nullable=False),
    Column("from_calendar_id", String, nullable=False),
    Column("from_slot_id", String, nullable=False),
    Column("from_start", Instant, nullable=False),
    Column("from_end", Instant, nullable=False),
    Column("comment", String),
    PrimaryKeyConstraint("appointment_id", "number"),
    ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
)

#: Who is in a clinic's lists of patients, as keyed hashes: the clinic's own groups, those who are listed with
#: a practitioner, and those who are blocked (see ``groups``).
group_member = Table(
    "group_member",
    metadata,
    Column("her_id", String, nullable=False),
    Column("member", String, nullable=False),
    Column("group_name", String, nullable=False),
    PrimaryKeyConstraint("her_id", "member", "group_name"),
    ForeignKeyConstraint(["her_id"], ["owner.her_id"]),
)

referral = Table(
    "referral",
    metadata,
    Column("id", String, primary_key=True),
    Column("her_id", String, nullable=False),
    Column("national_id", String, nullable=False),
    Column("calendar_id", String),
    Column("type_code", String, nullable=False),
    Column("opens", Instant, nullable=False),
    Column("closes", Instant, nullable=False),
    Column("appointment_id", String),
    Column("created_at", Instant, nullable=False),
    ForeignKeyConstraint(["her_id"], ["owner.her_id"]),
    Index(None, "her_id", "national_id"),
)

#: What the states of a living appointment are, in literals: only so can a database use the index below.
living = text("state IN ('held', 'booked')")

Index(
    "uq_appointment_taken",
    appointment.c.her_id,
    appointment.c.slot_id,
    appointment.c.seat,
    unique=True,
    sqlite_where=living,
    postgresql_where=living,
)
