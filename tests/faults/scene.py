"""All that a test of a fault needs: a hub, a clinic's store, a wire that can fail, the service, a watch."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import aio_pika
from sqlalchemy import create_engine
from typer.testing import CliRunner

from adapter.cli.app import app
from tests.faults.watch import LANES, Watch, heartbeat_bound
from tests.reliability.stage import Stage
from tests.reliability.waiting import eventually
from tests.reliability.wishes import Wish, Writer, citizens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.faults.inside import Inside
    from tests.faults.wire import Wire
    from tests.reliability.checker import Verdict
    from tests.reliability.hub import Hub
    from tests.reliability.store import Store
    from tests.reliability.wishes import Letter

GOES_ON_WITHIN = 30.0  # seconds from the end of a fault: the promise
_BUSY = 3.0  # seconds that a busy machine may take over anything


class Scene:
    """A clinic with a time for everybody who asks."""

    def __init__(self, hub: Hub, store: Store, wire: Wire, service: Inside) -> None:
        self.hub, self.store, self.wire, self.service = hub, store, wire, service
        self.url, self.hub_id, self.clinic = hub._url, hub._her_id, hub._clinic
        self._writer = Writer(self.hub_id, self.clinic)
        self._people = citizens()
        self._free = iter(store.slots)
        self._stage = Stage(hub, store, service, None)  # type: ignore[arg-type]

    def letters(self, count: int) -> list[Letter]:
        """Bookings, each by somebody else and of a time that nobody else wants."""
        wanted = islice(zip(self._people, self._free, strict=False), count)
        return [self._writer.write(Wish.BOOK, citizen, slot) for citizen, slot in wanted]

    async def ask(self, count: int) -> list[Letter]:
        """Send so many letters."""
        letters = self.letters(count)
        await self.hub.send_all(letters)
        return letters

    async def send_strangely(self, letter: Letter, lane: str = "async", **properties: Any) -> str:
        """Send a letter with more properties than the hub writes; gives its message-id."""
        headers = {"to": f"{self.clinic}_{lane}", "fromHerId": self.hub_id, "toHerId": self.clinic}
        headers |= {"applicationTimeStamp": "2027-03-01T08:00:00+01:00"} | properties.pop("headers", {})
        url = properties.pop("url", self.url)
        letter.sent.append(str(uuid4()))
        usual = {"content_type": "application/xml", "type": letter.function, "message_id": letter.sent[-1]}
        usual |= {"correlation_id": letter.sent[-1], "reply_to": f"{self.hub_id}_async"}
        message = aio_pika.Message(letter.body, headers=headers, **usual | properties)
        connection = await aio_pika.connect(url)
        async with connection, connection.channel(on_return_raises=True) as channel:
            await channel.default_exchange.publish(message, f"{self.clinic}_{lane}")
        self.hub.letters[letter.msg_id] = letter
        letter.acknowledged.add(letter.sent[-1])
        return letter.sent[-1]

    async def parked(self, count: int) -> None:
        """Wait until so many messages are laid aside."""

        async def are_parked() -> bool:
            return await self.hub.parked() == count

        await eventually(are_parked, f"{count} are parked", details=self.service.last_words)

    async def command(self, *arguments: str) -> str:
        """Run ``timebok``, on a thread, since it has an event loop of its own; gives what it prints."""
        settings = {"AMQP_URL": self.url, "DATABASE_URL": self.store.url, "HER_IDS": self.clinic}
        environment = {f"TIMEBOK_{name}": value for name, value in settings.items()}
        done = await asyncio.to_thread(CliRunner().invoke, app, list(arguments), env=environment)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    async def answered(self, letters: list[Letter], patience: float = 60.0) -> None:
        """Wait until all of them are answered."""
        await eventually(
            lambda: all(map(self.hub.is_answered, letters)),
            "they are answered",
            patience,
            self.service.last_words,
        )

    async def at_work(self) -> None:
        """Wait until one letter is answered, and all that follows from it is done."""
        await self.answered(await self.ask(1))

        def is_done() -> bool:
            replies = {reply.msg_id for reply in self.hub.replies.values()}
            return replies <= self.store.receipted() and not self.store.owed()

        await eventually(is_done, "it is done with", details=self.service.last_words)

    async def in_hand(self, letters: list[Letter]) -> None:
        """Wait until all of them are in the hands of the service."""
        ids = {message_id for letter in letters for message_id in letter.sent}
        await eventually(
            lambda: ids <= self.service.came.ids, "they are taken", details=self.service.last_words
        )

    async def not_ready(self) -> None:
        """Wait until the service says that it is not ready."""
        ready = lambda: self.service.service.ready  # noqa: E731 - read twice
        await eventually(lambda: not ready(), "it is not ready", details=self.service.last_words)

    async def reopen_hub(self) -> None:
        """Have the hub connect anew and see to its queues."""
        old = self.hub._connection
        await self.hub.open()
        await old.close()

    async def delete(self, queue: str) -> None:
        """Have an operator delete a queue."""
        connection = await aio_pika.connect(self.url)
        async with connection, connection.channel() as channel:
            await channel.queue_delete(queue)

    @contextmanager
    def locked_store(self) -> Iterator[None]:
        """Nobody can write to the store for as long as the block lasts."""
        engine = create_engine(self.store.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            connection.exec_driver_sql("ROLLBACK")
        engine.dispose()

    @asynccontextmanager
    async def watched(self, *, told: bool = True) -> AsyncIterator[Watch]:
        """Watch what the service says of itself; in the end it must have told the truth throughout.

        ``told`` is whether anybody tells us of the fault. If nobody does, we may say that we are ready for as
        long as nobody can know better, which is for about three heartbeats.
        """
        queues = [f"{self.clinic}_{lane}" for lane in LANES]
        service = self.service
        watch = Watch(
            self.url, queues, service.health_port, lambda: self.wire.passes, lambda: service.service.ready
        )
        async with watch:
            yield watch
        assert watch.contradictions == []
        lie, bound = watch.longest_lie(), 0 if told else heartbeat_bound(service.heartbeat)
        print(f"ready was said and not true for {lie:.2f} s, may be for {bound} s")  # noqa: T201 - a figure
        assert lie <= bound + _BUSY, service.last_words()

    async def goes_on(self, watch: Watch) -> None:
        """A fault ends now: in time, the service must be ready, truly so, and answer what comes."""
        began = time.monotonic()
        letters = await self.ask(1)
        await self.answered(letters, GOES_ON_WITHIN)
        answered = time.monotonic() - began
        left = GOES_ON_WITHIN - answered
        await eventually(lambda: watch.is_ready(began), "it is ready", left, self.service.last_words)
        ready = time.monotonic() - began
        print(f"answers {answered:.1f} s after the fault, ready {ready:.1f} s after it")  # noqa: T201

    async def verdict(self) -> Verdict:
        """Nothing is lost and nothing done twice: the books of all must agree."""
        return await self._stage.verdict()
