"""What we owe: messages that are committed and not yet known to be sent.

The first to send them is whoever committed them. What that leaves unsent, for whatever reason, falls due
later and is sent from here, with growing pauses: the same bytes under the same message-id.

What answers nothing is sent from here alone. Of those about one appointment (a ``thread``) only the oldest is
ever offered, so that none leaves before the broker has confirmed the one before it, or we have given it up.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, select, update

from adapter.ledger.packing import unpack
from adapter.ledger.tables import outbox, owed, owed_in_order
from adapter.message import Outbound
from handlers.desk.compiled import Compiled, numbered, numbered_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine

#: How long whoever has committed a message has to send it before it falls due.
FIRST_PAUSE = timedelta(seconds=10)
_MOST_SIZES = 200  # of batches whose statements are kept
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_ATTEMPTS = 50
_MOST_DOUBLINGS = 20  # far past the longest pause, and far from what a timedelta can hold

_earlier = outbox.alias("earlier")
_is_its_threads_oldest = ~exists().where(
    # The literal names no table, so within the query it is about the earlier one; only so is its index used.
    owed_in_order,
    _earlier.c.thread == outbox.c.thread,
    _earlier.c.id < outbox.c.id,
)


@lru_cache(_MOST_SIZES)
def _mark_sent(count: int) -> Compiled:
    these = update(outbox).where(outbox.c.message_id.in_(numbered("id", count)))
    return Compiled(these.values({outbox.c.sent_at: bindparam("now")}))


def claim_and_count(
    engine: Engine, now: datetime, limit: int, pause: timedelta, count: bool
) -> tuple[list[Outbound], int]:
    """What is due, claimed in a transaction of its own, and how much is owed in all.

    The latter is counted only where something was left unsent: then it is due, or ``count`` says so.
    """
    with engine.begin() as connection:
        due = claim_due(connection, now, limit, pause)
        return due, count_owed(connection) if count or due else 0


def claim_due(
    connection: Connection, now: datetime, limit: int, pause: timedelta = FIRST_PAUSE
) -> list[Outbound]:
    """What is due now, oldest first; it falls due again later, so that no other process sends it meanwhile.

    ``pause`` is the one before the first resending; each one after that is twice as long.
    What nobody waits for any more, or has been tried often enough (for about two days), is given up.
    """
    _give_up(connection, now)
    query = (
        select(outbox)
        .where(owed, outbox.c.due_at <= now, _is_its_threads_oldest)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = connection.execute(query).all()
    for row in found:
        longer = min(pause * 2 ** min(row.attempts, _MOST_DOUBLINGS), _LONGEST_PAUSE)
        again = {"attempts": row.attempts + 1, "due_at": now + longer}
        connection.execute(update(outbox).where(outbox.c.id == row.id).values(**again))
    return [
        Outbound(
            body=row.body,
            properties=unpack(row.properties),
            queue=row.queue,
            ttl=None if row.ttl_seconds is None else timedelta(seconds=row.ttl_seconds),
        )
        for row in found
    ]


def count_owed(connection: Connection) -> int:
    """How many answers are committed and not known to be sent."""
    answers = select(func.count()).select_from(outbox).where(owed, outbox.c.answers.is_not(None))
    return connection.execute(answers).scalar_one()


def mark_sent(connection: Connection, message_ids: Sequence[str], now: datetime) -> None:
    """The broker has confirmed these."""
    if message_ids:
        ids = numbered_values("id", message_ids)
        _mark_sent(len(ids)).run(connection, now=int(now.timestamp()), **ids)


def _give_up(connection: Connection, now: datetime) -> None:
    expired = update(outbox).where(owed, outbox.c.due_at <= now, outbox.c.ttl_seconds.is_not(None))
    connection.execute(expired.values(failure="expired"))
    tried = update(outbox).where(owed, outbox.c.due_at <= now, outbox.c.attempts >= _MOST_ATTEMPTS)
    connection.execute(tried.values(failure="undeliverable"))
