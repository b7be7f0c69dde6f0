"""``timebok messages``: what came in, what was answered, and whether the hub has acknowledged it.

Bodies hold patients: they are shown only when they are asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli import parked
from adapter.cli.console import add_row, new_table, plain, show
from adapter.cli.notices import notice_line, receipt, sent_line, sent_lines, show_notices, when
from adapter.cli.options import Json
from adapter.cli.store import open_store
from adapter.ledger import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from adapter.ledger.reading import Received, Sent
    from adapter.settings import Settings

app = typer.Typer(name="messages", help="See what came in and what was answered.", no_args_is_help=True)

app.command("parked")(parked.parked)
app.command("retry")(parked.retry)


@app.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    outcome: Annotated[str | None, typer.Option(help="Only these: answered, refused, parked …")] = None,
    notices: Annotated[
        bool, typer.Option("--notices", help="Instead, what we told the portal of our own accord.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the messages that came in last."""
    settings, engine = open_store()
    if notices:
        _list_notices(settings, engine, limit, as_json=as_json)
        return
    with engine.begin() as connection:
        found = reading.latest(connection, limit, outcome)
    if as_json:
        for one in found:
            typer.echo(plain(json.dumps(_summary(one), ensure_ascii=False)))
        return
    table = new_table(
        "Received", "Message id", "From", "To", "Function", "Asked", "Outcome", "Answered", "Hub says"
    )
    for one in found:
        add_row(
            table,
            when(one.received_at, settings.zone),
            one.message_id,
            one.sender,
            one.her_id,
            (one.function or "").removeprefix("DIALOG_INNBYGGER_"),
            one.code,
            " ".join(filter(None, [one.outcome, one.reason])),
            ", ".join(_answer(sent) for sent in one.sent),
            ", ".join(receipt(sent) for sent in one.sent if sent.receipt),
        )
    show(table)


def _list_notices(settings: Settings, engine: Engine, limit: int, *, as_json: bool) -> None:
    with engine.begin() as connection:
        found = reading.latest_notices(connection, limit)
    if not as_json:
        show_notices(found, settings.zone)
        return
    for one in found:
        typer.echo(plain(json.dumps(notice_line(one), ensure_ascii=False)))


@app.command("show")
def show_(
    some_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="An AMQP message-id, MsgId or appointment, or its beginning."),
    ],
    *,
    bodies: Annotated[bool, typer.Option("--bodies", help="The messages too. They hold a patient.")] = False,
    as_json: Json = False,
) -> None:
    """Show one message, and everything that was sent because of it."""
    settings, engine = open_store()
    with engine.begin() as connection:
        found = reading.find(connection, some_id)
        notices = reading.find_notices(connection, some_id)
    if not found and not notices:
        typer.echo(f"There is no message with an id that begins with {some_id}", err=True)
        raise typer.Exit(1)
    for one in found:
        if as_json:
            typer.echo(plain(json.dumps(_summary(one), ensure_ascii=False)))
        else:
            _print(one, settings, bodies=bodies)
    for notice in notices:
        if as_json:
            typer.echo(plain(json.dumps(notice_line(notice), ensure_ascii=False)))
        else:
            _print_notice(notice, settings, bodies=bodies)


def _print(one: Received, settings: Settings, *, bodies: bool) -> None:
    lines = [
        f"{one.message_id}  {one.outcome} {one.reason or ''}".rstrip(),
        f"  received   {when(one.received_at, settings.zone)} on {one.her_id}_{one.lane}, from {one.sender}",
        f"  message    {one.function or 'unread'} {one.code or ''}  MsgId {one.msg_id or 'unread'}",
    ]
    for sent in one.sent:
        lines += sent_lines(sent, settings.zone)
    typer.echo("\n".join(plain(line) for line in lines))
    if bodies:
        for body in (one.body, *(sent.body for sent in one.sent)):
            typer.echo(_shown(body))


def _print_notice(one: Sent, settings: Settings, *, bodies: bool) -> None:
    lines = [
        f"{one.message_id}  of our own accord, about appointment {one.appointment_id}",
        f"  made       {when(one.created_at, settings.zone)}",
        f"  message    {one.function} {one.code}  MsgId {one.msg_id}",
        *sent_lines(one, settings.zone),
    ]
    typer.echo("\n".join(plain(line) for line in lines))
    if bodies:
        typer.echo(_shown(one.body))


def _shown(body: bytes | None) -> str:
    """A body as text. One that is sealed is none: it begins a sequence of DER, as no XML does."""
    if body is None:
        return "(no longer kept)"
    if body[:1] == b"0" and body[1:2] >= b"\x80":
        return f"(sealed, {len(body)} bytes)"
    return body.decode("utf-8", "replace")


def _summary(one: Received) -> dict[str, object]:
    return {
        "message_id": one.message_id,
        "msg_id": one.msg_id,
        "from": one.sender,
        "to": one.her_id,
        "lane": one.lane,
        "received": one.received_at.isoformat(),
        "function": one.function,
        "code": one.code,
        "outcome": one.outcome,
        "reason": one.reason,
        "sent": [sent_line(sent) for sent in one.sent],
    }


def _answer(sent: Sent) -> str:
    return " ".join(filter(None, [sent.kind, sent.code, sent.errors, None if sent.sent_at else "(not sent)"]))
