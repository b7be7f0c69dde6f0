"""A batch of messages, carried through the pipeline in one transaction, on one worker thread.

Synchronous from begin to commit, with no ``await`` in between: a connection to the broker that drops
cancels whatever awaits. When one message of a batch fails, all is rolled back and each goes by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapter.crash_points import crash_point
from adapter.errors import NotNow, StoreUnavailable
from adapter.ledger import outbox
from adapter.ledger.ledger import Ledger
from adapter.ledger.outbox import FIRST_PAUSE
from adapter.outcome import About, RetryLater
from adapter.telemetry import without_words
from handlers.desk.office import USUAL
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Engine

    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from adapter.pipeline import Pipeline
    from handlers.desk.office import Office

log = structlog.get_logger(__name__)


class Batches:
    """Carries batches through ``pipeline``, on the store behind ``engine``.

    ``clock`` tells the time (aware UTC), ``new_id`` makes the ids of appointments, ``office`` is the desk's.
    What is still unsent ``resend_after`` the commit is sent from the outbox.
    """

    def __init__(
        self,
        engine: Engine,
        pipeline: Pipeline,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        *,
        resend_after: timedelta = FIRST_PAUSE,
        office: Office = USUAL,
    ) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._clock = clock
        self._new_id = new_id
        self._resend_after = resend_after
        self._office = office

    def process(self, batch: Sequence[Inbound], sent: Sequence[str] = ()) -> list[Outcome]:
        """What became of each message, in their order. What an outcome says is committed.

        ``sent`` are the message ids of earlier replies that the broker has confirmed; they are marked in
        the same transaction.

        Never raises for what stands in a message: one that we fail on has the outcome ``RetryLater``, and
        nothing of it is committed. Raises ``StoreUnavailable`` when it is the store that fails; then no
        message is to blame, and the batch is to be processed again once ``store_answers``.
        """
        try:
            return self._in_one_transaction(batch, sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other messages must not wait for it
            log.warning("batch failed", messages=len(batch), **without_words(error))
            if isinstance(error, DBAPIError) and not self.store_answers():
                raise StoreUnavailable("the booking store does not answer") from None
            if len(batch) == 1 and not sent:
                about, endlessly = About(batch[0].properties.subject), isinstance(error, NotNow)
                return [RetryLater(about, _reason(error), endlessly)]
        self.mark(sent)
        return [outcome for message in batch for outcome in self.process([message])]

    def mark(self, sent: Sequence[str]) -> None:
        """Mark replies as sent, by their message ids. Raises ``StoreUnavailable``."""
        try:
            with self._engine.begin() as connection:
                outbox.mark_sent(connection, sent, self._clock())
        except SQLAlchemyError:
            raise StoreUnavailable("the booking store does not answer") from None

    def store_answers(self) -> bool:
        """Whether the store can be written to at this moment: a full disk reads well enough."""
        try:
            with self._engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
        except SQLAlchemyError:
            return False
        return True

    def _in_one_transaction(self, batch: Sequence[Inbound], sent: Sequence[str]) -> list[Outcome]:
        with self._engine.begin() as connection:
            now = self._clock()
            ledger = Ledger(connection, now, self._resend_after)
            desk = Desk(connection, now, self._new_id, self._office)
            outbox.mark_sent(connection, sent, now)
            self._pipeline.look_up(batch, ledger)
            outcomes = [self._pipeline.process(message, ledger, desk) for message in batch]
            ledger.flush()
            crash_point("before-commit")
        crash_point("after-commit")
        return outcomes


def _reason(error: Exception) -> str:
    return f"own-fault: {type(error).__name__}"
