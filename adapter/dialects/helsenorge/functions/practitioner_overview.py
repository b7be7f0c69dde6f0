"""Behandleroversikt: whose calendars may I use? TypeForesp HB, answered with 20 or 21 (C7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.people import read_patient, read_representative, write_practitioners
from handlers.desk.replies import Declined, PractitionerList
from handlers.desk.requests import PractitionerOverview

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes


def decode(letter: Letter, notes: Notes, _zone: ZoneInfo) -> PractitionerOverview:
    """Read the request, which says nothing but for whom."""
    return PractitionerOverview(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
    )


def encode(reply: PractitionerList | Declined, _letter: Letter, _zone: ZoneInfo) -> Answer:
    """Word the reply: the list of practitioners, and no list at all when there is none."""
    title = "Svar på hent behandlere"
    if isinstance(reply, Declined):
        return declined(Tema.REJECTED, title, reply)
    if not reply.practitioners:
        return Answer(Tema.NO_PRACTITIONERS, title)
    return Answer(Tema.PRACTITIONERS, title, attachments=(write_practitioners(reply.practitioners),))


CODEC = Codec(decode, encode)
