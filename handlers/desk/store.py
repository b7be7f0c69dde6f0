"""The desk's books: everything the handlers look up and write, inside one transaction that is not ours.

A ``Desk`` lives as long as one transaction. It never commits, never rolls back, never asks what time it
is and never decides: deciding is for ``rules`` and the handlers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache, partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from handlers.desk import statements
from handlers.desk.compiled import numbered_values
from handlers.desk.model import Appointment, Owner, Referral, Slot, State
from handlers.desk.office import USUAL, KeyMissing
from handlers.desk.on_offer import read_calendars, read_free_slots, read_spans
from handlers.desk.requests import Actor
from handlers.desk.rows import (
    appointment_of,
    referral_of,
    row_of,
    seconds,
    slot_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from handlers.desk.model import Calendar, Patient
    from handlers.desk.office import Office
    from handlers.desk.requests import Rebook, Reserve
    from handlers.desk.rules.asks import Given
    from handlers.desk.rules.offers import Offer

_MOST_KEPT = 8  # answers within a transaction, each of which may be long


class Desk:
    """One transaction at the desk of an ``office``, at the moment ``now`` (aware UTC).

    ``new_id`` makes the ids of appointments; each must be given once only.
    """

    def __init__(
        self, connection: Connection, now: datetime, new_id: Callable[[], str], office: Office = USUAL
    ) -> None:
        self._connection = connection
        self._calendars = cache(partial(read_calendars, connection))
        self._free = lru_cache(_MOST_KEPT)(partial(read_free_slots, connection, self._calendars, now))
        self._new_id = new_id
        self.now = now
        self.office = office

    # --- what is offered

    def owners(self) -> list[Owner]:
        """The parties that own calendars, by HER-id."""
        return [Owner(**row) for row in self._connection.execute(statements.OWNERS).mappings()]

    def calendars(self, her_id: str) -> Sequence[Calendar]:
        """The open calendars of an owner, in the order in which the clinic lists them."""
        return list(self._calendars(her_id).open.values())

    def free_slots(self, her_id: str, patient: Patient, offers: Iterable[Offer]) -> tuple[Slot, ...]:
        """The slots of some offers with a seat left for the patient, by their start.

        They are read once for all who ask for the same offers, until something is written here.
        """
        found = self._free(her_id, tuple(offers))
        if not found.some_for_several:
            return found.slots
        asked = {"her_id": her_id, "national_id": patient.national_id, "now": seconds(self.now)}
        seated = {slot_id for (slot_id,) in statements.SEATED.all(self._connection, **asked)}
        return tuple(slot for slot in found.slots if slot.id not in seated)

    def spans(
        self, her_id: str, patient: Patient, offers: Iterable[Offer]
    ) -> dict[str, tuple[datetime, datetime]]:
        """The first and last start, by calendar, of what can be booked at once of some offers."""
        return read_spans(self._connection, self.now, her_id, patient.national_id, offers)

    def slot(self, her_id: str, slot_id: str) -> Slot | None:
        """The slot of an open calendar, locked until the transaction ends: what is read of it stays true."""
        row = statements.SLOT.first(self._connection, her_id=her_id, slot_id=slot_id)
        open_ones = self._calendars(her_id).open
        return None if row is None or row[1] not in open_ones else slot_of(open_ones, row)

    # --- the patient

    def groups(self, her_id: str, national_id: str) -> frozenset[str]:
        """Which of an owner's lists of patients the patient is in.

        Raises ``KeyMissing`` when there are lists and the office has no key for them: nobody could tell who
        is blocked.
        """
        if not self._calendars(her_id).have_lists:
            return frozenset()
        if self.office.fingerprint is None:
            raise KeyMissing(f"{her_id} has lists of patients: name the file with their key in the settings")
        member = self.office.fingerprint(national_id)
        rows = statements.GROUPS.all(self._connection, her_id=her_id, member=member)
        return frozenset(name for (name,) in rows)

    def ahead(self, her_id: str, national_id: str, since: datetime) -> list[Appointment]:
        """The patient's living appointments and holds that end after ``since``, by their start."""
        moments = {"since": seconds(since), "now": seconds(self.now)}
        rows = statements.AHEAD.all(self._connection, her_id=her_id, national_id=national_id, **moments)
        return [self._appointment(her_id, row) for row in rows]

    def one_at_a_time(self, her_id: str, national_id: str) -> None:
        """Let nobody else past here for this patient until the transaction ends.

        What the patient has elsewhere is no row that could be locked while it is not there yet. SQLite's
        transactions are one at a time as it is.
        """
        if self._connection.dialect.name == "postgresql":
            digest = blake2b(f"{her_id} {national_id}".encode(), digest_size=8).digest()
            self._connection.execute(statements.LOCK, {"key": int.from_bytes(digest, signed=True)})

    def referral(self, her_id: str, national_id: str, referral_id: str) -> Referral | None:
        """The patient's referral, locked until the transaction ends.

        What it was used for may have been a hold that has lapsed; then it can be used again.
        """
        row = statements.REFERRAL.first(
            self._connection, her_id=her_id, national_id=national_id, referral_id=referral_id
        )
        if row is None:
            return None
        found = referral_of(row)
        if found.appointment_id is None:
            return found
        asked = {"appointment_id": found.appointment_id, "now": self.now}
        if not self._connection.execute(statements.HAS_LAPSED, asked).scalar_one():
            return found
        self._connection.execute(statements.GIVE_BACK, {"held_for": found.appointment_id})
        return replace(found, appointment_id=None)

    # --- what is taken

    def takers(self, slot: Slot) -> list[Appointment]:
        """Who have the slot. A hold on it that has lapsed is written down as such first."""
        her_id = slot.calendar.her_id
        rows = statements.TAKERS.all(self._connection, her_id=her_id, slot_id=slot.id)
        takers = []
        for row in rows:
            taker = self._appointment(her_id, row)
            if taker.held_until is not None and taker.held_until <= self.now:
                self._change(taker.id, state=State.LAPSED.value)
            else:
                takers.append(taker)
        return takers

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
        return [self._appointment(her_id, row) for row in rows]

    def take(self, slot: Slot, request: Reserve, *, hold: timedelta | None, seat: int = 0) -> Appointment:
        """Enter an appointment on a ``seat`` that nobody has: held for ``hold``, or booked without one.

        A seat that somebody has after all is refused by the database (``IntegrityError``).
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
            seat=seat,
            fixed=request.fixed,
            referral_id=request.referral_id,
            accepted_conditions=request.accepted_conditions,
            answers=request.answers,
            calendar=slot.calendar,
        )
        self._free.cache_clear()
        statements.TAKE.run(self._connection, **row_of(appointment, self.now))
        return appointment

    def confirm(self, held: Appointment, request: Reserve, given: Given) -> Appointment:
        """Turn a hold into a booking, with what was ``given`` then and now."""
        booked = replace(
            _gone_over(held, request),
            state=State.BOOKED,
            held_until=None,
            reason=given.reason,
            fixed=request.fixed or held.fixed,
            referral_id=request.referral_id or held.referral_id,
            accepted_conditions=given.accepted_conditions,
            answers=given.answers,
        )
        self._rewrite(held, booked)
        return booked

    def move(self, appointment: Appointment, slot: Slot, request: Rebook, seat: int) -> Appointment:
        """Move an appointment to a ``seat`` that nobody has; its id stays, and where it was is written down.

        Only what citizens move counts as a move of theirs. A seat that somebody has after all is refused by
        the database (``IntegrityError``).
        """
        accepted = appointment.accepted_conditions if appointment.calendar_id == slot.calendar.id else None
        moved = replace(
            _gone_over(appointment, request),
            calendar_id=slot.calendar.id,
            slot_id=slot.id,
            seat=seat,
            start=slot.start,
            end=slot.end,
            title=slot.type.name,
            place=slot.calendar.place,
            practitioner=slot.calendar.practitioner,
            type_code=slot.type.code,
            moves=appointment.moves + (request.by is Actor.CITIZEN),
            accepted_conditions=request.accepted_conditions or accepted,
            answers=request.answers or appointment.answers,
            calendar=slot.calendar,
        )
        self._rewrite(appointment, moved)
        self._connection.execute(
            statements.ENTER_MOVE,
            {
                "appointment_id": appointment.id,
                "moved_at": self.now,
                "moved_by": request.by,
                "from_calendar_id": appointment.calendar_id,
                "from_slot_id": appointment.slot_id,
                "from_start": appointment.start,
                "from_end": appointment.end,
                "comment": request.reason,
            },
        )
        return moved

    def cancel(self, appointment: Appointment, reason: str | None) -> Appointment:
        """Give the seat back. The row stays, with the reason that was given.

        A hold gives back the referral that it was made by too; what has been booked by one has used it up.
        """
        self._change(appointment.id, state=State.CANCELLED.value, held_until=None, cancellation_reason=reason)
        if appointment.state is State.HELD and appointment.referral_id is not None:
            self._connection.execute(statements.GIVE_BACK, {"held_for": appointment.id})
        return replace(appointment, state=State.CANCELLED, held_until=None)

    def note_no_show(self, appointment: Appointment) -> Appointment:
        """Write down that the patient did not come."""
        self._change(appointment.id, state=State.NO_SHOW.value)
        return replace(appointment, state=State.NO_SHOW)

    def use_up(self, referral: Referral, appointment: Appointment) -> bool:
        """Write down what the referral was used for; ``False`` when it has been used already."""
        asked = {"referral_id": referral.id, "used_for": appointment.id}
        return self._connection.execute(statements.USE_UP, asked).rowcount == 1

    # --- inside

    def _rewrite(self, before: Appointment, after: Appointment) -> None:
        old, new = row_of(before, self.now), row_of(after, self.now)
        self._change(after.id, **{name: new[name] for name in new if new[name] != old[name]})

    def _change(self, appointment_id: str, **values: object) -> None:
        """Give columns of an appointment new values, as the database has them."""
        self._free.cache_clear()
        changes = {"changed_at": seconds(self.now), **values}
        statements.change(*changes).run(self._connection, appointment_id=appointment_id, **changes)

    def _appointment(self, her_id: str, row: tuple[object, ...]) -> Appointment:
        return appointment_of(self._calendars(her_id).all, row)


def _gone_over(appointment: Appointment, request: Reserve) -> Appointment:
    """The appointment with the number to call, and who acts for the patient, as they are told now."""
    patient = replace(appointment.patient, phone=request.patient.phone or appointment.patient.phone)
    return replace(
        appointment, patient=patient, representative=request.representative or appointment.representative
    )
