"""The booking store as a test sees it: filled before the service starts, and read when all is said.

It reads with statements of its own, not through the desk or the ledger, since those are what is on trial.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, func, insert, select

from adapter.database import open_engine
from adapter.ledger.tables import inbox, outbox
from handlers.desk import tables

if TYPE_CHECKING:
    from sqlalchemy import Select

_MINUTES = 5
_A_DAY = 96  # slots: eight hours of them
_HOLD = timedelta(hours=6)  # longer than any test, so that no hold lapses in one


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that citizens want. ``holds`` says that it can be reserved before it is booked."""

    id: str
    start: datetime
    end: datetime
    holds: bool


@dataclass(frozen=True, slots=True)
class Entries:
    """All that the store knows in the end."""

    appointments: list[Any]
    outbox: list[Any]
    inbox: list[Any]


class Store:
    """The store behind ``url``, with one clinic in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.slots: list[Slot] = []
        # not the service's way of opening it, which would take the write lock for each look
        self._engine = create_engine(url)

    def open_clinic(self, her_id: str, slots: int, *, two_step: bool) -> None:
        """Enter a clinic; with ``two_step`` every other of its times can be reserved first."""
        engine = open_engine(self.url)
        with engine.begin() as connection:
            parent = {"parent_her_id": "1234", "parent_name": "Beste kommune"}
            connection.execute(insert(tables.owner), {"her_id": her_id, "name": "Vaksinasjon"} | parent)
            for position, hold in enumerate((None, int(_HOLD.total_seconds()))):
                calendar = {"her_id": her_id, "id": f"c{position}", "position": position, "open": True}
                named = {"name": "Vaksine", "category": "Vaksine", "hold_seconds": hold}
                connection.execute(insert(tables.calendar), calendar | named)
                kind = {"her_id": her_id, "calendar_id": f"c{position}", "code": "time", "position": 0}
                lasting = {"name": "Vaksine", "duration_seconds": 60 * _MINUTES}
                connection.execute(insert(tables.time_type), kind | lasting)
            self.slots = [_slot(number, two_step=two_step) for number in range(slots)]
            connection.execute(insert(tables.slot), [_row(her_id, slot) for slot in self.slots])
        engine.dispose()

    def read(self) -> Entries:
        """Everything."""
        with self._engine.connect() as connection:
            return Entries(
                appointments=list(connection.execute(select(tables.appointment))),
                outbox=list(connection.execute(select(outbox).order_by(outbox.c.id))),
                inbox=list(connection.execute(select(inbox))),
            )

    def owed(self) -> int:
        """How many replies are committed that are not known to be sent, and that somebody still waits for."""
        waited_for = outbox.c.sent_at.is_(None), outbox.c.failure.is_(None), outbox.c.ttl_seconds.is_(None)
        return self._count(select(func.count()).select_from(outbox).where(*waited_for))

    def answered(self) -> int:
        """How many letters have been answered, as far as the store knows."""
        return self._count(select(func.count()).select_from(inbox).where(inbox.c.outcome == "answered"))

    def given_up(self) -> set[str]:
        """The MsgIds of the letters whose sender has stopped waiting before they were answered."""
        about = (inbox.c.sender == outbox.c.sender) & (inbox.c.message_id == outbox.c.answers)
        query = select(inbox.c.msg_id).join(outbox, about).where(outbox.c.failure == "expired")
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def receipted(self) -> set[str]:
        """The MsgIds of our replies that the hub has receipted."""
        query = select(outbox.c.msg_id).where(outbox.c.receipt_status == "1")
        with self._engine.connect() as connection:
            return set(connection.execute(query).scalars())

    def close(self) -> None:
        self._engine.dispose()

    def _count(self, query: Select[tuple[int]]) -> int:
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()


def _slot(number: int, *, two_step: bool) -> Slot:
    day = datetime.combine(datetime.now(UTC) + timedelta(days=10 + number // _A_DAY), time(7), UTC)
    start = day + timedelta(minutes=_MINUTES * (number % _A_DAY))
    return Slot(f"S{number:05}", start, start + timedelta(minutes=_MINUTES), two_step and number % 2 == 1)


def _row(her_id: str, slot: Slot) -> dict[str, Any]:
    calendar = "c1" if slot.holds else "c0"
    where = {"her_id": her_id, "id": slot.id, "calendar_id": calendar, "type_code": "time"}
    return where | {"start": slot.start, "end": slot.end}
