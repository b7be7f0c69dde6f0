"""What the ledger remembers of what came in, and what it notes on what went out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from adapter.ledger import reading
from adapter.ledger.ledger import Ledger
from adapter.ledger.tables import inbox, outbox
from adapter.message import Lane
from adapter.outcome import About, Ignored, Kind, Noted, Parked, Refused, RetryLater
from tests.support.clinic import NOW
from tests.support.envelopes import HUB, RESERVATION, answered, dispatch, inbound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from adapter.message import Inbound
    from adapter.outcome import Outcome

    Page = Callable[..., Ledger]
    Enter = Callable[[Inbound, Outcome], None]
    Count = Callable[[Table], int]
    Sent = Callable[[], dict[str, tuple[object, ...]]]

SECOND = timedelta(seconds=1)


@pytest.fixture
def page(connection: Connection) -> Callable[..., Ledger]:
    """A ledger for a batch of these messages."""

    def open_page(*batch: Inbound, now: datetime = NOW) -> Ledger:
        ledger = Ledger(connection, now)
        ledger.look_up(batch)
        return ledger

    return open_page


@pytest.fixture
def entered(page: Callable[..., Ledger]) -> Callable[[Inbound, Outcome], None]:
    """Enter an outcome in a batch of its own."""

    def enter(message: Inbound, outcome: Outcome) -> None:
        ledger = page(message)
        ledger.enter(message, outcome)
        ledger.flush()

    return enter


@pytest.fixture
def count(connection: Connection) -> Callable[[Table], int]:
    return lambda table: connection.execute(select(func.count()).select_from(table)).scalar_one()


# --- what has been here


def test_a_message_id_is_known_in_a_later_batch(page: Page, entered: Enter) -> None:
    message = inbound()
    assert not page(message).knows_delivery(message)
    entered(message, answered())
    assert page(message).knows_delivery(message)


def test_a_message_id_is_known_within_its_batch(page: Page) -> None:
    message = inbound()
    ledger = page(message, message)
    assert not ledger.knows_delivery(message)
    ledger.enter(message, answered())
    assert ledger.knows_delivery(message)


def test_another_senders_message_may_have_the_same_id(page: Page, entered: Enter) -> None:
    entered(inbound(message_id="1"), answered())
    assert not page(theirs := inbound(message_id="1", from_her_id="777")).knows_delivery(theirs)


@pytest.mark.parametrize(
    "outcome",
    [
        answered(),
        Refused(About(RESERVATION), (dispatch(Kind.ERROR),), "transport:invalid-field-value"),
        Noted(About("APPREC", "1")),
        Ignored(About(RESERVATION, msg_id="m"), "duplicate-msg-id"),
    ],
    ids=lambda outcome: type(outcome).__name__,
)
def test_whatever_ended_is_known_when_it_is_delivered_again(
    page: Page, entered: Enter, outcome: Outcome
) -> None:
    message = inbound()
    entered(message, outcome)
    assert page(message).knows_delivery(message)


def test_a_parked_message_may_be_sent_on_its_way_again(page: Page, entered: Enter, count: Count) -> None:
    message, namesake = inbound(message_id="1"), inbound(message_id="1", from_her_id="777")
    for parked in (message, namesake):
        entered(parked, Parked(About(), "no-sender-to-tell"))
    assert not page(message).knows_delivery(message)
    entered(message, answered(dispatch()))
    assert page(message).knows_delivery(message)
    assert count(inbox) == 2  # the other one is parked still


def test_what_is_to_be_tried_again_is_not_remembered(page: Page, entered: Enter, count: Count) -> None:
    message = inbound()
    entered(message, RetryLater(About(RESERVATION), "own-fault"))
    assert not page(message).knows_delivery(message)
    assert count(inbox) == 0


def test_a_letter_is_known_by_its_msg_id_in_the_same_and_in_a_later_batch(page: Page, entered: Enter) -> None:
    ledger = page(message := inbound())
    assert not ledger.knows_letter(HUB, "letter-1")
    ledger.enter(message, answered(msg_id="letter-1"))
    assert ledger.knows_letter(HUB, "letter-1")
    ledger.flush()
    assert page(inbound()).knows_letter(HUB, "letter-1")
    assert not page(inbound()).knows_letter("777", "letter-1")


def test_a_letter_that_was_refused_may_come_again_under_its_msg_id(page: Page, entered: Enter) -> None:
    entered(inbound(), Refused(About(RESERVATION, "RT", "letter-1"), (), "transport:invalid-encoding"))
    assert not page(inbound()).knows_letter(HUB, "letter-1")


def test_the_database_itself_refuses_to_have_a_letter_answered_twice(
    page: Page, connection: Connection
) -> None:
    first, second = page(), page()
    first.enter(inbound(), answered(msg_id="letter-1"))
    second.enter(inbound(), answered(msg_id="letter-1"))
    first.flush()
    with pytest.raises(IntegrityError), connection.begin_nested():
        second.flush()


def test_the_database_itself_refuses_to_have_a_delivery_entered_twice(
    page: Page, connection: Connection
) -> None:
    message = inbound()
    first, second = page(message), page(message)
    first.enter(message, answered())
    first.flush()
    second.enter(message, answered())
    with pytest.raises(IntegrityError), connection.begin_nested():
        second.flush()


def test_a_duplicate_leaves_no_second_entry_and_owes_nothing(
    page: Page, entered: Enter, count: Count
) -> None:
    message = inbound()
    entered(message, answered(dispatch()))
    entered(message, Ignored(About(RESERVATION), "duplicate-message-id"))
    assert (count(inbox), count(outbox)) == (1, 1)


def test_messages_without_an_id_are_each_entered(entered: Enter, count: Count) -> None:
    for _ in range(2):
        entered(inbound(message_id=None, from_her_id=None), Parked(About(), "no-sender-to-tell"))
    assert count(inbox) == 2


def test_nothing_is_written_before_the_flush_and_nothing_twice_after_it(page: Page, count: Count) -> None:
    ledger = page(message := inbound())
    ledger.enter(message, answered(dispatch(), dispatch()))
    assert (count(inbox), count(outbox)) == (0, 0)
    ledger.flush()
    ledger.flush()
    assert (count(inbox), count(outbox)) == (1, 2)


@pytest.mark.parametrize("strange", ["\x00", "a\x00b", "x" * 5000, "\U0001f600" * 3000])
def test_no_property_however_strange_stops_an_entry(page: Page, entered: Enter, strange: str) -> None:
    message = inbound(message_id=strange, from_her_id=strange, subject=strange, headers={"h": strange})
    entered(message, Noted(About(strange, strange, strange, strange)))
    assert page(message).knows_delivery(message)
    assert not page(other := inbound(message_id=strange + "!", from_her_id=strange)).knows_delivery(other)


def test_a_msg_id_of_any_length_can_be_answered_and_is_known(page: Page, entered: Enter) -> None:
    long = "".join(f"{n:x}" for n in range(4000))
    entered(inbound(), answered(msg_id=long))
    assert page(inbound()).knows_letter(HUB, long)
    assert not page(inbound()).knows_letter(HUB, long + "0")


# --- what came back for what we sent


@pytest.fixture
def sent(connection: Connection, entered: Enter) -> Callable[[], dict[str, tuple[object, ...]]]:
    """A message answered by ``letter-1`` and ``letter-2``; then what is noted on each."""
    entered(
        inbound(),
        answered(dispatch(msg_id="letter-1", message_id="amqp-1"), dispatch(msg_id="letter-2")),
    )
    query = select(outbox.c.msg_id, outbox.c.receipt_status, outbox.c.receipt_errors, outbox.c.receipt_at)
    return lambda: {row.msg_id: tuple(row)[1:] for row in connection.execute(query)}


NOTHING = (None, None, None)


def test_a_receipt_is_noted_on_the_letter_that_it_names(page: Page, sent: Sent) -> None:
    assert page(now=NOW + SECOND).note_receipt(HUB, "letter-1", "2", ["T02", "E31"])
    assert sent() == {"letter-1": ("2", "T02 E31", NOW + SECOND), "letter-2": NOTHING}


def test_a_receipt_is_noted_only_for_whom_we_wrote_to(page: Page, sent: Sent) -> None:
    assert not page().note_receipt("777", "letter-1", "1", [])
    assert sent()["letter-1"] == NOTHING


def test_a_receipt_about_nothing_that_we_sent_is_told_so(page: Page, sent: Sent) -> None:
    assert not page().note_receipt(HUB, "letter-9", "1", [])


def test_an_error_message_is_noted_on_the_message_that_it_names(page: Page, sent: Sent) -> None:
    assert page().note_error(HUB, "amqp-1", "transport:decryption-failed")
    assert sent()["letter-1"] == ("error", "transport:decryption-failed", NOW)
    assert sent()["letter-2"] == NOTHING


def test_an_error_message_is_noted_only_for_whom_we_wrote_to(page: Page, sent: Sent) -> None:
    assert not page().note_error("777", "amqp-1", "transport:decryption-failed")
    assert not page().note_error(HUB, "letter-1", "transport:decryption-failed")
    assert set(sent().values()) == {NOTHING}


def test_a_receipt_with_strange_characters_stops_nothing(page: Page, sent: Sent) -> None:
    assert not page().note_error(HUB, "no\x00thing", "con\x00dition")
    assert page().note_error(HUB, "amqp-1", "con\x00dition")


# --- reading it


def test_a_message_is_found_with_its_answers_as_they_were(connection: Connection, entered: Enter) -> None:
    ours, theirs = dispatch(msg_id="letter-1"), inbound("<æ/>".encode(), lane=Lane.SYNC)
    entered(theirs, answered(ours, msg_id="abc-123"))
    (found,) = reading.find(connection, "abc-")
    assert (found.body, found.properties, found.lane) == (theirs.body, theirs.properties, "sync")
    assert (found.outcome, found.received_at, found.code) == ("answered", NOW, "RT")
    (answer,) = found.sent
    assert (answer.body, answer.properties) == (ours.outbound.body, ours.outbound.properties)
    assert (answer.kind, answer.errors, answer.sent_at) == ("reply", "T02 E31", None)


def test_a_message_is_found_by_either_id_and_wildcards_mean_nothing(
    connection: Connection, entered: Enter
) -> None:
    entered(inbound(message_id="100%_a"), answered(msg_id="letter-1"))
    for some_id in ("100%", "100%_a", "letter"):
        assert len(reading.find(connection, some_id)) == 1
    for some_id in ("%", "_", "100_", "etter", "\\"):
        assert reading.find(connection, some_id) == []


def test_the_latest_come_first_and_can_be_narrowed(connection: Connection, entered: Enter) -> None:
    entered(inbound(message_id="p"), Parked(About(), "why"))
    for n in range(3):
        entered(inbound(message_id=f"m{n}"), answered())
    assert [one.message_id for one in reading.latest(connection, 2)] == ["m2", "m1"]
    assert [one.message_id for one in reading.latest(connection, 9, "parked")] == ["p"]
    assert "<a/>" not in repr(reading.latest(connection, 1))
