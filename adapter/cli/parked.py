"""``timebok messages parked`` and ``retry``: what was laid aside for a person, and sending it on again."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.console import add_row, new_table, plain, show
from adapter.mailbox.parked import dead_letters
from adapter.service import make_broker, make_engine, parties
from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapter.mailbox.parked import ParkedMessage


def parked(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """Show what lies on the dead-letter queues of our parties. Nothing is changed by looking."""
    settings = Settings()
    found = asyncio.run(_look(settings))
    if as_json:
        for one in found:
            typer.echo(plain(json.dumps(_summary(one), ensure_ascii=False)))
        return
    table = new_table("Since", "Message id", "From", "Party", "Function", "Came from", "Reason")
    for one in found:
        properties = one.properties
        add_row(
            table,
            "" if one.since is None else one.since.astimezone(settings.zone).strftime("%Y-%m-%d %H:%M:%S"),
            properties.message_id,
            properties.from_her_id,
            one.party,
            (properties.subject or "").removeprefix("DIALOG_INNBYGGER_"),
            one.came_from,
            one.reason,
        )
    show(table)
    typer.echo(f"{len(found)} parked")


def retry(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="AMQP message-ids, or beginnings.")
    ] = None,
    *,
    reason: Annotated[str | None, typer.Option(help="Those with this reason, or one that begins so.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Those parked at or after this local time.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say which they are.")] = False,
) -> None:
    """Put parked messages back on the queues they came from, to be tried as if for the first time."""
    ids = [one for one in ids or [] if one]  # every id begins with nothing
    if not ids and not reason and since is None:
        typer.echo("Say which: ids, --reason or --since", err=True)
        raise typer.Exit(2)
    settings = Settings()
    moment = None if since is None else since.replace(tzinfo=settings.zone).astimezone(UTC)

    def is_meant(one: ParkedMessage) -> bool:
        message_id = one.properties.message_id or ""
        return (
            (not ids or any(message_id.startswith(some_id) for some_id in ids))
            and (reason is None or one.reason.startswith(reason))
            and (moment is None or (one.since is not None and one.since >= moment))
        )

    async def send() -> int:
        async with dead_letters(make_broker(settings), _our_parties(settings)) as letters:
            meant = [one for one in letters.messages if is_meant(one)]
            for one in meant:
                if not dry_run:
                    await letters.retry(one)
                typer.echo(plain(f"{one.properties.message_id} to {one.came_from}"))
            return len(meant)

    count = asyncio.run(send())
    typer.echo(f"{count} {'would be' if dry_run else 'were'} sent on their way again")


async def _look(settings: Settings) -> Sequence[ParkedMessage]:
    async with dead_letters(make_broker(settings), _our_parties(settings)) as letters:
        return letters.messages


def _our_parties(settings: Settings) -> list[str]:
    if settings.her_ids:
        return list(settings.her_ids)
    return parties(settings, make_engine(settings))


def _summary(one: ParkedMessage) -> dict[str, object]:
    return {
        "message_id": one.properties.message_id,
        "from": one.properties.from_her_id,
        "party": one.party,
        "function": one.properties.subject,
        "came_from": one.came_from,
        "reason": one.reason,
        "since": None if one.since is None else one.since.isoformat(),
    }
