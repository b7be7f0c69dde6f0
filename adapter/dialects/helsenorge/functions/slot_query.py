"""HentLedigeTimer: which times are free? TypeForesp HLT, answered with 03 or 04 (C1)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.appointments import categories_of, name_of
from adapter.dialects.helsenorge.dialog import wished_calendar, wished_practitioner
from adapter.dialects.helsenorge.elements import text_of
from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.leaving import Part
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.order_form import read_order_form
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.times import day_after, read_date, start_of
from adapter.dialects.helsenorge.xcal import calendar_of, write_vevent, write_words
from handlers.desk.replies import Declined, SlotList
from handlers.desk.requests import SlotQuery

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.model import Slot

_MOST_DAYS = 28
_MOST_WRITTEN = 8  # answers that are remembered, each of which may be long
_MUST_CALL = "MustCall"


def decode(letter: Letter, notes: Notes, zone: ZoneInfo) -> SlotQuery:
    """Read the request. FraDato and TilDato are mandatory, both inclusive, and at most four weeks apart."""
    request = letter.request
    first, last = _read_day(request, "FraDato", notes), _read_day(request, "TilDato", notes)
    if first and last:
        _note_period(request, first, last, notes)
    return SlotQuery(
        owner=letter.head.receiver.her_id,
        patient=read_patient(letter, notes),
        representative=read_representative(letter, notes),
        start=start_of(first or _ANY_DAY, zone),
        end=start_of(day_after(last or _ANY_DAY), zone),
        calendar_id=wished_calendar(request),
        hpr=wished_practitioner(request),
        answers=read_order_form(letter, notes).answers,
    )


def encode(reply: SlotList | Declined, letter: Letter, zone: ZoneInfo) -> Answer:
    """Word the reply: one vevent for each free slot, and no iCalendar at all when there is none."""
    title = "Svar på hent ledige timer"
    if isinstance(reply, Declined):
        return declined(Tema.REJECTED, title, reply)
    if not reply.slots:
        return Answer(Tema.NO_FREE_SLOTS, title)
    calendar = _write_slots(_Same(reply.slots), letter.head.receiver.her_id, zone)
    return Answer(Tema.FREE_SLOTS, title, attachments=(("iCalendarLedigeTimer", calendar),))


class _Same:
    """Some slots, compared by which they are: by what they say would take as long as writing them."""

    __slots__ = ("slots",)

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self.slots = slots

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.slots is self.slots

    def __hash__(self) -> int:
        return id(self.slots)


@lru_cache(_MOST_WRITTEN)
def _write_slots(same: _Same, contact: str, zone: ZoneInfo) -> Part:
    """The desk gives all who ask the same at once the very same slots, so they are written once.

    Without an ``Event`` for each, since there may be a thousand.
    """
    words: dict[tuple[str, str, bool], str] = {}
    written, one_of_each = [], {}
    for slot in same.slots:
        kind = slot.calendar.id, slot.type.code, slot.must_call
        if kind not in words:
            words[kind] = _words_of(slot, contact)
        # When one must call for it, it is of no interest from when it could be booked (C1).
        available = None if slot.must_call else slot.available_at
        event = write_vevent(slot.start, slot.end, slot.id, words[kind], zone, available_at=available)
        one_of_each[kind, available is None, bool(slot.id)] = event
        written.append(event)
    return Part(calendar_of(written), like=calendar_of(one_of_each.values()))


def _words_of(slot: Slot, contact: str) -> str:
    """What all slots of a type of a calendar say, or those of them for which one must call."""
    calendar, categories = slot.calendar, categories_of(slot.type)
    return write_words(
        contact,
        "TENTATIVE",
        slot.type.name,
        calendar.text,
        calendar.place,
        (*categories, _MUST_CALL) if slot.must_call else categories,
        name_of(calendar.practitioner),
    )


def _read_day(request: Parts, name: str, notes: Notes) -> date | None:
    found = request.first(name)
    text = text_of(found)
    if text is None:
        notes.missing(request.element, name)
        return None
    try:
        return read_date(text)
    except ValueError:
        notes.add("T02", found, "is not a date", "er ikke en dato")
        return None


def _note_period(request: Parts, first: date, last: date, notes: Notes) -> None:
    where = request.first("TilDato")
    if last < first:
        notes.add("T02", where, "is before FraDato", "er før FraDato")
    elif (last - first).days > _MOST_DAYS:
        notes.add("T02", where, "is more than four weeks after FraDato", "er mer enn fire uker etter FraDato")


_ANY_DAY = read_date("2000-01-01")

CODEC = Codec(decode, encode)
