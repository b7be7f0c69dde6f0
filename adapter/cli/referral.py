"""``timebok referral``: a patient's right to one appointment, given by staff and taken back.

The command words, and nothing more. It never shows whose a referral is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.appointment import carry_out
from adapter.cli.appointment_page import as_json_line, as_text
from adapter.cli.console import add_row, new_table, plain, show
from adapter.cli.declined import stop
from adapter.cli.options import FromDay, Json, ToDay, beginning_of, end_of, first_day
from adapter.cli.person import PersonFile, read_national_id, read_person
from adapter.cli.store import open_store
from adapter.service import new_id
from handlers.desk import referrals
from handlers.desk.model import Referral
from handlers.desk.referrals import Withdrawal
from handlers.desk.staff_wishes import ToBook, ToBookWithReferral

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import Any
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

app = typer.Typer(
    name="referral",
    help="Give a patient the right to an appointment, or take it back.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def give(  # noqa: PLR0913 - each is an option of the command
    *,
    patient: PersonFile = None,
    kind: Annotated[str | None, typer.Option("--type", metavar="CODE", help="Of which time type.")] = None,
    calendar: Annotated[str | None, typer.Option(metavar="ID", help="Only in this calendar.")] = None,
    from_: FromDay = None,
    to: ToDay = None,
    slot: Annotated[
        str | None, typer.Option(metavar="ID", help="A timed one: this slot, which is booked at once.")
    ] = None,
    owner: Annotated[str | None, typer.Option(metavar="HER-ID", help="Whose, where it is not clear.")] = None,
    as_json: Json = False,
) -> None:
    """Give the right to one appointment: of a type until a day, or to one slot, which is then booked."""
    referral_id = new_id()
    if slot is not None:
        if kind or calendar or from_ or to:
            stop("With --slot there is no --type, --calendar, --from or --to: the slot says them all")
        _give_timed(referral_id, slot, owner, patient, as_json=as_json)
    elif kind is None or to is None:
        stop("Say for what: --type CODE and --to DATE, or --slot ID")
    else:
        settings, engine = open_store()
        now, zone = settings.clock(), settings.zone
        opens, closes = beginning_of(first_day(from_, now, zone), zone), end_of(to, zone)
        if closes <= max(opens, now):
            stop("The last day is before the first, or over")
        national_id = read_national_id(patient)
        with engine.begin() as connection:
            whose = _owner(connection, kind, calendar, owner)
            given = Referral(referral_id, whose, national_id, calendar, kind, opens, closes)
            referrals.enter(connection, given, now)
        _tell(given, now, zone, as_json=as_json)


def _give_timed(
    referral_id: str, slot: str, owner: str | None, patient: Path | None, *, as_json: bool
) -> None:
    person = read_person(patient)
    booking = ToBook(slot, person.patient, person.representative, person.reason, owner=owner)
    carry_out(ToBookWithReferral(referral_id, booking), as_json=as_json)


def _owner(connection: Connection, kind: str, calendar: str | None, owner: str | None) -> str:
    owners = referrals.owners_of_type(connection, kind, calendar)
    meant = [one for one in owners if owner in (None, one)]
    if len(meant) > 1:
        stop(f"Several owners have such a type ({', '.join(meant)}); say whose with --owner")
    if not meant:
        known = ", ".join(referrals.type_codes(connection)) or "none"
        stop(plain(f"There is no such type for that owner and calendar; the types there are: {known}"))
    return meant[0]


@app.command("list")
def list_(
    *,
    of_patient: Annotated[
        bool, typer.Option("--of-patient", help="Only one patient's: asked for, or JSON that is piped in.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the referrals, the newest first, without their patients."""
    settings, engine = open_store()
    now, zone = settings.clock(), settings.zone
    national_id = read_national_id(None) if of_patient else None
    with engine.begin() as connection:
        found = referrals.listed(connection, national_id)
    if as_json:
        for one in found:
            typer.echo(as_json_line(_line(one, now, zone)))
        return
    table = new_table("Referral", "Owner", "Type", "Calendar", "Opens", "Closes", "State", "Appointment")
    for one in found:
        add_row(table, *map(as_text, _line(one, now, zone).values()))
    if found:
        show(table)
    else:
        typer.echo("There are no referrals")


@app.command()
def withdraw(referral: Annotated[str, typer.Argument(metavar="REFERRAL", help="Its id.")]) -> None:
    """Take a referral back that has not been used."""
    _settings, engine = open_store()
    with engine.begin() as connection:
        became = referrals.withdraw(connection, referral)
    if became is Withdrawal.UNKNOWN:
        stop("There is no such referral; 'timebok referral list' shows what there is")
    if became is Withdrawal.USED:
        stop("It has been used; cancel its appointment instead, which 'timebok referral list' names")
    typer.echo(plain(f"{referral} withdrawn"))


def _tell(given: Referral, now: datetime, zone: ZoneInfo, *, as_json: bool) -> None:
    line = _line(given, now, zone)
    if as_json:
        typer.echo(as_json_line(line))
        return
    where = f" in {given.calendar_id}" if given.calendar_id else ""
    period = f"from {as_text(line['opens'])} up to {as_text(line['closes'])}"
    typer.echo(plain(f"{given.id} given: one {given.type_code}{where}, {period}"))


def _line(one: Referral, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": one.id,
        "her_id": one.her_id,
        "type": one.type_code,
        "calendar": one.calendar_id,
        "opens": one.opens.astimezone(zone),
        "closes": one.closes.astimezone(zone),
        "state": "used" if one.appointment_id else "over" if one.closes <= now else "unused",
        "appointment": one.appointment_id,
    }
