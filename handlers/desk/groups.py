"""The clinic's lists of patients: who is in which, kept only as keyed hashes of identity numbers.

Besides the groups that the clinic names itself there are two kinds whose names are reserved: those who are
blocked from the service, and those who are listed with a practitioner. Without the key nobody can tell who
is in a list, nor guess it, although there are few enough identity numbers to try them all. Nothing here
shows a number, and nothing here commits.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, select

from handlers.desk.tables import group_member as g
from handlers.desk.tables import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sqlalchemy import ColumnElement, Connection

#: A key shorter than this could be guessed.
KEY_BYTES = 32

#: Those who may use nothing of an owner's.
BLOCKED = "blocked"

_LISTED = "listed:"
_NAME = re.compile(r"[^\s:]{1,100}")
_HPR = re.compile(r"[0-9]{1,9}")
_IDENTITY_NUMBER = re.compile(r"[0-9]{11}")
_AT_ONCE = 5_000  # SQLite takes 32,766 values in a statement


def fingerprint_with(key: bytes) -> Callable[[str], str]:
    """What makes of an identity number what stands for it: HMAC-SHA-256 under ``key``, in hexadecimal.

    Raises ``ValueError`` for a key of less than ``KEY_BYTES`` bytes.
    """
    if len(key) < KEY_BYTES:
        raise ValueError(f"a key of {len(key)} bytes is too short; it takes at least {KEY_BYTES}")
    return lambda national_id: hmac.new(key, national_id.encode(), hashlib.sha256).hexdigest()


def listed_with(hpr: str) -> str:
    """The name of the list of those who are listed with the practitioner ``hpr``.

    Raises ``ValueError`` for what is no HPR number.
    """
    if not _HPR.fullmatch(hpr):
        raise ValueError("that is not an HPR number; write its up to nine digits and nothing else")
    return _LISTED + without_noughts(hpr)


def without_noughts(hpr: str) -> str:
    """An HPR number as lists are named after it: it may be written with or without leading noughts."""
    return hpr.lstrip("0") or "0"


def list_of(name: str) -> str:
    """``name``, when there can be a list of that name: one of ours, or a group of the clinic's own.

    Raises ``ValueError`` with what to do otherwise.
    """
    if name.startswith(_LISTED):
        return listed_with(name.removeprefix(_LISTED))
    return name if name == BLOCKED else group_of(name)


def group_of(name: str) -> str:
    """``name``, when a clinic may call a group so. Raises ``ValueError`` with what to do otherwise."""
    if name == BLOCKED or name.startswith(_LISTED):
        raise ValueError(f"{name!r} is a name that timebok needs for itself; choose another one")
    if _IDENTITY_NUMBER.fullmatch(name):
        raise ValueError("that looks like an identity number, which must not be the name of a group")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a group; write 1 to 100 characters without blank or colon")
    return name


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """A list of patients of an owner, and how many are in it."""

    her_id: str
    name: str
    members: int


def groups(connection: Connection, her_id: str | None = None) -> list[Group]:
    """The lists that somebody is in: of one owner, or of all."""
    query = select(g.c.her_id, g.c.group_name, func.count()).group_by(g.c.her_id, g.c.group_name)
    if her_id is not None:
        query = query.where(g.c.her_id == her_id)
    return sorted(Group(*row) for row in connection.execute(query))


def replace(connection: Connection, her_id: str, name: str, members: Collection[str]) -> tuple[int, int]:
    """Make ``members`` (fingerprints) all who are in the list; gives how many came and how many went."""
    # Whoever changes a list of the owner's waits here for whoever else does.
    connection.execute(select(owner.c.her_id).where(owner.c.her_id == her_id).with_for_update()).all()
    there = set(connection.execute(select(g.c.member).where(_list(her_id, name))).scalars())
    come, gone = set(members) - there, sorted(there - set(members))
    if come:
        rows = [{"her_id": her_id, "member": member, "group_name": name} for member in sorted(come)]
        connection.execute(insert(g), rows)
    for start in range(0, len(gone), _AT_ONCE):
        some = gone[start : start + _AT_ONCE]
        connection.execute(delete(g).where(_list(her_id, name), g.c.member.in_(some)))
    return len(come), len(gone)


def add(connection: Connection, her_id: str, name: str, member: str) -> bool:
    """Put a fingerprint on the list; whether it was not there before."""
    if _is_there(connection, her_id, name, member):
        return False
    connection.execute(insert(g).values(her_id=her_id, member=member, group_name=name))
    return True


def remove(connection: Connection, her_id: str, name: str, member: str) -> bool:
    """Take a fingerprint off the list; whether it was there."""
    done = connection.execute(delete(g).where(_list(her_id, name), g.c.member == member))
    return done.rowcount > 0


def _is_there(connection: Connection, her_id: str, name: str, member: str) -> bool:
    connection.execute(select(owner.c.her_id).where(owner.c.her_id == her_id).with_for_update()).all()
    found = select(g.c.member).where(_list(her_id, name), g.c.member == member)
    return connection.execute(found).first() is not None


def _list(her_id: str, name: str) -> ColumnElement[bool]:
    return and_(g.c.her_id == her_id, g.c.group_name == name)
