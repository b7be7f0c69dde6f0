"""Keeps a service busy for long, and tells how much memory it has after each fifth of the messages.

    python tests/security/soak.py --messages 100000
    python tests/security/soak.py --messages 100 --kind new-names

The service is the real one with its store in a file; only the broker is in this process. ``ordinary`` is what
a day brings: questions, reservations, cancellations, receipts, repeats and errors. ``new-names`` are
reservations with thousands of elements in them whose names nobody has used before. Each is answered with a
receipt and a reply, unless the service cannot take in new names any more; so it also tells what was sent.
"""

# ruff: noqa: ASYNC110, T201 - a program that waits for what has no event, and prints what it measures

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import structlog

from adapter.database import open_engine
from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Lane, Outbound
from adapter.service import make_batches
from adapter.serving import Service
from adapter.settings import Settings
from tests.security.fuzz import resident_megabytes
from tests.support import letters
from tests.support.clinic import OWNER, fill
from tests.support.envelopes import HUB, inbound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from adapter.message import Inbound

_AT_ONCE = {"ordinary": 500, "new-names": 8}  # what waits lies in this process too
_FIFTHS = 5


def ordinary(number: int) -> Inbound:
    """What a day brings; the same for the same number."""
    msg_id = str(UUID(int=number))
    kinds = [
        letters.resource_overview(),
        letters.slot_query(),
        letters.reserve("L1"),
        letters.cancel("L1"),
        letters.book("K1"),
        letters.cancel("K1"),
    ]
    kind = number % (len(kinds) + 4)
    if kind < len(kinds):
        parts = kinds[kind].but(msg_id=msg_id)
        lane = Lane.SYNC if parts.asked in {"HR", "HLT"} else Lane.ASYNC
        subject = parts.function or letters.FUNCTIONS[parts.asked]
        return inbound(parts.body, lane=lane, subject=subject, message_id=msg_id)
    again = str(UUID(int=max(0, number - len(kinds))))
    return [
        inbound(letters.reserve("L2").but(msg_id=msg_id, patient="<Patient/>").body),
        inbound(b"<MsgHead>no more of it", message_id=msg_id),
        inbound(letters.apprec(msg_id), subject="APPREC"),
        inbound(letters.reserve("L1").but(msg_id=again).body, message_id=again),
    ][kind - len(kinds)]


def new_names(number: int) -> Inbound:
    """A reservation with 24,000 elements in it that are called as none was before."""
    groups = (
        "".join(f"<n{number:06}g{group:02}e{one:04}{'y' * 150}/>" for one in range(2_400))
        for group in range(10)
    )
    asked = "<Sporsmal>" + "".join(f"<g>{group}</g>" for group in groups)
    return inbound(letters.reserve().text.replace("<Sporsmal>", asked, 1).encode())


KINDS: dict[str, Callable[[int], Inbound]] = {"ordinary": ordinary, "new-names": new_names}


async def soak(kind: str, messages: int, folder: Path) -> tuple[list[float], Counter[str]]:
    """The megabytes that the process has after each fifth, and how many messages of each function it sent."""
    settings = Settings(database_url=f"sqlite:///{folder / 'timebok.db'}", now="2027-03-01T08:00")
    engine = open_engine(settings.database_url.get_secret_value())
    with engine.begin() as connection:
        fill(connection)
    mailbox = MemoryMailbox(prefetch=200)
    replies = [f"{HUB}_{role}" for role in ("async", "syncreply", "error")]
    for queue in replies:
        mailbox.broker.declare(queue)
    service = Service(settings, mailbox, engine, make_batches(settings, engine, [OWNER]))
    running = asyncio.create_task(service.run([OWNER]))
    while not mailbox.ready:
        await asyncio.sleep(0.01)
    figures, sent = [], Counter[str]()
    at_once = min(_AT_ONCE[kind], messages // _FIFTHS)
    for fifth in range(_FIFTHS):
        for some in _in_lots(fifth * messages // _FIFTHS, (fifth + 1) * messages // _FIFTHS, at_once):
            for number in some:
                message = KINDS[kind](number)
                assert mailbox.broker.deliver(Outbound(message.body, message.properties, message.queue))
            while _in_hand(mailbox):
                await asyncio.sleep(0.005)
            for queue in replies:
                sent.update(one.properties.subject or "none" for one in mailbox.broker.taken(queue))
        gc.collect()
        figures.append(resident_megabytes())
        print(f"{fifth + 1} of {_FIFTHS}: {figures[-1]:.1f} MB", file=sys.stderr, flush=True)
    service.stop()
    await running
    engine.dispose()
    return figures, sent


def _in_lots(start: int, end: int, size: int) -> Iterator[range]:
    for first in range(start, end, size):
        yield range(first, min(first + size, end))


def _in_hand(mailbox: MemoryMailbox) -> bool:
    queues = [f"{OWNER}_{lane}" for lane in Lane]
    return any(mailbox.broker.waiting(queue) for queue in queues) or any(
        consumer.in_hand for consumer in mailbox._consumers
    )


def main() -> None:
    """Run it, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--kind", choices=KINDS, default="ordinary")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    began = time.monotonic()
    with TemporaryDirectory(prefix=f"timebok-soak-{uuid4().hex[:6]}-") as folder:
        figures, sent = asyncio.run(soak(given.kind, given.messages, Path(folder)))
    line = {
        "kind": given.kind,
        "messages": given.messages,
        "seconds": round(time.monotonic() - began),
        "megabytes": [round(one, 1) for one in figures],
        "sent": sent,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
