"""A database of the first timebok becomes one of this version with all that is in it, and work goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

import handlers
from adapter import database
from adapter.database import open_engine
from adapter.ledger import outbox
from adapter.ledger.ledger import Ledger
from adapter.ledger.tables import outbox as outbox_table
from handlers.desk import tables
from handlers.desk.model import State
from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Cancelled, Declined
from handlers.desk.store import Desk
from tests.support.clinic import NOW, OWNER, SLOTS, book, cancel, fill
from tests.support.envelopes import answered, dispatch, inbound
from tests.support.people import KARI, LINE, OLA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

Content = dict[str, list[dict[str, Any]]]

MINUTE = timedelta(minutes=1)
#: Slot, patient, state. The last one's slot is no longer in the calendar.
APPOINTMENTS = [
    ("K1", LINE, State.BOOKED),
    ("K2", KARI, State.HELD),
    ("K2", OLA, State.CANCELLED),
    ("K2", LINE, State.LAPSED),
    ("K3", LINE, State.CANCELLED),
    ("D1", KARI, State.NO_SHOW),
    ("GONE", OLA, State.BOOKED),
]


@pytest.fixture
def old(fresh_url: str) -> Iterator[Engine]:
    """A database of revision 0001 with a clinic, its appointments, and letters that came and went."""
    engine = create_engine(fresh_url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        fill(connection)
        connection.execute(insert(tables.appointment), [_appointment(*one) for one in APPOINTMENTS])
    _letters(engine)
    yield engine
    engine.dispose()


def _appointment(slot_id: str, patient: Any, state: State) -> dict[str, Any]:
    calendar_id, start, end = SLOTS.get(slot_id, SLOTS["K1"])
    return {
        "id": f"{slot_id}-{state}",
        "her_id": OWNER,
        "calendar_id": calendar_id,
        "slot_id": slot_id,
        "state": state,
        "start": start,
        "end": end,
        "title": "Time",
        "national_id": patient.national_id,
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "phone": patient.phone,
        "reason": "Vondt i 'kneet'",
        "held_until": NOW + MINUTE if state is State.HELD else None,
        "created_at": NOW,
        "changed_at": NOW,
        "cancellation_reason": "Frisk" if state is State.CANCELLED else None,
    }


def _letters(engine: Engine) -> None:
    """Two letters that were answered, one of them by what has been sent. Entered in the words of 0001."""
    came = {
        "sender": "5001",
        "her_id": OWNER,
        "lane": "async",
        "received_at": 1,
        "outcome": "answered",
        "properties": "{}",
        "body": b"<a/>",
    }
    went = {
        "kind": "reply",
        "function": "F",
        "code": "05",
        "receiver": "5001",
        "queue": "5001_async",
        "properties": '{"message_id": "x", "subject": "F"}',
        "created_at": 1,
        "attempts": 0,
        "due_at": 1,
    }
    with engine.begin() as connection:
        for number in (1, 2):
            _enter(connection, "inbox", came | {"message_id": f"in-{number}", "msg_id": f"letter-{number}"})
            answer = {"sender": "5001", "answers": f"in-{number}", "message_id": f"out-{number}"}
            sent = {"sent_at": 2, "body": None} if number == 1 else {"sent_at": None, "body": b"<b/>"}
            _enter(connection, "outbox", went | answer | sent)


def _enter(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)


def content(engine: Engine) -> Content:
    """All rows of all tables, in some order that stays."""
    with engine.begin() as connection:
        names = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
        found = {name: connection.execute(text(f"SELECT * FROM {name}")).mappings().all() for name in names}
    return {name: sorted((dict(row) for row in rows), key=repr) for name, rows in found.items()}


@pytest.fixture
def upgraded(old: Engine, fresh_url: str) -> Iterator[tuple[Engine, Content]]:
    """The same database opened by this version, and what was in it before."""
    before = content(old)
    engine = open_engine(fresh_url)
    yield engine, before
    engine.dispose()


def test_everything_is_kept(upgraded: tuple[Engine, Content]) -> None:
    engine, before = upgraded
    after = content(engine)
    assert {name: len(rows) for name, rows in before.items()} == {
        "appointment": 7,
        "calendar": 5,
        "inbox": 2,
        "outbox": 2,
        "owner": 2,
        "slot": 9,
        "time_type": 5,
    }
    for name, rows in before.items():
        old_columns = [{key: row[key] for key in rows[0]} for row in after[name]]
        assert sorted(old_columns, key=repr) == rows, name
    assert {name: rows for name, rows in after.items() if name not in before} == {
        "appointment_move": [],
        "group_member": [],
        "referral": [],
    }


def test_what_is_new_says_that_nothing_has_changed(upgraded: tuple[Engine, Content]) -> None:
    after = content(upgraded[0])
    assert {row["id"]: row["type_code"] for row in after["appointment"]} == {
        f"{slot_id}-{state}": "" if slot_id == "GONE" else "time" for slot_id, _patient, state in APPOINTMENTS
    }
    new = ("seat", "moves", "fixed", "referral_id", "accepted_conditions", "answers")
    assert {tuple(row[name] for name in new) for row in after["appointment"]} == {
        (0, 0, None, None, None, None)
    }
    assert {(row["capacity"], row["available_at"], bool(row["must_call"])) for row in after["slot"]} == {
        (1, None, False)
    }
    assert {row["policy"] for table in ("calendar", "time_type") for row in after[table]} == {"{}"}
    assert {row["thread"] for row in after["outbox"]} == {None}


def test_booking_goes_on_where_it_was(upgraded: tuple[Engine, Content]) -> None:
    engine, _before = upgraded

    def ask(request: Any) -> Any:
        with engine.begin() as connection:
            return handlers.handle(request, Desk(connection, NOW, lambda: str(uuid4())))

    taken = [ask(book("K1", KARI)), ask(book("K2", LINE))]
    assert [reply.reason for reply in taken if isinstance(reply, Declined)] == [Reason.SLOT_TAKEN] * 2
    assert isinstance(ask(book("K3", OLA)), Booked)
    confirmed = ask(book("K2", KARI))
    assert isinstance(confirmed, Booked)
    assert confirmed.appointment.id == "K2-held"
    assert isinstance(ask(cancel("K1-booked")), Cancelled)
    assert isinstance(ask(book("K1", KARI)), Booked)


def test_a_seat_still_has_one_patient(upgraded: tuple[Engine, Content]) -> None:
    row = _appointment("K1", OLA, State.BOOKED) | {"id": "another"}
    with pytest.raises(IntegrityError), upgraded[0].begin() as connection:
        connection.execute(insert(tables.appointment), row)
    with upgraded[0].begin() as connection:
        connection.execute(insert(tables.appointment), row | {"seat": 1})


def test_what_was_owed_is_sent_and_what_has_been_here_is_known(upgraded: tuple[Engine, Content]) -> None:
    with upgraded[0].begin() as connection:
        due = outbox.claim_due(connection, NOW, 10)
        assert [one.body for one in due] == [b"<b/>"]
        ledger = Ledger(connection, NOW)
        ledger.enter(inbound(), answered(dispatch(message_id="new")))
        ledger.flush()
        assert ledger.knows_letter("5001", "letter-1")
        numbers = dict(connection.execute(select(outbox_table.c.message_id, outbox_table.c.id)).all())
    assert sorted(numbers, key=numbers.__getitem__) == ["out-1", "out-2", "new"]


def test_a_step_that_fails_leaves_the_database_as_it_was(
    old: Engine, fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(old)
    create = database._create

    def create_and_fail(url: Any) -> Engine:
        engine = create(url)

        def fail(*given: Any) -> None:
            if "ix_outbox_thread" in given[2]:
                raise KeyboardInterrupt

        event.listen(engine, "before_cursor_execute", fail)
        return engine

    with monkeypatch.context() as patched:
        patched.setattr(database, "_create", create_and_fail)
        with pytest.raises(KeyboardInterrupt):
            open_engine(fresh_url)
    assert content(old) == before
    open_engine(fresh_url).dispose()
    assert content(old).keys() > before.keys()
