"""HentPlanlagteTimer: which appointments do I have? TypeForesp HBT, answered with 01 or 02 (C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.appointments import shown_event
from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.xcal import write_calendar
from handlers.desk.replies import AppointmentList, Declined
from handlers.desk.requests import PlannedAppointments

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes


def decode(letter: Letter, notes: Notes, _zone: ZoneInfo) -> PlannedAppointments:
    """Read the request, which says nothing but for whom."""
    return PlannedAppointments(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
    )


def encode(reply: AppointmentList | Declined, _letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: one vevent for each appointment, and no iCalendar at all when there is none."""
    title = "Svar på hent bestilte timer"
    if isinstance(reply, Declined):
        return declined(Tema.REJECTED, title, reply)
    if not reply.appointments:
        return Answer(Tema.NO_APPOINTMENTS, title)
    calendar = write_calendar([shown_event(shown) for shown in reply.appointments], zone)
    return Answer(Tema.APPOINTMENTS, title, attachments=(("iCalendarBestilteTimer", calendar),))


CODEC = Codec(decode, encode)
