"""Times as xCal: the one event that a booking request is about, and the events of a reply (C10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import Parts, find_all
from adapter.dialects.helsenorge.letter import contents
from adapter.dialects.helsenorge.names import XCAL
from adapter.dialects.helsenorge.times import read_local, write_duration, write_local
from adapter.xml.writing import Markup, text
from handlers.desk.policies import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.replies import Permission

_EVENTS = "xcal:vcalendar/xcal:components/xcal:vevent"
_OF_THE_CALENDAR = (
    "<properties><version><text>2.0</text></version>"
    "<prodid><text>-//timebok//timebok//NO</text></prodid></properties>"
)
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)
_MOST_KINDS = 256  # of times whose words are remembered
_NO_ADDRESS = "invalid:nomail"  # what calendars write where somebody has none
_LONGEST_ID = 10_000  # characters; a refusal repeats it


@dataclass(frozen=True, slots=True)
class Taken:
    """What only an appointment says: until when a hold lasts, and what its citizen may still do to it."""

    duration: timedelta
    expires_at: datetime | None = None
    cancel: Permission | None = None
    change: Permission | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A vevent: aware UTC times; ``uid`` and ``related_to`` are a slot's or an appointment's id.

    ``attendee`` is the name of the practitioner; ``available_at`` is when a slot can be booked from.
    """

    start: datetime
    end: datetime
    uid: str
    contact: str
    related_to: str | None = None
    status: str | None = None
    summary: str | None = None
    description: str | None = None
    location: str | None = None
    categories: tuple[str, ...] = ()
    attendee: str | None = None
    available_at: datetime | None = None
    taken: Taken | None = None


def read_event(letter: Letter, notes: Notes, zone: ZoneInfo) -> Event:
    """The one event of a booking request: dtstart, dtend, uid and contact are mandatory."""
    calendars = contents(letter, "icalendar")
    events = [event for one in calendars for event in find_all(one, _EVENTS)]
    if not events:
        notes.missing(calendars[0] if calendars else letter.root, "iCalendar vevent")
        return Event(_NEVER, _NEVER, "", "")
    if len(events) > 1:
        notes.add("T02", events[1], "there must be one vevent only", "det skal bare være én vevent")
    said = Parts(events[0]).below("properties")
    where = said if said.element is not None else Parts(events[0])
    for name in ("dtstart", "dtend", "uid"):
        notes.more_than_one(where.all(name))
    return Event(
        start=_read_moment(where, "dtstart", notes, zone),
        end=_read_moment(where, "dtend", notes, zone),
        uid=_read_text(where, "uid", notes),
        contact=_read_text(where, "contact", notes),
        related_to=_related(where, notes),
    )


def write_calendar(events: list[Event], zone: ZoneInfo) -> Markup:
    """An icalendar element with the events in their order."""
    return Markup(calendar_of([_write_event(event, zone) for event in events]))


def calendar_of(written: Iterable[str]) -> str:
    """The same of events that are written already."""
    return (
        f'<icalendar xmlns="{XCAL}"><vcalendar>{_OF_THE_CALENDAR}<components>{"".join(written)}</components>'
        "</vcalendar></icalendar>"
    )


def _read_moment(where: Parts, name: str, notes: Notes, zone: ZoneInfo) -> datetime:
    prop, said = where.first(name), where.below(name).text("date-time")
    if said is None:
        notes.missing(where.element if prop is None else prop, name if prop is None else "date-time")
        return _NEVER
    try:
        return read_local(said, zone)
    except ValueError:
        notes.add("T02", prop, "is not a time that exists", "er ikke et tidspunkt som finnes")
        return _NEVER


def _read_text(where: Parts, name: str, notes: Notes) -> str:
    prop, said = where.first(name), where.below(name).text("text")
    if said is None:
        notes.missing(where.element if prop is None else prop, name if prop is None else "text")
    return _short(said or "", prop, notes)


def _related(where: Parts, notes: Notes) -> str | None:
    related = where.below("related-to")
    said = related.text("uri") or related.text("text") or related.text("uid")
    return _short(said or "", related.element, notes) or None


def _short(said: str, prop: etree._Element | None, notes: Notes) -> str:
    if len(said) > _LONGEST_ID:
        notes.add(
            "T02", prop, f"is longer than {_LONGEST_ID} characters", f"er lengre enn {_LONGEST_ID} tegn"
        )
    return said


def _write_event(event: Event, zone: ZoneInfo) -> str:
    words = write_words(
        event.contact,
        event.status,
        event.summary,
        event.description,
        event.location,
        event.categories,
        event.attendee,
    )
    return write_vevent(
        event.start,
        event.end,
        event.uid,
        _related_to(event.related_to) + words,
        zone,
        available_at=event.available_at,
        taken=event.taken,
    )


def write_vevent(
    start: datetime,
    end: datetime,
    uid: str,
    words: str,
    zone: ZoneInfo,
    *,
    available_at: datetime | None = None,
    taken: Taken | None = None,
) -> str:
    """One event as text; ``words`` are what stands after uid, in markup.

    Put together by hand, not by ``element``: a slot query may be answered with a thousand of them.
    """
    return (
        f"<vevent><properties><dtstart><date-time>{write_local(start, zone)}</date-time></dtstart>"
        f"<dtend><date-time>{write_local(end, zone)}</date-time></dtend>{_text_property('uid', uid)}{words}"
        f"{_time_property('x-available-at', available_at, zone) if available_at else ''}"
        f"{_write_taken(taken, zone) if taken else ''}"
        "</properties><components/></vevent>"
    )


@lru_cache(_MOST_KINDS)
def write_words(
    contact: str,
    status: str | None,
    summary: str | None,
    description: str | None,
    location: str | None,
    categories: tuple[str, ...],
    attendee: str | None,
) -> str:
    """What is said of all times of a kind in the same words: those of the clinic."""
    return (
        f"{_text_property('contact', contact)}{_text_property('status', status)}"
        f"{_text_property('summary', summary)}{_text_property('description', description)}"
        f"{_text_property('location', location)}{_write_categories(categories)}{_write_attendee(attendee)}"
    )


def _write_categories(categories: tuple[str, ...]) -> str:
    texts = "".join(f"<text>{text(category)}</text>" for category in categories)
    return f"<categories>{texts}</categories>" if texts else ""


def _write_attendee(name: str | None) -> str:
    """A person of whom the citizen needs the name, not the address, which the element cannot do without."""
    if name is None:
        return ""
    named = f"<parameters><cn><text>{text(name)}</text></cn></parameters>"
    return f"<attendee>{named}<cal-address>{_NO_ADDRESS}</cal-address></attendee>"


def _write_taken(taken: Taken, zone: ZoneInfo) -> str:
    expires = taken.expires_at
    return (
        f"<x-expected-duration><duration>{write_duration(taken.duration)}</duration></x-expected-duration>"
        f"{_time_property('x-expires-at', expires, zone) if expires else ''}"
        f"{_write_permission('cancel', taken.cancel, zone)}{_write_permission('change', taken.change, zone)}"
    )


def _write_permission(what: str, permission: Permission | None, zone: ZoneInfo) -> str:
    """Until when it may be done, and whether a message goes with it; that it may is what usually goes."""
    if permission is None:
        return ""
    message = None if permission.message is Ask.OPTIONAL else permission.message.value
    until = _time_property(f"x-{what}-until", permission.until, zone)
    return until + _text_property(f"x-{what}-message", message)


def _related_to(slot_id: str | None) -> str:
    return f"<related-to><uri>{text(slot_id)}</uri></related-to>" if slot_id else ""


def _time_property(name: str, moment: datetime, zone: ZoneInfo) -> str:
    return f"<{name}><date-time>{write_local(moment, zone)}</date-time></{name}>"


def _text_property(name: str, value: str | None) -> str:
    return f"<{name}><text>{text(value)}</text></{name}>" if value else ""
