"""The desk's tables. What a row means is said in ``model``; how it is used, in ``store``.

The database itself keeps the promise that matters most: ``uq_appointment_taken`` lets a slot have one
living appointment, whatever the code above it does.
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
    Index(None, "her_id", "national_id"),
)

#: What the states of a living appointment are, in literals: only so can a database use the index below.
living = text("state IN ('held', 'booked')")

Index(
    "uq_appointment_taken",
    appointment.c.her_id,
    appointment.c.slot_id,
    unique=True,
    sqlite_where=living,
    postgresql_where=living,
)
