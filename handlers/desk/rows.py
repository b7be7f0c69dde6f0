"""Between rows of the desk's tables and the values of ``model``. Nothing is executed or decided here.

A moment is whole seconds since 1970 in what goes through a ``Compiled`` statement.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.desk import tables
from handlers.desk.model import (
    Appointment,
    Calendar,
    Conditions,
    Fixed,
    Patient,
    Practitioner,
    Referral,
    Relation,
    Representative,
    Slot,
    State,
    TimeType,
)
from handlers.desk.policies import read_calendar_policy, read_type_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handlers.desk.compiled import Row
    from handlers.desk.requests import Answers


_OF_AN_APPOINTMENT = tuple(tables.appointment.c.keys())


def slot_of(calendars: Mapping[str, Calendar], row: Row) -> Slot:
    """A slot of one of ``calendars``, from the columns of ``statements.SLOT``."""
    slot_id, calendar_id, type_code, start, end, capacity, available_at, must_call = row
    calendar = calendars[calendar_id]
    kind = next(t for t in calendar.types if t.code == type_code)
    available = None if available_at is None else moment(available_at)
    return Slot(slot_id, calendar, kind, moment(start), moment(end), capacity, available, bool(must_call))


def seconds(moment: datetime) -> int:
    """An aware moment as the database has it."""
    return int(moment.timestamp())


def moment(seconds: int) -> datetime:
    """A moment of the database as aware UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def types_by_calendar(rows: Iterable[Row]) -> dict[str, tuple[TimeType, ...]]:
    """The time types of an owner by the id of their calendar, in the order of their rows."""
    types: dict[str, list[TimeType]] = {}
    for values in rows:
        row = dict(zip(tables.time_type.c.keys(), values, strict=True))
        duration = timedelta(seconds=row["duration_seconds"])
        kind = TimeType(row["code"], row["name"], duration, read_type_policy(row["policy"]))
        types.setdefault(row["calendar_id"], []).append(kind)
    return {calendar_id: tuple(kinds) for calendar_id, kinds in types.items()}


def _practitioner(hpr: str | None, family_name: str | None, given_name: str | None) -> Practitioner | None:
    return None if hpr is None else Practitioner(hpr, family_name or "", given_name or "")


def calendar_of(row: Mapping[str, Any], types: tuple[TimeType, ...]) -> Calendar:
    """A calendar with its types, from its row and the name of what its owner belongs to."""
    version, hold = row["conditions_version"], row["hold_seconds"]
    return Calendar(
        her_id=row["her_id"],
        id=row["id"],
        name=row["name"],
        category=row["category"],
        practitioner=_practitioner(row["hpr"], row["family_name"], row["given_name"]),
        text=row["text"],
        place=row["place"],
        conditions=None if version is None else Conditions(version, row["conditions_text"]),
        hold=None if hold is None else timedelta(seconds=hold),
        types=types,
        policy=read_calendar_policy(row["policy"]),
        organisation=row["parent_name"],
    )


def _representative(row: Mapping[str, Any]) -> Representative | None:
    if row["relation"] is None:
        return None
    return Representative(
        relation=Relation(row["relation"]),
        national_id=row["representative_national_id"],
        family_name=row["representative_family_name"],
        given_name=row["representative_given_name"],
        phone=row["representative_phone"],
    )


def appointment_of(calendars: Mapping[str, Calendar], values: Row) -> Appointment:
    """An appointment in one of ``calendars``, from all columns of its row."""
    row = dict(zip(_OF_AN_APPOINTMENT, values, strict=True))
    held_until = row["held_until"]
    return Appointment(
        id=row["id"],
        her_id=row["her_id"],
        calendar_id=row["calendar_id"],
        slot_id=row["slot_id"],
        state=State(row["state"]),
        start=moment(row["start"]),
        end=moment(row["end"]),
        title=row["title"],
        place=row["place"],
        practitioner=_practitioner(
            row["hpr"], row["practitioner_family_name"], row["practitioner_given_name"]
        ),
        patient=Patient(row["national_id"], row["family_name"], row["given_name"], row["phone"]),
        representative=_representative(row),
        reason=row["reason"],
        held_until=None if held_until is None else moment(held_until),
        type_code=row["type_code"],
        seat=row["seat"],
        moves=row["moves"],
        fixed=None if row["fixed"] is None else Fixed(row["fixed"]),
        referral_id=row["referral_id"],
        accepted_conditions=row["accepted_conditions"],
        answers=_answers(row["answers"]),
        calendar=calendars.get(row["calendar_id"]),
    )


def referral_of(values: Row) -> Referral:
    """A referral, from all columns of its row."""
    row = dict(zip(tables.referral.c.keys(), values, strict=True))
    del row["created_at"]
    return Referral(**row | {"opens": moment(row["opens"]), "closes": moment(row["closes"])})


def row_of(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """The row of an appointment that is entered at ``now``."""
    practitioner, acting = appointment.practitioner, appointment.representative
    return {
        "id": appointment.id,
        "her_id": appointment.her_id,
        "calendar_id": appointment.calendar_id,
        "slot_id": appointment.slot_id,
        "state": appointment.state.value,
        "start": seconds(appointment.start),
        "end": seconds(appointment.end),
        "title": appointment.title,
        "place": appointment.place,
        "hpr": practitioner.hpr if practitioner else None,
        "practitioner_family_name": practitioner.family_name if practitioner else None,
        "practitioner_given_name": practitioner.given_name if practitioner else None,
        "national_id": appointment.patient.national_id,
        "family_name": appointment.patient.family_name,
        "given_name": appointment.patient.given_name,
        "phone": appointment.patient.phone,
        "relation": acting.relation.value if acting else None,
        "representative_national_id": acting.national_id if acting else None,
        "representative_family_name": acting.family_name if acting else None,
        "representative_given_name": acting.given_name if acting else None,
        "representative_phone": acting.phone if acting else None,
        "reason": appointment.reason,
        "held_until": None if appointment.held_until is None else seconds(appointment.held_until),
        "created_at": seconds(now),
        "changed_at": seconds(now),
        "cancellation_reason": None,
        "type_code": appointment.type_code,
        "seat": appointment.seat,
        "moves": appointment.moves,
        "fixed": appointment.fixed.value if appointment.fixed else None,
        "referral_id": appointment.referral_id,
        "accepted_conditions": appointment.accepted_conditions,
        "answers": write_answers(appointment.answers),
    }


def write_answers(answers: Answers) -> str | None:
    """Answers as they are kept, which is not at all when there are none."""
    return json.dumps(answers) if answers else None


def _answers(text: str | None) -> Answers:
    return tuple((question, choice) for question, choice in json.loads(text)) if text else ()
