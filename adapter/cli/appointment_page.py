"""How an appointment is shown to staff: a line without its patient, or a page with everything there is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from adapter.cli.console import plain
from adapter.dialects.helsenorge.texts import title_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from handlers.desk.model import Appointment
    from handlers.desk.register import Entry, Listed, Move


def summary(one: Appointment | Listed, zone: ZoneInfo) -> dict[str, Any]:
    """An appointment without its patient; moments are in ``zone``."""
    return {
        "id": one.id,
        "her_id": one.her_id,
        "calendar": one.calendar_id,
        "slot": one.slot_id,
        "type": one.type_code,
        "state": one.state.value,
        "start": one.start.astimezone(zone),
        "end": one.end.astimezone(zone),
        "title": one.title,
        "fixed": one.fixed and one.fixed.value,
    }


def page(entry: Entry, zone: ZoneInfo, *, as_json: bool) -> str:
    """An appointment with its patient and its history, for whoever asked for it."""
    everything = _everything(entry, zone)
    if as_json:
        return as_json_line(everything)
    return "\n".join(_lines(everything))


def as_json_line(line: dict[str, Any]) -> str:
    """It as JSON; moments with their offset."""
    return json.dumps(line, ensure_ascii=False, default=lambda one: one.isoformat(timespec="seconds"))


def as_text(value: str | datetime | None) -> str:
    """A value for a person to read."""
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value or ""


def _everything(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    one = entry.appointment
    acting, practitioner = one.representative, one.practitioner
    return {
        **summary(one, zone),
        "title": title_of(one),
        "place": one.place,
        "practitioner": practitioner and f"{practitioner.given_name} {practitioner.family_name}",
        "patient": f"{one.patient.given_name} {one.patient.family_name}, {one.patient.national_id}",
        "phone": one.patient.phone,
        "reason": one.reason,
        "representative": acting and _named(acting.given_name, acting.family_name, acting.national_id),
        "relation": acting and f"{acting.relation.value} ({acting.relation.name.lower()})",
        "referral": one.referral_id,
        "held_until": one.held_until and one.held_until.astimezone(zone),
        "created": entry.created_at.astimezone(zone),
        "changed": entry.changed_at.astimezone(zone),
        "cancellation_reason": entry.cancellation_reason,
        "moves": [_move(move, zone) for move in entry.moves],
    }


def _named(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _move(move: Move, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "at": move.at.astimezone(zone),
        "by": move.by,
        "from_calendar": move.from_calendar_id,
        "from_slot": move.from_slot_id,
        "from_start": move.from_start.astimezone(zone),
        "from_end": move.from_end.astimezone(zone),
        "comment": move.comment,
    }


def _lines(everything: dict[str, Any]) -> Iterator[str]:
    for name, value in everything.items():
        if isinstance(value, list):
            for move in value:
                said = f": {move['comment']}" if move["comment"] else ""
                place = f"{move['from_calendar']}, {as_text(move['from_start'])}"
                yield plain(f"{'moved':<20} {as_text(move['at'])} by {move['by']}, from {place}{said}")
        elif value:
            yield plain(f"{name.replace('_', ' '):<20} {as_text(value)}")
