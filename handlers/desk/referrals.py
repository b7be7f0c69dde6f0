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


def types_offered(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """The codes of the time types of each calendar, by its owner and its id."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in connection.execute(select(t.c.her_id, t.c.calendar_id, t.c.code)):
        found.setdefault((row.her_id, row.calendar_id), set()).add(row.code)
    return found
