"""The clock of Oslo in 2027, worked out by hand, and a clock that the test moves.

Not with ``zoneinfo``, on which the code under test relies: what both take from one place, both get wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: At these moments the clock jumps from 02:00 to 03:00, and from 03:00 back to 02:00.
SPRING = datetime(2027, 3, 28, 1, tzinfo=UTC)
AUTUMN = datetime(2027, 10, 31, 1, tzinfo=UTC)
_ON_THE_WIRE = "%Y-%m-%dT%H:%M:%S"


class Clock:
    """Tells the time that it was set to (aware UTC), and never goes back."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, moment: datetime) -> None:
        self.now = max(self.now, moment)


def local(moment: datetime) -> datetime:
    """What a clock on a wall in Oslo shows at a moment (aware UTC) of 2027; without a zone."""
    summer = SPRING <= moment < AUTUMN
    return moment.replace(tzinfo=None) + timedelta(hours=2 if summer else 1)


def written(moment: datetime) -> str:
    """A moment (aware UTC) as it stands on the wire, to the second."""
    return local(moment).strftime(_ON_THE_WIRE)


def meant(text: str) -> datetime:
    """The moment that a time on the wire means, as aware UTC: the first, where there are two."""
    wall = datetime.strptime(text, _ON_THE_WIRE)  # noqa: DTZ007 - there is none on the wire
    choices = [(wall - timedelta(hours=hours)).replace(tzinfo=UTC) for hours in (2, 1)]
    return next(moment for moment in choices if local(moment) == wall)


def whole(moment: datetime) -> datetime:
    """The second that a moment is in: nothing is kept more precisely."""
    return moment.replace(microsecond=0)
