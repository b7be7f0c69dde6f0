"""``timebok replay``: plays the hub with messages from files, and shows what came back."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.console import new_table, show, tracked
from adapter.database import open_engine
from adapter.playing.cases import Case, Circumstances, find_cases, find_circumstances
from adapter.playing.filling import fill_store
from adapter.playing.in_process import InProcess
from adapter.playing.letters import Letters
from adapter.playing.over_amqp import connected
from adapter.service import make_batches, make_broker, make_dialect, make_wrapping
from adapter.settings import Settings
from adapter.telemetry import configure_logging
from handlers.calendars.faults import CalendarFileError
from handlers.desk.group_file import GroupFileError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from adapter.playing.exchange import Exchange
    from adapter.playing.over_amqp import OverAmqp

_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]


app = typer.Typer(add_completion=False)


@app.command()
def replay(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Messages: files, or folders of them.")
    ],
    *,
    amqp: Annotated[str, typer.Option(metavar="URL", help="Play over this broker, not in process.")] = "",
    calendars: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Fill a fresh store with these.")
    ] = None,
    now: Annotated[datetime | None, typer.Option(formats=_FORMATS, help="The time it is, locally.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the replies into this folder.")
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer over AMQP.")] = 15.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Send messages through the adapter and show what comes back; 1 when it is not what was expected.

    In process by default, on a store of its own, and not sealed. Calendars and clock that are not given are
    those of the nearest replay.toml above the first PATH. With --amqp it is the hub that the settings of a
    seal (TIMEBOK_SEAL_KEYS …) are for.
    """
    cases = list(find_cases(paths))
    circumstances = find_circumstances(paths)
    moment = now or circumstances.now
    settings = Settings() if moment is None else Settings(now=moment)
    if circumstances.patients_key_file is not None:
        settings = settings.model_copy(update={"patients_key_file": circumstances.patients_key_file})
    if calendars:
        circumstances = Circumstances(settings.now, tuple(calendars))
    played = asyncio.run(_play(cases, settings, circumstances, amqp, patience))
    if out is not None:
        _write(played, out)
    verdicts = [exchange.as_expected(case) for case, exchange in zip(cases, played, strict=True)]
    _print_json(played, verdicts) if as_json else _print_table(played, verdicts)
    if any(verdict is False for verdict, _ in verdicts):
        raise typer.Exit(1)


async def _play(
    cases: Sequence[Case], settings: Settings, circumstances: Circumstances, amqp: str, patience: float
) -> list[Exchange]:
    played = []
    async with _player(settings, circumstances, amqp, patience) as player:
        for case in tracked(cases, "Playing"):
            for sending in case.before:
                await player.send(sending)
            expected = (case.expected or {}).get("outcome")
            played.append(await player.send(case.sending, expected))
    return played


@asynccontextmanager
async def _player(
    settings: Settings, circumstances: Circumstances, amqp: str, patience: float
) -> AsyncIterator[InProcess | OverAmqp]:
    dialect = make_dialect(settings)
    if amqp:
        configure_logging(settings)  # what a seal has to tell goes to standard error
        broker = make_broker(settings, amqp)
        wrapping = make_wrapping(settings)
        wrapping.refresh(settings.clock())
        async with connected(broker, Letters(dialect, (), settings.clock), patience, wrapping) as player:
            yield player
        return
    engine = open_engine("sqlite://")
    try:
        ours = fill_store(engine, settings, circumstances)
    except CalendarFileError as error:
        for fault in error.faults:
            typer.echo(str(fault), err=True)
        raise typer.Exit(2) from None
    except GroupFileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if not ours:
        typer.echo("timebok: no calendars are given, so nothing is bookable; see --calendars", err=True)
    yield InProcess(make_batches(settings, engine, ours), Letters(dialect, ours, settings.clock))
    engine.dispose()


def _print_json(played: Sequence[Exchange], verdicts: Sequence[tuple[bool | None, str | None]]) -> None:
    for exchange, (expected, _difference) in zip(played, verdicts, strict=True):
        line = {
            "file": str(exchange.file),
            "function": exchange.function,
            "code": exchange.code,
            "outcome": exchange.outcome,
            "apprec": exchange.apprec,
            "reply": exchange.reply,
            "error": exchange.error,
            "expected": expected,
        }
        typer.echo(json.dumps(line, ensure_ascii=False))


def _print_table(played: Sequence[Exchange], verdicts: Sequence[tuple[bool | None, str | None]]) -> None:
    table = new_table("Message", "Function", "Asked", "Outcome", "AppRec", "Reply", "Error", "Expected")
    for exchange, (expected, _difference) in zip(played, verdicts, strict=True):
        apprec, reply, error = exchange.apprec, exchange.reply, exchange.error
        table.add_row(
            _short(exchange.file),
            (exchange.function or "").removeprefix("DIALOG_INNBYGGER_"),
            exchange.code,
            exchange.outcome,
            " ".join([apprec["status"], *apprec["codes"]]) if apprec else "",
            reply["code"] if reply else "",
            error["condition"] if error else "",
            {True: "yes", False: "NO", None: ""}[expected],
        )
    show(table)
    for exchange, (_expected, difference) in zip(played, verdicts, strict=True):
        if difference:
            typer.echo(f"{_short(exchange.file)}: {difference}")
    told = [expected for expected, _ in verdicts if expected is not None]
    typer.echo(f"{len(played)} played, {sum(told)} of {len(told)} as expected")


def _short(file: Path) -> str:
    """A file as a person would name it: a case by its folder."""
    parts = file.parent.parts if file.name == "request.xml" else file.parts
    return "/".join(parts[-2:])


def _write(played: Sequence[Exchange], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for number, exchange in enumerate(played, 1):
        for kind, body in exchange.documents.items():
            name = _short(exchange.file).replace("/", "-").removesuffix(".xml")
            (out / f"{number:03}-{name}-{kind}.xml").write_bytes(body)
