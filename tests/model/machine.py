"""Citizens, a hub and a clinic that do anything in any order, beside a model that says what must come of it.

After each step the store is the model's, each answer is the one predicted, and nothing that was sent has ever
changed. At the end all that is owed is sent: nobody is left without an answer, and nobody has two.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.model import checks
from tests.model.choices import (
    ANY,
    AROUND,
    AT_ONCE,
    CITIZEN,
    DEATHS,
    FOLLOW_UPS,
    FORMS,
    INDEX,
    NARROWED,
    OWNER,
    PLACE,
    RARELY,
    SECONDS,
    SIZE,
    STARTS,
    UNKNOWN,
    UNTIL,
    Form,
    Narrowed,
)
from tests.model.clinic import CLINIC, CLOSABLE, NEIGHBOUR, PLACES, season
from tests.model.model import seen
from tests.model.oslo import AUTUMN, SPRING, local
from tests.model.templates import HUB, OTHER_HUB, Envelope, Flaw, What, Wish, write
from tests.model.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.model.clinic import Citizen, Key
    from tests.model.rig import Rig

Method = TypeVar("Method", bound="Callable[..., None]")


class Action(NamedTuple):
    """What is to be done in a step: a method of the machine, and its arguments."""

    name: str
    arguments: dict[str, Any]


_ACTIONS: dict[str, st.SearchStrategy[Action]] = {}
_WEIGHTS: list[str] = []


def _action(weight: int, **arguments: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """A method that is one of the actions, done as often as its weight says.

    Rules of their own would be left out of every other run, and be equally frequent in the others: that
    finds less in as much time.
    """

    def enter(method: Method) -> Method:
        name = method.__name__
        _ACTIONS[name] = st.builds(Action, st.just(name), st.fixed_dictionaries(arguments))
        _WEIGHTS.extend([name] * weight)
        return method

    return enter


class Machine(RuleBasedStateMachine):
    """``rig`` is an adapter whose calendars are as first planned."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.world = World(rig)
        self._steps = 0

    @initialize(start=STARTS)
    def open_the_clinic(self, start: datetime) -> None:
        self.world.move_to(start)

    # --- what citizens ask

    @_action(
        5,
        what=st.sampled_from([What.RESERVE, What.RESERVE, What.BOOK]),
        citizen=CITIZEN,
        place=PLACE,
        narrowed=NARROWED,
        stale=RARELY,
        at_once=AT_ONCE,
    )
    def ask_for_a_time(
        self, what: What, citizen: Citizen, place: int, narrowed: Narrowed, stale: bool, at_once: bool
    ) -> None:
        wish = self._wish(what, citizen, self._place(place), ("slot", None), stale=stale, narrowed=narrowed)
        self.world.ask(wish, at_once=at_once)

    @_action(
        6,
        index=INDEX,
        follow_up=FOLLOW_UPS,
        form=FORMS,
        older=RARELY,
        other=RARELY,
        citizen=CITIZEN,
        at_once=AT_ONCE,
    )
    def ask_of_an_appointment(
        self,
        index: int,
        follow_up: tuple[What, str],
        form: Form,
        older: bool,
        other: bool,
        citizen: Citizen,
        at_once: bool,
    ) -> None:
        """Book, cancel or reserve what one has, or has had, or what somebody else has."""
        what, function = follow_up
        everything, now = self.world.model.appointments, self.world.clock.now
        there = [one for one in everything if one.lives(now)] or everything
        key, whose = self._place(index % 5), citizen
        if there:
            one = there[-1 - index % len(there)]
            key, whose = one.key, citizen if other else one.citizen
        wish = self._wish(what, whose, key, ("slot", None) if what is What.RESERVE else form, older=older)
        self.world.ask(replace(wish, function=function), at_once=at_once)

    @_action(
        2,
        citizen=CITIZEN,
        owner=OWNER,
        ahead=st.sampled_from([0, 1, 1, -1, 2]),
        days=st.sampled_from([0, 0, 1, 28, 29, -1]),
        narrowed=NARROWED,
        overview=RARELY,
        at_once=AT_ONCE,
    )
    def look(
        self,
        citizen: Citizen,
        owner: str,
        ahead: int,
        days: int,
        narrowed: Narrowed,
        overview: bool,
        at_once: bool,
    ) -> None:
        first = local(self.world.clock.now).date() + timedelta(days=ahead)
        last = first + timedelta(days=days)
        calendar_id, hpr, _ = narrowed
        wish = Wish(What.QUERY, owner, citizen, calendar_id=calendar_id, hpr=hpr, first=first, last=last)
        self.world.ask(Wish(What.OVERVIEW, owner, citizen) if overview else wish, at_once=at_once)

    @_action(
        1,
        what=st.sampled_from([What.CHANGE, What.RESERVE, What.BOOK, What.CANCEL]),
        citizen=CITIZEN,
        place=PLACE,
        flaw=st.sampled_from([*Flaw]),
        at_once=AT_ONCE,
    )
    def ask_for_what_cannot_be(
        self, what: What, citizen: Citizen, place: int, flaw: Flaw, at_once: bool
    ) -> None:
        wish = self._wish(what, citizen, self._place(place), ("slot", None))
        self.world.ask(wish if what is What.CHANGE else replace(wish, flaw=flaw), at_once=at_once)

    # --- what the hub does

    @_action(
        2, index=INDEX, envelope=st.sampled_from([None, None, Envelope.GOOD, *Envelope]), at_once=AT_ONCE
    )
    def send_again(self, index: int, envelope: Envelope | None, at_once: bool) -> None:
        """The same message, or the same letter in another message, which may be one that is not in order."""
        if not self.world.asked:
            return
        message = self.world.asked[-1 - index % len(self.world.asked)]
        if envelope is None:
            self.world.enqueue(message, at_once=at_once)
        else:
            self.world.post(message.letter, envelope, at_once=at_once)

    @_action(1, index=INDEX, at_once=AT_ONCE)
    def let_another_hub_use_the_same_ids(self, index: int, at_once: bool) -> None:
        if not self.world.asked:
            return
        message = self.world.asked[-1 - index % len(self.world.asked)]
        letter = message.letter
        other = write(letter.wish, letter.msg_id, OTHER_HUB if letter.sender == HUB else HUB)
        self.world.post(other, Envelope.GOOD, message.id, at_once=at_once)

    @_action(1, index=st.integers(1, 5))
    def reorder_what_waits(self, index: int) -> None:
        if len(self.world.waiting) < 2:
            return
        self.world.waiting.insert(0, self.world.waiting.pop(index % len(self.world.waiting)))

    # --- what the adapter does

    @_action(3, size=SIZE, restart=RARELY)
    def deliver(self, size: int, restart: bool) -> None:
        if not self.world.waiting:
            return
        if restart:
            self.world.rig.restart()
        self.world.settle(self.world.take(size))

    @_action(1, size=SIZE, index=INDEX)
    def fail_on_a_message(self, size: int, index: int) -> None:
        if not self.world.waiting:
            return
        batch = self.world.take(size)
        failed = batch[index % len(batch)]
        self.world.settle(batch, fail_on=failed)
        self.world.waiting += [message for message in batch if message.is_like(failed)]

    @_action(2, size=SIZE, death=DEATHS)
    def die(self, size: int, death: tuple[str, int, str]) -> None:
        if not self.world.waiting:
            return
        point, percent, what_becomes_of_it = death
        batch = self.world.take(size)
        owed = self.world.carry(batch, die_at=point)
        self.world.publish(owed[: (len(owed) * percent + 99) // 100])
        if what_becomes_of_it == "redelivered":
            self.world.waiting = [message.again() for message in batch] + self.world.waiting
        self.world.rig.restart()

    @_action(2, how=st.sampled_from(["well", "well", "died before sending", "died before marking"]))
    def send_what_is_owed(self, how: str) -> None:
        if not self.world.debts.owed:
            return
        self.world.resend(send=how != "died before sending", mark=how == "well")
        if how != "well":
            self.world.rig.restart()

    # --- what time does, and the clinic

    @_action(4, until=UNTIL, seconds=SECONDS, index=INDEX, around=AROUND)
    def wait(self, until: str, seconds: float, index: int, around: int) -> None:
        model, now = self.world.model, self.world.clock.now
        moments = {
            "later": [now + timedelta(seconds=seconds)],
            "a hold lapses": [one.until for one in model.appointments if one.until and one.lives(now)],
            "a slot begins": sorted(start for start, _end in model.slots.values() if start > now)[:2],
            "the clock changes": [SPRING if now < SPRING else AUTUMN],
        }[until]
        if moments:
            around = 0 if until == "later" else around
            self.world.move_to(moments[index % len(moments)] + timedelta(seconds=around))

    @_action(
        2,
        place=PLACE,
        choice=st.sampled_from([1, 0, 1, 0, None]),
        close=st.sampled_from([*[None] * 6, *CLOSABLE]),
        taken=st.booleans(),
    )
    def import_the_calendars(self, place: int, choice: int | None, close: Key | None, taken: bool) -> None:
        """With one slot that is elsewhere or not there any more: where it is ``taken``, the last that was."""
        everything = self.world.model.appointments
        key = everything[-1].key if taken and everything else self._place(place)
        self.world.plan(key, choice, close)

    @rule(action=st.deferred(lambda: st.sampled_from(_WEIGHTS)).flatmap(_ACTIONS.__getitem__))
    def do(self, action: Action) -> None:
        getattr(self, action.name)(**action.arguments)

    # --- what must hold after each step

    @invariant()
    def the_slots_are_those_of_the_model(self) -> None:
        checks.check_slots(self.world.rig, self.world.model)

    @invariant()
    def what_is_offered_is_free_and_to_come(self) -> None:
        self._steps += 1
        if self._steps % 4 == 0:  # it takes longer than all the others together
            owner = NEIGHBOUR if self._steps % 3 == 0 else CLINIC
            checks.check_offer(self.world.rig, self.world.model, owner)

    @invariant()
    def the_appointments_are_those_of_the_model(self) -> None:
        checks.check_appointments(self.world.rig, self.world.model)

    @invariant()
    def every_message_is_remembered_once(self) -> None:
        checks.check_inbox(self.world.rig, self.world.model)

    @invariant()
    def what_was_committed_is_owed_or_sent_and_never_changes(self) -> None:
        self.world.check_outbox()

    def check_all(self) -> None:
        """For whoever goes a way of their own."""
        self.the_slots_are_those_of_the_model()
        self.what_is_offered_is_free_and_to_come()
        self.the_appointments_are_those_of_the_model()
        self.every_message_is_remembered_once()
        self.what_was_committed_is_owed_or_sent_and_never_changes()

    def teardown(self) -> None:
        if sys.exception() is None:
            self.world.end_well()

    # --- inside

    def _place(self, index: int) -> Key:
        """A slot of these days: what can still be booked comes first."""
        slots, now = self.world.model.slots, self.world.clock.now
        return sorted(season(now), key=lambda key: key not in slots or slots[key][0] <= now)[index]

    def _wish(
        self,
        what: What,
        citizen: Citizen,
        key: Key,
        form: Form,
        *,
        older: bool = False,
        stale: bool = False,
        narrowed: Narrowed = ANY,
    ) -> Wish:
        owner, slot_id = key
        known = [one.id for one in self.world.model.appointments if one.key == key]
        names = {"slot": slot_id, "appointment": known[0 if older else -1] if known else UNKNOWN}
        uid, related_to = form
        calendar_id, hpr, accepts_another = narrowed
        times = PLACES[key].times
        span = self.world.model.slots.get(key, times[0])
        if stale:
            span = next(other for other in times if other != span)
        start, end = seen(span)
        return Wish(
            what,
            owner,
            citizen,
            key,
            uid=names.get(uid, UNKNOWN),
            related_to=names.get(related_to),
            start=start,
            end=end,
            calendar_id=calendar_id,
            hpr=hpr,
            accepts_another=accepts_another,
        )
