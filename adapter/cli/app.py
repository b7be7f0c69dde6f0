"""The command's front door: its parts, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from importlib.metadata import version

import typer
from pydantic import ValidationError

from adapter.cli import calendar, messages, replay, serve, validate
from adapter.errors import TimebokError
from schemas import CatalogueError

app = typer.Typer(
    name="timebok",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers the appointment messages of a national health portal from a clinic's booking store.",
)
app.command(name="serve")(serve.serve)
app.command(name="replay")(replay.replay)
app.command(name="validate")(validate.validate)
app.command(name="health")(serve.health)
app.add_typer(calendar.app, name="calendar")
app.add_typer(messages.app, name="messages")


@app.callback(invoke_without_command=True)
def _root(
    *, show_version: bool = typer.Option(False, "--version", help="Say which version this is.")
) -> None:
    if show_version:
        typer.echo(version("timebok"))
        raise typer.Exit


def main() -> None:
    """Run the command. A wrong setting, file or store is told in a line on standard error, with status 2."""
    try:
        app()
    except ValidationError as error:
        for one in error.errors():
            name = "_".join(["TIMEBOK", *(str(part) for part in one["loc"])]).upper()
            print(f"timebok: {name}: {one['msg']}", file=sys.stderr)  # noqa: T201 - this is a command
        sys.exit(2)
    except (TimebokError, CatalogueError, FileNotFoundError) as error:
        print(f"timebok: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        sys.exit(2)
