"""The write side of the ledger, for one batch inside one transaction that is not ours.

It remembers what has been here and enters what became of it, with the bytes of every message that is to
go out. It never commits, never publishes and never decides what becomes of a message.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, select, text, tuple_, update

from adapter.ledger.outbox import FIRST_PAUSE
from adapter.ledger.packing import pack, storable, storable_or_none
from adapter.ledger.tables import inbox, outbox
from adapter.outcome import Ignored, RetryLater, dispatches_of, name_of
from handlers.desk.compiled import Compiled, numbered, numbered_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection, Table

    from adapter.message import Inbound
    from adapter.outcome import Dispatch, Outcome


_MOST_SIZES = 200  # of batches whose statements are kept


def _row_of(table: Table, *unset: str) -> Compiled:
    """Enter a row, with a value for each column but those that are set later, or by the database."""
    columns = [column for column in table.c if column.name not in unset]
    return Compiled(insert(table).values({column: bindparam(column.name) for column in columns}))


_ENTER = _row_of(inbox, "id")
_OWE = _row_of(outbox, "id", "sent_at", "failure", "receipt_status", "receipt_errors", "receipt_at")


@lru_cache(_MOST_SIZES)
def _deliveries(batch: int) -> Compiled:
    """Those of one sender, for which there is an index."""
    ids = inbox.c.message_id.in_(numbered("id", batch))
    return Compiled(
        select(inbox.c.message_id, inbox.c.outcome).where(inbox.c.sender == bindparam("sender"), ids)
    )


@lru_cache(_MOST_SIZES)
def _letters(batch: int) -> Compiled:
    ids = inbox.c.msg_id.in_(numbered("id", batch))
    answered = text("outcome = 'answered'")  # in literals: only so can a database use the index
    return Compiled(select(inbox.c.msg_id).where(inbox.c.sender == bindparam("sender"), ids, answered))


class Ledger:
    """The ledger's page for one batch, at the moment ``now`` (aware UTC).

    Entries are kept until ``flush`` writes them, so that a batch costs two statements, not two a message.
    """

    def __init__(self, connection: Connection, now: datetime, resend_after: timedelta = FIRST_PAUSE) -> None:
        self._connection = connection
        self._now = now
        self._now_in_seconds = int(now.timestamp())
        self._due_at = int((now + resend_after).timestamp())
        self._deliveries: set[tuple[str, str]] = set()
        self._parked: set[tuple[str, str]] = set()
        self._letters: set[tuple[str, str]] = set()
        self._asked_for: set[tuple[str, str]] = set()
        self._entries: list[dict[str, Any]] = []
        self._owed: list[dict[str, Any]] = []

    def look_up(self, batch: Sequence[Inbound]) -> None:
        """Learn, in one go, which messages of a batch have been here before.

        One that was parked has not been dealt with: a person may send it on its way again.
        """
        by_sender: dict[str, list[str]] = {}
        for sender, message_id in map(_key, batch):
            by_sender.setdefault(sender, []).append(message_id)
        for sender, message_ids in by_sender.items():
            ids = numbered_values("id", message_ids)
            for message_id, outcome in _deliveries(len(ids)).all(self._connection, sender=sender, **ids):
                (self._parked if outcome == "parked" else self._deliveries).add((sender, message_id))

    def look_up_letters(self, letters: Iterable[tuple[str, str]]) -> None:
        """Learn, in one go, which letters have been answered before, by their senders and MsgIds.

        ``knows_letter`` asks for one that is not among them.
        """
        by_sender: dict[str, list[str]] = {}
        for sender, msg_id in letters:
            by_sender.setdefault(storable(sender), []).append(storable(msg_id))
        for sender, msg_ids in by_sender.items():
            ids = numbered_values("id", msg_ids)
            rows = _letters(len(ids)).all(self._connection, sender=sender, **ids)
            self._letters.update((sender, msg_id) for (msg_id,) in rows)
            self._asked_for.update((sender, msg_id) for msg_id in msg_ids)

    def knows_delivery(self, inbound: Inbound) -> bool:
        """Whether this AMQP message has been here: same sender, same message-id. Needs ``look_up`` first."""
        return _key(inbound) in self._deliveries

    def knows_letter(self, sender: str, msg_id: str) -> bool:
        """Whether a letter with this MsgId has been answered before, in whatever AMQP message it came."""
        letter = storable(sender), storable(msg_id)
        if letter not in self._asked_for:
            self.look_up_letters([letter])
        return letter in self._letters

    def enter(self, inbound: Inbound, outcome: Outcome) -> None:
        """Enter what became of a message, and what is owed for it. A duplicate leaves no second entry."""
        if isinstance(outcome, RetryLater) or (isinstance(outcome, Ignored) and self.knows_delivery(inbound)):
            return
        sender, message_id = _key(inbound)
        message_id = message_id or f"without-{uuid4()}"
        self._deliveries.add((sender, message_id))
        about, msg_id, name = outcome.about, storable_or_none(outcome.about.msg_id), name_of(outcome)
        if msg_id and name == "answered":
            self._letters.add((sender, msg_id))
        self._entries.append(
            {
                "sender": sender,
                "message_id": message_id,
                "her_id": inbound.party,
                "lane": str(inbound.lane),
                "received_at": self._now_in_seconds,
                "function": storable_or_none(about.function),
                "code": storable_or_none(about.code),
                "msg_id": msg_id,
                "conversation": storable_or_none(about.conversation),
                "outcome": name,
                "reason": getattr(outcome, "reason", None),
                "properties": pack(inbound.properties),
                "body": inbound.body,
            }
        )
        # Whoever commits an answer sends it at once; it is due here only when they did not come to it.
        for one in dispatches_of(outcome):
            row = self._row(one)
            row.update(sender=sender, answers=message_id, thread=None, attempts=1, due_at=self._due_at)
            self._owed.append(row)

    def owe(self, notice: Dispatch, thread: str) -> None:
        """Enter a message that answers nothing. It is due now, and leaves after what its thread owed before.

        ``thread`` is the id of the appointment that it is about.
        """
        of_its_own = {"sender": None, "answers": None, "thread": thread}
        self._owed.append(self._row(notice) | of_its_own | {"attempts": 0, "due_at": self._now_in_seconds})

    def note_receipt(self, sender: str, msg_id: str, status: str, errors: Sequence[str]) -> bool:
        """Note the AppRec that ``sender`` gave to a message of ours. Whether there is such a message."""
        found = self._connection.execute(
            update(outbox)
            .where(outbox.c.msg_id == storable(msg_id), outbox.c.receiver == storable(sender))
            .values(receipt_status=status, receipt_errors=" ".join(errors), receipt_at=self._now)
        )
        return found.rowcount > 0

    def note_error(self, sender: str, message_id: str, condition: str) -> bool:
        """Note the error message that ``sender`` gave to one of ours. Whether there is such a message."""
        found = self._connection.execute(
            update(outbox)
            .where(outbox.c.message_id == storable(message_id), outbox.c.receiver == storable(sender))
            .values(receipt_status="error", receipt_errors=storable(condition), receipt_at=self._now)
        )
        return found.rowcount > 0

    def flush(self) -> None:
        """Write the entries."""
        if again := self._parked & self._deliveries:
            theirs = tuple_(inbox.c.sender, inbox.c.message_id).in_(again)
            self._connection.execute(delete(inbox).where(theirs, inbox.c.outcome == "parked"))
        if self._entries:
            _ENTER.run_many(self._connection, self._entries)
        if self._owed:
            _OWE.run_many(self._connection, self._owed)
        self._entries, self._owed = [], []

    def _row(self, dispatch: Dispatch) -> dict[str, Any]:
        """What stands in the outbox of any message, whatever it answers."""
        outbound = dispatch.outbound
        return {
            "message_id": outbound.properties.message_id,
            "kind": str(dispatch.kind),
            "function": storable(dispatch.function),
            "code": dispatch.code,
            "errors": " ".join(dispatch.errors) or None,
            "msg_id": dispatch.msg_id,
            "receiver": outbound.properties.to_her_id or "",
            "queue": outbound.queue,
            "ttl_seconds": None if outbound.ttl is None else int(outbound.ttl.total_seconds()),
            "properties": pack(outbound.properties),
            "body": outbound.body,
            "created_at": self._now_in_seconds,
        }


def _key(inbound: Inbound) -> tuple[str, str]:
    return storable(inbound.properties.from_her_id or ""), storable(inbound.properties.message_id or "")
