"""What a batch costs, in counts that no clock decides: a slower design fails here, not a stopwatch.

SQLite tells of every statement that it executes, in whatever way it was given to it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapter.dialects.helsenorge import dialect as the_dialect
from adapter.dialects.helsenorge import leaving
from adapter.outcome import Answered
from handlers import visiting
from handlers.desk.rules.offers import bookable
from tests.support import letters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.message import Inbound
    from handlers.desk.model import Calendar

MANY = 40
DAY = ("2026-03-02", "2026-03-02")


@pytest.fixture
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement that the database executes, as it is executed: one for each row that is written."""
    executed: list[str] = []
    with engine.connect() as connection:
        database: Any = connection.connection.driver_connection
    database.set_trace_callback(lambda statement: executed.append(" ".join(statement.split()[:3])))
    yield executed
    database.set_trace_callback(None)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, dialect: Helsenorge) -> Counter[str]:
    """How often a body was parsed, and a document validated."""
    counted: Counter[str] = Counter()

    def count(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any) -> Any:
            counted[name] += 1
            return function(*args)

        return counting

    for module in (the_dialect, leaving):
        monkeypatch.setattr(module, "parse", count("parse", module.parse))
    monkeypatch.setattr(dialect._schema, "allows", count("validate", dialect._schema.allows))
    return counted


@pytest.fixture
def queries(letter: Callable[..., Inbound]) -> list[Inbound]:
    return [letter(letters.slot_query(*DAY)) for _ in range(MANY)]


def test_a_batch_is_one_transaction(batches: Batches, queries: list[Inbound], statements: list[str]) -> None:
    batches.process(queries, ["an earlier reply", "another"])
    assert Counter(statements)["COMMIT"] == 1
    assert Counter(statements)["BEGIN IMMEDIATE"] == 1


def test_marking_what_was_sent_is_one_statement_of_the_next_batch(
    batches: Batches, queries: list[Inbound], statements: list[str]
) -> None:
    batches.process(queries, [f"reply {number}" for number in range(MANY)])
    assert [one for one in statements if one.startswith("UPDATE")] == ["UPDATE outbox SET"]


def test_a_slot_query_reads_once_and_writes_a_row_to_each_side_of_the_ledger(
    batches: Batches, queries: list[Inbound], statements: list[str]
) -> None:
    assert all(isinstance(one, Answered) for one in batches.process(queries))
    verbs = Counter(one.split()[0] for one in statements)
    # Which messages and which letters have been here; the calendars; their time types; what all ask for.
    for_the_batch = 5
    assert verbs["SELECT"] == for_the_batch
    assert verbs["INSERT"] == 2 * MANY
    assert verbs["UPDATE"] == verbs["DELETE"] == 0


def test_what_is_free_is_read_again_only_after_something_was_written(
    batches: Batches, queries: list[Inbound], letter: Callable[..., Inbound], statements: list[str]
) -> None:
    a_write, no_write = letter(letters.reserve("K1")), letter(letters.cancel("K2"))  # nobody has K2
    batches.process([*queries[:3], a_write, *queries[3:6], no_write, *queries[6:9]])
    reads = [one for one in statements if one == "SELECT slot.id, slot.calendar_id,"]
    assert len(reads) == len(["free slots", "the slot that is wished for", "free slots"])


def test_what_every_citizen_alike_can_have_is_worked_out_once_a_calendar(
    batches: Batches, queries: list[Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def counting(calendar: Calendar, *args: Any, **more: Any) -> Any:
        looked_at.append(calendar.id)
        return bookable(calendar, *args, **more)

    monkeypatch.setattr(visiting, "bookable", counting)
    batches.process(queries)
    assert len(looked_at) == len(set(looked_at))


def test_a_reservation_reads_twice_and_writes_four_rows(
    batches: Batches, letter: Callable[..., Inbound], statements: list[str]
) -> None:
    wishes = [letter(letters.reserve(slot)) for slot in ("K1", "K2", "K3")]
    assert all(isinstance(one, Answered) for one in batches.process(wishes))
    verbs = Counter(one.split()[0] for one in statements)
    assert verbs["SELECT"] == 2 * len(wishes) + 4  # the slot, who has it
    assert verbs["INSERT"] == 4 * len(wishes)  # the message, the appointment, the receipt, the reply
    assert verbs["UPDATE"] == verbs["DELETE"] == 0


def test_a_message_is_parsed_and_validated_once_and_a_reply_once_a_form(
    batches: Batches, queries: list[Inbound], calls: Counter[str]
) -> None:
    batches.process(queries)
    forms = 1
    assert calls == {"parse": MANY + forms, "validate": MANY + forms}


def test_a_form_that_was_allowed_is_allowed_at_any_moment(
    batches: Batches, queries: list[Inbound], calls: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches.process(queries[:1])
    a_minute_later = batches._clock() + timedelta(minutes=1)
    monkeypatch.setattr(batches, "_clock", lambda: a_minute_later)
    batches.process(queries[1:2])
    assert calls == {"parse": 2 + len(["a reply"]), "validate": 2 + len(["a reply"])}


@pytest.mark.parametrize("waiting", [1, 10, MANY])
def test_what_a_batch_costs_beside_its_messages_does_not_grow_with_it(
    batches: Batches, queries: list[Inbound], statements: list[str], waiting: int
) -> None:
    batches.process(queries[:waiting])
    of_the_messages = 2 * waiting
    of_the_batch = ["BEGIN", "messages", "letters", "calendars", "types", "free slots", "COMMIT"]
    assert len(statements) - of_the_messages == len(of_the_batch)
