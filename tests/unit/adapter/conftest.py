"""The message side with nothing around it: our schemas, a store in memory, and a clock that stands."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from adapter.batch import Batches
from adapter.database import open_engine
from adapter.dialects.helsenorge.dialect import Helsenorge
from adapter.message import Lane
from adapter.outcome import Kind
from adapter.pipeline import Pipeline
from adapter.xml.parsing import Limits
from adapter.xml.schema import Schema
from schemas import Catalogue
from tests.support.clinic import NOW, OWNER, fill
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from handlers.desk.replies import Reply
    from tests.support.letters import Parts

WAITING = {"HR", "HLT", "HBT", "HB"}


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema(Catalogue.load())


@pytest.fixture(scope="session")
def oslo() -> ZoneInfo:
    return ZoneInfo("Europe/Oslo")


@pytest.fixture
def dialect(schema: Schema, oslo: ZoneInfo) -> Helsenorge:
    """The dialect, checking what leaves; its ids count from zero."""
    numbers = count()
    return Helsenorge(schema, oslo, Limits(), lambda: str(UUID(int=next(numbers))), check_replies=True)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A store in memory with the clinic entered."""
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        fill(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def batches(engine: Engine, dialect: Helsenorge) -> Batches:
    return Batches(engine, Pipeline(dialect, [OWNER]), lambda: NOW, lambda: str(uuid4()))


@pytest.fixture
def process(batches: Batches) -> Callable[[Inbound], Outcome]:
    """What becomes of one message."""
    return lambda message: batches.process([message])[0]


@pytest.fixture
def letter() -> Callable[..., Inbound]:
    """A message on the queue that its question belongs on; ``changes`` are of its AMQP properties."""

    def put(parts: Parts, **changes: object) -> Inbound:
        lane = Lane.SYNC if parts.asked in WAITING else Lane.ASYNC
        root = etree.fromstring(parts.body)
        subject = root.find(".//{*}MsgInfo/{*}Type").get("V")
        return inbound(parts.body, lane=lane, **{"subject": subject} | changes)

    return put


@pytest.fixture
def send(process: Callable[[Inbound], Outcome], letter: Callable[..., Inbound]) -> Callable[..., Outcome]:
    """What becomes of a message of these parts."""
    return lambda parts, **changes: process(letter(parts, **changes))


@pytest.fixture
def say(
    dialect: Helsenorge, letter: Callable[..., Inbound], schema: Schema
) -> Callable[[Reply, Parts], etree._Element]:
    """The reply that words what the desk answers to a message of these parts; it follows its schema."""

    def say(reply: Reply, parts: Parts) -> etree._Element:
        inbound = letter(parts)
        dispatches = dialect.answer(inbound, dialect.open(inbound.body), reply, NOW)
        (answer,) = (one for one in dispatches if one.kind is Kind.REPLY)
        root = etree.fromstring(answer.outbound.body)
        assert schema.allows(root)
        assert root.find(".//{*}TemaKodet").get("V") == answer.code
        return root

    return say
