"""``timebok patients``: the clinic's lists of patients, and who is blocked from the service.

An identity number comes from a file or from standard input, never from the command line, which shells and
process lists remember; and none is ever printed. The store keeps fingerprints only (``groups``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from sqlalchemy import select

from adapter.cli.console import add_row, new_table, show
from adapter.cli.store import open_store
from adapter.patients_key import HOW_TO, SETTING
from adapter.service import make_office
from handlers.desk import groups
from handlers.desk.group_file import GroupFileError, numbers_of
from handlers.desk.tables import owner

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

_LARGEST = 50_000_000

app = typer.Typer(
    name="patients", help="Keep the lists of patients that calendars are for.", no_args_is_help=True
)

Name = Annotated[
    str | None, typer.Argument(metavar="[GROUP]", help="The group, as calendars name it.", show_default=False)
]
HerId = Annotated[
    str | None, typer.Option("--her-id", metavar="ID", help="Whose list; needed with several owners.")
]
ListedWith = Annotated[
    str | None,
    typer.Option("--listed-with", metavar="HPR", help="Instead of a group: those listed with them."),
]


@app.command("import")
def import_(
    arguments: Annotated[
        list[str], typer.Argument(metavar="[GROUP] FILE", help="FILE: a number a line, # begins a remark.")
    ],
    *,
    her_id: HerId = None,
    listed_with: ListedWith = None,
) -> None:
    """Make FILE the whole list: who is not in it is no longer in the list. GROUP may be 'blocked'."""
    *names, file = arguments
    if len(names) > 1:
        _stop("give one group and one file")
    name = _list_name(names[0] if names else None, listed_with)
    numbers = _read(Path(file))
    fingerprint, connection_of = _open()
    members = {fingerprint(number) for number in numbers}
    with connection_of() as connection:
        whose = _owner(connection, her_id)
        came, went = groups.replace(connection, whose, name, members)
    typer.echo(f"{whose} {name}: {_counted(len(members))} now, {came} added, {went} removed")


@app.command()
def add(group: Name = None, *, her_id: HerId = None, listed_with: ListedWith = None) -> None:
    """Put the patient whose number stands on standard input on the list."""
    _change(_list_name(group, listed_with), her_id, put=True)


@app.command()
def remove(group: Name = None, *, her_id: HerId = None, listed_with: ListedWith = None) -> None:
    """Take the patient whose number stands on standard input off the list."""
    _change(_list_name(group, listed_with), her_id, put=False)


@app.command()
def block(*, her_id: HerId = None) -> None:
    """Keep the patient whose number stands on standard input out of everything online."""
    _change(groups.BLOCKED, her_id, put=True)


@app.command()
def unblock(*, her_id: HerId = None) -> None:
    """Let the patient whose number stands on standard input in again."""
    _change(groups.BLOCKED, her_id, put=False)


@app.command("list")
def list_(
    *,
    her_id: HerId = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, instead of a table.")
    ] = False,
) -> None:
    """Show which lists there are, and how many are in each; who they are nobody can tell."""
    _settings, engine = open_store()
    with engine.begin() as connection:
        found = groups.groups(connection, her_id)
    if as_json:
        for group in found:
            typer.echo(json.dumps({"her_id": group.her_id, "group": group.name, "members": group.members}))
        return
    if not found:
        typer.echo("There is nobody in any list; make one with: timebok patients import GROUP FILE")
        return
    table = new_table("Owner", "Group", "Patients")
    for group in found:
        add_row(table, group.her_id, group.name, str(group.members))
    show(table)


# --- inside -----------------------------------------------------------------------------------------


def _change(name: str, her_id: str | None, *, put: bool) -> None:
    fingerprint, connection_of = _open()
    if sys.stdin.isatty():
        typer.echo("Identity number, then Enter and Ctrl-D:", err=True)
    numbers = _numbers(sys.stdin.read(), "standard input")
    if len(numbers) != 1:
        _stop(f"standard input holds {len(numbers)} identity numbers; give one")
    member = fingerprint(numbers.pop())
    with connection_of() as connection:
        whose = _owner(connection, her_id)
        done = (groups.add if put else groups.remove)(connection, whose, name, member)
    was = {(True, True): "added", (True, False): "was there already"}
    typer.echo(f"{whose} {name}: {was.get((put, done)) or ('removed' if done else 'was not there')}")


def _list_name(group: str | None, listed_with: str | None) -> str:
    if (group is None) == (listed_with is None):
        _stop("name the list: either GROUP, or --listed-with HPR")
    try:
        return groups.listed_with(listed_with) if listed_with is not None else groups.list_of(str(group))
    except ValueError as error:
        _stop(str(error))


def _open() -> tuple[Callable[[str], str], Callable[[], AbstractContextManager[Connection]]]:
    settings, engine = open_store()
    fingerprint = make_office(settings).fingerprint
    if fingerprint is None:
        _stop(f"Lists of patients are kept under a key, and {SETTING} names none. {HOW_TO}")
    return fingerprint, engine.begin


def _owner(connection: Connection, her_id: str | None) -> str:
    rows = connection.execute(select(owner.c.her_id, owner.c.name).order_by(owner.c.her_id))
    owners: dict[str, str] = {row.her_id: row.name for row in rows}
    if her_id is None and len(owners) == 1:
        return next(iter(owners))
    if her_id is not None and her_id in owners:
        return her_id
    there = ", ".join(f"{one} {name}" for one, name in owners.items()) or "none; import calendars first"
    wrong = "Say whose list it is" if her_id is None else f"{her_id} owns no calendars"
    return _stop(f"{wrong}: --her-id with one of {there}")


def _read(path: Path) -> set[str]:
    try:
        if path.stat().st_size > _LARGEST:
            _stop(f"{path} is larger than {_LARGEST // 1_000_000} MB, which no list of patients is")
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _stop(f"{path} is not UTF-8; save it as UTF-8")
    except OSError as error:
        _stop(f"{path} cannot be opened: {error.strerror}")
    return _numbers(text, str(path))


def _numbers(text: str, source: str) -> set[str]:
    try:
        return numbers_of(text, source)
    except GroupFileError as error:
        _stop(str(error))


def _counted(number: int) -> str:
    return f"{number} patient" if number == 1 else f"{number} patients"


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(1)
