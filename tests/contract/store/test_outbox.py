"""What is owed is offered again until it is sent or given up, and to one process at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from adapter.database import open_engine
from adapter.ledger import outbox
from adapter.ledger.ledger import Ledger
from adapter.ledger.tables import outbox as table
from adapter.message import Outbound
from adapter.outcome import Kind
from tests.support.clinic import NOW
from tests.support.databases import postgres_url
from tests.support.envelopes import answered, dispatch, inbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from adapter.outcome import Dispatch

    Claim = Callable[..., list[str]]
    Failures = Callable[[], dict[str, str | None]]

SECOND = timedelta(seconds=1)
DUE = NOW + outbox.FIRST_PAUSE


def owe(connection: Connection, *dispatches: Dispatch, now: datetime = NOW) -> None:
    ledger = Ledger(connection, now)
    ledger.enter(inbound(), answered(*dispatches))
    ledger.flush()


@pytest.fixture
def claim(connection: Connection) -> Callable[..., list[str]]:
    """The ids of what is claimed at a moment."""
    return lambda at, limit=100: [
        one.properties.message_id for one in outbox.claim_due(connection, at, limit)
    ]


@pytest.fixture
def failures(connection: Connection) -> Callable[[], dict[str, str | None]]:
    query = select(table.c.message_id, table.c.failure)
    return lambda: {row.message_id: row.failure for row in connection.execute(query)}


def test_whoever_committed_a_message_has_a_while_to_send_it(connection: Connection, claim: Claim) -> None:
    owe(connection, dispatch(message_id="a"))
    assert claim(DUE - SECOND) == []
    assert claim(DUE) == ["a"]


def test_what_is_claimed_is_the_same_message_to_the_byte(connection: Connection) -> None:
    ours = dispatch(Kind.APPREC)
    owe(connection, ours)
    assert outbox.claim_due(connection, DUE, 1) == [ours.outbound]


def test_what_was_claimed_is_not_offered_again_at_once(connection: Connection, claim: Claim) -> None:
    owe(connection, dispatch(message_id="a"))
    claim(DUE)
    assert claim(DUE) == []


def test_the_pauses_grow_up_to_an_hour(connection: Connection, claim: Claim) -> None:
    owe(connection, dispatch(message_id="a"))
    now, pauses = DUE, []
    for _ in range(12):
        assert claim(now) == ["a"]
        due = connection.execute(select(table.c.due_at)).scalar_one()
        pauses.append(due - now)
        assert claim(due - SECOND) == []
        now = due
    assert pauses[:4] == [timedelta(seconds=20 * 2**n) for n in range(4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


def test_what_has_been_tried_for_days_is_given_up_with_a_reason(
    connection: Connection, claim: Claim, failures: Failures
) -> None:
    owe(connection, dispatch(message_id="a"))
    now, tries = DUE, 0
    while claim(now):
        tries += 1
        now = connection.execute(select(table.c.due_at)).scalar_one()
    assert failures() == {"a": "undeliverable"}
    assert tries == 49
    assert timedelta(days=1) < now - NOW < timedelta(days=3)


def test_what_nobody_waits_for_any_more_is_given_up_and_not_sent_late(
    connection: Connection, claim: Claim, failures: Failures
) -> None:
    owe(connection, dispatch(message_id="sync", ttl=timedelta(seconds=15)), dispatch(message_id="async"))
    assert claim(DUE) == ["async"]
    assert failures() == {"sync": "expired", "async": None}


def test_the_oldest_are_offered_first_and_no_more_than_asked_for(
    connection: Connection, claim: Claim
) -> None:
    owe(connection, dispatch(message_id="later"), now=NOW + SECOND)
    owe(connection, dispatch(message_id="first"), dispatch(message_id="second"))
    assert claim(DUE + SECOND, limit=2) == ["first", "second"]
    assert claim(DUE + SECOND, limit=2) == ["later"]


def test_what_is_sent_is_no_longer_owed(connection: Connection, claim: Claim) -> None:
    owe(connection, dispatch(message_id="a"), dispatch(message_id="b"))
    outbox.mark_sent(connection, ["a"], NOW + SECOND)
    assert claim(DUE) == ["b"]
    query = select(table.c.sent_at).where(table.c.message_id == "a")
    assert connection.execute(query).scalar_one() == NOW + SECOND


def test_what_failed_is_no_longer_owed_and_says_why(
    connection: Connection, claim: Claim, failures: Failures
) -> None:
    owe(connection, dispatch(message_id="a"), dispatch(message_id="b"))
    connection.execute(update(table).where(table.c.message_id == "a").values(failure="no such queue"))
    assert claim(DUE) == ["b"]
    assert failures() == {"a": "no such queue", "b": None}


def test_marking_nothing_marks_nothing(connection: Connection, claim: Claim) -> None:
    owe(connection, dispatch(message_id="a"))
    outbox.mark_sent(connection, [], NOW)
    assert claim(DUE) == ["a"]


def test_a_ttl_comes_back_as_it_was(connection: Connection) -> None:
    ours = dispatch(ttl=timedelta(seconds=15))
    owe(connection, ours)
    connection.execute(update(table).values(ttl_seconds=None))
    (claimed,) = outbox.claim_due(connection, DUE, 1)
    assert claimed == Outbound(ours.outbound.body, ours.outbound.properties, ours.outbound.queue, None)


def test_two_who_claim_at_once_do_not_get_the_same_message() -> None:
    with postgres_url() as url:
        engine = open_engine(url)
        with engine.begin() as connection:
            owe(connection, *(dispatch(message_id=str(n)) for n in range(10)))
        with engine.begin() as one, engine.begin() as other:
            claimed = [
                [message.properties.message_id for message in outbox.claim_due(connection, DUE, 4)]
                for connection in (one, other, one)
            ]
        engine.dispose()
    assert [len(part) for part in claimed] == [4, 4, 2]
    assert len({message_id for part in claimed for message_id in part}) == 10
