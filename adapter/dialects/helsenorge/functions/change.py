"""Change an appointment in one step. TypeForesp ERT, answered with 07 or 34 (H5).

The code is in the official list and the guide does not use it; what the message holds is our choice: uid is
the new slot, related-to the appointment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions.codec import Answer, Codec
from adapter.dialects.helsenorge.functions.reserve import booked, declined_time, read_wish
from adapter.dialects.helsenorge.letter import contents
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.xcal import read_event
from handlers.desk.replies import Declined, Rebooked
from handlers.desk.requests import Rebook

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> Rebook:
    """Read the request: a reservation's, and in related-to what is to be moved, by its or its slot's id."""
    event = read_event(letter, notes, zone)
    if event.uid and event.related_to is None:
        notes.missing(next(iter(contents(letter, "icalendar")), None), "related-to")
    references = tuple(filter(None, [event.related_to]))
    return Rebook(**read_wish(letter, event, notes), references=references)


def encode(reply: Rebooked | Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the appointment at its new time, or the time asked for, and it stays where it was."""
    if isinstance(reply, Declined):
        return declined_time(Tema.NOT_CHANGED, "Time kunne ikke endres", reply, letter, zone)
    return booked(Tema.CHANGED, "Endring bekreftet", reply, letter, zone)


CODEC = Codec(decode, encode)
