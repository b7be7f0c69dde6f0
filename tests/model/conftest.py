"""One adapter for all the ways that it is led, given a fresh copy of its calendars each time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.model.clinic import AS_PLANNED, calendar_file
from tests.model.oslo import Clock
from tests.model.rig import Rig

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    clock = Clock(datetime(2027, 3, 1, tzinfo=UTC))
    rig = Rig(tmp_path_factory.mktemp("model"), calendar_file(AS_PLANNED, ()), clock)
    yield rig
    rig.close()
