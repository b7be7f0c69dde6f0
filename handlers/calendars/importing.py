"""Bringing the desk's books up to date with a calendar file, inside a transaction that is not ours.

The file is the whole truth about its owners and says nothing of anybody else. It must never take a slot
away from a patient, or move it: what is booked or held stays as it is, and the report says so. It never
commits, never asks what time it is, and never names a patient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, and_, bindparam, delete, exists, insert, not_, select, update

from handlers.calendars.carrying import bring_along
from handlers.calendars.layout import Layout, lay_out
from handlers.calendars.report import Counts, ImportReport, OwnerReport
from handlers.calendars.slots import bring_up_to_date
from handlers.desk import tables
from handlers.desk.groups import groups, listed_with
from handlers.desk.policies import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from handlers.calendars.entries import CalendarDocument
    from handlers.calendars.file import CalendarFile

Rows = dict[tuple[str, ...], dict[str, Any]]


def import_calendars(
    connection: Connection, file: CalendarFile, now: datetime, zone: ZoneInfo
) -> ImportReport:
    """Make the store say what ``file`` says, from ``now`` (aware UTC) on; local times are in ``zone``.

    What has been is left alone. Raises ``CalendarFileError`` before anything is written, when the file
    contradicts the day or the clock. Imports of the same owner wait for each other.
    """
    layouts = lay_out(file, now, zone)
    return ImportReport(tuple(_import(connection, layout, now) for layout in layouts))


def _import(connection: Connection, layout: Layout, now: datetime) -> OwnerReport:
    document = layout.document
    her_id = document.owner.her_id
    _write_owner(connection, document)
    before = _stored(connection, tables.calendar, her_id), _stored(connection, tables.time_type, her_id)
    after = (
        _keyed(tables.calendar, _calendar_rows(document)),
        _keyed(tables.time_type, _type_rows(document)),
    )
    calendars, closed = _write_calendars(connection, her_id, before, after)
    practitioners = {calendar.id for calendar in document.calendars if calendar.practitioner}
    change = bring_up_to_date(connection, her_id, layout.slots, practitioners, now)
    _delete_types_no_longer_used(connection, her_id, before[1], after[1])
    return OwnerReport(
        her_id,
        document.owner.name,
        calendars,
        change.counts,
        change.kept,
        change.withheld,
        closed,
        affected=bring_along(connection, her_id, (before[0], after[0]), (before[1], after[1]), now),
        for_nobody=tuple(_for_nobody(connection, document)),
    )


def _for_nobody(connection: Connection, document: CalendarDocument) -> Iterator[tuple[str, str]]:
    """The calendars that are for those on a list which nobody is on, and the list."""
    there = {group.name for group in groups(connection, document.owner.her_id)}
    for calendar in document.calendars:
        audience = calendar.policy.audience
        listed = listed_with(audience.listed_with) if audience.listed_with else None
        yield from ((calendar.id, name) for name in (audience.group, listed) if name and name not in there)


def _write_owner(connection: Connection, document: CalendarDocument) -> None:
    owner, table = document.owner, tables.owner
    names = {
        "name": owner.name,
        "parent_her_id": owner.parent.her_id,
        "parent_name": owner.parent.name,
    }
    # The update comes first and comes always: it locks the owner's row, and SQLite's file, before anything
    # is read, so that nothing read here can be out of date when it is acted upon.
    done = connection.execute(update(table).where(table.c.her_id == owner.her_id).values(names))
    if done.rowcount == 0:
        connection.execute(insert(table).values(her_id=owner.her_id, **names))


def _write_calendars(
    connection: Connection, her_id: str, before: tuple[Rows, Rows], after: tuple[Rows, Rows]
) -> tuple[Counts, tuple[str, ...]]:
    table, (stored, stored_types), (wanted, wanted_types) = tables.calendar, before, after
    new, changed = _write(connection, table, stored, wanted)
    new_types, changed_types = _write(connection, tables.time_type, stored_types, wanted_types)
    changed = (changed | {key[:2] for key in new_types | changed_types}) - new
    closed = tuple(row["id"] for key, row in stored.items() if key not in wanted and row["open"])
    if closed:
        connection.execute(
            update(table).where(table.c.her_id == her_id, table.c.id.in_(closed)).values(open=False)
        )
    return Counts(len(new), len(changed), len(closed), len(wanted) - len(new) - len(changed)), closed


def _calendar_rows(document: CalendarDocument) -> Iterable[dict[str, Any]]:
    for position, calendar in enumerate(document.calendars):
        practitioner, conditions, hold = calendar.practitioner, calendar.conditions, calendar.holds_for
        yield {
            "her_id": document.owner.her_id,
            "id": calendar.id,
            "position": position,
            "open": True,
            "name": calendar.name,
            "category": calendar.category,
            "hpr": practitioner.hpr if practitioner else None,
            "family_name": practitioner.family_name if practitioner else None,
            "given_name": practitioner.given_name if practitioner else None,
            "text": calendar.text,
            "place": calendar.place,
            "conditions_version": conditions.version if conditions else None,
            "conditions_text": conditions.text if conditions else None,
            "hold_seconds": int(hold.total_seconds()) if hold else None,
            "policy": written(calendar.policy),
        }


def _type_rows(document: CalendarDocument) -> Iterable[dict[str, Any]]:
    for calendar in document.calendars:
        for position, kind in enumerate(calendar.types):
            yield {
                "her_id": document.owner.her_id,
                "calendar_id": calendar.id,
                "code": kind.code,
                "position": position,
                "name": kind.name,
                "duration_seconds": int(kind.duration.total_seconds()),
                "policy": written(kind.policy),
            }


def _delete_types_no_longer_used(connection: Connection, her_id: str, before: Rows, after: Rows) -> None:
    s, t = tables.slot, tables.time_type
    gone = [
        {"gone_calendar": row["calendar_id"], "gone_code": row["code"]}
        for key, row in before.items()
        if key not in after
    ]
    used = exists().where(
        s.c.her_id == t.c.her_id, s.c.calendar_id == t.c.calendar_id, s.c.type_code == t.c.code
    )
    if gone:
        connection.execute(
            delete(t).where(
                t.c.her_id == her_id,
                t.c.calendar_id == bindparam("gone_calendar"),
                t.c.code == bindparam("gone_code"),
                not_(used),
            ),
            gone,
        )


def _stored(connection: Connection, table: Table, her_id: str) -> Rows:
    found = connection.execute(select(table).where(table.c.her_id == her_id)).mappings()
    return _keyed(table, map(dict, found))


def _keyed(table: Table, rows: Iterable[Mapping[str, Any]]) -> Rows:
    names = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in names): dict(row) for row in rows}


def _write(connection: Connection, table: Table, stored: Rows, wanted: Rows) -> tuple[set[Any], set[Any]]:
    new = {key for key in wanted if key not in stored}
    changed = {key for key, row in wanted.items() if key in stored and stored[key] != row}
    if new:
        connection.execute(insert(table), [wanted[key] for key in wanted if key in new])
    if changed:
        keys = [column.name for column in table.primary_key]
        rows = [
            {f"key_{name}" if name in keys else name: value for name, value in row.items()}
            for key, row in wanted.items()
            if key in changed
        ]
        same = and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
        connection.execute(update(table).where(same), rows)
    return new, changed
