"""``timebok appointment``: what staff do to appointments, and a look at them.

The command words; what is done, and that the portal is told of it, is for ``adapter.staffing``. Patients are
shown to whoever asks for one appointment, on standard output, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.appointment_page import as_json_line, as_text, page, summary
from adapter.cli.console import add_row, new_table, plain, show
from adapter.cli.declined import stop, untold, words
from adapter.cli.options import FromDay, Json, ToDay, beginning_of, end_of, first_day
from adapter.cli.person import PersonFile, read_national_id, read_person
from adapter.cli.store import open_store
from adapter.dialects.helsenorge.texts import title_of
from adapter.service import make_office, make_staffing, new_id
from handlers.desk import register
from handlers.desk.model import Fixed
from handlers.desk.replies import Booked, Cancelled, Declined, NoShowNoted, Rebooked
from handlers.desk.staff_wishes import ToBook, ToCancel, ToMarkNoShow, ToMove
from handlers.desk.store import Desk

if TYPE_CHECKING:
    from adapter.settings import Settings
    from adapter.staffing import Done, Wish

app = typer.Typer(
    name="appointment",
    help="Book, move and cancel for patients, and look at it.",
    no_args_is_help=True,
    add_completion=False,
)

_DID = {Booked: "booked", Rebooked: "moved", Cancelled: "cancelled", NoShowNoted: "marked as a no-show"}

AppointmentId = Annotated[str, typer.Argument(metavar="APPOINTMENT", help="Its id.")]
SlotId = Annotated[str, typer.Argument(metavar="SLOT", help="The slot's id; see 'timebok calendar slots'.")]
Owner = Annotated[
    str | None, typer.Option(metavar="HER-ID", help="Whose slot, where several have one of this id.")
]
Comment = Annotated[
    str | None, typer.Option("--reason", help="Kept with the appointment. Nothing of the patient's here.")
]


@app.command()
def book(
    slot: SlotId,
    *,
    patient: PersonFile = None,
    owner: Owner = None,
    series: Annotated[bool, typer.Option("--series", help="One of a series.")] = False,
    several: Annotated[bool, typer.Option("--several-resources", help="It needs several.")] = False,
    as_json: Json = False,
) -> None:
    """Book a slot for a patient. The citizen may only see what is in a series, or needs several resources."""
    if series and several:
        stop("One of --series and --several-resources at most")
    fixed = Fixed.SERIES if series else Fixed.SEVERAL_RESOURCES if several else None
    person = read_person(patient)
    carry_out(
        ToBook(slot, person.patient, person.representative, person.reason, fixed, owner), as_json=as_json
    )


@app.command()
def move(appointment: AppointmentId, slot: SlotId, *, reason: Comment = None, as_json: Json = False) -> None:
    """Move an appointment to another slot of its owner."""
    carry_out(ToMove(appointment, slot, reason), as_json=as_json)


@app.command()
def cancel(appointment: AppointmentId, *, reason: Comment = None, as_json: Json = False) -> None:
    """Cancel an appointment; its slot is free again."""
    carry_out(ToCancel(appointment, reason), as_json=as_json)


@app.command("no-show")
def no_show(appointment: AppointmentId, *, as_json: Json = False) -> None:
    """Write down that the patient did not come."""
    carry_out(ToMarkNoShow(appointment), as_json=as_json)


def carry_out(wish: Wish, *, as_json: bool) -> None:
    """Have a wish carried out, and say what became of it; with status 1 when it is declined."""
    settings, engine = open_store()
    done = make_staffing(settings, engine).carry_out(wish)
    if isinstance(done.reply, Declined):
        stop(words(done.reply))
    _tell(done, settings, as_json=as_json)


def _tell(done: Done, settings: Settings, *, as_json: bool) -> None:
    reply = done.reply
    assert isinstance(reply, Booked | Cancelled | NoShowNoted)  # noqa: S101 - nothing else is a staff's wish
    line = summary(reply.appointment, settings.zone)
    notice = done.notice
    line["notice"] = notice and {"code": notice.code, "message_id": notice.outbound.properties.message_id}
    if as_json:
        typer.echo(as_json_line(line))
        return
    typer.echo(plain(f"{line['id']} {_DID[type(reply)]}: {line['calendar']}, {as_text(line['start'])}"))
    if notice is not None:
        typer.echo(f"The portal is told by {notice.code}, message {line['notice']['message_id']}")
    elif done.silence is not None:
        typer.echo(untold(done.silence), err=True)


# --- looking


@app.command("show")
def show_(
    appointment: AppointmentId,
    *,
    ics: Annotated[bool, typer.Option("--ics", help="For a calendar: an iCalendar text.")] = False,
    as_json: Json = False,
) -> None:
    """Show an appointment, its patient, and what has happened to it."""
    settings, engine = open_store()
    now = settings.clock()
    with engine.begin() as connection:
        desk = Desk(connection, now, new_id, make_office(settings))
        entry = register.find_with_history(connection, desk, appointment)
    if entry is None:
        stop(f"There is no appointment {plain(appointment)}")
    if ics:
        from adapter.ics import write_ics  # noqa: PLC0415 - nothing else here needs its library

        one = entry.appointment
        typer.echo(write_ics(one, title_of(one), now, moves=len(entry.moves)), nl=False)
    else:
        typer.echo(page(entry, settings.zone, as_json=as_json))


@app.command("list")
def list_(
    *,
    calendar: Annotated[str | None, typer.Option(metavar="ID", help="Only in this calendar.")] = None,
    from_: FromDay = None,
    to: ToDay = None,
    of_patient: Annotated[
        bool, typer.Option("--of-patient", help="Only one patient's: asked for, or JSON that is piped in.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List appointments, without their patients; without --from, from today on."""
    settings, engine = open_store()
    zone, now = settings.zone, settings.clock()
    first = first_day(from_, now, zone)
    start, end = beginning_of(first, zone), end_of(to, zone) if to else None
    national_id = read_national_id(None) if of_patient else None
    with engine.begin() as connection:
        found = register.appointments(
            connection, now, start, end, calendar_id=calendar, national_id=national_id
        )
    lines = [summary(one, zone) for one in found]
    if as_json:
        for line in lines:
            typer.echo(as_json_line(line))
        return
    table = new_table("Appointment", "Owner", "Calendar", "Start", "End", "Type", "State", "Fixed")
    for line in lines:
        names = ("id", "her_id", "calendar", "start", "end", "type", "state", "fixed")
        add_row(table, *(as_text(line[name]) for name in names))
    if found:
        show(table)
    else:
        typer.echo(f"There is no appointment from {first:%Y-%m-%d} on; --from DATE looks at another time.")
