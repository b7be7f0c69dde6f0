"""Whatever an envelope says: no reply goes where it must not, and none is too large to be sent. (P4, P5)"""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pamqp.commands import Basic

from adapter.mailbox.properties import from_wire, to_wire
from adapter.message import Inbound, Lane, Properties
from adapter.outcome import dispatches_of, name_of
from tests.security.road import Road, said
from tests.support import letters
from tests.support.clinic import OWNER
from tests.support.envelopes import HUB, inbound

if TYPE_CHECKING:
    from adapter.message import Outbound

REFUSED = "refused transport:invalid-field-value"
OUR_QUEUES = [
    *(f"{OWNER}_{lane}" for lane in Lane),
    f"{OWNER}_dl",
    f"{OWNER}_async_wait_5s",
    f"{OWNER}_sync_wait_0.5s",
    f"{OWNER}_error_wait_3600s",
]
NO_QUEUES = [
    *(
        "",
        " ",
        "a b",
        "a\nb",
        "a\0b",
        "a;b",
        "*",
        "#",
        "%",
        "'",
        '"',
        "<x>",
        "{x}",
        "\u202e",
        "x" * 256,
        "x" * 70_000,
    ),
    *(
        "\u00e5" * 100,
        "\u00e5" * 255,
        "kø",
        f"{OWNER}_async ",
        f" {OWNER}_async",
        f"{OWNER}_async\n",
        "\ud800",
    ),
]
THEIR_QUEUES = [
    f"{HUB}_syncreply",
    "amq.rabbitmq.reply-to.g1h2",
    "amq.gen-JzTY",
    "some.queue:of/theirs-1",
    "x" * 255,
]


@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
@pytest.mark.parametrize("reply_to", [*OUR_QUEUES, *NO_QUEUES])
def test_no_reply_goes_to_a_queue_of_ours_or_to_none(road: Road, lane: Lane, reply_to: str) -> None:
    body = (letters.reserve() if lane is Lane.ASYNC else letters.slot_query()).body
    outcome = road.send(inbound(body, lane=lane, reply_to=reply_to))
    assert said(outcome) == REFUSED
    assert [one.outbound.queue for one in dispatches_of(outcome)] == [f"{HUB}_error"]


@pytest.mark.parametrize("reply_to", THEIR_QUEUES)
def test_a_queue_of_theirs_is_theirs_to_name(road: Road, reply_to: str) -> None:
    outcome = road.send(inbound(letters.reserve().body, reply_to=reply_to))
    assert {one.outbound.queue for one in dispatches_of(outcome)} == {reply_to}


@pytest.mark.parametrize("body", [letters.reserve().body, letters.slot_query().body, b"no xml", b""])
@pytest.mark.parametrize("reply_to", [None, f"{HUB}_async", f"{OWNER}_async"])
def test_a_message_in_our_own_name_does_not_go_round(road: Road, body: bytes, reply_to: str | None) -> None:
    """What we send because of it, and what we send because of that, comes to an end."""
    from_us = body.replace(letters.THE_HUB.encode(), letters.THE_CLINIC.encode())
    waiting, rounds = [inbound(from_us, from_her_id=OWNER, reply_to=reply_to)], 0
    while waiting:
        rounds += 1
        assert rounds < 5
        sent = [one.outbound for outcome in road.send_all(waiting) for one in dispatches_of(outcome)]
        waiting = [come_back(one) for one in sent if one.queue.startswith(f"{OWNER}_")]


def come_back(message: Outbound) -> Inbound:
    lane = Lane(message.queue.rpartition("_")[2])
    return replace(inbound(message.body, lane=lane), properties=message.properties)


LONG = dict.fromkeys(("message_id", "correlation_id", "cpa_id", "to", "content_type", "subject"), "x" * 10000)


@pytest.mark.parametrize("character", ["x", "\u00e5", "\ufffd"])
@pytest.mark.parametrize("length", [85, 127, 128, 255, 256, 10_000])
@pytest.mark.parametrize("name", LONG)
def test_no_answer_grows_too_large_for_a_property(road: Road, name: str, length: int, character: str) -> None:
    """The road looks at what is sent; see ``Road.look_at``."""
    for body in (letters.reserve().body, b"no xml"):
        outcome = road.send(inbound(body, **{name: character * length}))
        assert name_of(outcome) in {"answered", "refused", "ignored"}


@pytest.mark.parametrize("count", [1, 100, 10_000])
def test_headers_without_end_are_carried_nowhere(road: Road, count: int) -> None:
    headers = {f"header-{number}": "x" * 100 for number in range(count)}
    outcome = road.send(inbound(letters.reserve().body, headers=headers))
    assert said(outcome) == "answered 1 05"
    assert [dict(one.outbound.properties.headers) for one in dispatches_of(outcome)] == [{}, {}]


@pytest.mark.parametrize(
    "name", ["x-death", "CC", "BCC", "x-timebok-attempt", "x-delay", "x-first-death-queue"]
)
def test_orders_to_a_broker_are_not_passed_on(road: Road, name: str) -> None:
    for body in (letters.reserve().body, b"no xml"):
        for one in dispatches_of(road.send(inbound(body, headers={name: f"{OWNER}_async"}))):
            assert name not in to_wire(one.outbound).headers


# --- values of every type that a header can have

NESTED: Any = {"a": [1, {"b": [None, b"\xff"]}]}
VALUES = [
    *(None, True, False, 0, -1, 2**63, -(2**63), 10**400, 1.5, float("nan"), float("inf"), Decimal("1.5")),
    *(
        b"\xff\xfe",
        bytearray(b"x"),
        "",
        "x" * 100_000,
        [],
        [1, "x"],
        {},
        NESTED,
        datetime(2027, 3, 1, tzinfo=UTC),
    ),
    *(date(2027, 3, 1), memoryview(b"x"), object(), struct.pack(">I", 1)),
]


@pytest.mark.parametrize(
    "value", VALUES, ids=[f"{type(value).__name__}-{n}" for n, value in enumerate(VALUES)]
)
@pytest.mark.parametrize(
    "name",
    [
        "toHerId",
        "fromHerId",
        "applicationTimeStamp",
        "to",
        "cpaId",
        "errorCondition",
        "originalMessageId",
        "x",
    ],
)
def test_a_header_of_any_type_has_an_outcome(road: Road, name: str, value: object) -> None:
    headers = {
        "toHerId": OWNER,
        "fromHerId": HUB,
        "applicationTimeStamp": "2027-03-01T08:00:00Z",
        name: value,
    }
    wire = Basic.Properties(
        headers=headers, message_type=letters.FUNCTIONS["RT"], content_type="text/xml", reply_to="x"
    )
    properties = replace(from_wire(wire), message_id=f"{name}-{value!r:.50}")
    assert said(road.send(replace(inbound(letters.reserve().body), properties=properties)))
    again = replace(properties, message_id=None)
    assert said(road.send(replace(inbound(b"", lane=Lane.ERROR), properties=again))) == "noted"


@pytest.mark.parametrize("headers", [None, [], "x", 1, b"x"])
def test_headers_that_are_no_table_are_none(headers: Any) -> None:
    wire = Basic.Properties()
    wire.headers = headers
    assert from_wire(wire) == Properties()


ANY_HEADER = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["toHerId", "fromHerId", "applicationTimeStamp", "errorCondition", "x-timebok-attempt", "\u00e6"]
        ),
        ANY_HEADER,
    ),
    lane=st.sampled_from(Lane),
)
def test_any_headers_have_an_outcome(road: Road, headers: dict[str, Any], lane: Lane) -> None:
    wire = Basic.Properties(
        headers=headers, message_type=letters.FUNCTIONS["RT"], reply_to="x", content_type="text/xml"
    )
    road.send(replace(inbound(letters.reserve().body, lane=lane), properties=from_wire(wire)))
