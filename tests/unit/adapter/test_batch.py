"""A batch is one transaction; one message that we fail on stops none of the others. (Promise P5)"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError

import handlers
from adapter.batch import Batches
from adapter.errors import InvalidReply, StoreUnavailable
from adapter.ledger.tables import inbox, outbox
from adapter.outcome import Answered, Ignored, Refused, RetryLater
from adapter.pipeline import Pipeline
from handlers.desk import tables
from tests.support import letters
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import inbound
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.message import Inbound

    Count = Callable[..., int]
    Letter = Callable[..., Inbound]
    Poisonous = Callable[[str, Exception], None]

WISHES = ["K1", "K2", "K3", "L1", "L2", "D1"]


class Poison(Exception):
    """What no message should be able to cause, with a patient's name in its words."""


@pytest.fixture
def commits(engine: Engine) -> list[str]:
    """Notes each commit and each rollback of the store."""
    seen: list[str] = []
    event.listen(engine, "commit", lambda _connection: seen.append("commit"))
    event.listen(engine, "rollback", lambda _connection: seen.append("rollback"))
    return seen


@pytest.fixture
def count(engine: Engine) -> Callable[..., int]:
    def count(table: object) -> int:
        with engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    return count


@pytest.fixture
def batch(letter: Callable[..., Inbound]) -> list[Inbound]:
    """A good message for each slot."""
    return [letter(letters.reserve(slot_id)) for slot_id in WISHES]


@pytest.fixture
def poisonous(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Exception], None]:
    """Makes the desk raise whenever a slot is wished for."""

    def poison(slot_id: str, error: Exception) -> None:
        real = handlers.handle

        def handle(request: object, desk: object) -> object:
            reply = real(request, desk)
            if getattr(request, "slot_id", None) == slot_id:
                raise error
            return reply

        monkeypatch.setattr(handlers, "handle", handle)

    return poison


def test_a_batch_of_good_messages_is_one_transaction(
    batches: Batches, batch: list[Inbound], commits: list[str], count: Count
) -> None:
    outcomes = batches.process(batch)
    assert commits == ["commit"]
    assert [type(outcome) for outcome in outcomes] == [Answered] * len(batch)
    assert (count(tables.appointment), count(inbox), count(outbox)) == (6, 6, 12)


def test_outcomes_come_in_the_order_of_the_messages(batches: Batches, letter: Letter) -> None:
    messages = [letter(letters.reserve("K1")), inbound(b"no xml"), letter(letters.slot_query())]
    messages.append(messages[0])
    assert [type(one) for one in batches.process(messages)] == [Answered, Refused, Answered, Ignored]


def test_messages_of_one_batch_see_what_the_earlier_ones_did(batches: Batches, letter: Letter) -> None:
    wishes = [letters.reserve("K1").but(patient=letters.patient_element(who)) for who in (LINE, KARI)]
    codes = [outcome.dispatches[1].code for outcome in batches.process([letter(wish) for wish in wishes])]
    assert codes == ["05", "06"]


@pytest.mark.parametrize(
    "error", [Poison("Danseskår"), InvalidReply("no"), ZeroDivisionError(), RecursionError()]
)
@pytest.mark.parametrize("place", range(0, len(WISHES), 2))
def test_one_poisonous_message_does_not_stop_the_others(
    batches: Batches, batch: list[Inbound], poisonous: Poisonous, count: Count, error: Exception, place: int
) -> None:
    poisonous(WISHES[place], error)
    outcomes = batches.process(batch)
    assert [type(one) for one in outcomes].count(Answered) == len(batch) - 1
    assert isinstance(outcomes[place], RetryLater)
    assert outcomes[place].reason == f"own-fault: {type(error).__name__}"
    assert (count(tables.appointment), count(inbox), count(outbox)) == (5, 5, 10)


def test_nothing_of_the_poisonous_message_is_committed(
    batches: Batches, batch: list[Inbound], poisonous: Poisonous, engine: Engine
) -> None:
    poisonous("K2", Poison())
    batches.process(batch)
    with engine.begin() as connection:
        slots = connection.execute(select(tables.appointment.c.slot_id)).scalars().all()
        remembered = connection.execute(select(inbox.c.message_id)).scalars().all()
    assert sorted(slots) == sorted(set(WISHES) - {"K2"})
    assert batch[1].properties.message_id not in remembered


def test_the_poisonous_message_goes_through_once_we_do_not_fail_on_it(
    batches: Batches, batch: list[Inbound], poisonous: Poisonous, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisonous("K2", Poison())
    assert isinstance(batches.process(batch)[1], RetryLater)
    monkeypatch.undo()
    again = batches.process(batch)
    assert [type(one) for one in again] == [Ignored, Answered, Ignored, Ignored, Ignored, Ignored]


def test_a_dialect_that_fails_is_our_own_fault_too(
    engine: Engine, dialect: Helsenorge, batch: list[Inbound], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = dialect.open

    def open_or_fail(body: bytes) -> object:
        if body == batch[2].body:
            raise Poison
        return real(body)

    monkeypatch.setattr(dialect, "open", open_or_fail)
    batches = Batches(engine, Pipeline(dialect, [OWNER]), lambda: NOW, lambda: str(uuid4()))
    assert [type(one) for one in batches.process(batch)].index(RetryLater) == 2


def test_a_reply_that_breaks_its_schema_does_not_leave_and_leaves_no_trace(
    batches: Batches, letter: Letter, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapter.dialects.helsenorge import dialect
    from adapter.dialects.helsenorge.envelope import write_reply

    monkeypatch.setattr(
        dialect,
        "write_reply",
        lambda *given, **more: [one.replace("MsgId", "X") for one in write_reply(*given, **more)],
    )
    (outcome,) = batches.process([letter(letters.reserve("K1"))])
    assert (type(outcome), outcome.reason) == (RetryLater, "own-fault: InvalidReply")
    assert (count(tables.appointment), count(outbox)) == (0, 0)


def test_a_poisonous_batch_of_one_is_tried_once(
    batches: Batches, batch: list[Inbound], poisonous: Poisonous, commits: list[str]
) -> None:
    poisonous("K1", Poison())
    assert isinstance(batches.process(batch[:1])[0], RetryLater)
    assert commits == ["rollback"]


def test_an_empty_batch_has_no_outcomes(batches: Batches) -> None:
    assert batches.process([]) == []


def test_when_the_store_itself_fails_no_message_is_to_blame(
    batches: Batches, batch: list[Inbound], engine: Engine
) -> None:
    def refuse(_connection: object) -> None:
        raise OperationalError("BEGIN", {}, Exception("disk full"))

    event.listen(engine, "begin", refuse)
    with pytest.raises(StoreUnavailable):
        batches.process(batch)
    event.remove(engine, "begin", refuse)
    assert [type(one) for one in batches.process(batch)] == [Answered] * len(batch)
