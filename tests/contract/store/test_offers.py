"""For random calendars, patients and clocks: what is offered can be had at that moment, and nothing else can.

The lists that a citizen sees and the writes ask the same rules, but on roads of their own: the lists by
windows and in the database, the writes one by one. Here the two roads meet.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING
from uuid import uuid4

from hypothesis import HealthCheck, given, settings

import handlers
from handlers.desk.policies import Ask
from handlers.desk.reasons import Reason
from handlers.desk.replies import Booked, Cancelled, Declined, Rebooked
from handlers.desk.requests import (
    Book,
    Cancel,
    PlannedAppointments,
    PractitionerOverview,
    Rebook,
    Reserve,
    ResourceOverview,
    SlotQuery,
)
from handlers.desk.store import Desk
from tests.support.clinic import OWNER
from tests.support.worlds import DAY, OFFICE, STARTS, enter, worlds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from handlers.desk.model import Slot
    from handlers.desk.replies import Reply, Shown
    from handlers.desk.requests import Answers, Request
    from tests.support.worlds import World

_SAME_EACH_TIME = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[*HealthCheck]
)
_UNCHANGEABLE = {
    Reason.APPOINTMENT_PASSED,
    Reason.APPOINTMENT_NOT_ONLINE,
    Reason.CHANGE_NOT_ALLOWED,
    Reason.TOO_LATE_TO_CHANGE,
    Reason.CHANGED_TOO_OFTEN,
    Reason.REPRESENTATIVE_REQUIRED,
}
_EVER = {"start": min(STARTS) - DAY, "end": max(STARTS) + DAY}


class Scene:
    """A world in the store, and what is asked there; of what a wish changes, nothing stays."""

    def __init__(self, connection: Connection, world: World) -> None:
        self.world = world
        self._connection = connection
        self._who = {"owner": OWNER, "patient": world.patient, "representative": world.representative}

    def ask(self, kind: type[Request], **fields: object) -> Reply:
        desk = Desk(self._connection, self.world.now, lambda: str(uuid4()), OFFICE)
        with self._connection.begin_nested() as nothing_stays:
            reply = handlers.handle(kind(**self._who | fields), desk)
            nothing_stays.rollback()
        return reply

    def offered(self) -> list[Slot]:
        """What a slot query says can be booked now."""
        reply = self.ask(SlotQuery, answers=self.world.answers, **_EVER)
        return [
            slot
            for slot in (() if isinstance(reply, Declined) else reply.slots)
            if not slot.must_call and (slot.available_at is None or slot.available_at <= self.world.now)
        ]

    def can_be_had(self, kind: type[Reserve], slot: Slot, **fields: object) -> bool:
        """Whether the slot can be had in any way that goes on from what has been answered already."""
        return any(
            isinstance(self.ask(kind, **self._filled_in(slot, answers) | fields), Booked)
            for answers in self._completions(slot)
        )

    def _filled_in(self, slot: Slot, answers: Answers) -> dict[str, object]:
        """What the calendar and the type ask for."""
        patient, policy = self.world.patient, slot.type.policy
        conditions = slot.calendar.conditions
        return {
            "patient": replace(patient, phone=None) if policy.phone is Ask.REFUSED else patient,
            "representative": self.world.representative and replace(self.world.representative, phone=None),
            "slot_id": slot.id,
            "start": slot.start,
            "end": slot.end,
            "reason": None if policy.reason is Ask.REFUSED else "vond",
            "accepted_conditions": conditions.version if conditions else None,
            "answers": answers,
        }

    def _completions(self, slot: Slot) -> Iterator[Answers]:
        asked = slot.calendar.policy.questions
        given = {question: code for question, code in self.world.answers if question in {q.id for q in asked}}
        ways = [[given[q.id]] if q.id in given else [c.code for c in q.choices] for q in asked]
        for codes in product(*ways):
            yield tuple((question.id, code) for question, code in zip(asked, codes, strict=True))


@contextmanager
def scene_on(engine: Engine, world: World) -> Iterator[Scene]:
    with engine.connect() as connection, connection.begin() as transaction:
        enter(connection, world)
        yield Scene(connection, world)
        transaction.rollback()


def check_offers(scene: Scene) -> None:
    """What is offered can be booked; what is not, cannot, but for the patient's own hold."""
    offered = {slot.id for slot in scene.offered()}
    for slot in scene.world.slots:
        if slot.id in offered or not scene.world.has_hold(slot):
            expected = slot.id in offered
            assert scene.can_be_had(Book, slot) is expected, slot
            assert scene.can_be_had(Reserve, slot) is expected, slot


def check_overviews(scene: Scene) -> None:
    """The overview tells the first and last of what is offered, and leaves out no calendar of it."""
    offered = scene.offered()
    reply = scene.ask(ResourceOverview, answers=scene.world.answers)
    listed = {one.calendar.id: one for one in (() if isinstance(reply, Declined) else reply.resources)}
    for calendar in scene.world.calendars:
        of_this = [slot for slot in offered if slot.calendar.id == calendar.id]
        if calendar.practitioner is None:
            starts = [slot.start for slot in of_this] or [None]
            told = listed.get(calendar.id)
            assert (told and told.first, told and told.last) == (starts[0], starts[-1])
            assert {slot.type for slot in of_this} <= set(told.types if told else ())
    whose = scene.ask(PractitionerOverview)
    practitioners = () if isinstance(whose, Declined) else whose.practitioners
    assert {slot.calendar.practitioner for slot in offered} - {None} <= set(practitioners)


def check_undoing(scene: Scene) -> None:
    """What is shown as possible with an appointment is, and nothing else."""
    reply = scene.ask(PlannedAppointments)
    shown = {one.appointment.id: one for one in (() if isinstance(reply, Declined) else reply.appointments)}
    offered = scene.offered()
    for taken in scene.world.taken:
        if taken.patient != scene.world.patient or taken.slot.calendar.policy.protected:
            assert taken.id not in shown
            assert isinstance(scene.ask(Cancel, references=(taken.id,)), Declined)
        elif taken.id in shown:
            check_permissions(scene, shown[taken.id], offered)


def check_permissions(scene: Scene, shown: Shown, offered: list[Slot]) -> None:
    appointment = shown.appointment
    assert isinstance(cancelled(scene, shown), Cancelled) is (shown.cancel is not None)
    for slot in scene.world.slots:
        message = shown.change.message if shown.change else Ask.OPTIONAL
        comment = None if message is Ask.REFUSED else "vond"
        replies = [
            scene.ask(
                Rebook,
                references=(appointment.id,),
                **scene._filled_in(slot, answers) | {"reason": comment},
            )
            for answers in scene._completions(slot)
        ]
        moved = any(isinstance(reply, Rebooked) for reply in replies)
        reasons = {reply.reason for reply in replies if isinstance(reply, Declined)}
        assert bool(reasons & _UNCHANGEABLE) is (shown.change is None)
        if shown.change is None:
            assert not moved
        elif slot.calendar.id == appointment.calendar_id and slot in offered:
            needs_reason = slot.type.policy.reason is Ask.REQUIRED and comment is None
            assert moved or needs_reason


def cancelled(scene: Scene, shown: Shown) -> Reply:
    message = shown.cancel.message if shown.cancel else Ask.OPTIONAL
    reason = None if message is Ask.REFUSED else "frisk"
    return scene.ask(Cancel, references=(shown.appointment.id,), reason=reason)


def check_everything(engine: Engine, max_examples: int) -> None:
    @settings(_SAME_EACH_TIME, max_examples=max_examples)
    @given(worlds())
    def check(world: World) -> None:
        with scene_on(engine, world) as scene:
            check_offers(scene)
            check_overviews(scene)
            check_undoing(scene)

    check()


def test_what_is_shown_can_be_done_and_nothing_else(sqlite_in_memory: Engine) -> None:
    check_everything(sqlite_in_memory, 400)


def test_the_same_on_postgres(postgres: Engine) -> None:
    check_everything(postgres, 20)
