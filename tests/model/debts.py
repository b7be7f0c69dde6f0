"""What was committed and is not yet known to be sent: when must it be sent again, and when not any more?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.model.oslo import whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_FIRST, _LONGEST = timedelta(seconds=10), timedelta(hours=1)


@dataclass(slots=True)
class _Debt:
    due: datetime
    waits: bool
    pause: timedelta = _FIRST


@dataclass(slots=True)
class Debts:
    """The messages that are owed, by id, and those that nobody waited for any more."""

    owed: dict[str, _Debt] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def incur(self, message_id: str, now: datetime, *, waits: bool) -> None:
        self.owed[message_id] = _Debt(whole(now + _FIRST), waits)

    def pay(self, message_ids: Iterable[str]) -> None:
        for message_id in message_ids:
            self.owed.pop(message_id, None)

    def claim(self, now: datetime) -> set[str]:
        """What is due now; it falls due again, each time after twice as long."""
        due = {name for name, debt in self.owed.items() if debt.due <= now}
        waited_for = {name for name in due if self.owed[name].waits}
        self.given_up |= waited_for
        self.pay(waited_for)
        for name in due - waited_for:
            debt = self.owed[name]
            debt.pause = min(2 * debt.pause, _LONGEST)
            debt.due = whole(now + debt.pause)
        return due - waited_for

    def last_due(self) -> datetime:
        return max(debt.due for debt in self.owed.values())
