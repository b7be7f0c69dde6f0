"""ReserverAvtale: keep, or book, this time. TypeForesp RT, answered with 05 or 06 (C2, H4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapter.dialects.helsenorge.appointments import shown_event
from adapter.dialects.helsenorge.dialog import (
    reason_for_contact,
    wished_calendar,
    wished_practitioner,
    write_practitioner,
)
from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.notes import Notes
from adapter.dialects.helsenorge.order_form import read_order_form
from adapter.dialects.helsenorge.people import read_patient, read_representative, write_practitioners
from adapter.dialects.helsenorge.xcal import Event, read_event, write_calendar
from handlers.desk.model import State
from handlers.desk.replies import Booked, Declined
from handlers.desk.requests import Reserve

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.functions.codec import Attachment
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.names import Code

_YES, _NO = "1", "2"
DESCRIPTION = "iCalendarBestillTime"


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> Reserve:
    """Read the request. KodetOpplysning (may it be another practitioner?) and one vevent are mandatory."""
    return Reserve(**read_wish(letter, read_event(letter, notes, zone), notes))


def read_wish(letter: Letter, event: Event, notes: Notes) -> dict[str, Any]:
    """The fields of a ``Reserve``, which a ``Book`` and a ``Rebook`` have too."""
    request = letter.request
    form = read_order_form(letter, notes)
    return {
        "owner": letter.head.receiver.her_id,
        "patient": form.with_phone(read_patient(letter, notes)),
        "representative": read_representative(letter, notes),
        "slot_id": event.uid,
        "start": event.start,
        "end": event.end,
        "reason": reason_for_contact(request),
        "calendar_id": wished_calendar(request),
        "hpr": wished_practitioner(request),
        "accepts_another_practitioner": _accepts_another(request, notes),
        "accepted_conditions": form.accepted_conditions,
        "referral_id": form.referral_id,
        "answers": form.answers,
    }


def encode(reply: Booked | Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the appointment, or the time that was asked for and is not to be had."""
    if isinstance(reply, Declined):
        return declined_time(Tema.NOT_AVAILABLE, "Time ikke tilgjengelig", reply, letter, zone)
    held = reply.appointment.state is State.HELD
    return booked(Tema.CONFIRMED, "Time reservert" if held else "Time bestilt", reply, letter, zone)


def booked(tema: Code, title: str, reply: Booked, letter: Letter, zone: ZoneInfo) -> Answer:
    """The answer to a wish that is granted: the appointment, and whom it is with.

    Helsepersonell goes with it when that is somebody else than the citizen named (C2).
    """
    practitioner = reply.appointment.practitioner
    attachments: list[Attachment] = [(DESCRIPTION, write_calendar([shown_event(reply.shown)], zone))]
    if practitioner is None:
        return Answer(tema, title, attachments=tuple(attachments))
    if wished_practitioner(letter.request) not in (None, practitioner.hpr):
        attachments.append(write_practitioners([practitioner]))
    return Answer(tema, title, role=write_practitioner(practitioner), attachments=tuple(attachments))


def declined_time(tema: Code, title: str, reply: Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """The answer to a wish about a time that is not granted: why, and the event as it was asked."""
    asked = read_event(letter, Notes(letter), zone)
    return declined(tema, title, reply, (DESCRIPTION, write_calendar([asked], zone)))


def _accepts_another(request: Parts, notes: Notes) -> bool:
    code = request.code("KodetOpplysning")
    if code is None:
        notes.missing(request.element, "KodetOpplysning")
    elif code not in (_YES, _NO):
        notes.add(
            "T02",
            request.first("KodetOpplysning"),
            "is neither 1 (yes) nor 2 (no) of code list 1101",
            "er verken 1 (Ja) eller 2 (Nei) i kodeverk 1101",
        )
    return code == _YES


CODEC = Codec(decode, encode)
