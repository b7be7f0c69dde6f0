"""What we send of our own accord about one appointment leaves in its order, whoever dies at it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text, update

from adapter.database import open_engine
from adapter.ledger import outbox, reading, retention
from adapter.ledger.ledger import Ledger
from adapter.ledger.tables import outbox as table
from adapter.outcome import Kind
from tests.support.clinic import NOW
from tests.support.databases import postgres_url
from tests.support.envelopes import HUB, answered, dispatch, inbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    Claim = Callable[..., list[str]]

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def owe(connection: Connection, *names: str, at: datetime = NOW, thread: str = "time-1") -> None:
    """Notices about an appointment, under these message-ids; ``m-`` and the name is their MsgId."""
    ledger = Ledger(connection, at)
    for name in names:
        ledger.owe(dispatch(Kind.NOTICE, message_id=name, msg_id=f"m-{name}"), thread)
    ledger.flush()


@pytest.fixture
def claim(connection: Connection) -> Claim:
    """The ids of what is claimed at a moment."""
    return lambda at=NOW: claimed(connection, at)


def claimed(connection: Connection, at: datetime = NOW) -> list[str]:
    return [one.properties.message_id or "" for one in outbox.claim_due(connection, at, 100)]


def sent(connection: Connection, *names: str) -> None:
    outbox.mark_sent(connection, names, NOW)


def test_it_is_due_at_once(connection: Connection, claim: Claim) -> None:
    owe(connection, "booked")
    assert claim(NOW) == ["booked"]


def test_the_next_waits_until_the_one_before_is_confirmed(connection: Connection, claim: Claim) -> None:
    owe(connection, "booked", "moved", "cancelled")
    assert claim() == ["booked"]
    assert claim(NOW + 5 * SECOND) == [], "it may be on its way still"
    sent(connection, "booked")
    assert claim(NOW + 5 * SECOND) == ["moved"]
    sent(connection, "moved")
    assert claim(NOW + 5 * SECOND) == ["cancelled"]


def test_whoever_dies_with_one_in_hand_leaves_the_order_as_it_is(
    connection: Connection, claim: Claim
) -> None:
    owe(connection, "booked", "moved")
    now, tries = NOW, []
    while len(tries) < 5:
        tries += claim(now)
        now = connection.execute(select(table.c.due_at).where(table.c.message_id == "booked")).scalar_one()
    assert tries == ["booked"] * 5, "claimed by one after the other, and never confirmed"
    sent(connection, "booked")
    assert claim(now) == ["moved"]


def test_appointments_do_not_wait_for_each_other_nor_do_answers(connection: Connection, claim: Claim) -> None:
    owe(connection, "one", "two")
    owe(connection, "another", thread="time-2")
    ledger = Ledger(connection, NOW - outbox.FIRST_PAUSE)
    ledger.enter(inbound(), answered(dispatch(message_id="apprec"), dispatch(message_id="reply")))
    ledger.flush()
    assert sorted(claim()) == ["another", "apprec", "one", "reply"]


def test_what_is_given_up_does_not_block_what_comes_after(connection: Connection, claim: Claim) -> None:
    owe(connection, "booked", "moved")
    connection.execute(update(table).where(table.c.message_id == "booked").values(attempts=50))
    assert claim() == ["moved"]
    failed = select(table.c.failure).where(table.c.message_id == "booked")
    assert connection.execute(failed).scalar_one() == "undeliverable"


def test_two_who_claim_at_once_never_get_two_of_one_appointment() -> None:
    with postgres_url() as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            owe(connection, "booked", "moved")
        with engine.begin() as one, engine.begin() as other:
            assert claimed(one) == ["booked"]
            assert claimed(other) == [], "neither the one that is being claimed nor the one behind it"
        with engine.begin() as one, engine.begin() as other:
            sent(one, "booked")
            assert claimed(other) == [], "that it is sent is not committed yet"
        with engine.begin() as connection:
            assert claimed(connection) == ["moved"]
        engine.dispose()


def test_the_hubs_receipt_is_noted_on_the_notice(connection: Connection) -> None:
    owe(connection, "booked", "moved")
    ledger = Ledger(connection, NOW)
    assert ledger.note_receipt(HUB, "m-booked", "2", ["E35"])
    assert not ledger.note_receipt("1", "m-moved", "1", []), "only its receiver may say so"
    moved, booked = reading.latest_notices(connection, 10)
    assert (booked.message_id, booked.receipt, booked.receipt_errors) == ("booked", "2", "E35")
    assert (moved.message_id, moved.receipt) == ("moved", None)


@pytest.mark.parametrize("some_id", ["booked", "m-boo", "time-1"])
def test_a_notice_is_found_by_its_ids_and_its_appointments(connection: Connection, some_id: str) -> None:
    owe(connection, "booked")
    owe(connection, "other", thread="time-2")
    (found,) = reading.find_notices(connection, some_id)
    assert (found.appointment_id, found.kind) == ("time-1", "notice")


def test_a_percent_sign_is_no_id(connection: Connection) -> None:
    owe(connection, "booked")
    assert reading.find_notices(connection, "%") == []


# --- what is forgotten


def test_a_notice_is_forgotten_like_any_message_unless_it_is_owed(connection: Connection) -> None:
    owe(connection, "old", "old-and-owed", at=NOW - 40 * DAY)
    owe(connection, "young", at=NOW)
    sent(connection, "old", "young")
    assert retention.forget_bodies(connection, NOW - 30 * DAY, 10) == 1
    assert retention.forget_messages(connection, NOW - 30 * DAY, 10) == 1
    left = {one.message_id: one.body for one in reading.latest_notices(connection, 10)}
    assert left.keys() == {"old-and-owed", "young"}
    assert None not in left.values()


def test_a_notice_that_is_owed_keeps_nothing_else_from_being_forgotten(connection: Connection) -> None:
    ours = dispatch()
    ledger = Ledger(connection, NOW - 40 * DAY)
    ledger.enter(inbound(), answered(ours))
    ledger.flush()
    sent(connection, ours.outbound.properties.message_id or "")
    owe(connection, "owed")
    assert retention.forget_messages(connection, NOW - 30 * DAY, 10) == 1


def test_notices_are_no_unsent_answers(connection: Connection) -> None:
    owe(connection, "booked")
    assert outbox.count_owed(connection) == 0


def test_what_came_before_is_found_by_the_index(sqlite: Engine) -> None:
    asked: list[str] = []
    with sqlite.connect() as connection:
        database = connection.connection.driver_connection
        assert database is not None
        database.set_trace_callback(asked.append)
        claimed(connection)
        database.set_trace_callback(None)
        (query,) = [one for one in asked if one.lstrip().startswith("SELECT")]
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {query.replace(':', '')}")).all()
    assert "ix_outbox_thread" in str(plan)
