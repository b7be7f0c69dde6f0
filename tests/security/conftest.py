"""The road that the hostile messages are sent down, and traps along it for whoever opens anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from adapter.ledger.tables import inbox, outbox
from adapter.xml.schema import Schema
from handlers.desk.tables import appointment
from schemas import Catalogue
from tests.security.road import Road
from tests.security.traps import Traps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema(Catalogue.load())


@pytest.fixture(scope="session")
def whole_road(schema: Schema) -> Iterator[Road]:
    road = Road(schema)
    yield road
    road.engine.dispose()


@pytest.fixture
def road(whole_road: Road) -> Iterator[Road]:
    """The whole road, on a store where nothing has happened yet."""
    yield whole_road
    with whole_road.engine.begin() as connection:
        for table in (outbox, inbox, appointment):
            connection.execute(delete(table))


@pytest.fixture
def traps(tmp_path: Path) -> Iterator[Traps]:
    """A file and an address that nobody may open."""
    with Traps(tmp_path) as traps:
        yield traps
