"""The two databases that the desk's books and the ledger are held to, opened as the service opens them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import handlers
from adapter.database import open_engine
from handlers.desk.replies import Reply
from handlers.desk.store import Desk
from tests.support.clinic import NOW, fill
from tests.support.databases import postgres_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from handlers.desk.requests import Request

Ask = Callable[..., Reply]
DeskAt = Callable[..., Desk]


@pytest.fixture(params=["sqlite", "postgres"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with nothing in it, not even tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'timebok.db'}"
    else:
        with postgres_url() as url:
            yield url


@pytest.fixture
def fresh_engine(fresh_url: str) -> Iterator[Engine]:
    """A database of the test's own, for tests that commit."""
    engine = open_engine(fresh_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store') / 'timebok.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    with postgres_url() as url:
        engine = open_engine(url)
        yield engine
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A transaction in a migrated database that the session shares; it is rolled back afterwards."""
    engine: Engine = request.getfixturevalue(request.param)
    with engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def desk_at(connection: Connection) -> DeskAt:
    """The clinic's desk at a moment."""
    fill(connection)
    return lambda moment=NOW: Desk(connection, moment, lambda: str(uuid4()))


@pytest.fixture
def ask(desk_at: DeskAt) -> Ask:
    """Have a request carried out at a moment."""

    def ask(request: Request, at: datetime = NOW) -> Reply:
        return handlers.handle(request, desk_at(at))

    return ask


@pytest.fixture(scope="session")
def sqlite_in_memory() -> Iterator[Engine]:
    engine = open_engine("sqlite://")
    yield engine
    engine.dispose()
