"""The frames that we read and write ourselves are to us what they are to pamqp."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import commands, frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from adapter.mailbox import frames, lenient
from adapter.mailbox.properties import to_wire
from adapter.message import Outbound, Properties

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
FIELDS = ("message_id", "correlation_id", "reply_to", "to", "subject", "content_type", "cpa_id")
MESSAGES = st.builds(
    Outbound,
    body=st.binary(max_size=40),
    properties=st.builds(
        Properties,
        **dict.fromkeys(FIELDS, st.none() | TEXT),
        from_her_id=st.none() | TEXT,
        headers=st.dictionaries(TEXT.filter(lambda name: len(name.encode()) <= 128), TEXT, max_size=5),
    ),
    queue=TEXT,
    ttl=st.none() | st.timedeltas(timedelta(0), timedelta(days=400)),
)
CHANNELS = st.integers(1, 65535)
NUMBERS = st.lists(st.integers(1, 2**63 - 1), max_size=5)


def in_its_order(written: bytes) -> bytes:
    """The same frames with their headers in pamqp's order, which is of no meaning."""
    rewritten = b""
    while written:
        length, channel, one = frame.unmarshal(written)
        rewritten += frame.marshal(one, channel)
        written = written[length:]
    return rewritten


def by_pamqp(channel: int, message: Outbound, most: int) -> bytes:
    parts: list[Any] = [
        commands.Basic.Publish(routing_key=message.queue, mandatory=True),
        ContentHeader(properties=to_wire(message), body_size=len(message.body)),
        *(ContentBody(message.body[at : at + most]) for at in range(0, len(message.body), most)),
    ]
    return b"".join(frame.marshal(part, channel) for part in parts)


@given(channel=CHANNELS, message=MESSAGES, most=st.integers(1, 50))
def test_a_message(channel: int, message: Outbound, most: int) -> None:
    written = frames.message(channel, message.queue, to_wire(message), message.body, most)
    assert len(written) == len(by_pamqp(channel, message, most))
    assert in_its_order(written) == by_pamqp(channel, message, most)


@given(channel=CHANNELS, numbers=NUMBERS, requeue=st.booleans())
def test_what_settles_deliveries(channel: int, numbers: list[int], requeue: bool) -> None:
    acks = [frame.marshal(commands.Basic.Ack(number), channel) for number in numbers]
    assert frames.acks(channel, numbers) == b"".join(acks)
    rejects = [frame.marshal(commands.Basic.Reject(number, requeue), channel) for number in numbers]
    assert frames.rejects(channel, numbers, requeue=requeue) == b"".join(rejects)


@pytest.mark.parametrize(
    "message",
    [
        Outbound(b"", Properties(message_id="x" * 256), "q"),
        Outbound(b"", Properties(headers={"x" * 256: ""}), "q"),
        Outbound(b"", Properties(reply_to="\ud800"), "q"),
        Outbound(b"", Properties(headers={"n": "\ud800"}), "q"),
        Outbound(b"", Properties(), "x" * 256),
    ],
    ids=["a long id", "a long name", "half a character", "half a character in a header", "a long queue"],
)
def test_what_has_no_place_in_a_frame_is_refused(message: Outbound) -> None:
    with pytest.raises((ValueError, struct.error)):
        frames.message(1, message.queue, to_wire(message), message.body, 100)


# --- reading

VALUES = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT | st.binary(max_size=9).map(bytearray)
)
WIRE = st.builds(
    commands.Basic.Properties,
    **dict.fromkeys(
        ("content_type", "content_encoding", "correlation_id", "reply_to", "expiration", "message_id"),
        st.none() | TEXT,
    ),
    **dict.fromkeys(("message_type", "user_id", "app_id"), st.none() | TEXT),
    headers=st.none() | st.dictionaries(TEXT.filter(lambda name: len(name.encode()) <= 128), TEXT | VALUES),
    delivery_mode=st.none() | st.sampled_from([1, 2]),
    priority=st.none() | st.integers(0, 9),
    timestamp=st.none() | st.integers(0, 2**32).map(lambda second: datetime.fromtimestamp(second, UTC)),
)


def read_by_pamqp(content: bytes) -> Any:
    header = ContentHeader()
    try:
        header.unmarshal(content)
    except (ValueError, struct.error):
        return "unreadable"
    return dict(header.properties), header.body_size


def read_by_us(content: bytes) -> Any:
    try:
        properties, size = frames.header(content)
    except (ValueError, struct.error):
        return "unreadable"
    return dict(properties), size


@given(properties=WIRE, size=st.integers(0, 2**63))
def test_properties_are_read_as_pamqp_reads_them(properties: commands.Basic.Properties, size: int) -> None:
    lenient.install()
    content = ContentHeader(properties=properties, body_size=size).marshal()
    assert read_by_us(content) == read_by_pamqp(content)


@given(properties=WIRE, data=st.data())
def test_so_are_those_that_are_broken(properties: commands.Basic.Properties, data: st.DataObject) -> None:
    lenient.install()
    content = bytearray(ContentHeader(properties=properties, body_size=7).marshal())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    for broken in (bytes(content), cut, bytes(content) + b"\x00"):
        assert repr(read_by_us(broken)) == repr(read_by_pamqp(broken))


def test_a_usual_letter_is_read_without_pamqp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a plain peer, and of one of AMQP 1.0, whose sections are no text."""
    headers = {"toHerId": "91095", "x-amqp-1.0-properties": "?"}
    usual = commands.Basic.Properties(
        content_type="text/xml", headers=headers, delivery_mode=2, priority=0, message_id="m", reply_to="q"
    )
    content = ContentHeader(properties=usual, body_size=7).marshal().replace(b"?", b"\xc0")
    monkeypatch.delattr(ContentHeader, "unmarshal")
    read, size = frames.header(content)
    assert (size, read.headers) == (7, headers | {"x-amqp-1.0-properties": b"\xc0"})
    assert (read.content_type, read.message_id, read.reply_to) == ("text/xml", "m", "q")
