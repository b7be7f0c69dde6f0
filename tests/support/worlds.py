"""Random clinics with rules, patients who stand at their edges, and clocks: what a property test is about.

Everything is chosen from a few values that meet: ages that are reached on the day of a slot, lead times that
end at its second, appointments that overlap it by as much.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from sqlalchemy import insert

from handlers.desk import tables
from handlers.desk.model import Calendar, Conditions, Fixed, Patient, Practitioner, Slot, State, TimeType
from handlers.desk.office import USUAL, Office
from handlers.desk.policies import (
    Ask,
    Audience,
    CalendarPolicy,
    Choice,
    DeskKind,
    Question,
    Sex,
    TypePolicy,
    Undoing,
    written,
)
from tests.support.clinic import HPR, OWNER
from tests.support.people import KARI, PARENT, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Connection

    from handlers.desk.model import Representative
    from handlers.desk.requests import Answers

    Chance = Callable[[Random], Any]

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
OFFICE = Office(USUAL.zone, lambda national_id: hashlib.sha256(national_id.encode()).hexdigest())
TYPES = ("time", "kort")

#: The day on which most of what is chosen meets, and two beside it: one is followed by 1 March in a year
#: without a leap day.
DAYS = (date(2027, 2, 27), date(2027, 2, 28), date(2027, 3, 1))
_NOON = datetime(2027, 2, 28, 11, tzinfo=UTC)
_MIDNIGHT = datetime(2027, 2, 27, 23, tzinfo=UTC)  # in Oslo it is the 28th

CLOCKS = (_MIDNIGHT - SECOND, _MIDNIGHT, _NOON, _NOON + SECOND / 2)
STARTS = (
    _MIDNIGHT - SECOND,
    _MIDNIGHT,
    _NOON,
    _NOON + SECOND,
    _NOON + 2 * HOUR,
    _NOON + 2 * HOUR + SECOND,
    _MIDNIGHT + DAY - SECOND,
    _MIDNIGHT + DAY,
    _NOON + DAY,
    _NOON + DAY + SECOND,
)

PATIENTS = [
    Patient(synthetic(*born, individual), "Fiskebolle", "Ola", "+4799999901")
    for born in ((28, 2, 2009), (1, 3, 2009), (29, 2, 2008), (27, 2, 1960), (28, 2, 1960), (1, 3, 1960))
    for individual in ((500, 601) if born[2] > 2000 else (100, 201))
]


@dataclass(frozen=True, slots=True)
class Taken:
    """An appointment that there is already."""

    id: str
    slot: Slot
    patient: Patient
    state: State
    held_until: datetime | None
    seat: int
    moves: int
    fixed: Fixed | None


@dataclass(frozen=True, slots=True)
class World:
    """A clinic, who asks it, when, and what they have answered so far."""

    now: datetime
    calendars: tuple[Calendar, ...]
    closed: frozenset[str]
    slots: tuple[Slot, ...]
    taken: tuple[Taken, ...]
    patient: Patient
    representative: Representative | None
    groups: frozenset[str]
    answers: Answers

    def has_hold(self, slot: Slot) -> bool:
        """Whether the patient has the slot by a hold of their own: that they can confirm."""
        return any(
            one.slot.id == slot.id and one.patient == self.patient and one.held_until is not None
            for one in self.taken
        )


def _of(values: Iterable[Any]) -> Chance:
    """Any of them."""
    every = list(values)
    return lambda rng: rng.choice(every)


def _always(value: Any) -> Chance:
    return lambda _rng: value


def _mostly(usual: Any, *others: Any) -> Chance:
    """The first, far more often than any of the others."""
    return _of([usual] * 6 + list(others))


def _built(kind: type[Any], **values: Chance) -> Chance:
    return lambda rng: kind(**{name: value(rng) for name, value in values.items()})


def _few(kind: type[Any], **values: Chance) -> Chance:
    """Something of which one or two fields are not as usual: with more, nobody could book anything."""

    def make(rng: Random) -> Any:
        names = rng.sample(sorted(values), rng.randint(1, 2))
        return kind(**{name: values[name](rng) for name in names})

    return make


def _one_of(*chances: Chance) -> Chance:
    return lambda rng: rng.choice(chances)(rng)


_ASKS = _of([Ask.REQUIRED, Ask.REFUSED])
_UNDOING = _few(Undoing, allowed=_always(False), until=_of([2 * HOUR, DAY]), message=_ASKS, most=_of([1, 2]))
_TYPE_POLICIES = _few(
    TypePolicy,
    hidden=_always(True),
    earliest=_of([2 * HOUR, DAY]),
    latest=_of([2 * HOUR, DAY]),
    reason=_ASKS,
    longest_reason=_always(4),
    phone=_ASKS,
    cancel=_UNDOING,
    change=_UNDOING,
    most_open=_of([1, 2]),
)
_AUDIENCES = _few(
    Audience,
    group=_always("risk"),
    youngest=_of([18, 19, 67]),
    oldest=_of([17, 18, 66]),
    sex=_of(Sex),
    listed_with=_always(HPR),
)


def _questions(rng: Random) -> tuple[Question, ...]:
    """One or two questions, whose answers leave all types or one of them."""
    leaves = [TYPES, TYPES[:1], TYPES[1:]]
    return tuple(
        Question(name, "Hva gjelder det?", tuple(Choice(code, code, rng.choice(leaves)) for code in "ab"))
        for name in rng.sample(["hva", "hvor"], rng.randint(1, 2))
    )


_CALENDAR_POLICIES = _one_of(
    _always(CalendarPolicy()),
    _built(CalendarPolicy, audience=_AUDIENCES),
    _built(CalendarPolicy, overlaps=_always(False), accept_conditions=_of([True, False])),
    _built(CalendarPolicy, questions=_questions, audience=_AUDIENCES),
    _few(
        CalendarPolicy,
        representation=_ASKS,
        desk=_of([DeskKind.ACUTE, DeskKind.DROP_IN]),
        protected=_always(True),
        overlaps=_always(False),
        moves_to=_always(("c1",)),
        shows_appointments=_always(False),
    ),
)


def _calendar(rng: Random, number: int) -> Calendar:
    linn = Practitioner(HPR, "Linn", "Legesen")
    practitioner = _mostly(None, linn)(rng)
    return Calendar(
        her_id=OWNER,
        id=f"c{number}",
        name=f"Timebok {number}",
        category=None if practitioner else "Annen",
        practitioner=practitioner,
        conditions=rng.choice([None, Conditions("2", "Du må ikke ha feber.")]),
        hold=_mostly(None, 10 * MINUTE)(rng),
        types=tuple(
            TimeType(code, code, 5 * MINUTE, _one_of(_always(TypePolicy()), _TYPE_POLICIES)(rng))
            for code in TYPES[: rng.randint(1, len(TYPES))]
        ),
        policy=_CALENDAR_POLICIES(rng),
    )


def worlds() -> st.SearchStrategy[World]:
    """Worlds with one to three calendars, of up to four slots each.

    Each is made from a number: what hypothesis chooses field by field resembles itself too much to meet
    many of the edges in a few seconds. What it then shows of a failure is the whole world.
    """
    return st.integers(0, 2**64).map(lambda seed: _world(Random(seed)))


def _world(rng: Random) -> World:
    now = _mostly(*CLOCKS)(rng)
    calendars = tuple(_calendar(rng, number) for number in range(rng.randint(1, 3)))
    slots = tuple(
        _slot(rng, calendar, number, now) for calendar in calendars for number in range(rng.randint(1, 4))
    )
    patient = rng.choice(PATIENTS)
    return World(
        now=now,
        calendars=calendars,
        closed=frozenset(_mostly((), ("c0",))(rng)),
        slots=slots,
        taken=tuple(_taken(rng, slots, patient, now)),
        patient=patient,
        representative=_mostly(None, PARENT)(rng),
        groups=_mostly(frozenset(), {"risk"}, {f"listed:{HPR}"}, {"risk", f"listed:{HPR}"}, {"blocked"})(rng),
        answers=_mostly((), (("hva", "a"),), (("hvor", "b"),), (("hva", "c"),))(rng),
    )


def _slot(rng: Random, calendar: Calendar, number: int, now: datetime) -> Slot:
    kind = rng.choice(calendar.types)
    leads = [one for one in (kind.policy.earliest, kind.policy.latest) if one]
    edges = [second + lead for lead in leads for second in _seconds_of(now)]
    start = rng.choice(edges if edges and rng.random() < 1 / 2 else STARTS)
    return Slot(
        id=f"{calendar.id}-{number}",
        calendar=calendar,
        type=kind,
        start=start,
        end=start + rng.choice([SECOND, 5 * MINUTE, 3 * HOUR]),
        capacity=_mostly(1, 2, 3)(rng),
        available_at=_mostly(None, None, *_seconds_of(now))(rng),
        must_call=_mostly(False, False, False, True)(rng),
    )


def _taken(rng: Random, slots: tuple[Slot, ...], patient: Patient, now: datetime) -> list[Taken]:
    """Appointments of the patient's and of somebody else's; nobody has two seats of a slot."""
    found: list[Taken] = []
    for slot in slots:
        takers = rng.choice([(), (), (patient,), (KARI,), (KARI, patient)])
        for seat, taker in enumerate(takers[: slot.capacity]):
            until = rng.choice([None, None, *_seconds_of(now)])
            found.append(
                Taken(
                    id=f"a-{slot.id}-{seat}",
                    slot=slot,
                    patient=taker,
                    state=State.BOOKED if until is None else State.HELD,
                    held_until=until,
                    seat=seat,
                    moves=_mostly(0, 1)(rng),
                    fixed=_mostly(None, Fixed.SERIES)(rng),
                )
            )
    return found


def _seconds_of(now: datetime) -> tuple[datetime, datetime]:
    """The second of ``now`` and the next."""
    return now.replace(microsecond=0), now.replace(microsecond=0) + SECOND


# --- into the store


def enter(connection: Connection, world: World) -> None:
    """Write the world into an empty store."""
    owner = {"her_id": OWNER, "name": "Helsestasjonen", "parent_her_id": "1", "parent_name": "Beste kommune"}
    _insert(connection, tables.owner, [owner])
    _insert(
        connection, tables.calendar, [_calendar_row(n, one, world) for n, one in enumerate(world.calendars)]
    )
    _insert(
        connection,
        tables.time_type,
        [
            {
                "her_id": OWNER,
                "calendar_id": calendar.id,
                "code": kind.code,
                "position": number,
                "name": kind.name,
                "duration_seconds": 300,
                "policy": written(kind.policy),
            }
            for calendar in world.calendars
            for number, kind in enumerate(calendar.types)
        ],
    )
    _insert(connection, tables.slot, [_slot_row(slot) for slot in world.slots])
    _insert(connection, tables.appointment, [_appointment_row(one, world.now) for one in world.taken])
    member = OFFICE.fingerprint(world.patient.national_id)
    groups = [{"her_id": OWNER, "member": member, "group_name": name} for name in world.groups]
    _insert(connection, tables.group_member, groups)


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _calendar_row(position: int, calendar: Calendar, world: World) -> dict[str, Any]:
    practitioner, conditions = calendar.practitioner, calendar.conditions
    return {
        "her_id": OWNER,
        "id": calendar.id,
        "position": position,
        "open": calendar.id not in world.closed,
        "name": calendar.name,
        "category": calendar.category,
        "hpr": practitioner.hpr if practitioner else None,
        "family_name": practitioner.family_name if practitioner else None,
        "given_name": practitioner.given_name if practitioner else None,
        "conditions_version": conditions.version if conditions else None,
        "conditions_text": conditions.text if conditions else None,
        "hold_seconds": 600 if calendar.hold else None,
        "policy": written(calendar.policy),
    }


def _slot_row(slot: Slot) -> dict[str, Any]:
    return {
        "her_id": OWNER,
        "id": slot.id,
        "calendar_id": slot.calendar.id,
        "type_code": slot.type.code,
        "start": slot.start,
        "end": slot.end,
        "capacity": slot.capacity,
        "available_at": slot.available_at,
        "must_call": slot.must_call,
    }


def _appointment_row(taken: Taken, now: datetime) -> dict[str, Any]:
    return {
        "id": taken.id,
        "her_id": OWNER,
        "calendar_id": taken.slot.calendar.id,
        "slot_id": taken.slot.id,
        "state": taken.state,
        "start": taken.slot.start,
        "end": taken.slot.end,
        "title": taken.slot.type.name,
        "national_id": taken.patient.national_id,
        "family_name": taken.patient.family_name,
        "given_name": taken.patient.given_name,
        "held_until": taken.held_until,
        "created_at": now,
        "changed_at": now,
        "type_code": taken.slot.type.code,
        "seat": taken.seat,
        "moves": taken.moves,
        "fixed": taken.fixed,
    }
