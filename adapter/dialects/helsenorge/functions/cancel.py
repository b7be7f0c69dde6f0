"""AvbestillAvtale: give an appointment back. TypeForesp ART, answered with 08 or 09 (C3, C6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.appointments import appointment_event
from adapter.dialects.helsenorge.dialog import reason_for_contact
from adapter.dialects.helsenorge.functions.codec import Answer, Codec
from adapter.dialects.helsenorge.functions.reserve import DESCRIPTION, declined_time
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.xcal import read_event, write_calendar
from handlers.desk.replies import Cancelled, Declined
from handlers.desk.requests import Cancel

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> Cancel:
    """Read the request. The appointment may be named in related-to or uid, by its own or its slot's id."""
    event = read_event(letter, notes, zone)
    return Cancel(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
        references=tuple(filter(None, (event.related_to, event.uid))),
        reason=reason_for_contact(letter.request),
    )


def encode(reply: Cancelled | Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the appointment that is cancelled, or the one that was to be."""
    if isinstance(reply, Declined):
        return declined_time(Tema.NOT_CANCELLED, "Time kunne ikke avbestilles", reply, letter, zone)
    calendar = write_calendar([appointment_event(reply.appointment)], zone)
    return Answer(Tema.CANCELLED, "Avbestilling bekreftet", attachments=((DESCRIPTION, calendar),))


CODEC = Codec(decode, encode)
