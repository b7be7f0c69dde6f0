"""Waiting for what must come: with a deadline, and never for a fixed time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE = 60.0  # of a test that waits for something that must come; nothing is measured by it
_LOOK_EVERY = 0.05


async def eventually(
    holds: Callable[[], bool | Awaitable[bool]],
    what: str,
    patience: float = PATIENCE,
    details: Callable[[], str] = str,
) -> None:
    """Wait until ``holds``; an assertion that names ``what``, and gives ``details``, when it does not."""
    if not await came_about(holds, patience):
        raise AssertionError(f"it did not come about that {what}\n{details()}")


async def came_about(holds: Callable[[], bool | Awaitable[bool]], patience: float = PATIENCE) -> bool:
    """Whether ``holds`` came about in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return True
        await asyncio.sleep(_LOOK_EVERY)
    return False
