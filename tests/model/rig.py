"""The adapter on a SQLite file, without queues: it can be killed at each step of the road and started again.

It reads the tables with plain SQL, so that what it finds there is not what the code under test believes.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

import adapter.batch
from adapter.batch import Batches
from adapter.database import open_engine
from adapter.dialects.helsenorge.dialect import Helsenorge
from adapter.ledger import outbox
from adapter.pipeline import Pipeline
from adapter.xml.parsing import Limits
from adapter.xml.schema import Schema
from handlers.calendars.file import read_calendar_file
from handlers.calendars.importing import import_calendars
from handlers.desk.model import Patient
from handlers.desk.requests import SlotQuery
from handlers.desk.store import Desk
from handlers.slot_query import handle
from schemas import Catalogue
from tests.model.clinic import OWNERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from adapter.ledger.ledger import Ledger
    from adapter.message import Inbound, Outbound
    from adapter.outcome import Outcome
    from tests.model.clinic import Key
    from tests.model.oslo import Clock

_OSLO = ZoneInfo("Europe/Oslo")
_EVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


class Died(BaseException):
    """The process was killed here. Not an ``Exception``: nothing gets to tidy up after it."""


class Stumbled(Exception):
    """What no message should be able to cause."""


class Taken(NamedTuple):
    """A row of the appointments."""

    id: str
    key: Key
    national_id: str
    state: str
    until: datetime | None
    start: datetime
    end: datetime


class Owed(NamedTuple):
    """A row of the outbox. ``answers`` are the sender and the id of the message that it answers."""

    message_id: str
    answers: tuple[str, str]
    kind: str
    code: str
    queue: str
    ttl: int | None
    properties: str
    body: bytes
    is_sent: bool
    failure: str | None


class Rig:
    """The adapter on a database in ``folder``. ``reset`` gives it a copy of one with calendars in it.

    One engine for all runs: what SQLAlchemy remembers of it, how its statements are written, says nothing of
    what is in the file, and learning that anew takes longer than a run.
    """

    def __init__(self, folder: Path, calendars: str, clock: Clock) -> None:
        self._path, self._template = folder / "timebok.db", folder / "template.db"
        self._engine = open_engine(f"sqlite:///{self._path}")
        self.reset(clock)
        self.bring_in(calendars)
        self._engine.dispose()
        shutil.copy(self._path, self._template)

    def reset(self, clock: Clock) -> None:
        """Begin again with the calendars and nothing else, at the time that ``clock`` tells."""
        self._engine.dispose()
        if self._template.exists():
            shutil.copy(self._template, self._path)
        self._clock = clock
        self._numbers = count()
        self._start()

    def restart(self) -> None:
        """Start the adapter anew, on the same file."""
        self._engine.dispose()
        self._start()

    def _start(self) -> None:
        dialect = Helsenorge(_schema(), _OSLO, Limits(), self._new_id, check_replies=True)
        self._pipeline = _Fallible(Pipeline(dialect, OWNERS))
        self._batches = Batches(self._engine, self._pipeline, self._clock, self._new_id)  # type: ignore[arg-type]

    def close(self) -> None:
        self._engine.dispose()

    def _new_id(self) -> str:
        """The same in every run, and in no order that anything may count on."""
        return str(uuid5(NAMESPACE_OID, str(next(self._numbers))))

    # --- what it does

    def process(
        self, batch: Sequence[Inbound], *, die_at: str = "", fail_on: tuple[str, str] | None = None
    ) -> list[Outcome]:
        """What became of each. If told so, it dies at a crash point or fails on a message (sender and id)."""

        def crash_point(name: str) -> None:
            if name == die_at:
                raise Died

        self._pipeline.failing = fail_on
        with patch.object(adapter.batch, "crash_point", crash_point):
            return self._batches.process(batch)

    def claim(self) -> list[Outbound]:
        """What is due to be sent from the outbox."""
        with self._engine.begin() as connection:
            return outbox.claim_due(connection, self._clock(), 1000)

    def mark(self, message_ids: Sequence[str]) -> None:
        with self._engine.begin() as connection:
            outbox.mark_sent(connection, message_ids, self._clock())

    def bring_in(self, text: str) -> set[Key]:
        """Import a calendar file; says which slots were left as they are because somebody has them."""
        file = read_calendar_file(text, "calendars.json")
        with self._engine.begin() as connection:
            report = import_calendars(connection, file, self._clock(), _OSLO)
        return {(owner.her_id, slot.id) for owner in report.owners for slot in owner.kept}

    def offered(self, owner: str) -> list[Key]:
        """All slots that a citizen would be shown now, however far ahead."""
        start, end = _EVER
        request = SlotQuery(owner=owner, patient=Patient("", "", ""), start=start, end=end)
        with self._engine.begin() as connection:
            slots = handle(request, Desk(connection, self._clock(), self._new_id)).slots
        return [(owner, slot.id) for slot in slots]

    # --- what it has written

    def slots(self) -> dict[Key, tuple[datetime, datetime]]:
        rows = self._rows('SELECT her_id, id, start, "end" FROM slot')
        return {(row[0], row[1]): (_moment(row[2]), _moment(row[3])) for row in rows}

    def appointments(self) -> list[Taken]:
        query = 'SELECT id, her_id, slot_id, national_id, state, held_until, start, "end" FROM appointment'
        return [
            Taken(name, (owner, slot), number, state, until and _moment(until), _moment(start), _moment(end))
            for name, owner, slot, number, state, until, start, end in self._rows(query)
        ]

    def inbox(self) -> list[tuple[str, str, str]]:
        return self._rows("SELECT sender, message_id, outcome FROM inbox")

    def outbox(self) -> list[Owed]:
        query = (
            "SELECT message_id, sender, answers, kind, code, queue, ttl_seconds, properties, body,"
            " sent_at IS NOT NULL, failure FROM outbox ORDER BY id"
        )
        return [Owed(row[0], (row[1], row[2]), *row[3:9], bool(row[9]), row[10]) for row in self._rows(query)]

    def _rows(self, query: str) -> list[Any]:
        connection = self._engine.raw_connection()
        try:
            return connection.cursor().execute(query).fetchall()
        finally:
            connection.close()


class _Fallible:
    """The road of a message, on which we fail with some messages once their effect has been entered."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self.failing: tuple[str, str] | None = None

    def look_up(self, batch: Sequence[Inbound], ledger: Ledger) -> None:
        self._pipeline.look_up(batch, ledger)

    def process(self, inbound: Inbound, ledger: Ledger, desk: Desk) -> Outcome:
        outcome = self._pipeline.process(inbound, ledger, desk)
        if (inbound.properties.from_her_id, inbound.properties.message_id) == self.failing:
            raise Stumbled
        return outcome


@cache
def _schema() -> Schema:
    return Schema(Catalogue.load())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
