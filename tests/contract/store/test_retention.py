"""Bodies hold patients, and are forgotten in time; ids are the memory against duplicates, and stay longer.

What is still owed is never forgotten, however old it is.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from adapter import serving
from adapter.batch import Batches
from adapter.cli import store
from adapter.cli.app import app
from adapter.ledger import outbox, reading, retention
from adapter.ledger.ledger import Ledger
from adapter.ledger.tables import inbox
from adapter.ledger.tables import outbox as sent
from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Properties
from adapter.outcome import About, Kind, Parked
from adapter.serving import Service
from adapter.settings import Settings
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import HUB, answered, dispatch, inbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from adapter.message import Inbound
    from adapter.outcome import Dispatch

DAY = timedelta(days=1)
OLD, TODAY = NOW - 31 * DAY, NOW
MONTH_AGO = NOW - 30 * DAY
EMPTY = (None, Properties())
RUN_OUT = 100


def enter(connection: Connection, *dispatches: Dispatch, at: datetime, msg_id: str | None = None) -> Inbound:
    """A message that came in at a moment, and what is to be sent for it."""
    message = inbound(b"<brev>til Line</brev>")
    ledger = Ledger(connection, at)
    ledger.enter(message, answered(*dispatches, msg_id=msg_id))
    ledger.flush()
    return message


def enter_sent(connection: Connection, at: datetime, *, msg_id: str | None = None) -> Inbound:
    """The same, and it has been sent."""
    ours = dispatch(Kind.REPLY)
    message = enter(connection, ours, at=at, msg_id=msg_id)
    outbox.mark_sent(connection, [ours.outbound.properties.message_id or ""], at)
    return message


def kept(connection: Connection, message: Inbound) -> reading.Received:
    (found,) = reading.find(connection, message.properties.message_id or "")
    return found


# --- bodies


def test_old_bodies_and_properties_are_forgotten_on_both_sides(connection: Connection) -> None:
    message = enter_sent(connection, OLD)
    assert retention.forget_bodies(connection, MONTH_AGO, 10) == 2
    found = kept(connection, message)
    assert (found.body, found.properties) == EMPTY
    assert [(one.body, one.properties) for one in found.sent] == [EMPTY]


def test_all_else_is_still_known(connection: Connection) -> None:
    message = enter_sent(connection, OLD)
    before = kept(connection, message)
    retention.forget_bodies(connection, MONTH_AGO, 10)
    after = kept(connection, message)
    for field in ("message_id", "msg_id", "sender", "received_at", "function", "code", "outcome"):
        assert getattr(after, field) == getattr(before, field) is not None
    assert [(one.code, one.sent_at) for one in after.sent] == [(one.code, one.sent_at) for one in before.sent]


def test_bodies_of_the_time_that_they_are_kept_are_kept(connection: Connection) -> None:
    message = enter_sent(connection, MONTH_AGO)
    assert retention.forget_bodies(connection, MONTH_AGO, 10) == 0
    found = kept(connection, message)
    assert found.body == message.body
    assert found.properties == message.properties
    assert all(one.body for one in found.sent)


def test_a_body_that_is_owed_is_kept_until_it_is_sent(connection: Connection) -> None:
    ours = dispatch(Kind.REPLY)
    enter(connection, ours, at=OLD)
    assert retention.forget_bodies(connection, MONTH_AGO, 10) == 1, "what came in"
    assert outbox.claim_due(connection, NOW, 10) == [ours.outbound], "what is owed, to the byte"
    outbox.mark_sent(connection, [ours.outbound.properties.message_id or ""], NOW)
    assert retention.forget_bodies(connection, MONTH_AGO, 10) == 1


def test_a_body_that_was_given_up_is_forgotten_too(connection: Connection) -> None:
    ours = dispatch(Kind.REPLY)
    enter(connection, ours, at=OLD)
    connection.execute(update(sent).values(failure="undeliverable"))
    assert retention.forget_bodies(connection, MONTH_AGO, 10) == 2


def test_it_is_done_in_portions_and_comes_to_an_end(connection: Connection) -> None:
    for _ in range(5):
        enter_sent(connection, OLD)
    portions = []
    while count := retention.forget_bodies(connection, MONTH_AGO, 2):
        portions.append(count)
        assert len(portions) < RUN_OUT
    assert portions == [4, 4, 2]


def test_what_is_forgotten_is_not_sent_again(connection: Connection) -> None:
    enter_sent(connection, OLD)
    retention.forget_bodies(connection, MONTH_AGO, 10)
    assert outbox.claim_due(connection, NOW, 10) == []


# --- ids


def test_a_repetition_is_known_for_one_when_its_body_is_forgotten(connection: Connection) -> None:
    message = enter_sent(connection, OLD, msg_id="letter-1")
    retention.forget_bodies(connection, MONTH_AGO, 10)
    ledger = Ledger(connection, NOW)
    ledger.look_up([message])
    assert ledger.knows_delivery(message)
    assert ledger.knows_letter(HUB, "letter-1")


def test_a_receipt_finds_what_it_is_about_when_the_body_is_forgotten(connection: Connection) -> None:
    enter(connection, ours := dispatch(Kind.REPLY), at=OLD)
    outbox.mark_sent(connection, [ours.outbound.properties.message_id or ""], OLD)
    retention.forget_bodies(connection, MONTH_AGO, 10)
    assert Ledger(connection, NOW).note_receipt(HUB, ours.msg_id or "", "1", [])


def test_messages_are_forgotten_in_portions_the_oldest_first(connection: Connection) -> None:
    messages = [enter_sent(connection, OLD + n * DAY) for n in range(-4, 3)]
    portions = []
    while count := retention.forget_messages(connection, MONTH_AGO, 3):
        portions.append(count)
        left = connection.execute(select(inbox.c.received_at).order_by(inbox.c.received_at)).scalars().all()
        assert left[0] == OLD + (sum(portions) - 4) * DAY
        assert len(portions) < RUN_OUT
    assert portions == [3, 2]
    assert all(kept(connection, message).sent for message in messages[5:])
    assert len(connection.execute(select(sent.c.id)).all()) == 2, "nothing that was sent is left over"


def test_a_message_with_a_reply_that_is_owed_is_not_forgotten(connection: Connection) -> None:
    ours = dispatch(Kind.REPLY)
    message = enter(connection, dispatch(Kind.APPREC), ours, at=OLD)
    assert retention.forget_messages(connection, MONTH_AGO, 10) == 0
    assert ours.outbound in outbox.claim_due(connection, NOW, 10)
    connection.execute(update(sent).values(sent_at=NOW))
    assert retention.forget_messages(connection, MONTH_AGO, 10) == 1
    assert reading.find(connection, message.properties.message_id or "") == []


def test_messages_without_an_answer_are_forgotten_too(connection: Connection) -> None:
    ledger = Ledger(connection, OLD)
    ledger.enter(inbound(), Parked(About(), "no-sender-to-tell"))
    ledger.flush()
    assert retention.forget_messages(connection, MONTH_AGO, 10) == 1


def test_ids_outlive_the_bodies_and_everything_that_is_tried_again(connection: Connection) -> None:
    defaults = Settings()
    assert defaults.keep_messages > defaults.keep_bodies
    shortest = timedelta(days=next(one.ge for one in Settings.model_fields["keep_messages"].metadata))
    assert sum(defaults.retry_pauses) < shortest.total_seconds() / 10
    enter(connection, dispatch(), at=OLD)
    tried_for = outbox.FIRST_PAUSE
    while outbox.claim_due(connection, OLD + tried_for, 1):
        assert tried_for < shortest
        tried_for = connection.execute(select(sent.c.due_at)).scalar_one() - OLD
    assert tried_for > DAY


# --- the service and the person


@pytest.fixture
def serve(fresh_engine: Engine, fresh_url: str) -> Callable[..., Service]:
    """The service on a store of its own, with a mailbox in memory."""

    def make(**settings: object) -> Service:
        chosen = Settings(database_url=fresh_url, **settings)  # type: ignore[arg-type]
        batches = Batches(fresh_engine, None, chosen.clock, lambda: str(uuid4()))  # type: ignore[arg-type]
        return Service(chosen, MemoryMailbox(), fresh_engine, batches)

    return make


async def test_the_service_forgets_by_itself(
    serve: Callable[..., Service], fresh_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_TIDY_EVERY", 0.01)
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    service = serve(keep_bodies=30, keep_messages=400, now=NOW.replace(tzinfo=None))
    with fresh_engine.begin() as connection:
        for days, count in ((500, 3), (31, 5), (29, 1)):
            for _ in range(count):
                enter_sent(connection, NOW - days * DAY)
    running = asyncio.create_task(service.run([OWNER]))
    async with asyncio.timeout(60):
        while bodies(fresh_engine) != [True] + [False] * 5:
            assert not running.done()
            await asyncio.sleep(0.01)
    service.stop()
    assert await running


def bodies(engine: Engine) -> list[bool]:
    """Whether each message has its body, the newest first."""
    with engine.begin() as connection:
        rows = connection.execute(select(inbox.c.body).order_by(inbox.c.received_at.desc())).all()
    return [row.body is not None for row in rows]


def test_a_person_is_told_that_a_body_is_no_longer_kept(
    fresh_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "make_engine", lambda _settings: fresh_engine)
    with fresh_engine.begin() as connection:
        old, new = enter_sent(connection, OLD), enter_sent(connection, TODAY)
        retention.forget_bodies(connection, MONTH_AGO, 10)

    def show(message: Inbound) -> str:
        arguments = ["messages", "show", message.properties.message_id or "", "--bodies"]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        return done.output

    assert show(old).count("(no longer kept)") == 2
    assert "til Line" not in show(old)
    assert "(no longer kept)" not in show(new)
    assert "til Line" in show(new)
