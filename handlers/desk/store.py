"""The desk's books: everything the handlers look up and write, inside one transaction that is not ours.

A ``Desk`` lives as long as one transaction. It never commits, never rolls back, never asks what time it
is and never decides: deciding is for ``rules`` and the handlers.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.desk import statements, tables
from handlers.desk.compiled import numbered_values
from handlers.desk.model import (
    Appointment,
    Calendar,
    Conditions,
    Fixed,
    Owner,
    Patient,
    Practitioner,
    Relation,
    Representative,
    Slot,
    State,
    TimeType,
)
from handlers.desk.office import USUAL
from handlers.desk.policies import read_calendar_policy, read_type_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sqlalchemy import Connection, RowMapping

    from handlers.desk.compiled import Row
    from handlers.desk.office import Office
    from handlers.desk.requests import Reserve


class Desk:
    """One transaction at the desk of an ``office``, at the moment ``now`` (aware UTC).

    ``new_id`` makes the ids of appointments; each must be given once only.
    """

    def __init__(
        self, connection: Connection, now: datetime, new_id: Callable[[], str], office: Office = USUAL
    ) -> None:
        self._connection = connection
        self._calendars: dict[str, dict[str, Calendar]] = {}
        self._new_id = new_id
        self.now = now
        self.office = office

    # --- what is offered

    def owners(self) -> list[Owner]:
        """The parties that own calendars, by HER-id."""
        return [Owner(**row) for row in self._connection.execute(statements.OWNERS).mappings()]

    def calendars(self, her_id: str) -> Sequence[Calendar]:
        """The open calendars of an owner, in the order in which the clinic lists them."""
        return list(self._calendars_of(her_id).values())

    def free_slots(
        self, her_id: str, start: datetime, end: datetime, calendar_ids: Collection[str]
    ) -> list[Slot]:
        """The slots from ``start`` up to, not including, ``end`` that nobody has taken, by their start."""
        if not calendar_ids:
            return []
        ids = numbered_values("calendar", calendar_ids)
        period = {"start": _seconds(start), "end": _seconds(end), "now": _seconds(self.now)}
        rows = statements.free_slots(len(ids)).all(self._connection, her_id=her_id, **period, **ids)
        calendars = self._calendars_of(her_id)
        return [_slot(calendars, row) for row in rows]

    def bookable_spans(self, her_id: str) -> dict[str, tuple[datetime, datetime]]:
        """The first and last start of a free slot in each calendar that has one, from now on."""
        asked = {"her_id": her_id, "now": self.now}
        spans = self._connection.execute(statements.BOOKABLE_SPANS, asked)
        return {calendar: (first, last) for calendar, first, last in spans if first is not None}

    def slot(self, her_id: str, slot_id: str) -> Slot | None:
        """The slot, locked until the transaction ends, so that what is read of it stays true."""
        row = statements.SLOT.first(self._connection, her_id=her_id, slot_id=slot_id)
        calendars = self._calendars_of(her_id)
        return None if row is None or row[1] not in calendars else _slot(calendars, row)

    # --- what is taken

    def taken_by(self, slot: Slot) -> Appointment | None:
        """Who has the slot. A hold on it that has lapsed is written down as such first."""
        her_id = slot.calendar.her_id
        row = statements.TAKEN_BY.first(self._connection, her_id=her_id, slot_id=slot.id)
        if row is None:
            return None
        taken = _appointment(self._calendars_of(her_id), row)
        if taken.held_until is not None and taken.held_until <= self.now:
            self._change(taken.id, State.LAPSED)
            return None
        return taken

    def appointments(self, her_id: str, national_id: str, references: Sequence[str]) -> list[Appointment]:
        """The patient's appointments that one or two references may mean: an appointment's id, or a slot's.

        First those with that id, then those that have the slot, then the last that had it. The rows are
        locked until the transaction ends.
        """
        if not references:
            return []
        one_or_two = numbered_values("reference", (references[0], references[-1]))
        rows = statements.APPOINTMENTS.all(
            self._connection, her_id=her_id, national_id=national_id, **one_or_two
        )
        calendars = self._calendars_of(her_id)
        return [_appointment(calendars, row) for row in rows]

    def take(self, slot: Slot, request: Reserve, *, hold: timedelta | None) -> Appointment:
        """Enter an appointment on a slot that nobody has: held for ``hold``, or booked when that is ``None``.

        A slot that somebody has after all is refused by the database (``IntegrityError``).
        """
        appointment = Appointment(
            id=self._new_id(),
            her_id=slot.calendar.her_id,
            calendar_id=slot.calendar.id,
            slot_id=slot.id,
            state=State.BOOKED if hold is None else State.HELD,
            start=slot.start,
            end=slot.end,
            title=slot.type.name,
            place=slot.calendar.place,
            practitioner=slot.calendar.practitioner,
            patient=request.patient,
            representative=request.representative,
            reason=request.reason,
            held_until=None if hold is None else self.now + hold,
            type_code=slot.type.code,
            fixed=request.fixed,
            referral_id=request.referral_id,
            calendar=slot.calendar,
        )
        statements.TAKE.run(self._connection, **_row(appointment, request, self.now))
        return appointment

    def confirm(self, held: Appointment, reason: str | None) -> Appointment:
        """Turn a hold into a booking; a reason given now replaces the one given then."""
        booked = replace(held, state=State.BOOKED, held_until=None, reason=reason or held.reason)
        self._change(held.id, State.BOOKED, held_until=None, reason=booked.reason)
        return booked

    def cancel(self, appointment: Appointment, reason: str | None) -> Appointment:
        """Give the slot back. The row stays, with the reason that the citizen gave."""
        self._change(appointment.id, State.CANCELLED, held_until=None, cancellation_reason=reason)
        return replace(appointment, state=State.CANCELLED, held_until=None)

    # --- inside

    def _change(self, appointment_id: str, state: State, **values: object) -> None:
        changes = {"state": state, "changed_at": self.now, **values}
        self._connection.execute(statements.CHANGE, {"appointment_id": appointment_id, **changes})

    def _calendars_of(self, her_id: str) -> dict[str, Calendar]:
        if her_id not in self._calendars:
            self._calendars[her_id] = self._read_calendars(her_id)
        return self._calendars[her_id]

    def _read_calendars(self, her_id: str) -> dict[str, Calendar]:
        types: dict[str, list[TimeType]] = {}
        for row in self._connection.execute(statements.TIME_TYPES, {"her_id": her_id}).mappings():
            duration = timedelta(seconds=row["duration_seconds"])
            kind = TimeType(row["code"], row["name"], duration, read_type_policy(row["policy"]))
            types.setdefault(row["calendar_id"], []).append(kind)
        found = self._connection.execute(statements.CALENDARS, {"her_id": her_id}).mappings()
        return {row["id"]: _calendar(row, tuple(types.get(row["id"], ()))) for row in found}


def _slot(calendars: Mapping[str, Calendar], row: Row) -> Slot:
    slot_id, calendar_id, type_code, start, end, capacity, available_at, must_call = row
    calendar = calendars[calendar_id]
    kind = next(t for t in calendar.types if t.code == type_code)
    available = None if available_at is None else _moment(available_at)
    return Slot(slot_id, calendar, kind, _moment(start), _moment(end), capacity, available, bool(must_call))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _practitioner(hpr: str | None, family_name: str | None, given_name: str | None) -> Practitioner | None:
    return None if hpr is None else Practitioner(hpr, family_name or "", given_name or "")


def _calendar(row: RowMapping, types: tuple[TimeType, ...]) -> Calendar:
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


def _appointment(calendars: Mapping[str, Calendar], values: Row) -> Appointment:
    row = dict(zip(tables.appointment.c.keys(), values, strict=True))
    held_until = row["held_until"]
    return Appointment(
        id=row["id"],
        her_id=row["her_id"],
        calendar_id=row["calendar_id"],
        slot_id=row["slot_id"],
        state=State(row["state"]),
        start=_moment(row["start"]),
        end=_moment(row["end"]),
        title=row["title"],
        place=row["place"],
        practitioner=_practitioner(
            row["hpr"], row["practitioner_family_name"], row["practitioner_given_name"]
        ),
        patient=Patient(row["national_id"], row["family_name"], row["given_name"], row["phone"]),
        representative=_representative(row),
        reason=row["reason"],
        held_until=None if held_until is None else _moment(held_until),
        type_code=row["type_code"],
        seat=row["seat"],
        moves=row["moves"],
        fixed=None if row["fixed"] is None else Fixed(row["fixed"]),
        referral_id=row["referral_id"],
        calendar=calendars.get(row["calendar_id"]),
    )


def _row(appointment: Appointment, request: Reserve, now: datetime) -> dict[str, Any]:
    practitioner, acting = appointment.practitioner, appointment.representative
    return {
        "id": appointment.id,
        "her_id": appointment.her_id,
        "calendar_id": appointment.calendar_id,
        "slot_id": appointment.slot_id,
        "state": appointment.state.value,
        "start": _seconds(appointment.start),
        "end": _seconds(appointment.end),
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
        "held_until": None if appointment.held_until is None else _seconds(appointment.held_until),
        "created_at": _seconds(now),
        "changed_at": _seconds(now),
        "cancellation_reason": None,
        "type_code": appointment.type_code,
        "seat": appointment.seat,
        "moves": appointment.moves,
        "fixed": appointment.fixed.value if appointment.fixed else None,
        "referral_id": appointment.referral_id,
        "accepted_conditions": request.accepted_conditions,
        "answers": json.dumps(request.answers) if request.answers else None,
    }
