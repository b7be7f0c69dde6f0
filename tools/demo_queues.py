"""The queues that the demo uses on a broker that is not its own: are they somebody's, and away with ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aio_pika
from aio_pika.exceptions import ChannelNotFoundEntity

from adapter.mailbox.topology import queues_of
from adapter.playing.cases import find_cases
from adapter.playing.letters import Letters
from adapter.service import make_dialect
from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def demo_queues(fixtures: Path, parties: Iterable[str]) -> list[str]:
    """The queues of the parties, and the error queue of everyone who sends them something."""
    theirs = {queue for party in parties for queue, _ in queues_of(party)}
    return sorted(theirs | {f"{sender}_error" for sender in senders(fixtures)})


def senders(fixtures: Path) -> set[str]:
    """Everyone who sends something, and what stands in that place where it is wrong."""
    settings = Settings()
    letters = Letters(make_dialect(settings), (), settings.clock)
    sendings = [one for case in find_cases([fixtures]) for one in (*case.before, case.sending)]
    found = {letters.inbound(sending).properties.from_her_id for sending in sendings}
    return {sender for sender in found if sender is not None}


async def existing(url: str, names: Iterable[str]) -> list[str]:
    """Those of the queues that are on the broker."""
    found = []
    async with await aio_pika.connect(url) as connection:
        for name in names:
            channel = await connection.channel()  # the broker closes it when there is no such queue
            try:
                await channel.get_queue(name)
            except ChannelNotFoundEntity:
                continue
            found.append(name)
            await channel.close()
    return found


async def remove(url: str, names: Iterable[str]) -> None:
    """Delete the queues, with what is in them."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        for name in names:
            await channel.queue_delete(name)
