"""``timebok calendar``: calendars from files into the store, and a look at what is there.

The command words what ``handlers.calendars`` does, and nothing more. It imports all of its files or none,
says of every slot that it left alone that it did, and never shows a patient.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from adapter.cli.console import in_progress, new_table, show
from adapter.cli.declined import untold
from adapter.cli.options import FromDay, Json, ToDay, beginning_of, end_of, first_day
from adapter.cli.store import open_store
from adapter.patients_key import SETTING as KEY_SETTING
from adapter.service import make_office, make_telling, new_id
from handlers.calendars.brief import brief
from handlers.calendars.faults import CalendarFileError
from handlers.calendars.files import import_files, read_files
from handlers.calendars.overview import list_calendars, list_slots
from handlers.desk.policies import written
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.settings import Settings
    from handlers.calendars.overview import ListedSlot
    from handlers.calendars.report import KeptSlot, OwnerReport

ROWS_SHOWN = 1_000

app = typer.Typer(
    name="calendar", help="Import calendars from files, and see what is there.", no_args_is_help=True
)


@app.command("import")
def import_(files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="YAML or JSON.")]) -> None:
    """Bring the calendars of the files' owners up to date: all files, or none when one is broken."""
    try:
        with in_progress(f"Reading {_counted(len(files), 'file')}"):
            calendars = read_files(files)
        settings, engine = open_store()
        telling, now = make_telling(settings), settings.clock()
        with in_progress("Importing"), engine.begin() as connection:
            reports = import_files(connection, calendars, now, settings.zone)
            desk = Desk(connection, now, new_id, make_office(settings))
            affected = [one for report in reports for one in report.affected]
            told = telling.tell_of_details(connection, desk, affected)
    except CalendarFileError as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        raise typer.Exit(1) from None
    for report in reports:
        for owner in report.owners:
            _tell(owner, settings)
    if told:
        typer.echo(f"The portal is told of {_counted(len(told), 'changed appointment')}")
    elif affected:
        typer.echo(untold(telling.silence), err=True)


@app.command("list")
def list_(*, as_json: Json = False) -> None:
    """Show every calendar in the store, and how much of it is free."""
    settings, engine = open_store()
    with engine.begin() as connection:
        calendars = list_calendars(connection, settings.clock())
    if as_json:
        for calendar in calendars:
            line = {
                "her_id": calendar.her_id,
                "owner": calendar.owner,
                "id": calendar.id,
                "name": calendar.name,
                "category": calendar.category,
                "practitioner": calendar.practitioner,
                "place": calendar.place,
                "booking": "two-step" if calendar.hold_seconds else "one-step",
                "hold_seconds": calendar.hold_seconds,
                "open": calendar.open,
                "rules": json.loads(written(calendar.policy)),
                "places": calendar.places,
                "free": calendar.free,
                "first": _stamp(calendar.first, settings.zone),
                "last": _stamp(calendar.last, settings.zone),
            }
            typer.echo(json.dumps(line, ensure_ascii=False))
        return
    if not calendars:
        typer.echo("There are no calendars yet; import some with: timebok calendar import FILE")
    for (her_id, owner), theirs in groupby(calendars, key=lambda calendar: (calendar.her_id, calendar.owner)):
        table = new_table("Calendar", "Name", "For", "Place", "Booking", "Free", "First", "Last", "Rules")
        for calendar in theirs:
            table.add_row(
                calendar.id,
                calendar.name,
                calendar.category or calendar.practitioner,
                calendar.place,
                ("two-step" if calendar.hold_seconds else "one-step") if calendar.open else "closed",
                f"{calendar.free}/{calendar.places}",
                _clock_time(calendar.first, settings.zone),
                _clock_time(calendar.last, settings.zone),
                ", ".join(brief(calendar.policy)),
            )
        typer.echo(f"{her_id} {owner}")
        show(table)


@app.command("slots")
def slots(
    *,
    calendar: Annotated[str | None, typer.Option(metavar="ID", help="Only of this calendar.")] = None,
    from_: FromDay = None,
    to: ToDay = None,
    free: Annotated[bool, typer.Option("--free", help="Only those with a free place.")] = False,
    as_json: Json = False,
) -> None:
    """Show the slots from one local date to another, both included; without --from, from today."""
    settings, engine = open_store()
    now = settings.clock()
    first = first_day(from_, now, settings.zone)
    start, end = beginning_of(first, settings.zone), end_of(to, settings.zone) if to else None
    with engine.begin() as connection:
        known = {listed.id for listed in list_calendars(connection, now)}
        if calendar is not None and calendar not in known:
            _stop(f"There is no calendar {calendar}; there are: {', '.join(sorted(known)) or 'none'}")
        found = list_slots(connection, now, start, end, calendar, only_free=free)
        if as_json:
            for slot in found:
                line = {
                    "her_id": slot.her_id,
                    "calendar": slot.calendar_id,
                    "id": slot.id,
                    "type": slot.type_code,
                    "start": _stamp(slot.start, settings.zone),
                    "end": _stamp(slot.end, settings.zone),
                    "state": slot.state,
                    "capacity": slot.capacity,
                    "taken": slot.taken,
                    "available_at": _stamp(slot.available_at, settings.zone),
                    "must_call": slot.must_call,
                    "hidden": slot.hidden,
                }
                typer.echo(json.dumps(line, ensure_ascii=False))
            return
        table = new_table("Owner", "Calendar", "Start", "End", "Type", "State", "Taken", "Slot", "Remark")
        for slot in islice(found, ROWS_SHOWN):
            ends = f"{slot.end.astimezone(settings.zone):%H:%M}"
            begins = _clock_time(slot.start, settings.zone)
            taken = f"{slot.taken}/{slot.capacity}"
            said = _remark(slot, settings)
            table.add_row(
                slot.her_id, slot.calendar_id, begins, ends, slot.type_code, slot.state, taken, slot.id, said
            )
        more = sum(1 for _ in found)
    if table.row_count:
        show(table)
    else:
        typer.echo(f"There are no such slots from {first:%Y-%m-%d} on; --from DATE looks at another time.")
    if more:
        typer.echo(f"and {more} more; narrow it down with --calendar, --from and --to, or use --json")


# --- telling ----------------------------------------------------------------------------------------


def _tell(report: OwnerReport, settings: Settings) -> None:
    zone = settings.zone
    calendars = report.calendars.added + report.calendars.changed + report.calendars.unchanged
    typer.echo(
        f"{report.her_id} {report.name}: {_counted(calendars, 'calendar')}, "
        f"{_counted(report.slots.added, 'slot')} added, "
        f"{report.slots.changed} changed, {report.slots.removed} removed"
    )
    for calendar_id in report.closed:
        typer.echo(f"  closed: calendar {calendar_id} is no longer in the file")
    for slot in report.kept:
        typer.echo(f"  warning: {_kept(slot, zone)}")
    for withheld in report.withheld:
        typer.echo(
            f"  warning: slot {withheld.id} of {withheld.calendar_id}, {_clock_time(withheld.start, zone)}, "
            "is not offered: it overlaps a booked slot that was left as it was"
        )
    for calendar_id, name in report.for_nobody:
        key = "" if settings.patients_key_file else f" (for which {KEY_SETTING} has to name a key)"
        typer.echo(
            f"  warning: nobody sees calendar {calendar_id}: it is for {name}, and nobody is on that list; "
            f"see: timebok patients import {name} FILE --her-id {report.her_id}{key}"
        )
    if report.affected:
        typer.echo(
            f"  {_counted(len(report.affected), 'booked appointment')} got a new place, name or category"
        )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _kept(slot: KeptSlot, zone: ZoneInfo) -> str:
    what = f"slot {slot.id} of {slot.calendar_id}, {_clock_time(slot.start, zone)}, is {slot.state}"
    if slot.room is not None:
        return f"{what} by {slot.taken}; the file has room for {slot.room}"
    if slot.wanted is None:
        return f"{what} and was left as it was; the file no longer has it"
    there = f"{slot.wanted.calendar_id}, {_clock_time(slot.wanted.start, zone)}"
    until = f"{slot.wanted.end.astimezone(zone):%H:%M}"
    return f"{what} and was left as it was; the file has it in {there}-{until} ({slot.wanted.type_code})"


def _remark(slot: ListedSlot, settings: Settings) -> str:
    """Why a citizen cannot book the slot although there is room in it, if so."""
    said = ["hidden"] if slot.hidden else []
    if slot.must_call:
        said.append("by phone only")
    if slot.available_at is not None and slot.available_at > settings.clock():
        said.append(f"from {_clock_time(slot.available_at, settings.zone)}")
    return ", ".join(said)


def _clock_time(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _stamp(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="seconds")


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
