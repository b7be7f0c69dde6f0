"""What the ledger forgets, and when: bodies hold patients, ids are the memory against duplicates.

In small portions, so that no message waits long behind one. It never forgets what is still owed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, tuple_, update

from adapter.ledger.tables import has_body, inbox, outbox, owed

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Connection, Engine

AT_ONCE = 200
_NO_PROPERTIES = "{}"


def forget_some(engine: Engine, now: datetime, bodies: timedelta, messages: timedelta) -> int:
    """Forget a portion of what is older than it is to be kept, in a transaction; says how much it was."""
    with engine.begin() as connection:
        emptied = forget_bodies(connection, now - bodies, AT_ONCE)
        return emptied + forget_messages(connection, now - messages, AT_ONCE)


def forget_bodies(connection: Connection, before: datetime, limit: int) -> int:
    """Drop the bodies and properties of at most ``limit`` messages from before a moment; says of how many."""
    received = select(inbox.c.id).where(inbox.c.received_at < before, has_body)
    sent = select(outbox.c.id).where(outbox.c.created_at < before, has_body, ~_is_owed())
    emptied = {"body": None, "properties": _NO_PROPERTIES}
    first = update(inbox).where(inbox.c.id.in_(received.limit(limit))).values(**emptied)
    second = update(outbox).where(outbox.c.id.in_(sent.limit(limit))).values(**emptied)
    return sum(connection.execute(statement).rowcount for statement in (first, second))


def forget_messages(connection: Connection, before: datetime, limit: int) -> int:
    """Remove at most ``limit`` messages from before a moment, with what was sent for them; says how many.

    From then on, a repetition of one would be taken for new.
    """
    # What answers nothing is not among them: beside a NULL nothing is known not to be in a list.
    still_owed = select(outbox.c.sender, outbox.c.answers).where(owed, outbox.c.answers.is_not(None))
    old = connection.execute(
        select(inbox.c.sender, inbox.c.message_id)
        .where(
            inbox.c.received_at < before,
            tuple_(inbox.c.sender, inbox.c.message_id).not_in(still_owed),
        )
        .order_by(inbox.c.received_at)
        .limit(limit)
    ).all()
    keys = [(row.sender, row.message_id) for row in old]
    if keys:
        connection.execute(delete(outbox).where(tuple_(outbox.c.sender, outbox.c.answers).in_(keys)))
        connection.execute(delete(inbox).where(tuple_(inbox.c.sender, inbox.c.message_id).in_(keys)))
    return len(keys) + _forget_notices(connection, before, limit)


def _forget_notices(connection: Connection, before: datetime, limit: int) -> int:
    """The same for what answers nothing."""
    old = select(outbox.c.id).where(outbox.c.sender.is_(None), outbox.c.created_at < before, ~_is_owed())
    return connection.execute(delete(outbox).where(outbox.c.id.in_(old.limit(limit)))).rowcount


def _is_owed() -> ColumnElement[bool]:
    return outbox.c.sent_at.is_(None) & outbox.c.failure.is_(None)
