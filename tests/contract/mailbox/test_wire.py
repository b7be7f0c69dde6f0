"""Properties between us and AMQP 0-9-1: nothing that a peer writes may raise."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import decode, encode
from pamqp.commands import Basic

from adapter.mailbox import lenient
from adapter.mailbox.properties import from_wire, to_wire
from adapter.message import Outbound, Properties

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
NAMES = TEXT.filter(lambda name: not name.startswith("x-amqp-1.0"))
OURS = {"to", "cpaId", "applicationTimeStamp", "fromHerId", "toHerId"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("91095", "91095"),
        ("", ""),
        (91095, "91095"),
        (-1, "-1"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        (True, "true"),
        (False, "false"),
        (b"91095", "91095"),
        (bytearray(b"\xc3\xa6"), "æ"),
        (b"\xff", "\ufffd"),
        (datetime(2026, 2, 26, 12, 45, 32, tzinfo=UTC), "2026-02-26T12:45:32+00:00"),
        (None, None),
        ([1], None),
        ({"a": 1}, None),
    ],
)
def test_a_header_of_any_type_is_text_or_left_out(value: Any, text: str | None) -> None:
    properties = from_wire(Basic.Properties(headers={"fromHerId": value, "other": value}))
    assert properties.from_her_id == text
    assert properties.headers == ({} if text is None else {"other": text})


def test_what_is_not_there_is_none() -> None:
    assert from_wire(Basic.Properties()) == Properties()


def test_the_sections_of_an_amqp_1_0_peer_are_no_headers_of_ours() -> None:
    sections: dict[str, Any] = {
        "x-amqp-1.0-properties": bytearray(b"\x00"),
        "x-amqp-1.0-app-properties": bytearray(b"\x00"),
    }
    assert from_wire(Basic.Properties(headers=sections)) == Properties()


@given(headers=st.dictionaries(st.text(), ANYTHING, max_size=5), value=ANYTHING)
def test_reading_never_raises(headers: dict[str, Any], value: Any) -> None:
    wire = Basic.Properties(headers=headers)
    wire.message_id = wire.correlation_id = wire.reply_to = wire.message_type = value
    properties = from_wire(wire)
    assert all(isinstance(text, str) for text in properties.headers.values())


@given(
    st.builds(
        Properties,
        **dict.fromkeys(
            ("message_id", "correlation_id", "to", "subject", "content_type", "cpa_id"), st.none() | TEXT
        ),
        reply_to=st.none() | TEXT.filter(lambda name: "/" not in name),
        from_her_id=st.none() | TEXT,
        headers=st.dictionaries(NAMES.filter(lambda name: name not in OURS), st.text(), max_size=5),
    )
)
def test_what_is_written_is_read_again(properties: Properties) -> None:
    written = to_wire(Outbound(b"", properties, "queue"))
    assert from_wire(written) == properties


def test_our_own_fields_win_over_headers_of_the_same_name() -> None:
    properties = Properties(to_her_id="91095", headers={"toHerId": "1"})
    assert to_wire(Outbound(b"", properties, "queue")).headers["toHerId"] == "91095"


@pytest.mark.parametrize(
    ("ttl", "expiration"),
    [(None, None), (timedelta(seconds=15), "15000"), (timedelta(0), "0"), (timedelta(days=-1), "0")],
)
def test_ttl_is_milliseconds(ttl: timedelta | None, expiration: str | None) -> None:
    assert to_wire(Outbound(b"", Properties(), "queue", ttl)).expiration == expiration


# --- what the library would end the connection over


def test_a_short_string_that_is_no_utf_8_is_read_as_well_as_can_be() -> None:
    lenient.install()
    assert decode.by_type(b"\x02\xff\xferest", "shortstr") == (3, "\ufffd\ufffd")
    assert decode.by_type(b"\x03\xc3\xa6xrest", "shortstr") == (4, "æx")


@pytest.mark.parametrize("seconds", [1_700_000_000_000_000, 2**63, 2**64 - 1])
def test_a_timestamp_out_of_all_range_is_none(seconds: int) -> None:
    lenient.install()
    assert decode.by_type(struct.pack(">Q", seconds), "timestamp") == (8, None)
    table = encode.field_table({"sent": datetime(2026, 1, 1, tzinfo=UTC), "toHerId": "91095"})
    at = table.index(b"T") + 1
    strange = table[:at] + struct.pack(">Q", seconds) + table[at + 8 :]
    assert decode.by_type(strange, "table")[1] == {"sent": None, "toHerId": "91095"}


def test_a_timestamp_in_range_is_read_as_ever() -> None:
    lenient.install()
    assert decode.by_type(struct.pack(">Q", 0), "timestamp") == (8, datetime(1970, 1, 1, tzinfo=UTC))


def _nested(depth: int) -> bytes:
    table = b""
    for _ in range(depth):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    return struct.pack(">I", len(table)) + table


@pytest.mark.parametrize(
    "table",
    [
        struct.pack(">I", 4) + b"\x01a?x",  # a type that does not exist
        struct.pack(">I", 5) + b"\x02\xff\xfet\x01",  # a name that is no UTF-8
        _nested(5_000),
    ],
    ids=["unknown type", "strange name", "deeply nested"],
)
def test_an_unreadable_table_is_an_empty_one_of_the_same_length(table: bytes) -> None:
    lenient.install()
    assert decode.by_type(table + b"rest", "table") == (len(table), {})
