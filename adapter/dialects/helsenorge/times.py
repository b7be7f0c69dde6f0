"""Time on the wire is local and has no zone; inside it is aware UTC. This is the only place that knows both.

The hour that exists twice means its first occurrence; a time in the hour that does not exist is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:[0-5]\d)?", re.ASCII)
_MOST_MOMENTS = 16  # remembered as they are written: all of a batch is answered at the same one
_MOST_LOCAL = 4_096  # and so are the times of the days that everybody asks for
_LOCAL, _DATE = len("2026-01-31T08:00:00"), len("2026-01-31")
_EARLIEST, _LATEST = 1, 9999
_FARTHEST = timedelta(hours=14)


def read_local(text: str, zone: ZoneInfo) -> datetime:
    """A ``date-time`` of the wire as aware UTC; ``Z`` at the end is honoured.

    Raises ``ValueError`` for what is no time, or a time that the clock skips in ``zone``.
    """
    said = text.strip()
    return _read_local(said, zone) if len(said) == _LOCAL else _read_moment(said, zone)


def _read_moment(said: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(said)
    if not _EARLIEST < moment.year < _LATEST:
        raise ValueError("the year is out of range")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    there = moment.replace(tzinfo=zone).astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("the clock skips this time")
    return there


_read_local = lru_cache(_MOST_LOCAL)(_read_moment)  # as most are written; what is no time is not kept


def read_date(text: str) -> date:
    """An ``xs:date`` of the wire; a zone after it is allowed by the type and means nothing here.

    Raises ``ValueError`` for what is no date.
    """
    said = text.strip()
    day = date.fromisoformat(said if len(said) == _DATE else _ZONE.sub("", said))
    if not _EARLIEST < day.year < _LATEST:
        raise ValueError("the year is out of range")
    return day


def is_moment(text: str) -> bool:
    """Whether ``text`` is an ``xs:dateTime``, such as a GenDate that can be quoted in an AppRec."""
    if _MOMENT.fullmatch(text) is None:
        return False
    try:
        offset = datetime.fromisoformat(text).utcoffset()
    except ValueError:
        return False
    return offset is None or abs(offset) <= _FARTHEST


@lru_cache(_MOST_LOCAL)
def write_local(moment: datetime, zone: ZoneInfo) -> str:
    """Aware UTC as a ``date-time`` of the wire."""
    return moment.astimezone(zone).isoformat(timespec="seconds")[:_LOCAL]


@lru_cache(_MOST_MOMENTS)
def write_utc(moment: datetime) -> str:
    """Aware UTC as GenDate, IssueDate and applicationTimeStamp have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_duration(duration: timedelta) -> str:
    """A length of time in minutes, and seconds where there are any."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    return f"PT{minutes}M" + (f"{seconds}S" if seconds else "")


@lru_cache(_MOST_LOCAL)
def start_of(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, as aware UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
