"""``timebok messages``: what came in, what was answered, and whether the hub has acknowledged it.

Bodies hold patients: they are shown only when they are asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli import parked
from adapter.cli.console import add_row, new_table, plain, show
from adapter.cli.store import open_store
from adapter.ledger import reading

if TYPE_CHECKING:
    from datetime import datetime

    from adapter.ledger.reading import Received, Sent
    from adapter.settings import Settings

app = typer.Typer(name="messages", help="See what came in and what was answered.", no_args_is_help=True)

app.command("parked")(parked.parked)
app.command("retry")(parked.retry)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    outcome: Annotated[str | None, typer.Option(help="Only these: answered, refused, parked …")] = None,
    as_json: Json = False,
) -> None:
    """List the messages that came in last."""
    settings, engine = open_store()
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
            _when(one.received_at, settings),
            one.message_id,
            one.sender,
            one.her_id,
            (one.function or "").removeprefix("DIALOG_INNBYGGER_"),
            one.code,
            " ".join(filter(None, [one.outcome, one.reason])),
            ", ".join(_answer(sent) for sent in one.sent),
            ", ".join(_receipt(sent) for sent in one.sent if sent.receipt),
        )
    show(table)


@app.command("show")
def show_(
    some_id: Annotated[
        str, typer.Argument(metavar="ID", help="An AMQP message-id or MsgId, or its beginning.")
    ],
    *,
    bodies: Annotated[bool, typer.Option("--bodies", help="The messages too. They hold a patient.")] = False,
    as_json: Json = False,
) -> None:
    """Show one message, and everything that was sent because of it."""
    settings, engine = open_store()
    with engine.begin() as connection:
        found = reading.find(connection, some_id)
    if not found:
        typer.echo(f"There is no message with an id that begins with {some_id}", err=True)
        raise typer.Exit(1)
    for one in found:
        if as_json:
            typer.echo(plain(json.dumps(_summary(one), ensure_ascii=False)))
        else:
            _print(one, settings, bodies=bodies)


def _print(one: Received, settings: Settings, *, bodies: bool) -> None:
    lines = [
        f"{one.message_id}  {one.outcome} {one.reason or ''}".rstrip(),
        f"  received   {_when(one.received_at, settings)} on {one.her_id}_{one.lane}, from {one.sender}",
        f"  message    {one.function or 'unread'} {one.code or ''}  MsgId {one.msg_id or 'unread'}",
    ]
    for sent in one.sent:
        state = (
            f"sent {_when(sent.sent_at, settings)}"
            if sent.sent_at
            else f"not sent: {sent.failure or 'waiting'}"
        )
        codes = " ".join(filter(None, [sent.code, sent.errors]))
        lines.append(f"  {sent.kind:<10} {codes} to {sent.queue}, {state}, id {sent.message_id}")
        if sent.receipt:
            lines.append(f"  {'hub says':<10} {_receipt(sent)}, {_when(sent.receipt_at, settings)}")
    typer.echo("\n".join(plain(line) for line in lines))
    if bodies:
        for body in (one.body, *(sent.body for sent in one.sent)):
            typer.echo(_shown(body))


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
        "sent": [
            {
                "message_id": sent.message_id,
                "kind": sent.kind,
                "function": sent.function,
                "code": sent.code,
                "queue": sent.queue,
                "sent": None if sent.sent_at is None else sent.sent_at.isoformat(),
                "failure": sent.failure,
                "receipt": sent.receipt,
                "receipt_errors": sent.receipt_errors,
            }
            for sent in one.sent
        ],
    }


def _answer(sent: Sent) -> str:
    return " ".join(filter(None, [sent.kind, sent.code, sent.errors, None if sent.sent_at else "(not sent)"]))


def _receipt(sent: Sent) -> str:
    words = {"1": "taken", "2": "rejected", "error": "error"}.get(sent.receipt or "", sent.receipt or "")
    return " ".join(filter(None, [words, sent.receipt_errors]))


def _when(moment: datetime | None, settings: Settings) -> str:
    return "" if moment is None else moment.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M:%S")
