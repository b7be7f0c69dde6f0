"""ReserverAvtale: keep, or book, this time. TypeForesp RT, answered with 05 or 06 (C2, H4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapter.dialects.helsenorge.dialog import (
    foresporsel,
    reason_for_contact,
    wished_calendar,
    wished_practitioner,
    write_practitioner,
)
from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.letter import code_of, find
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.notes import Notes
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.xcal import Event, read_event, write_calendar
from handlers.desk.model import State
from handlers.desk.replies import Booked, Declined
from handlers.desk.requests import Reserve

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.xml.writing import Markup
    from handlers.desk.model import Appointment

_YES, _NO = "1", "2"
DESCRIPTION = "iCalendarBestillTime"


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> Reserve:
    """Read the request. KodetOpplysning (may it be another practitioner?) and one vevent are mandatory."""
    return Reserve(**read_wish(letter, read_event(letter, notes, zone), notes))


def read_wish(letter: Letter, event: Event, notes: Notes) -> dict[str, Any]:
    """The fields of a ``Reserve``, which a ``Book`` has too."""
    request = foresporsel(letter)
    return {
        "owner": letter.head.receiver.her_id,
        "patient": read_patient(letter, notes),
        "representative": read_representative(letter, notes),
        "slot_id": event.uid,
        "start": event.start,
        "end": event.end,
        "reason": reason_for_contact(request),
        "calendar_id": wished_calendar(request),
        "hpr": wished_practitioner(request),
        "accepts_another_practitioner": _accepts_another(request, notes),
    }


def encode(reply: Booked | Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the appointment, or the time that was asked for and is not to be had."""
    if isinstance(reply, Declined):
        asked = (DESCRIPTION, write_calendar([asked_event(letter, zone)], zone))
        return declined(Tema.NOT_AVAILABLE, "Time ikke tilgjengelig", reply, asked)
    appointment = reply.appointment
    held = appointment.state is State.HELD
    calendar = write_calendar([appointment_event(appointment, "TENTATIVE" if held else "CONFIRMED")], zone)
    return Answer(
        Tema.CONFIRMED,
        "Time reservert" if held else "Time bestilt",
        role=_role(appointment),
        attachment=(DESCRIPTION, calendar),
    )


def appointment_event(appointment: Appointment, status: str) -> Event:
    """An appointment: uid is the appointment, related-to the slot that was asked for (H7)."""
    return Event(
        start=appointment.start,
        end=appointment.end,
        uid=appointment.id,
        contact=appointment.her_id,
        related_to=appointment.slot_id,
        status=status,
        summary=appointment.title,
        location=appointment.place,
        expires_at=appointment.held_until,
    )


def asked_event(letter: Letter, zone: ZoneInfo) -> Event:
    """The event of the request, as it was asked."""
    return read_event(letter, Notes(letter), zone)


def _accepts_another(request: etree._Element, notes: Notes) -> bool:
    code = code_of(request, "dia:KodetOpplysning")
    if code is None:
        notes.missing(request, "KodetOpplysning")
    elif code not in (_YES, _NO):
        notes.add(
            "T02",
            find(request, "dia:KodetOpplysning"),
            "is neither 1 (yes) nor 2 (no) of code list 1101",
            "er verken 1 (Ja) eller 2 (Nei) i kodeverk 1101",
        )
    return code == _YES


def _role(appointment: Appointment) -> Markup | None:
    return None if appointment.practitioner is None else write_practitioner(appointment.practitioner)


CODEC = Codec(decode, encode)
