"""Deliveries are taken out of what the broker sends, wherever its pieces begin and end; all else is left."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from aiormq.exceptions import InvalidFrameError
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

from adapter.mailbox.arrivals import Arrival, SortingReader

OURS, THEIRS = "timebok-91095_async-1", "somebody"
HEARTBEAT = Heartbeat().marshal()
FRAME = 5  # bytes of a body in one frame


def delivery(channel: int, tag: str, number: int, body: bytes) -> list[bytes]:
    properties = commands.Basic.Properties(message_id=str(number), headers={"toHerId": "91095"})
    parts: list[Any] = [
        commands.Basic.Deliver(tag, number, bool(number % 2), "", "91095_async"),
        ContentHeader(body_size=len(body), properties=properties),
        *(ContentBody(body[at : at + FRAME]) for at in range(0, len(body), FRAME)),
    ]
    return [frame.marshal(part, channel) for part in parts]


def confirm(channel: int, number: int) -> list[bytes]:
    return [frame.marshal(commands.Basic.Ack(number), channel)]


CHANNELS = {1: OURS, 2: OURS, 3: THEIRS}
SENT = st.lists(
    st.tuples(st.sampled_from([*CHANNELS]), st.booleans(), st.binary(max_size=12)), min_size=1, max_size=12
)


def interleaved(of_channels: dict[int, list[bytes]], picks: list[int]) -> list[bytes]:
    """All frames, those of each channel in their order, the channels mixed."""
    left, mixed = {channel: [*frames] for channel, frames in of_channels.items() if frames}, []
    for pick in (*picks, *[0] * sum(map(len, left.values()))):
        if left:
            channel = [*left][pick % len(left)]
            mixed.append(left[channel].pop(0))
            left = {channel: frames for channel, frames in left.items() if frames}
    return mixed


async def read_all(pieces: list[bytes], consumers: dict[str, Any]) -> bytes:
    """What is left for aiormq when it reads to the end."""
    source, passed = asyncio.StreamReader(), b""
    reader = SortingReader(source, consumers)
    for piece in pieces:
        source.feed_data(piece)
        reading = asyncio.ensure_future(reader.readexactly(1))
        await asyncio.sleep(0)
        while reading.done():
            passed += reading.result()
            reading = asyncio.ensure_future(reader.readexactly(1))
            await asyncio.sleep(0)
        reading.cancel()
    return passed


@given(sent=SENT, picks=st.lists(st.integers(0, 5), max_size=40), cuts=st.sets(st.integers(0, 1500)))
def test_deliveries_go_to_their_consumers_and_the_rest_to_aiormq(
    sent: list[tuple[int, bool, bytes]], picks: list[int], cuts: set[int]
) -> None:
    of_channels: dict[int, list[bytes]] = {channel: [] for channel in CHANNELS}
    due = []
    for number, (channel, is_delivery, body) in enumerate(sent, start=1):
        frames = delivery(channel, CHANNELS[channel], number, body)
        of_channels[channel] += frames if is_delivery else confirm(channel, number)
        if is_delivery and CHANNELS[channel] == OURS:
            due.append((number, bool(number % 2), str(number), body))
    stream = interleaved(of_channels, picks)
    whole = b"".join(stream)
    places = sorted({0, *(cut for cut in cuts if cut < len(whole)), len(whole)})
    pieces = [whole[start:end] for start, end in pairwise(places)]
    came: list[Arrival] = []
    passed = asyncio.run(read_all(pieces, {OURS: came.append}))
    got = [(one.number, one.redelivered, one.properties.message_id, one.body) for one in came]
    assert sorted(got) == due
    ours = {one for channel in (1, 2) for one in of_channels[channel] if one not in _confirms(sent)}
    assert passed.replace(HEARTBEAT, b"") == b"".join(one for one in stream if one not in ours)


def _confirms(sent: list[tuple[int, bool, bytes]]) -> set[bytes]:
    return {
        one
        for number, (channel, is_delivery, _) in enumerate(sent, start=1)
        if not is_delivery
        for one in confirm(channel, number)
    }


async def test_a_broker_that_only_delivers_is_seen_to_be_alive() -> None:
    """A connection on which aiormq has read nothing for long is ended."""
    came: list[Arrival] = []
    pieces = [b"".join(delivery(1, OURS, number, b"body")) for number in (1, 2)]
    assert await read_all(pieces, {OURS: came.append}) == 2 * HEARTBEAT
    assert len(came) == 2


@pytest.mark.parametrize(
    "said",
    [b"AMQP\x00\x00\x09\x01", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x16\x00"],
)
async def test_what_is_not_made_of_frames_is_left_as_it_is(said: bytes) -> None:
    assert await read_all([said[:8], said[8:]] if said[8:] else [said], {OURS: print}) == said


async def test_a_connection_that_ends_in_a_frame_ends_as_ever() -> None:
    source = asyncio.StreamReader()
    reader = SortingReader(source, {})
    source.feed_data(confirm(1, 1)[0][:-1])
    source.feed_eof()
    assert not reader.at_eof()
    with pytest.raises(asyncio.IncompleteReadError):
        await reader.readexactly(1)


async def test_a_connection_that_ends_between_frames_is_at_its_end() -> None:
    source = asyncio.StreamReader()
    reader = SortingReader(source, {})
    source.feed_data(confirm(1, 1)[0])
    source.feed_eof()
    assert not reader.at_eof()
    await reader.readexactly(len(confirm(1, 1)[0]))
    assert reader.at_eof()


@pytest.mark.parametrize("spoilt", ["the end of a frame", "the properties"])
async def test_a_delivery_that_is_broken_ends_the_connection(spoilt: str) -> None:
    method, header, body = delivery(1, OURS, 1, b"body")
    header = (
        header[:-1] + b"\x00" if spoilt == "the end of a frame" else header[:19] + b"\xff\xff" + header[21:]
    )
    source = asyncio.StreamReader()
    source.feed_data(method + header + body)
    with pytest.raises(InvalidFrameError):
        await SortingReader(source, {OURS: print}).readexactly(1)
