"""Unsent replies are bounded: beyond that no more messages are taken, until they have left. (Promise P6)"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Outbound
from adapter.serving import Service
from adapter.settings import Settings
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.message import Inbound

QUEUE, REPLIES = f"{OWNER}_async", f"{HUB}_async"


@asynccontextmanager
async def serving(mailbox: MemoryMailbox, engine: Engine, batches: Batches) -> AsyncIterator[None]:
    """A service that takes one message at a time, and no more while two replies are unsent."""
    settings = Settings(batch=1, open_replies=2, resend_after=0.1, now="2030-01-01T08:00")
    service = Service(settings, mailbox, engine, batches)
    running = asyncio.create_task(service.run([OWNER]))
    yield
    service.stop()
    assert await running


async def test_no_more_are_taken_while_too_many_replies_are_unsent_and_again_when_they_have_left(
    engine: Engine, batches: Batches, letter: Callable[..., Inbound]
) -> None:
    mailbox = MemoryMailbox(prefetch=1)
    broker = mailbox.broker
    broker.declare(QUEUE)
    for slot in ("K1", "K2", "K3"):
        message = letter(letters.reserve(slot))
        assert broker.deliver(Outbound(message.body, message.properties, QUEUE))
    async with asyncio.timeout(30), serving(mailbox, engine, batches):
        while broker.waiting(QUEUE) > 1:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert broker.waiting(QUEUE) == 1
        broker.declare(REPLIES)
        while broker.waiting(REPLIES) < 6:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
