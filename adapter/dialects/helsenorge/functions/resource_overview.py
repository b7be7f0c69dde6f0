"""Ressursoversikt: which resource calendars may I use? Ours; TypeForesp HR, answered with 40 or 41 (H1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.names import RESOURCES, Tema, oid
from adapter.dialects.helsenorge.order_form import read_order_form
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.times import write_duration, write_local
from adapter.xml.writing import Markup, coded, element, optional
from handlers.desk.policies import Ask
from handlers.desk.replies import Declined, ResourceList
from handlers.desk.requests import ResourceOverview

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.model import Calendar, Resource, TimeType
    from handlers.desk.policies import Question, Undoing

_HOUR = timedelta(hours=1)
_DEMANDS = {Ask.REQUIRED: "Kreves", Ask.OPTIONAL: "Valgfritt", Ask.REFUSED: "Nei"}


def decode(letter: Letter, notes: Notes, _zone: ZoneInfo) -> ResourceOverview:
    """Read the request: for whom, and in a Bestilling what they have answered, or what they want to move."""
    form = read_order_form(letter, notes)
    return ResourceOverview(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
        answers=form.answers,
        appointment_id=form.appointment_id,
    )


def encode(reply: ResourceList | Declined, _letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the list of calendars, and no list at all when there is none."""
    title = "Svar på hent ressurser"
    if isinstance(reply, Declined):
        return declined(Tema.REJECTED, title, reply)
    if not reply.resources:
        return Answer(Tema.NO_RESOURCES, title)
    resources = (_write_resource(resource, zone) for resource in reply.resources)
    listed = element("RessursListe", *resources, xmlns=RESOURCES)
    return Answer(Tema.RESOURCES, title, attachments=(("Ressursliste", listed),))


def _write_resource(resource: Resource, zone: ZoneInfo) -> Markup:
    calendar = resource.calendar
    cancel = _strictest([kind.policy.cancel for kind in resource.types])
    change = _strictest([kind.policy.change for kind in resource.types])
    return element(
        "Ressurs",
        element("Id", calendar.id),
        element("Navn", calendar.name),
        coded("Kategori", calendar.category, calendar.category, oid(7617)),
        optional("Beskrivelse", calendar.text),
        optional("Sted", calendar.place),
        element("Kontakt", calendar.her_id),
        _write_moment("LedigFra", resource.first, zone),
        _write_moment("LedigTil", resource.last, zone),
        _write_conditions(calendar),
        *(_write_question(question) for question in calendar.policy.questions),
        *(_write_type(kind) for kind in resource.types),
        None if cancel is None else element("KanAvbestilles", FristTimer=_hours(cancel)),
        None if change is None else element("KanEndres", FristTimer=_hours(change)),
    )


def _write_moment(name: str, moment: datetime | None, zone: ZoneInfo) -> Markup | None:
    return None if moment is None else element(name, write_local(moment, zone))


def _write_conditions(calendar: Calendar) -> Markup | None:
    conditions = calendar.conditions
    if conditions is None:
        return None
    return element(
        "Forutsetninger",
        element("Tekst", conditions.text),
        element("Versjon", conditions.version),
        element("MaGodtas", _boolean(calendar.policy.accept_conditions)),
    )


def _write_question(question: Question) -> Markup:
    choices = (
        element("Valg", element("Kode", choice.code), element("Tekst", choice.text))
        for choice in question.choices
    )
    return element("Sporsmal", element("Id", question.id), element("Tekst", question.text), *choices)


def _write_type(kind: TimeType) -> Markup:
    policy = kind.policy
    return element(
        "Timetype",
        element("Kode", kind.code),
        element("Navn", kind.name),
        element("Varighet", write_duration(kind.duration)),
        optional("Kategori", policy.category),
        element("BegrunnelseKreves", _boolean(policy.reason is Ask.REQUIRED)),
        _write_demand("Begrunnelse", policy.reason, policy.longest_reason),
        _write_demand("Telefon", policy.phone),
        _write_undoing("KanAvbestilles", policy.cancel),
        _write_undoing("KanEndres", policy.change, policy.change.most),
    )


def _write_demand(name: str, ask: Ask, longest: int | None = None) -> Markup | None:
    """Nothing where it may come, however long: that is what goes where nothing is said."""
    if ask is Ask.OPTIONAL and longest is None:
        return None
    return element(name, Krav=_DEMANDS[ask], MaksLengde=None if longest is None else str(longest))


def _write_undoing(name: str, undoing: Undoing, most: int | None = None) -> Markup | None:
    if not undoing.allowed:
        return None
    message = None if undoing.message is Ask.OPTIONAL else _DEMANDS[undoing.message]
    often = None if most is None else str(most)
    return element(name, FristTimer=_hours(undoing.until), Melding=message, Antall=often)


def _strictest(undoings: Sequence[Undoing]) -> timedelta | None:
    """How long before the start at the latest, whichever type it is; ``None`` when one cannot be undone."""
    if not undoings or not all(undoing.allowed for undoing in undoings):
        return None
    return max(undoing.until for undoing in undoings)


def _hours(before: timedelta) -> str:
    """A limit in hours. Part of an hour is a whole one, so that nobody comes too late who keeps to it."""
    return str(-(-before // _HOUR))


def _boolean(value: bool) -> str:
    return "true" if value else "false"


CODEC = Codec(decode, encode)
