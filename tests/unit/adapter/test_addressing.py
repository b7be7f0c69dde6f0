"""The envelope is in order, says what the letter says, and leads to no loop. (A2, A6)"""

from __future__ import annotations

import pytest

from adapter.addressing import (
    check_our_party,
    check_properties,
    check_receiver,
    check_sender,
    check_subject,
    is_her_id,
)
from adapter.dialects.port import Opened
from adapter.errors import ContentFault, InvalidProperties, Spoofing
from adapter.message import Lane
from adapter.outcome import About
from tests.support.clinic import OTHER_OWNER, OWNER
from tests.support.envelopes import HUB, RESERVATION, inbound

OURS = [OWNER, OTHER_OWNER]
OPENED = Opened(About(RESERVATION, "RT", "m"), HUB, OWNER)


def wrong_in(lane: Lane = Lane.ASYNC, **changes: object) -> tuple[str, ...]:
    with pytest.raises(InvalidProperties) as fault:
        check_properties(inbound(lane=lane, **changes), OURS)
    return fault.value.data


@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
def test_an_envelope_in_order_passes(lane: Lane) -> None:
    check_properties(inbound(lane=lane), OURS)
    check_our_party(inbound(lane=lane), OURS)


BAD_HER_IDS = [None, "", "0", "-1", "01", "1.0", "12345678901", "91095 ", "abc", "٩١", "1\n", "1\x00"]


@pytest.mark.parametrize("value", BAD_HER_IDS)
def test_what_is_no_her_id_is_named(value: str | None) -> None:
    assert not is_her_id(value)
    assert wrong_in(to_her_id=value) == ("toHerId",)
    assert wrong_in(from_her_id=value) == ("fromHerId",)


@pytest.mark.parametrize(
    ("field", "name", "values"),
    [
        ("subject", "subject", [""]),
        ("message_id", "messageId", [None, ""]),
        (
            "application_timestamp",
            "applicationTimeStamp",
            [None, "", "i går", "2027-13-01T00:00:00Z", "1803884400"],
        ),
        (
            "content_type",
            "contentType",
            [None, "", "application/json", "application", "image/png; application/xml"],
        ),
    ],
)
def test_a_property_that_is_missing_or_strange_is_named(
    field: str, name: str, values: list[str | None]
) -> None:
    for value in values:
        assert wrong_in(**{field: value}) == (name,)


@pytest.mark.parametrize(
    "moment",
    ["2014-02-26T12:45:32+02:00", "2014-02-26T12:45:32Z", "2014-02-26T12:45:32", "2014-02-26T12:45:32.1Z"],
)
def test_the_timestamps_of_the_specification_pass(moment: str) -> None:
    check_properties(inbound(application_timestamp=moment), OURS)


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/xml", "Application/XML; charset=utf-8", "text/plain ; x"]
)
def test_the_content_types_of_unsealed_messages_pass(kind: str) -> None:
    check_properties(inbound(content_type=kind), OURS)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    data = wrong_in(Lane.SYNC, to_her_id=None, from_her_id="x", subject="", reply_to=None, content_type=None)
    assert set(data) == {"toHerId", "fromHerId", "subject", "contentType", "replyTo"}


# --- the queue for the reply


def test_whoever_waits_must_say_where_and_others_need_not() -> None:
    assert wrong_in(Lane.SYNC, reply_to=None) == ("replyTo",)
    check_properties(inbound(reply_to=None), OURS)


@pytest.mark.parametrize("reply_to", ["", " ", "a queue", "q\n", "q\x00", "x" * 256, "q;drop", "q*", "#"])
@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
def test_a_reply_queue_that_cannot_be_one_is_named(lane: Lane, reply_to: str) -> None:
    assert wrong_in(lane, reply_to=reply_to) == ("replyTo",)


@pytest.mark.parametrize(
    "reply_to", [f"{HUB}_syncreply", "tb.nhn.no/NHN/8093240_async", "q", "amq.gen-x", "x" * 255]
)
def test_a_reply_queue_of_the_hubs_own_choosing_passes(reply_to: str) -> None:
    check_properties(inbound(lane=Lane.SYNC, reply_to=reply_to), OURS)


@pytest.mark.parametrize("ours", OURS)
@pytest.mark.parametrize("role", ["async", "sync", "error", "dl"])
@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
def test_no_reply_goes_to_a_queue_of_our_own(lane: Lane, ours: str, role: str) -> None:
    assert wrong_in(lane, reply_to=f"{ours}_{role}") == ("replyTo",)


# --- the envelope and the letter


@pytest.mark.parametrize("party", ["91097", None, "", "x"])
def test_a_message_for_another_party_is_refused(party: str | None) -> None:
    with pytest.raises(InvalidProperties) as fault:
        check_our_party(inbound(to_her_id=party), OURS)
    assert fault.value.data == ("toHerId",)


def test_a_body_that_is_none_of_a_letter_is_named_once_the_rest_is_in_order() -> None:
    assert wrong_in(body_format="amqp-1.0") == ("body",)
    assert wrong_in(body_format="amqp-1.0", to_her_id=None) == ("toHerId",)


@pytest.mark.parametrize(
    "subject", ["DIALOG_INNBYGGER_TIMEBESTILLING", RESERVATION.lower(), f"{RESERVATION} ", ""]
)
def test_the_subject_must_be_the_function_of_the_letter(subject: str) -> None:
    check_subject(inbound(), OPENED)
    with pytest.raises(InvalidProperties) as fault:
        check_subject(inbound(subject=subject), OPENED)
    assert fault.value.data == ("subject",)


def test_a_subject_that_may_have_been_lost_on_the_way_is_that_of_the_letter() -> None:
    check_properties(inbound(subject=None), OURS)
    check_subject(inbound(subject=None), OPENED)


def test_another_sender_than_the_letters_is_spoofing_and_both_are_named() -> None:
    check_sender(inbound(), OPENED)
    with pytest.raises(Spoofing) as fault:
        check_sender(inbound(from_her_id="777"), OPENED)
    assert fault.value.data == ("777", HUB)


@pytest.mark.parametrize("secret", ["13916900281 Danseskår", "x" * 100_000, "", "1;2"])
def test_what_stands_in_the_place_of_a_her_id_is_not_repeated(secret: str) -> None:
    with pytest.raises(Spoofing) as fault:
        check_sender(inbound(), Opened(OPENED.about, secret, OWNER))
    assert fault.value.data == (HUB, "not a HER-id")


def test_another_receiver_than_the_letters_is_e10() -> None:
    check_receiver(inbound(), OPENED)
    with pytest.raises(ContentFault) as fault:
        check_receiver(inbound(to_her_id=OTHER_OWNER), OPENED)
    (finding,) = fault.value.findings
    assert (finding.code, finding.path) == ("E10", "/MsgHead/MsgInfo/Receiver")
