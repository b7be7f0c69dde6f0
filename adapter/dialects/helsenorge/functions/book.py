"""Timebestilling: book this time for good. Ours, the same message as a reservation (H3, H4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions.codec import Codec
from adapter.dialects.helsenorge.functions.reserve import encode, read_wish
from adapter.dialects.helsenorge.xcal import read_event
from handlers.desk.requests import Book

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> Book:
    """Read the request: a reservation's, and in related-to the reservation that it confirms, if any."""
    event = read_event(letter, notes, zone)
    return Book(**read_wish(letter, event, notes), reservation_id=event.related_to)


CODEC = Codec(decode, encode)
