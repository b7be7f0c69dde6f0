"""Rules of a calendar that make no sense together: what could never have an effect, or would stop everybody.

It looks at calendars whose entries are each right by themselves, and finds everything at once. What refers
to something that is not there is for ``agreement``; what depends on the day, for ``layout``. It must never
refuse what a clinic may mean; the whole list, with reasons, stands in docs/rules.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.calendars.guide import misleading_questions
from handlers.calendars.moving import impossible_moves
from handlers.desk.groups import without_noughts
from handlers.desk.policies import Ask, DeskKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from handlers.calendars.agreement import Finding
    from handlers.calendars.entries import CalendarEntry, OfferEntry
    from handlers.calendars.faults import Path
    from handlers.calendars.parts import Entry

BOOKS_ALONE_FROM = 12

_ONLINE = ("booking", "audience", "representation", "overlaps", "moves_to", "questions")
_ONLINE_TYPE = ("hidden", "lead", "reason", "phone", "cancel", "change", "most_open")
_ONLINE_SLOT = ("must_call", "available_at")


def nonsense(calendars: Mapping[int, CalendarEntry]) -> Iterator[Finding]:
    """What makes no sense in an owner's calendars, by their place in the file, and what to do about it."""
    by_id = {calendar.id: calendar for calendar in calendars.values()}
    for number, calendar in calendars.items():
        path: Path = ("calendars", number)
        yield from _offline(path, calendar)
        yield from _practitioner(path, calendar)
        yield from _representation(path, calendar)
        yield from _hidden(path, calendar)
        yield from misleading_questions(path, calendar)
        yield from impossible_moves(path, calendar, by_id)


def _offline(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    """What is said in vain where only staff make appointments: desks of some kinds, and protected units."""
    if (
        calendar.protected
        and "shows_appointments" in calendar.model_fields_set
        and calendar.shows_appointments
    ):
        message = "the appointments of a protected unit are never shown; remove this, or protected"
        yield (*path, "shows_appointments"), message
    if calendar.desk is not DeskKind.BOOKING:
        kind = f"at a desk that is {calendar.desk}"
    elif calendar.protected:
        kind = "in a protected unit"
    else:
        return
    message = f"means nothing {kind}, where no citizen does anything online; remove it"
    yield from ((place, message) for place in _said_online(path, calendar))


def _said_online(path: Path, calendar: CalendarEntry) -> Iterator[Path]:
    yield from _said(path, calendar, _ONLINE)
    if calendar.conditions is not None:
        yield from _said((*path, "conditions"), calendar.conditions, ("must_accept",))
    for number, kind in enumerate(calendar.types):
        yield from _said((*path, "types", number), kind, _ONLINE_TYPE)
    for place, offer in _offers(path, calendar):
        yield from _said(place, offer, _ONLINE_SLOT)


def _practitioner(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    if calendar.practitioner is None:
        return
    own = calendar.practitioner.hpr
    listed_with = calendar.audience.listed_with if calendar.audience else None
    if listed_with not in (None, without_noughts(own)):
        message = f"is not {own}, whose calendar this is; a practitioner's patients are listed with them"
        yield (*path, "audience", "listed_with"), message
    unseen = (
        "a citizen sees it in the overview of resources only, never of a practitioner's calendar; remove it"
    )
    if calendar.questions:
        yield (*path, "questions"), unseen
    if calendar.conditions is not None and calendar.conditions.must_accept:
        yield (*path, "conditions", "must_accept"), unseen
    for place, offer in _offers(path, calendar):
        if offer.capacity > 1:
            yield (
                (*place, "capacity"),
                f"{offer.capacity} is too many: a practitioner sees one patient at a time; remove it",
            )


def _representation(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    age = calendar.audience.age if calendar.audience else None
    oldest = None if age is None else age.to
    if calendar.representation is Ask.REFUSED and oldest is not None and oldest < BOOKS_ALONE_FROM:
        message = f"patients of at most {oldest} cannot book for themselves; let somebody act for them"
        yield (*path, "representation"), message


def _hidden(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    hidden = {kind.code for kind in calendar.types if kind.hidden}
    for place, offer in _offers(path, calendar):
        if offer.must_call and offer.type in hidden:
            yield (
                (*place, "must_call"),
                f"no citizen is shown times of the hidden type {offer.type!r}, so none will call; remove it",
            )


def _said(path: Path, entry: Entry, keys: tuple[str, ...]) -> Iterator[Path]:
    """Where one of ``keys`` says something else than goes anyway."""
    for key in keys:
        if getattr(entry, key) != type(entry).model_fields[key].default:
            yield (*path, key)


def _offers(path: Path, calendar: CalendarEntry) -> Iterator[tuple[Path, OfferEntry]]:
    for key in ("slots", "weekly"):
        for number, entry in enumerate(getattr(calendar, key)):
            yield (*path, key, number), entry
