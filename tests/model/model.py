"""The desk as the protocol describes it, once more and in plain Python: what must the answer be?

Written from ``docs/protocol.md``, not from the code. Where the protocol leaves a choice, such as which of two
good reasons a citizen is told, the model allows both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.model import clinic
from tests.model.clinic import PLACES
from tests.model.oslo import local, meant, whole, written
from tests.model.templates import What

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from tests.model.clinic import Citizen, Key, Span
    from tests.model.templates import Message, Wish

GONE = "Timen finnes ikke lenger. Velg en annen time."
MOVED = "Timen er flyttet. Hent ledige timer på nytt og velg igjen."
TAKEN = "Timen er dessverre ikke ledig lenger. Velg en annen time."
BEGUN = "Timen har allerede begynt. Velg en annen time."
OTHER_PRACTITIONER = "Timen er hos en annen behandler enn den du ønsket."
NO_SUCH = "Vi finner ingen slik time på deg."
CANCELLED_ALREADY = "Timen er allerede avbestilt."
TOO_LATE = "Timen har allerede begynt."

_MOST_DAYS = 28


@dataclass(slots=True, eq=False)
class Appointment:
    """A slot that was given to somebody. ``until`` is when it lapses; its id is told by the reply."""

    key: Key
    citizen: Citizen
    span: Span
    until: datetime | None
    id: str | None = None
    cancelled: bool = False

    def lives(self, now: datetime) -> bool:
        return not self.cancelled and (self.until is None or self.until > now)

    def state(self, now: datetime) -> str:
        if self.cancelled:
            return "cancelled"
        if self.until is None:
            return "booked"
        return "held" if self.until > now else "lapsed"


@dataclass(frozen=True, slots=True)
class Expected:
    """What must become of a message. ``apprec`` is a status and how each code begins.

    ``event`` is what a reply says of an appointment, which may be one that has no id yet.
    """

    outcome: str
    condition: str = ""
    apprec: tuple[str, tuple[str, ...]] | None = None
    tema: str | None = None
    texts: frozenset[str] = frozenset()
    slots: tuple[tuple[str, str, str], ...] = ()
    resources: tuple[tuple[str, str | None, str | None], ...] = ()
    appointment: Appointment | None = None
    is_new: bool = False
    status: str | None = None
    expires_at: str | None = None


@dataclass(slots=True)
class Model:
    """All that a desk has to remember."""

    now: datetime
    slots: dict[Key, Span] = field(default_factory=dict)
    closed: frozenset[Key] = frozenset()
    appointments: list[Appointment] = field(default_factory=list)
    messages: dict[tuple[str, str], str] = field(default_factory=dict)
    letters: set[tuple[str, str]] = field(default_factory=set)

    # --- what it knows

    def holder(self, key: Key) -> Appointment | None:
        """Who has the slot: never more than one."""
        living = [one for one in self.appointments if one.key == key and one.lives(self.now)]
        assert len(living) <= 1
        return living[0] if living else None

    def free(self, owner: str) -> list[Key]:
        """What can be booked: not taken, and still to come; by its start."""
        free = [
            key
            for key, (start, _end) in self.slots.items()
            if key[0] == owner and self._is_open(key) and start > self.now and not self.holder(key)
        ]
        return sorted(free, key=lambda key: (self.slots[key][0], PLACES[key].calendar.id, key))

    def _is_open(self, key: Key) -> bool:
        return (key[0], PLACES[key].calendar.id) not in self.closed

    def _known_as(self, wish: Wish) -> list[Appointment]:
        """The appointments of this patient that a wish names, by their own id or the slot's."""
        names = {wish.uid, wish.related_to} - {None}
        return [
            one
            for one in self.appointments
            if (one.key[0], one.citizen) == (wish.owner, wish.citizen) and names & {one.id, one.key[1]}
        ]

    # --- what comes in

    def receive(self, message: Message) -> Expected:
        """What must become of a message, and what it changes."""
        delivery = (message.sender, message.id)
        if delivery in self.messages:
            return Expected("ignored")
        expected = self._read(message)
        self.messages[delivery] = expected.outcome
        return expected

    def _read(self, message: Message) -> Expected:
        letter = message.letter
        if message.envelope.broken or (message.envelope.value and letter.wish.what.waits):
            # A sender who waits has to say where.
            condition = message.envelope.value if message.envelope.broken else "transport:invalid-field-value"
            return Expected("refused", condition)
        if (letter.sender, letter.msg_id) in self.letters:
            return Expected("ignored")
        self.letters.add((letter.sender, letter.msg_id))
        return self._answer(letter.wish)

    def _answer(self, wish: Wish) -> Expected:
        if wish.flaw or not _is_sensible(wish):
            if wish.what.waits:
                return Expected("answered", tema="26")
            return Expected("answered", apprec=("2", (str(wish.flaw),)))
        answers = {
            What.OVERVIEW: self._overview,
            What.QUERY: self._query,
            What.RESERVE: self._reserve,
            What.BOOK: self._reserve,
            What.CANCEL: self._cancel,
            What.CHANGE: _of_nothing,
        }
        return answers[wish.what](wish)

    def _overview(self, wish: Wish) -> Expected:
        resources = []
        for calendar in clinic.CALENDARS[wish.owner]:
            if calendar.hpr is None and (wish.owner, calendar.id) not in self.closed:
                free = [key for key in self.free(wish.owner) if PLACES[key].calendar is calendar]
                times = [written(self.slots[key][0]) for key in free] or [None]
                resources.append((calendar.id, times[0], times[-1]))
        return Expected("answered", tema="40" if resources else "41", resources=tuple(resources))

    def _query(self, wish: Wish) -> Expected:
        slots = tuple(
            (key[1], *map(written, self.slots[key]))
            for key in self.free(wish.owner)
            if wish.first <= local(self.slots[key][0]).date() <= wish.last
            and wish.calendar_id in {None, PLACES[key].calendar.id}
            and wish.hpr in {None, PLACES[key].calendar.hpr}
        )
        return Expected("answered", tema="03" if slots else "04", slots=slots)

    def _reserve(self, wish: Wish) -> Expected:
        key = self._slot_meant(wish)
        if key is None or wish.calendar_id not in {None, PLACES[key].calendar.id}:
            return _taken_in("06", GONE)
        holder, calendar = self.holder(key), PLACES[key].calendar
        is_own_hold = holder is not None and holder.until is not None and holder.citizen == wish.citizen
        reasons = {
            MOVED: (wish.start, wish.end) != tuple(map(written, self.slots[key])),
            TAKEN: holder is not None and not is_own_hold,
            BEGUN: self.slots[key][0] <= self.now,
            OTHER_PRACTITIONER: not wish.accepts_another
            and calendar.hpr
            and wish.hpr not in {None, calendar.hpr},
        }
        if any(reasons.values()):
            return _taken_in("06", *(text for text, applies in reasons.items() if applies))
        is_new = holder is None
        if holder is None:
            holder = Appointment(key, wish.citizen, self.slots[key], until=None)
            if wish.what is What.RESERVE and calendar.hold:
                holder.until = whole(self.now) + timedelta(minutes=calendar.hold)
            self.appointments.append(holder)
        elif wish.what is What.BOOK:
            holder.until = None
        return Expected(
            "answered",
            apprec=("1", ()),
            tema="05",
            appointment=holder,
            is_new=is_new,
            status="TENTATIVE" if holder.until else "CONFIRMED",
            expires_at=written(holder.until) if holder.until else None,
        )

    def _slot_meant(self, wish: Wish) -> Key | None:
        """The slot named; for a booking, in either place, or else the one of the reservation named."""
        named = [wish.uid]
        if wish.what is What.BOOK:
            named += [wish.related_to, *(one.key[1] for one in self._known_as(wish))]
        keys = [(wish.owner, name) for name in named if name]
        return next((key for key in keys if key in self.slots and self._is_open(key)), None)

    def _cancel(self, wish: Wish) -> Expected:
        known = self._known_as(wish)
        # Who names an appointment by its own id means that one, whatever else has had the slot.
        named = [one for one in known if one.id and one.id in {wish.uid, wish.related_to}] or known
        living = [one for one in named if one.lives(self.now)]
        if not living:
            reasons = {CANCELLED_ALREADY if one.cancelled else NO_SUCH for one in named} or {NO_SUCH}
            return _taken_in("09", *reasons)
        if living[0].span[0] <= self.now:
            return _taken_in("09", TOO_LATE)
        living[0].cancelled = True
        return Expected("answered", "", ("1", ()), "08", appointment=living[0], status="CANCELLED")

    # --- what the clinic does

    def bring_in(self, wanted: Mapping[Key, Span], closed: Collection[Key]) -> set[Key]:
        """Calendars are imported again; says what it kept as it was since somebody has it.

        What has been is left alone: a slot that is gone from the file by its start, one that was moved by
        the later of its two.
        """
        self.closed = frozenset(closed)
        kept = set()
        for key in self.slots.keys() | wanted.keys():
            there, then = self.slots.get(key), wanted.get(key)
            if there is None:
                self.slots[key] = wanted[key]
            elif there == then or max(there[0], (then or there)[0]) < self.now:
                continue
            elif self.holder(key):
                kept.add(key)
            elif then is None:
                del self.slots[key]
            else:
                self.slots[key] = then
        return kept


def _of_nothing(_wish: Wish) -> Expected:
    """A change in one step that does not say what is to be changed."""
    return Expected("answered", apprec=("2", ("T02",)))


def _taken_in(tema: str, *texts: str) -> Expected:
    return Expected("answered", apprec=("1", ()), tema=tema, texts=frozenset(texts))


def _is_sensible(wish: Wish) -> bool:
    if wish.what is not What.QUERY:
        return True
    assert wish.first is not None
    assert wish.last is not None
    return 0 <= (wish.last - wish.first).days <= _MOST_DAYS


def seen(span: Span) -> tuple[str, str]:
    """What a citizen sees of a slot, and repeats when asking for it."""
    start, end = span
    assert meant(written(start)) == start, "a time that exists twice cannot be asked for the second time"
    return written(start), written(end)
