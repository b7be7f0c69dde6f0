"""Ressursoversikt: which resource calendars may I use? Ours; TypeForesp HR, answered with 40 or 41 (H1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions.codec import Answer, Codec
from adapter.dialects.helsenorge.names import RESOURCES, Tema, oid
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.times import write_local
from adapter.xml.writing import Markup, element, optional
from handlers.desk.requests import ResourceOverview

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.model import Conditions, Resource, TimeType
    from handlers.desk.replies import ResourceList


def decode(letter: Letter, notes: Notes, _zone: ZoneInfo) -> ResourceOverview:
    """Read the request, which says nothing but for whom."""
    return ResourceOverview(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
    )


def encode(reply: ResourceList, _letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: the list of calendars, and no list at all when there is none."""
    title = "Svar på hent ressurser"
    if not reply.resources:
        return Answer(Tema.NO_RESOURCES, title)
    resources = (_write_resource(resource, zone) for resource in reply.resources)
    return Answer(
        Tema.RESOURCES,
        title,
        attachment=("Ressursliste", element("RessursListe", *resources, xmlns=RESOURCES)),
    )


def _write_resource(resource: Resource, zone: ZoneInfo) -> Markup:
    calendar = resource.calendar
    return element(
        "Ressurs",
        element("Id", calendar.id),
        element("Navn", calendar.name),
        element("Kategori", V=calendar.category, S=oid(7617), DN=calendar.category),
        optional("Beskrivelse", calendar.text),
        optional("Sted", calendar.place),
        element("Kontakt", calendar.her_id),
        _write_moment("LedigFra", resource.first, zone),
        _write_moment("LedigTil", resource.last, zone),
        _write_conditions(calendar.conditions),
        *(_write_type(kind) for kind in calendar.types),
        element("KanAvbestilles", FristTimer="0"),
    )


def _write_moment(name: str, moment: datetime | None, zone: ZoneInfo) -> Markup | None:
    return None if moment is None else element(name, write_local(moment, zone))


def _write_conditions(conditions: Conditions | None) -> Markup | None:
    if conditions is None:
        return None
    return element(
        "Forutsetninger",
        element("Tekst", conditions.text),
        element("Versjon", conditions.version),
        element("MaGodtas", "false"),
    )


def _write_type(kind: TimeType) -> Markup:
    return element(
        "Timetype",
        element("Kode", kind.code),
        element("Navn", kind.name),
        element("Varighet", _duration(kind.duration)),
        element("BegrunnelseKreves", "false"),
    )


def _duration(duration: timedelta) -> str:
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    return f"PT{minutes}M" + (f"{seconds}S" if seconds else "")


CODEC = Codec(decode, encode)
