"""The network between the service and what it depends on, which a test can make fail in every way we know of.

Built on the proxy of the mailbox's contract tests. All bytes of all connections go through it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tests.contract.mailbox.conftest import Proxy

_A_FRAME_WORTH_CUTTING = 1_000  # bytes: a letter, not a heartbeat


class Wire(Proxy):
    """Passes everything on until told otherwise."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.calls = 0  # that were taken and came to nothing
        self._is_open = False
        self._delay = 0.0
        self._piece = 65536
        self._cut_towards_broker: bool | None = None
        self._dead: set[asyncio.StreamWriter] = set()
        self._born_dead = False

    @property
    def passes(self) -> bool:
        """Whether what is sent arrives, on the connections there are."""
        return self._is_open and self._flowing.is_set() and not (self._dead & self._writers)

    async def open(self) -> None:
        await super().open()
        self._is_open = True

    async def close(self) -> None:
        """Cut all connections, and refuse new ones until it is opened again."""
        self._is_open = False
        await super().close()

    def slow(self, delay: float, piece: int) -> None:
        """From now on, pass on ``piece`` bytes at a time and take ``delay`` seconds for each."""
        self._delay, self._piece = delay, piece

    def lose_answers(self) -> None:
        """On the connections there are, nothing comes from the broker any more, and nobody is told."""
        self._dead |= {writer for writer in self._writers if not self._is_towards_broker(writer)}

    def lose_everything(self) -> None:
        """On the connections there are, nothing arrives any more, and nobody is told; new ones work."""
        self._dead |= self._writers

    def lose_everything_to_come(self) -> None:
        """The same on the connections to come: they are taken, and nothing ever comes of them."""
        self.lose_everything()
        self._born_dead = True

    def lose_nothing_more(self) -> None:
        """New connections work again; those that are dead stay so."""
        self._born_dead = False

    def cut_in_a_frame(self, *, towards_broker: bool) -> None:
        """Cut all connections in the middle of the next letter in that direction."""
        self._cut_towards_broker = towards_broker

    def _is_towards_broker(self, writer: asyncio.StreamWriter) -> bool:
        return writer.get_extra_info("peername")[1] == self._target[1]

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        towards_broker = self._is_towards_broker(writer)
        if self._born_dead:
            self._dead.add(writer)
            self.calls += towards_broker
        with suppress(OSError):
            while data := await reader.read(self._piece):
                await self._flowing.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                if writer in self._dead:
                    continue
                if towards_broker is self._cut_towards_broker and len(data) > _A_FRAME_WORTH_CUTTING:
                    self._cut_towards_broker = None
                    writer.write(data[: len(data) // 2])
                    for other in list(self._writers):
                        other.close()  # what is written already still goes out
                    return
                writer.write(data)
                await writer.drain()
        if writer in self._dead and not towards_broker:
            return  # whoever is at the other end is not told of that either
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
