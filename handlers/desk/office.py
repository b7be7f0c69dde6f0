"""What a desk has to know of its clinic beyond the books: where its clock hangs, and its lists' secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable


class KeyMissing(Exception):
    """There are lists of patients in the store, and no key to find anybody in them."""


@dataclass(frozen=True, slots=True)
class Office:
    """``zone`` says which day a moment is on; ``fingerprint`` makes of a national identity number what stands
    for it in the clinic's lists of patients, and is ``None`` where the clinic has no key for them.
    """

    zone: ZoneInfo
    fingerprint: Callable[[str], str] | None = field(default=None, repr=False)


#: A Norwegian clinic without lists of patients.
USUAL = Office(ZoneInfo("Europe/Oslo"))
