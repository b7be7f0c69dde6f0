"""What we tell the portal unasked: an appointment has been booked, changed, cancelled or missed (C5).

One message for each change, for the citizen who may never have asked for anything. It holds what the portal
shows of the appointment, and neither who acted for the patient nor what anybody wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.appointments import appointment_event
from adapter.dialects.helsenorge.dialog import write_foresporsel, write_practitioner
from adapter.dialects.helsenorge.envelope import (
    ASKS_FOR_RECEIPT,
    identity,
    write_document,
    write_message,
    write_patient,
)
from adapter.dialects.helsenorge.letter import Ident, Party, Unit
from adapter.dialects.helsenorge.names import NOTICE_FUNCTIONS, Asked, Code, Tema
from adapter.dialects.helsenorge.times import write_utc
from adapter.dialects.helsenorge.xcal import write_calendar
from adapter.dialects.port import Change
from adapter.message import Outbound, Properties
from adapter.outcome import Dispatch, Kind
from adapter.xml.writing import coded

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.leaving import Forms
    from handlers.desk.model import Appointment, Owner

_REQUEST_CODES, _REPLY_CODES = 7601, 7602
_NO_SHOW = Code("11", "Pasient ikke møtt")
_DESCRIPTION = "iCalendarAvtale"


@dataclass(frozen=True, slots=True)
class _Words:
    """How a change is said: its TypeForesp, a title for people, and the code list of the first."""

    kind: Code
    title: str
    code_list: int = _REPLY_CODES


_CHANGES = {
    Change.BOOKED: _Words(Tema.CONFIRMED, "Time bestilt"),
    Change.MOVED: _Words(Tema.CHANGED, "Time endret"),
    Change.CANCELLED: _Words(Tema.CANCELLED, "Time avbestilt"),
    Change.NO_SHOW: _Words(_NO_SHOW, "Pasient ikke møtt"),
    Change.DETAILS: _Words(Code(Asked.NOTICE, "Melding om avtale"), "Melding om avtale", _REQUEST_CODES),
}


@dataclass(frozen=True, slots=True)
class Portal:
    """To whom we write: a communication party and the organisation that it belongs to, by HER-id and name.

    ``process`` is the one in which they take our messages, a key of ``names.NOTICE_FUNCTIONS``.
    """

    her_id: str
    name: str
    parent_her_id: str
    parent_name: str
    process: str = "avtaleutsending"


class HelsenorgeNotices:
    """Writes to ``portal``; times are in ``zone``, ``new_id`` makes message ids (UUIDs)."""

    def __init__(self, portal: Portal, zone: ZoneInfo, new_id: Callable[[], str], forms: Forms) -> None:
        self._portal = portal
        self._zone = zone
        self._new_id = new_id
        self._forms = forms

    def notice(self, change: Change, appointment: Appointment, owner: Owner, now: datetime) -> Dispatch:
        """See ``Notices.notice``."""
        msg_id, function = self._new_id(), NOTICE_FUNCTIONS[self._portal.process]
        body = self._forms.checked(*self._write(change, appointment, owner, msg_id, now))
        properties = self._properties(owner.her_id, function, now)
        outbound = Outbound(body, properties, properties.to or "")
        return Dispatch(Kind.NOTICE, outbound, function.value, _CHANGES[change].kind.value, msg_id)

    def _write(
        self, change: Change, appointment: Appointment, owner: Owner, msg_id: str, now: datetime
    ) -> list[str]:
        moment, words = write_utc(now), _CHANGES[change]
        function = NOTICE_FUNCTIONS[self._portal.process]
        practitioner = appointment.practitioner
        role = None if practitioner is None else write_practitioner(practitioner)
        dialog = write_foresporsel(words.kind, words.code_list, role)
        # Nobody has asked for a slot, so there is none for it to be related to (H7).
        event = replace(appointment_event(appointment), related_to=None, taken=None)
        calendar = write_calendar([event], self._zone)
        parts = [
            *write_document(dialog, moment, title=words.title),
            *write_document(calendar, moment, description=_DESCRIPTION),
        ]
        return write_message(
            coded("Type", function.value, function.words),
            f"{identity(msg_id, moment)}{ASKS_FOR_RECEIPT}",
            (_party(owner), _party(self._portal)),
            write_patient(appointment.patient),
            parts,
        )

    def _properties(self, ours: str, function: Code, now: datetime) -> Properties:
        """Those of a message that begins a conversation (A2)."""
        message_id, theirs = self._new_id(), self._portal.her_id
        return Properties(
            message_id=message_id,
            correlation_id=message_id,
            reply_to=f"{ours}_async",
            to=f"{theirs}_async",
            subject=function.value,
            content_type="application/xml",
            application_timestamp=write_utc(now),
            from_her_id=ours,
            to_her_id=theirs,
        )


def _party(one: Owner | Portal) -> Party:
    return Party(_unit(one.parent_name, one.parent_her_id), _unit(one.name, one.her_id))


def _unit(name: str, her_id: str) -> Unit:
    return Unit(name, (Ident(her_id, "HER", "HER-id"),))
