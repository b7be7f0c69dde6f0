"""What comes from the broker, sorted before aiormq reads it: deliveries go straight to their consumers.

aiormq spends a task, two queues and a dozen awaits on each delivery, which is most of what a message costs on
its way in. It lets its user choose the transport; ours hands it a reader that keeps the deliveries of our
consumers for us, and gives it all the rest as it came. It must never keep anything else from it, and never
take what is not made of frames for frames.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from aiormq import TransportFactory
from aiormq.connection import TCPTransportFactory, TLSTransportFactory
from aiormq.exceptions import InvalidFrameError

from adapter.mailbox import frames

if TYPE_CHECKING:
    from collections.abc import Callable

    from pamqp.commands import Basic
    from yarl import URL

    Consumer = Callable[["Arrival"], None]

_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_DELIVER = b"\x00\x3c\x00\x3c"
_A_HEARTBEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"
_END = 0xCE
_frame = struct.Struct(">BHI").unpack_from
_FRAME_START, _FRAME_END = 7, 1
_number = struct.Struct(">Q?").unpack_from
_MOST_READ = 128 * 1024


@dataclass(slots=True)
class Arrival:
    """A delivery as it came. ``number`` is its own on its channel."""

    number: int
    redelivered: bool
    properties: Basic.Properties
    body: bytes


@dataclass(slots=True)
class _Unfinished:
    """A delivery of which not all frames have come. ``missing`` bytes of its body are to come."""

    consumer: Consumer
    number: int
    redelivered: bool
    properties: Basic.Properties | None = None  # until its header has come
    missing: int = -1
    body: list[bytes] = field(default_factory=list)


class Arrivals(TransportFactory):
    """A transport for aiormq that hands deliveries to ``consumers``, which are known by their tags.

    A consumer must neither raise nor wait.
    """

    def __init__(self) -> None:
        self.consumers: dict[str, Consumer] = {}

    async def create(self, url: URL, **options: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As aiormq's own, for either scheme."""
        usual = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await usual.create(url, **options)
        return cast("asyncio.StreamReader", SortingReader(reader, self.consumers)), writer


class SortingReader:
    """As much of a stream reader as aiormq uses. What it reads is what is not for the consumers."""

    def __init__(self, reader: asyncio.StreamReader, consumers: dict[str, Consumer]) -> None:
        self._reader = reader
        self._consumers = consumers
        self._unsorted = bytearray()  # a frame of which not all has come
        self._passed = bytearray()  # for aiormq
        self._unfinished: dict[int, _Unfinished] = {}  # by channel
        self._are_frames = True

    def at_eof(self) -> bool:
        """Nothing is there, and nothing more comes."""
        return not self._passed and not self._unsorted and self._reader.at_eof()

    async def readexactly(self, count: int) -> bytes:
        """As ``asyncio.StreamReader.readexactly``."""
        while len(self._passed) < count:
            data = await self._reader.read(_MOST_READ)
            if not data:
                raise asyncio.IncompleteReadError(bytes(self._passed), count)
            self._unsorted += data
            self._sort()
        taken = bytes(self._passed[:count])
        del self._passed[:count]
        return taken

    def _sort(self) -> None:
        """Hand out the deliveries among the whole frames that are there, and pass on the others."""
        unsorted, start, kept = bytes(self._unsorted), 0, False
        while self._are_frames and len(unsorted) - start >= _FRAME_START + _FRAME_END:
            kind, channel, size = _frame(unsorted, start)
            end = start + _FRAME_START + size + _FRAME_END
            self._are_frames = kind in {_METHOD, _HEADER, _BODY, _HEARTBEAT}
            if not self._are_frames or end > len(unsorted):
                break
            if self._is_ours(kind, channel, unsorted[start + _FRAME_START : end - _FRAME_END]):
                kept = True
                if unsorted[end - 1] != _END:
                    raise InvalidFrameError("a frame without its end")
            else:
                self._passed += unsorted[start:end]
            start = end
        if not self._are_frames:  # whoever this is, aiormq says what is wrong with it
            self._passed += unsorted[start:]
            start = len(unsorted)
        del self._unsorted[:start]
        if kept and not self._passed:  # else it would take a broker that only delivers for a dead one
            self._passed += _A_HEARTBEAT

    def _is_ours(self, kind: int, channel: int, content: bytes) -> bool:
        """Whether the frame is one of a delivery to a consumer of ours, which it then has got."""
        if kind == _METHOD:
            if not content.startswith(_DELIVER):
                return False
            end = 5 + content[4]
            consumer = self._consumers.get(content[5:end].decode(errors="replace"))
            if consumer is not None:
                self._unfinished[channel] = _Unfinished(consumer, *_number(content, end))
            return consumer is not None
        unfinished = self._unfinished.get(channel)
        if unfinished is None:
            return False
        if kind == _HEADER:
            try:
                unfinished.properties, unfinished.missing = frames.header(content)
            except (struct.error, ValueError) as error:
                raise InvalidFrameError("properties that nobody can read") from error
        else:
            unfinished.body.append(content)
            unfinished.missing -= len(content)
        if not unfinished.missing and unfinished.properties is not None:
            del self._unfinished[channel]
            number, redelivered, body = unfinished.number, unfinished.redelivered, b"".join(unfinished.body)
            unfinished.consumer(Arrival(number, redelivered, unfinished.properties, body))
        return True
