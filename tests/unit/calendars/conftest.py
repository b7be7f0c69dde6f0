"""What the calendar tests share: one small file that is right, to be made wrong in one place at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

SMALL = """\
owner: {her_id: 91095, name: Vaksinasjonstjenesten, parent: {her_id: 1234, name: Beste kommune}}
calendars:
  - id: korona-1
    name: Koronatest
    category: Koronatest
    types:
      - {code: test, name: Koronatest, duration: PT5M}
    slots:
      - {id: A1, start: "2027-03-05T09:10", end: "2027-03-05T09:15", type: test}
    weekly:
      - days: [mon, fri]
        from: "08:30"
        to: "09:00"
        type: test
        until: "2027-03-31"
"""


@pytest.fixture
def small() -> str:
    return SMALL


@pytest.fixture
def oslo() -> ZoneInfo:
    return ZoneInfo("Europe/Oslo")


@pytest.fixture
def now() -> datetime:
    return datetime(2027, 3, 1, 7, tzinfo=UTC)
