"""AMQP 1.0 peers behind RabbitMQ: what their two sections say is read, written, and carried along. (H8)"""

from __future__ import annotations

from bisect import bisect
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aio_pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic

from adapter.mailbox.amqp10 import (
    PropertiesSection,
    read_application_properties,
    read_properties,
    write_application_properties,
    write_properties,
)
from adapter.mailbox.properties import (
    APPLICATION_SECTION,
    MAX_SECTION_BYTES,
    PROPERTIES_SECTION,
    from_wire,
    to_carry_on,
    to_wire,
)
from adapter.message import ATTEMPT, CAME_FROM, REASON, Lane, Outbound, Properties

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FUNCTION = "DIALOG_INNBYGGER_TIMERESERVASJON"
PAUSE = timedelta(seconds=0.2)

# What RabbitMQ 3.10.8 hands on of a message that Qpid Proton has sent.
THEIR_PROPERTIES = (
    b"\x00Ss\xc0f\x07\xa1\x05mid-1@\xa1\x0b91095_async\xa1 DIALOG_INNBYGGER_TIMERESERVASJON"
    b"\xa1\x14/queue/8093240_async\xa1\x05mid-1\xa3\x0fapplication/xml"
)
THEIR_APPLICATION_PROPERTIES = (
    b"\x00St\xd1\x00\x00\x002\x00\x00\x00\x08\xa1\x07toHerId\xa1\x0591095\xa1\tfromHerId\xa1\x078093240"
    b"\xa1\x01nT\x03\xa1\x01uU\x01"
)
THEIR_HEADERS: dict[str, Any] = {
    PROPERTIES_SECTION: THEIR_PROPERTIES,
    APPLICATION_SECTION: THEIR_APPLICATION_PROPERTIES,
    "x-amqp-1.0-message-annotations": b"\x00Sr\xd1\x00\x00\x00\x14\x00\x00\x00\x02\xa3\tx-opt-foo\xa1\x03bar",
    "x-amqp-1.0-footer": b"\x00Sx\xc1\x01\x00",
}
FULL = Properties(
    message_id="m",
    correlation_id="c",
    reply_to="91095_async",
    to="8093240_async",
    subject=FUNCTION,
    content_type="application/xml",
    cpa_id="7b68b3c8-adcf-495d-98e1-f2bb1151516e",
    application_timestamp="2027-03-01T08:00:00Z",
    from_her_id="91095",
    to_her_id="8093240",
    headers={"errorCondition": "transport:internal-error", "empty": ""},
)


def properties_of(**fields: str) -> bytes:
    return bytes(write_properties(PropertiesSection(**fields)))


def named(**pairs: str) -> bytes:
    return bytes(write_application_properties(pairs.items()))


def read(headers: dict[str, Any] | None = None, **properties: Any) -> Properties:
    return from_wire(Basic.Properties(headers=headers, **properties))


# --- reading


def test_what_a_peer_has_sent_is_read() -> None:
    theirs = read(
        THEIR_HEADERS,
        message_type="binary",
        message_id="mid-1",
        correlation_id="mid-1",
        reply_to="8093240_async",
        content_type="application/xml",
    )
    assert theirs == Properties(
        message_id="mid-1",
        correlation_id="mid-1",
        reply_to="8093240_async",
        to="91095_async",
        subject=FUNCTION,
        content_type="application/xml",
        from_her_id="8093240",
        to_her_id="91095",
        headers={"n": "3", "u": "1"},
    )


def test_an_id_that_is_a_uuid_is_read_as_one() -> None:
    """Outside of the section it is 16 bytes, of which the library makes what text it can."""
    uuid = b"\x98" + bytes(15) + b"\x05"
    section = b"\x00Ss\xc0" + bytes([1 + 2 * 17 + 4, 6]) + uuid + b"@@@@" + uuid
    theirs = read({PROPERTIES_SECTION: section}, message_id="\0" * 15 + "\x05", correlation_id="\0")
    expected = "00000000-0000-0000-0000-000000000005"
    assert (theirs.message_id, theirs.correlation_id) == (expected, expected)


@pytest.mark.parametrize("as_type", [bytes, bytearray, lambda section: section.decode()])
def test_a_section_is_read_as_whatever_the_library_makes_of_its_bytes(as_type: Any) -> None:
    small = b"\x00Ss\xd0" + b"\0\0\0\x0c\0\0\0\x01" + b"\xb1\0\0\0\x03m-1"  # the larger codes
    small = small if as_type in {bytes, bytearray} else b"\x00Ss\x45"  # ... of which none is UTF-8
    theirs = read({PROPERTIES_SECTION: as_type(small)})
    assert theirs.subject == ""
    assert theirs.message_id == (None if small.endswith(b"\x45") else "m-1")


def test_the_sections_win() -> None:
    headers = {
        PROPERTIES_SECTION: properties_of(
            message_id="1", to="1", subject="1", reply_to="1", content_type="1"
        ),
        APPLICATION_SECTION: named(toHerId="1", other="1"),
    }
    plain = {"to": "0", "toHerId": "0", "fromHerId": "0", "other": "0", "another": "0"}
    theirs = read(
        headers | plain, message_id="0", correlation_id="0", message_type="0", reply_to="0", content_type="0"
    )
    assert theirs == Properties(
        message_id="1",
        correlation_id="0",
        reply_to="1",
        to="1",
        subject="1",
        content_type="1",
        from_her_id="0",
        to_her_id="1",
        headers={"other": "1", "another": "0"},
    )


SUBJECTLESS = b"\x00Ss\xc0\x02\x01\x40"
SUBJECTS: dict[str, tuple[dict[str, Any], str | None, str | None]] = {
    "a plain peer": ({}, FUNCTION, FUNCTION),
    "a plain peer without": ({}, None, None),
    "a section": ({PROPERTIES_SECTION: THEIR_PROPERTIES}, "binary", FUNCTION),
    "a section and no body": ({PROPERTIES_SECTION: THEIR_PROPERTIES}, None, FUNCTION),
    "a section without": ({PROPERTIES_SECTION: SUBJECTLESS}, "binary", ""),
    "a section without, and other sections": ({PROPERTIES_SECTION: SUBJECTLESS}, "amqp-1.0", ""),
    "a section without, and no body": ({PROPERTIES_SECTION: SUBJECTLESS}, None, ""),
    "a section without, beside a type": ({PROPERTIES_SECTION: SUBJECTLESS}, FUNCTION, FUNCTION),
    "a section that nobody can read": ({PROPERTIES_SECTION: b"\x00Ss"}, FUNCTION, FUNCTION),
    "a section that nobody can read, from 1.0": ({PROPERTIES_SECTION: b"\x00Ss"}, "binary", ""),
    "no section, from 1.0": ({}, "binary", ""),
    "no properties section, from 1.0": (
        {APPLICATION_SECTION: THEIR_APPLICATION_PROPERTIES},
        "binary",
        "",
    ),
}


@pytest.mark.parametrize(("headers", "kind", "subject"), SUBJECTS.values(), ids=SUBJECTS)
def test_a_subject_is_known_lacking_or_perhaps_lost(
    headers: dict[str, Any], kind: str | None, subject: str | None
) -> None:
    assert read(headers, message_type=kind).subject == subject


@pytest.mark.parametrize("kind", [None, "binary", FUNCTION])
def test_a_body_that_is_no_data_section_is_told_from_one_that_is(kind: str | None) -> None:
    assert read(THEIR_HEADERS, message_type=kind).body_format is None
    assert read(THEIR_HEADERS, message_type="amqp-1.0").body_format == "amqp-1.0"


@pytest.mark.parametrize(
    "address",
    [
        "8093240_syncreply",
        "/queue/8093240_syncreply",
        "/queues/8093240_syncreply",
        "/amq/queue/8093240_syncreply",
        "/exchange/NHNTestServiceBus/8093240_syncreply",
        "tb.test.nhn.no/NHNTestServiceBus/8093240_syncreply",
    ],
)
def test_the_queue_for_replies_is_the_last_part_of_an_address(address: str) -> None:
    assert read({PROPERTIES_SECTION: properties_of(reply_to=address)}).reply_to == "8093240_syncreply"
    assert read(message_type="binary", reply_to=address).reply_to == "8093240_syncreply"
    assert read(reply_to=address).reply_to == ("8093240_syncreply" if address[0] == "/" else address)


def test_a_peer_does_not_set_how_often_we_have_tried() -> None:
    section = named(**{ATTEMPT: "1", REASON: "x", CAME_FROM: "y", "x-timebok-parked-at": "z"})
    assert read({APPLICATION_SECTION: section}).headers == {}
    assert read({APPLICATION_SECTION: section, ATTEMPT: "7"}).headers == {ATTEMPT: "7"}


@given(
    headers=st.dictionaries(
        st.sampled_from([*THEIR_HEADERS]), st.binary(max_size=40) | st.text(max_size=20) | st.integers()
    ),
    kind=st.none() | st.sampled_from(["binary", "amqp-1.0"]),
)
def test_no_sections_whatever_raise(headers: dict[str, Any], kind: str | None) -> None:
    for prefix in (b"", THEIR_PROPERTIES[:4], THEIR_APPLICATION_PROPERTIES[:4]):
        tried = {
            name: prefix + value if isinstance(value, bytes) else value for name, value in headers.items()
        }
        assert not read(tried, message_type=kind).headers.keys() & THEIR_HEADERS.keys()


# --- writing


def test_what_is_written_says_all_in_the_sections_and_all_to_plain_peers() -> None:
    written = to_wire(Outbound(b"", FULL, "8093240_async"))
    headers = written.headers
    assert read_properties(bytes(headers.pop(PROPERTIES_SECTION))) == PropertiesSection(
        "m", "8093240_async", FUNCTION, "91095_async", "c", "application/xml"
    )
    application = read_application_properties(bytes(headers.pop(APPLICATION_SECTION)))
    assert application == {
        "cpaId": "7b68b3c8-adcf-495d-98e1-f2bb1151516e",
        "applicationTimeStamp": "2027-03-01T08:00:00Z",
        "fromHerId": "91095",
        "toHerId": "8093240",
        "errorCondition": "transport:internal-error",
        "empty": "",
    }
    assert headers == application | {"to": "8093240_async"}
    assert written.message_type == FUNCTION
    assert (written.message_id, written.correlation_id) == ("m", "c")
    assert (written.reply_to, written.content_type) == ("91095_async", "application/xml")


def test_no_subject_is_made_up() -> None:
    without = Properties(message_id="m", to_her_id="8093240")
    assert PROPERTIES_SECTION not in to_wire(Outbound(b"", without, "q")).headers
    lacking = Properties(message_id="m", subject="")
    section = to_wire(Outbound(b"", lacking, "q")).headers[PROPERTIES_SECTION]
    assert read_properties(bytes(section)) == PropertiesSection("m")


def test_nothing_to_say_is_no_section() -> None:
    assert to_wire(Outbound(b"", Properties(), "q")).headers == {}


@pytest.mark.parametrize("width", [0, 5, 300, 5000])
async def test_the_largest_properties_that_are_written_fit_into_a_frame(rabbit: Any, width: int) -> None:
    """However many they are, and however short: their number takes room too."""
    queue = f"{rabbit.her_id}_reply"
    await rabbit.declare(queue)

    def with_headers(count: int) -> Outbound:
        headers = {f"{number:x}": "x" * width for number in range(count)}
        return Outbound(b"", Properties("m", subject="s", headers=headers), queue)

    counts = range(2 * MAX_SECTION_BYTES // (4 + width))
    most = bisect(counts, 0, key=lambda count: not _is_written(with_headers(count))) - 1
    section = to_wire(with_headers(most)).headers[APPLICATION_SECTION]
    assert len(section) > 0.98 * MAX_SECTION_BYTES - 8 * width
    await rabbit.deliver(with_headers(most))
    assert await rabbit.taken(queue) == [with_headers(most)]


def _is_written(message: Outbound) -> bool:
    try:
        to_wire(message)
    except ValueError:
        return False
    return True


# --- carried along


class AsItIs(str):
    """Bytes that go on the wire as a long string, as the broker writes the sections."""

    __slots__ = ("raw",)
    raw: bytes

    def encode(self, *_: Any) -> bytes:
        return self.raw


def long_string(raw: bytes) -> AsItIs:
    text = AsItIs("x")
    text.raw = raw
    return text


@pytest.fixture
async def no_queue_is_left(rabbit: Any) -> AsyncIterator[None]:
    yield
    await rabbit.delete(f"{rabbit.her_id}_async_wait_0.2s")


def test_bytes_that_are_no_text_are_carried_as_something_that_can_be_written() -> None:
    wire = Basic.Properties(headers=THEIR_HEADERS | {"x-death": [], "n": 1})
    carried = to_carry_on(wire, {REASON: "r"}).headers
    assert carried == THEIR_HEADERS | {"n": 1, REASON: "r"}
    assert {type(carried[name]) for name in THEIR_HEADERS} == {bytearray}
    assert {type(wire.headers[name]) for name in THEIR_HEADERS} == {bytes}, "what came in stays as it is"


async def test_the_sections_come_through_a_wait_and_are_still_there_when_it_is_laid_aside(
    rabbit: Any, collect: Any, no_queue_is_left: None
) -> None:
    mailbox = rabbit.mailbox()
    await mailbox.start([rabbit.her_id])
    sections = {name: long_string(section) for name, section in THEIR_HEADERS.items()}
    message = aio_pika.Message(b"<a/>", headers=sections, type="binary", message_id="mid-1")
    await rabbit.peer.default_exchange.publish(message, f"{rabbit.her_id}_async")
    (first,) = await collect(mailbox, Lane.ASYNC, 1)
    assert isinstance(first.token.wire.headers[PROPERTIES_SECTION], bytes)
    assert first.inbound.properties.subject == FUNCTION
    await mailbox.postpone(first, PAUSE, "own-fault: Poison")
    (second,) = await collect(mailbox, Lane.ASYNC, 1)
    assert second.inbound.attempt == 2
    await mailbox.park(second, "own-fault: Poison")
    (parked,) = await rabbit.taken(f"{rabbit.her_id}_dl")
    for came in (second.inbound.properties, parked.properties):
        assert (came.subject, came.to_her_id, came.message_id) == (FUNCTION, "91095", "mid-1")
    assert parked.properties.headers[REASON] == "own-fault: Poison"
