"""The options that several parts of the command have, and what they mean."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, instead of a table.")]


def day_option(name: str, text: str) -> Any:  # noqa: ANN401 - typer says no more of its options
    """An option that takes a local date."""
    return typer.Option(name, formats=["%Y-%m-%d"], metavar="DATE", help=text)


FromDay = Annotated[datetime | None, day_option("--from", "The first day, as in 2027-03-05; else today.")]
ToDay = Annotated[datetime | None, day_option("--to", "The last day.")]


def first_day(from_: datetime | None, now: datetime, zone: ZoneInfo) -> datetime:
    """The day that is meant, without a zone: today in ``zone`` when none was given."""
    return from_ or datetime.combine(now.astimezone(zone).date(), time())


def beginning_of(day: datetime, zone: ZoneInfo) -> datetime:
    """When a local day begins, as aware UTC."""
    return day.replace(tzinfo=zone).astimezone(UTC)


def end_of(day: datetime, zone: ZoneInfo) -> datetime:
    """When the next one begins."""
    return beginning_of(day + timedelta(days=1), zone)
