"""HentLedigeTimer: which times are free? TypeForesp HLT, answered with 03 or 04 (C1)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.appointments import categories_of, name_of
from adapter.dialects.helsenorge.dialog import wished_calendar, wished_practitioner
from adapter.dialects.helsenorge.elements import text_of
from adapter.dialects.helsenorge.functions.codec import Answer, Codec, declined
from adapter.dialects.helsenorge.names import Tema
from adapter.dialects.helsenorge.order_form import read_order_form
from adapter.dialects.helsenorge.people import read_patient, read_representative
from adapter.dialects.helsenorge.times import day_after, read_date, start_of
from adapter.dialects.helsenorge.xcal import Event, write_calendar
from handlers.desk.replies import Declined, SlotList
from handlers.desk.requests import SlotQuery

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from adapter.xml.writing import Markup
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
def _write_slots(same: _Same, contact: str, zone: ZoneInfo) -> Markup:
    """The desk gives all who ask the same at once the very same slots, so they are written once."""
    return write_calendar([_event(slot, contact) for slot in same.slots], zone)


def _event(slot: Slot, contact: str) -> Event:
    """A slot. When one must call for it, it is of no interest from when it could be booked (C1)."""
    categories = categories_of(slot.type)
    return Event(
        start=slot.start,
        end=slot.end,
        uid=slot.id,
        contact=contact,
        status="TENTATIVE",
        summary=slot.type.name,
        description=slot.calendar.text,
        location=slot.calendar.place,
        categories=(*categories, _MUST_CALL) if slot.must_call else categories,
        attendee=name_of(slot.calendar.practitioner),
        available_at=None if slot.must_call else slot.available_at,
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
