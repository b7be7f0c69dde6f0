"""How long to wait before the next try: longer each time, up to a limit, and never all at once.

It must never give zero: a broker that hangs up on every connection would be called without end.
"""

from __future__ import annotations

import random


class Pauses:
    """Growing pauses, in seconds."""

    def __init__(self, first: float = 0.2, longest: float = 10.0) -> None:
        """``first`` and ``longest`` bound a pause from above; it is at least half its bound."""
        self._first = first
        self._longest = longest
        self._bound = first

    def next(self) -> float:
        """The pause to make now."""
        bound, self._bound = self._bound, min(self._bound * 2, self._longest)
        # Jitter, so that all the replicas of a service do not come back at the same moment.
        return bound * random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it

    def reset(self) -> None:
        """Begins with the shortest again."""
        self._bound = self._first
