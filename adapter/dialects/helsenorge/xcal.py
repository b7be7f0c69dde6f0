"""Times as xCal: the one event that a booking request is about, and the events of a reply (C10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.letter import contents, find, text_of
from adapter.dialects.helsenorge.names import XCAL
from adapter.dialects.helsenorge.times import read_local, write_local
from adapter.xml.writing import Markup, element, optional

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes

_EVENTS = "xcal:vcalendar/xcal:components/xcal:vevent"
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)
_LONGEST_ID = 10_000  # characters; a refusal repeats it


@dataclass(frozen=True, slots=True)
class Event:
    """A vevent: aware UTC times; ``uid`` and ``related_to`` are a slot's or an appointment's id."""

    start: datetime
    end: datetime
    uid: str
    contact: str
    related_to: str | None = None
    status: str | None = None
    summary: str | None = None
    description: str | None = None
    location: str | None = None
    expires_at: datetime | None = None


def read_event(letter: Letter, notes: Notes, zone: ZoneInfo) -> Event:
    """The one event of a booking request: dtstart, dtend, uid and contact are mandatory."""
    calendars = list(contents(letter, "icalendar"))
    events = [event for one in calendars for event in one.iterfind(_EVENTS, {"xcal": XCAL})]
    if not events:
        notes.missing(calendars[0] if calendars else letter.root, "iCalendar vevent")
        return Event(_NEVER, _NEVER, "", "")
    if len(events) > 1:
        notes.add("T02", events[1], "there must be one vevent only", "det skal bare være én vevent")
    properties = find(events[0], "xcal:properties")
    where = events[0] if properties is None else properties
    for name in ("dtstart", "dtend", "uid"):
        notes.more_than_one(where, f"xcal:{name}")
    return Event(
        start=_read_moment(where, "dtstart", notes, zone),
        end=_read_moment(where, "dtend", notes, zone),
        uid=_read_text(where, "uid", notes),
        contact=_read_text(where, "contact", notes),
        related_to=_related(where, notes),
    )


def write_calendar(events: list[Event], zone: ZoneInfo) -> Markup:
    """An icalendar element with the events in their order."""
    properties = element(
        "properties", _text_property("version", "2.0"), _text_property("prodid", "-//timebok//timebok//NO")
    )
    components = element("components", *(_write_event(event, zone) for event in events))
    return element("icalendar", element("vcalendar", properties, components), xmlns=XCAL)


def _read_moment(where: etree._Element, name: str, notes: Notes, zone: ZoneInfo) -> datetime:
    prop = find(where, f"xcal:{name}")
    text = text_of(prop, "xcal:date-time")
    if text is None:
        notes.missing(where if prop is None else prop, name if prop is None else "date-time")
        return _NEVER
    try:
        return read_local(text, zone)
    except ValueError:
        notes.add("T02", prop, "is not a time that exists", "er ikke et tidspunkt som finnes")
        return _NEVER


def _read_text(where: etree._Element, name: str, notes: Notes) -> str:
    prop = find(where, f"xcal:{name}")
    text = text_of(prop, "xcal:text")
    if text is None:
        notes.missing(where if prop is None else prop, name if prop is None else "text")
    return _short(text or "", prop, notes)


def _related(where: etree._Element, notes: Notes) -> str | None:
    prop = find(where, "xcal:related-to")
    text = text_of(prop, "xcal:uri") or text_of(prop, "xcal:text") or text_of(prop, "xcal:uid")
    return _short(text or "", prop, notes) or None


def _short(text: str, prop: etree._Element | None, notes: Notes) -> str:
    if len(text) > _LONGEST_ID:
        notes.add(
            "T02", prop, f"is longer than {_LONGEST_ID} characters", f"er lengre enn {_LONGEST_ID} tegn"
        )
    return text


def _write_event(event: Event, zone: ZoneInfo) -> Markup:
    related = element("related-to", element("uri", event.related_to)) if event.related_to else None
    properties = element(
        "properties",
        _time_property("dtstart", event.start, zone),
        _time_property("dtend", event.end, zone),
        _text_property("uid", event.uid),
        related,
        _text_property("contact", event.contact),
        _text_property("status", event.status),
        _text_property("summary", event.summary),
        _text_property("description", event.description),
        _text_property("location", event.location),
        None if event.expires_at is None else _time_property("x-expires-at", event.expires_at, zone),
    )
    return element("vevent", properties, element("components"))


def _time_property(name: str, moment: datetime, zone: ZoneInfo) -> Markup:
    return element(name, element("date-time", write_local(moment, zone)))


def _text_property(name: str, value: str | None) -> Markup | None:
    text = optional("text", value)
    return None if text is None else element(name, text)
