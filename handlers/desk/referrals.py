"""Referrals: a patient's right to one appointment (bokningsunderlag), given, listed and withdrawn by staff.

Inside a transaction that is not ours. Whether a booking may use one, and that it then does, is the handlers'
business; here one is only unused as long as it has no appointment.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from handlers.desk import tables
from handlers.desk.model import Referral

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

r, t = tables.referral, tables.time_type


class Withdrawal(StrEnum):
    """What became of a wish to take a referral back."""

    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"
    USED = "used"


def enter(connection: Connection, referral: Referral, now: datetime) -> None:
    """Enter a referral that nobody has used yet; ``now`` is aware UTC."""
    row = {
        "id": referral.id,
        "her_id": referral.her_id,
        "national_id": referral.national_id,
        "calendar_id": referral.calendar_id,
        "type_code": referral.type_code,
        "opens": referral.opens,
        "closes": referral.closes,
        "created_at": now,
    }
    connection.execute(insert(r).values(row))


def listed(connection: Connection, national_id: str | None = None) -> list[Referral]:
    """Every referral there is, or a patient's, the newest first."""
    query = select(*(column for column in r.c if column is not r.c.created_at))
    if national_id is not None:
        query = query.where(r.c.national_id == national_id)
    return [
        Referral(**row)
        for row in connection.execute(query.order_by(r.c.created_at.desc(), r.c.id)).mappings()
    ]


def withdraw(connection: Connection, referral_id: str) -> Withdrawal:
    """Take a referral back, unless it has been used: then it is the appointment that is to be cancelled."""
    unused = delete(r).where(r.c.id == referral_id, r.c.appointment_id.is_(None))
    if connection.execute(unused).rowcount:
        return Withdrawal.WITHDRAWN
    known = connection.execute(select(r.c.id).where(r.c.id == referral_id)).first()
    return Withdrawal.UNKNOWN if known is None else Withdrawal.USED


def owners_of_type(connection: Connection, type_code: str, calendar_id: str | None) -> list[str]:
    """The HER-ids of those with such a time type, in a calendar of that id if one is given."""
    query = select(t.c.her_id).where(t.c.code == type_code).distinct().order_by(t.c.her_id)
    if calendar_id is not None:
        query = query.where(t.c.calendar_id == calendar_id)
    return list(connection.execute(query).scalars())


def type_codes(connection: Connection) -> list[str]:
    """The codes of all time types."""
    return list(connection.execute(select(t.c.code).distinct().order_by(t.c.code)).scalars())
