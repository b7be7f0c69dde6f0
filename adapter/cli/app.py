"""The command's front door: its parts, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from adapter.errors import TimebokError
from schemas import CatalogueError

_PARTS = (
    "serve",
    "replay",
    "validate",
    "health",
    "settings",
    "calendar",
    "patients",
    "appointment",
    "referral",
    "messages",
    "parties",
)


class _Parts(TyperGroup):
    """Each part is a module of this folder with an ``app`` of its own, loaded when it is asked for.

    So the service does not carry what reads calendar files, nor the other way round.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer hides the type
        return list(_PARTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - the same
        if cmd_name not in _PARTS:
            return None
        return typer.main.get_command(import_module(f"adapter.cli.{cmd_name}").app)


app = typer.Typer(
    name="timebok",
    cls=_Parts,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers the appointment messages of a national health portal from a clinic's booking store.",
)


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
            names = ["_".join(["TIMEBOK", *map(str, one["loc"])]).upper()] if one["loc"] else []
            what = ": ".join(["timebok", *names, one["msg"].removeprefix("Value error, ")])
            print(what, file=sys.stderr)  # noqa: T201 - this is a command
        sys.exit(2)
    except (TimebokError, CatalogueError, FileNotFoundError) as error:
        print(f"timebok: {error}", file=sys.stderr)  # noqa: T201 - this is a command
        sys.exit(2)
