"""The turns that matter most, taken on purpose: what a short random walk may miss, this one never does.

The same model says what must come of them, and the same checks are made after each step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.model.choices import DEATHS_ON_THE_ROAD, FORMS_OF_REFERENCE, Form
from tests.model.clinic import CITIZENS, CLINIC, HPR, NEIGHBOUR, OTHER_HPR, Citizen, Key
from tests.model.machine import Machine
from tests.model.oslo import AUTUMN, SPRING, local
from tests.model.templates import Envelope, Flaw, What, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.model.rig import Rig

LINE, KARI, OLA = CITIZENS
SLOT = ("slot", None)
TWO_HOURS, A_SECOND = timedelta(hours=2), timedelta(seconds=1)
#: Before each change of the clock: a slot of the two-step calendar in the hours of the change, and one of the
#: day after it, both of that calendar; then one of the one-step calendar, and one with the practitioner.
CHANGES = {
    "spring": (SPRING, (CLINIC, "L1"), (CLINIC, "L2"), (CLINIC, "K1"), (CLINIC, "D1"), (NEIGHBOUR, "L2")),
    "autumn": (AUTUMN, (CLINIC, "L3"), (CLINIC, "L4"), (CLINIC, "K3"), (CLINIC, "D3"), (NEIGHBOUR, "L4")),
}


class Walk:
    """A machine that is told what to do, and checks itself after each step."""

    def __init__(self, rig: Rig, start: datetime) -> None:
        self.machine = Machine(rig)
        self.world = self.machine.world
        self.wait(start)

    def ask(
        self, what: What, citizen: Citizen, key: Key, form: Form = SLOT, *, later: bool = False, **more: Any
    ) -> None:
        """Ask of a slot, and be answered unless ``later``."""
        wish = self.machine._wish(what, citizen, key, form, **more)
        self.world.ask(wish, at_once=not later)
        self.check()

    def look(self, owner: str = CLINIC) -> None:
        """Ask for the times of each day about now, of the whole week, and for the calendars."""
        today = local(self.world.clock.now).date()
        for first, days in ((0, 0), (1, 0), (2, 0), (-1, 7)):
            day = today + timedelta(days=first)
            wish = Wish(What.QUERY, owner, OLA, first=day, last=day + timedelta(days=days))
            self.world.ask(wish, at_once=False)
        self.world.ask(replace(wish, hpr=HPR), at_once=False)
        self.world.ask(Wish(What.OVERVIEW, owner, OLA), at_once=True)
        self.check()

    def wait(self, moment: datetime) -> None:
        self.world.move_to(moment)
        self.check()

    def check(self) -> None:
        self.machine.check_all()


@pytest.fixture
def about(request: pytest.FixtureRequest) -> tuple[Any, ...]:
    """A change of the clock, and the slots about it: spring's, unless a test asks for both."""
    return CHANGES[getattr(request, "param", "spring")]


both = pytest.mark.parametrize("about", CHANGES, indirect=True)


@pytest.fixture
def walk(rig: Rig, about: tuple[Any, ...]) -> Iterator[Walk]:
    walk = Walk(rig, about[0] - TWO_HOURS)
    yield walk
    walk.world.end_well()


def until(walk: Walk, key: Key) -> datetime:
    """When the hold on a slot lapses."""
    holder = walk.world.model.holder(key)
    assert holder is not None
    assert holder.until is not None
    return holder.until


@both
def test_a_hold_lapses_at_that_very_second(walk: Walk, about: tuple[Any, ...]) -> None:
    change, _, slot, *_ = about
    walk.wait(change - timedelta(minutes=5, seconds=0.4))
    walk.ask(What.RESERVE, LINE, slot)
    walk.wait(until(walk, slot) - A_SECOND)
    for citizen in (KARI, LINE):
        walk.ask(What.RESERVE, citizen, slot)
    walk.look()
    walk.wait(until(walk, slot))
    walk.look()
    walk.ask(What.CANCEL, LINE, slot)
    walk.ask(What.RESERVE, KARI, slot)
    walk.ask(What.BOOK, LINE, slot)


def test_a_hold_is_confirmed_by_who_has_it_and_by_nobody_else(walk: Walk, about: tuple[Any, ...]) -> None:
    _, _, slot, _, practitioners, _ = about
    for key in (slot, practitioners):
        walk.ask(What.RESERVE, LINE, key)
        for form in FORMS_OF_REFERENCE:
            walk.ask(What.BOOK, KARI, key, form)
        walk.ask(What.BOOK, LINE, key, ("appointment", None))
        walk.wait(walk.world.clock.now + timedelta(minutes=11))
        walk.ask(What.RESERVE, KARI, key)
        walk.ask(What.BOOK, LINE, key)
        walk.look()


@pytest.mark.parametrize("form", FORMS_OF_REFERENCE)
def test_what_is_booked_is_given_back_once(walk: Walk, about: tuple[Any, ...], form: Form) -> None:
    _, held, slot, booked, *_ = about
    for what, key in (
        (What.BOOK, slot),
        (What.RESERVE, booked),
        (What.RESERVE, booked),
        (What.RESERVE, held),
    ):
        walk.ask(what, LINE, key)
        for citizen in (KARI, LINE, LINE):
            walk.ask(What.CANCEL, citizen, key, form)
    walk.look()


@both
def test_a_slot_can_be_had_until_it_begins(walk: Walk, about: tuple[Any, ...]) -> None:
    for number, key in enumerate(sorted(about[1:], key=lambda key: walk.world.model.slots[key])):
        start, _end = walk.world.model.slots[key]
        walk.wait(start - A_SECOND)
        walk.look(key[0])
        walk.ask(What.RESERVE, LINE, key)
        if number % 2:
            walk.ask(What.CANCEL, LINE, key)
        walk.wait(start)
        walk.look(key[0])
        walk.ask(What.CANCEL, LINE, key)
        walk.ask(What.BOOK, LINE, key)
        walk.ask(What.RESERVE, KARI, key)


def test_a_slot_of_another_owner_with_the_same_id_is_another(walk: Walk, about: tuple[Any, ...]) -> None:
    _, _, slot, _, _, namesake = about
    walk.ask(What.BOOK, LINE, slot)
    walk.ask(What.CANCEL, LINE, namesake)
    walk.look(NEIGHBOUR)
    walk.ask(What.BOOK, KARI, namesake)
    walk.ask(What.CANCEL, KARI, slot)


def test_what_a_citizen_says_of_calendar_and_practitioner_counts(walk: Walk, about: tuple[Any, ...]) -> None:
    _, _, slot, _, practitioners, _ = about
    walk.ask(What.RESERVE, LINE, slot, narrowed=("korona", None, False))
    walk.ask(What.RESERVE, LINE, slot, narrowed=("lab", OTHER_HPR, False))
    walk.ask(What.RESERVE, LINE, practitioners, narrowed=(None, OTHER_HPR, False))
    walk.ask(What.RESERVE, LINE, practitioners, narrowed=(None, OTHER_HPR, True))


@pytest.mark.parametrize("flaw", Flaw)
def test_what_cannot_be_is_refused_in_its_own_kind(walk: Walk, about: tuple[Any, ...], flaw: Flaw) -> None:
    _, _, slot, *_ = about
    for what in (What.RESERVE, What.BOOK, What.CANCEL):
        wish = walk.machine._wish(what, LINE, slot, SLOT)
        walk.world.ask(replace(wish, flaw=flaw), at_once=True)
        walk.check()
    walk.ask(What.CHANGE, LINE, slot)


def test_an_import_takes_nothing_from_anybody(walk: Walk, about: tuple[Any, ...]) -> None:
    _, _, slot, booked, *_ = about
    walk.ask(What.RESERVE, LINE, slot)
    walk.ask(What.BOOK, LINE, booked)
    for key, choice in ((slot, 1), (booked, None)):
        walk.world.plan(key, choice, None)
        walk.check()
    walk.wait(until(walk, slot))
    walk.world.plan(slot, 1, None)
    walk.check()
    walk.ask(What.BOOK, KARI, slot, stale=True)
    walk.ask(What.BOOK, KARI, slot)
    walk.world.plan(slot, None, (CLINIC, "lab"))
    walk.look()
    walk.ask(What.RESERVE, LINE, slot)
    walk.ask(What.CANCEL, KARI, slot)
    walk.world.plan(slot, None, (CLINIC, "lab"))
    walk.ask(What.RESERVE, LINE, slot)


@pytest.mark.parametrize("envelope", Envelope)
def test_a_repetition_changes_nothing(walk: Walk, about: tuple[Any, ...], envelope: Envelope) -> None:
    _, _, slot, *_ = about
    world = walk.world
    walk.ask(What.RESERVE, LINE, slot)
    walk.ask(What.CANCEL, LINE, slot, later=True)
    (message,) = world.waiting
    world.post(message.letter, envelope, at_once=False)
    world.enqueue(message, at_once=True)
    walk.ask(What.RESERVE, LINE, slot)
    for earlier in (*world.asked,):
        world.enqueue(earlier, at_once=True)
        world.post(earlier.letter, envelope, at_once=True)
        walk.check()
        walk.machine.let_another_hub_use_the_same_ids(0, True)
        walk.check()


@pytest.mark.parametrize("death", DEATHS_ON_THE_ROAD, ids=lambda death: death[0])
def test_a_death_loses_nothing_and_does_nothing_twice(
    walk: Walk, about: tuple[Any, ...], death: tuple[str, int, str]
) -> None:
    _, _, slot, booked, *_ = about
    machine, world = walk.machine, walk.world
    walk.ask(What.RESERVE, LINE, slot)
    walk.ask(What.BOOK, LINE, slot, ("appointment", None), later=True)
    walk.ask(What.RESERVE, KARI, booked, later=True)
    world.ask(Wish(What.OVERVIEW, CLINIC, OLA), at_once=False)
    machine.die(3, death)
    walk.check()
    walk.wait(world.clock.now + timedelta(seconds=10))
    for how in ("died before sending", "died before marking", "well", "well"):
        machine.send_what_is_owed(how)
        walk.check()
        machine.send_what_is_owed(how)
        walk.wait(world.clock.now + timedelta(seconds=41))
    machine.deliver(3, False)
    walk.check()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_what_we_fail_on_stops_nothing_else_and_is_done_later(
    walk: Walk, about: tuple[Any, ...], index: int
) -> None:
    _, _, slot, booked, *_ = about
    for key, citizen in ((slot, LINE), (slot, KARI), (booked, OLA)):
        walk.ask(What.BOOK, citizen, key, later=True)
    walk.machine.fail_on_a_message(3, index)
    walk.check()
    walk.machine.deliver(3, False)
    walk.check()
