"""The databases that importing is held to: SQLite, and PostgreSQL where one answers."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, StaticPool, create_engine, event

from handlers.desk import tables
from tests.support.databases import postgres_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import DBAPIConnection


def _sqlite() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def _check_references(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


@contextmanager
def _postgres() -> Iterator[Engine]:
    with postgres_url() as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    with _postgres() as engine:
        tables.metadata.create_all(engine)
        yield engine


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Engine]:
    engine = _sqlite()
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back afterwards."""
    engine: Engine = request.getfixturevalue(request.param)
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def oslo() -> ZoneInfo:
    return ZoneInfo("Europe/Oslo")


@pytest.fixture
def now() -> datetime:
    return datetime(2027, 3, 1, 7, tzinfo=UTC)
