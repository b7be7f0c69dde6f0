"""What becomes of a message, and who hears of it: every check and its mechanism. (A4 to A6, D)"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from sqlalchemy import func, select

from adapter.ledger.tables import outbox
from adapter.message import Lane
from adapter.outcome import Answered, Ignored, Kind, Noted, Parked, Refused
from handlers.desk import tables
from tests.support import letters
from tests.support.clinic import OTHER_OWNER, OWNER
from tests.support.envelopes import HUB, inbound

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from adapter.batch import Batches
    from adapter.message import Inbound
    from adapter.outcome import Dispatch, Outcome

    Send = Callable[..., Outcome]
    Process = Callable[[Inbound], Outcome]

    Count = Callable[[], int]
    NotedOn = Callable[[], list[tuple[str | None, str | None]]]

WISH = letters.reserve("K1").but(msg_id="0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001")
QUERY = letters.slot_query()
NO_UUID = WISH.but(msg_id="17")


@pytest.fixture
def appointments(engine: Engine) -> Callable[[], int]:
    def count() -> int:
        with engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(tables.appointment)).scalar_one()

    return count


def kinds(outcome: Outcome) -> list[tuple[Kind, str]]:
    return [(one.kind, one.code) for one in outcome.dispatches]


def refused(outcome: Outcome) -> Dispatch:
    assert isinstance(outcome, Refused)
    (error,) = outcome.dispatches
    return error


# --- answered


def test_a_sender_who_does_not_wait_gets_a_receipt_and_then_the_reply(send: Send) -> None:
    outcome = send(WISH)
    assert isinstance(outcome, Answered)
    assert outcome.reason is None
    assert kinds(outcome) == [(Kind.APPREC, "1"), (Kind.REPLY, "05")]


@pytest.mark.parametrize("asked", ["HR", "HLT", "HBT", "HB"])
def test_a_sender_who_waits_gets_the_reply_and_no_receipt(send: Send, asked: str) -> None:
    parts = QUERY if asked == "HLT" else letters.Parts(asked)
    assert [one.kind for one in send(parts).dispatches] == [Kind.REPLY]


def test_a_wish_that_is_declined_is_receipted_as_good(send: Send) -> None:
    send(WISH)
    declined = send(letters.reserve("K1"))
    assert kinds(declined) == [(Kind.APPREC, "1"), (Kind.REPLY, "06")]


def test_an_invalid_message_gets_a_negative_receipt_and_no_reply(send: Send, appointments: Count) -> None:
    outcome = send(NO_UUID)
    assert (kinds(outcome), outcome.reason) == ([(Kind.APPREC, "2")], "E10")
    assert outcome.dispatches[0].errors == ("E10",)
    assert appointments() == 0


def test_an_invalid_question_gets_26_and_no_receipt(send: Send) -> None:
    outcome = send(QUERY.but(patient=""))
    assert (kinds(outcome), outcome.reason) == ([(Kind.REPLY, "26")], "E30")


@pytest.mark.parametrize(
    ("lane", "answer"), [(Lane.ASYNC, (Kind.APPREC, "2")), (Lane.SYNC, (Kind.REPLY, "26"))]
)
def test_a_torn_letter_is_t01_for_whoever_waits_and_whoever_does_not(
    process: Process, lane: Lane, answer: tuple[Kind, str]
) -> None:
    outcome = process(inbound(WISH.body[: WISH.body.index(b"</MsgInfo>") + 30], lane=lane))
    assert (kinds(outcome), outcome.reason) == ([answer], "T01")


def test_a_letter_for_another_party_than_its_envelope_is_e10(send: Send) -> None:
    other = letters.organisation("1234", "x", letters.organisation(OTHER_OWNER, "Helsestasjonen"))
    outcome = send(WISH.but(receiver=other))
    assert (kinds(outcome), outcome.reason) == ([(Kind.APPREC, "2")], "E10")


# --- the properties of what is sent (A2, A5)


def test_a_receipt_and_a_reply_go_where_the_sender_wants_them(send: Send) -> None:
    for message in (WISH, letters.reserve("K2")):
        reply_to = f"{HUB}_elsewhere" if message is WISH else None
        for one in send(message, reply_to=reply_to).dispatches:
            assert one.outbound.queue == one.outbound.properties.to == (reply_to or f"{HUB}_async")


def test_a_receipt_and_a_reply_have_the_properties_of_the_protocol(send: Send) -> None:
    outcome = send(WISH, message_id="theirs", correlation_id="thread", cpa_id="cpa")
    receipt, reply = (one.outbound.properties for one in outcome.dispatches)
    assert (receipt.subject, reply.subject) == ("APPREC", letters.FUNCTIONS["RT"])
    for properties in (receipt, reply):
        assert (properties.from_her_id, properties.to_her_id) == (OWNER, HUB)
        assert (properties.correlation_id, properties.cpa_id) == ("thread", "cpa")
        assert properties.reply_to == f"{OWNER}_async"
        assert properties.content_type == "application/xml"
        assert properties.application_timestamp == "2027-03-01T07:00:00Z"
    assert len({receipt.message_id, reply.message_id, "theirs"}) == 3


def test_the_answer_to_whoever_waits_lives_as_long_as_they_do_and_wants_none_back(send: Send) -> None:
    (reply,) = send(QUERY, message_id="theirs", correlation_id=None).dispatches
    assert reply.outbound.queue == f"{HUB}_syncreply"
    assert reply.outbound.ttl == timedelta(seconds=15)
    assert reply.outbound.properties.reply_to is None
    assert reply.outbound.properties.correlation_id == "theirs"
    assert [one.outbound.ttl for one in send(WISH).dispatches] == [None, None]


def test_what_is_sent_is_named_in_the_ledger_by_the_id_that_stands_in_it(send: Send) -> None:
    for one in send(WISH).dispatches:
        root = etree.fromstring(one.outbound.body)
        named = root.findtext("{*}Id") if one.kind is Kind.APPREC else root.findtext(".//{*}MsgId")
        assert named == one.msg_id


# --- refused


REFUSED = {
    "not xml": (WISH, {"body": b"hei"}, "transport:not-well-formed-xml", None),
    "a doctype": (WISH, {"body": b"<!DOCTYPE a>" + WISH.body}, "transport:not-well-formed-xml", None),
    "a foreign root": (WISH, {"body": b"<a/>"}, "transport:not-well-formed-xml", None),
    "no head": (WISH.but(sender=""), {}, "transport:not-well-formed-xml", None),
    "an encoding": (
        WISH,
        {"body": b'<?xml version="1.0" encoding="KOI8-R"?><a/>'},
        "transport:invalid-encoding",
        None,
    ),
    "no timestamp": (
        WISH,
        {"application_timestamp": None, "content_type": "text/html"},
        "transport:invalid-field-value",
        "applicationTimeStamp;contentType",
    ),
    "nowhere to reply": (QUERY, {"reply_to": None}, "transport:invalid-field-value", "replyTo"),
    "our own queue": (WISH, {"reply_to": f"{OWNER}_async"}, "transport:invalid-field-value", "replyTo"),
    "another party": (WISH, {"to_her_id": "777"}, "transport:invalid-field-value", "toHerId"),
    "another subject": (WISH, {"subject": letters.BOOKING}, "transport:invalid-field-value", "subject"),
    "no subject": (WISH, {"subject": ""}, "transport:invalid-field-value", "subject"),
    "no data section": (WISH, {"body_format": "amqp-1.0"}, "transport:invalid-field-value", "body"),
    "another sender": (WISH, {"from_her_id": "777"}, "abuse:spoofing-attack", f"777;{HUB}"),
    "a foreign function": (
        WISH.but(function="DIALOG_INNBYGGER_TEST"),
        {"subject": "DIALOG_INNBYGGER_TEST"},
        "transport:unsupported-message",
        None,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_broken_transport_is_told_on_the_senders_error_queue(
    process: Process, letter: Callable[..., Inbound], appointments: Count, what: str
) -> None:
    parts, changes, condition, data = REFUSED[what]
    body = changes.get("body", parts.body)
    lane = Lane.SYNC if parts is QUERY else Lane.ASYNC
    properties = {"message_id": "theirs"} | {name: changes[name] for name in changes if name != "body"}
    outcome = process(inbound(body, lane=lane, **properties))
    error = refused(outcome)
    sender = properties.get("from_her_id", HUB)
    assert (error.kind, error.code, outcome.reason) == (Kind.ERROR, condition, condition)
    assert (error.outbound.queue, error.outbound.body) == (f"{sender}_error", b"")
    headers = error.outbound.properties.headers
    assert headers["errorCondition"] == condition
    assert headers["originalMessageId"] == "theirs"
    assert headers["receiverTimeStamp"] == "2027-03-01T07:00:00Z"
    assert headers["errorDescription"]
    assert headers.get("errorConditionData") == data
    assert appointments() == 0


def test_an_error_message_has_the_properties_of_the_protocol(send: Send) -> None:
    properties = refused(send(WISH, reply_to="")).outbound.properties
    assert (properties.subject, properties.from_her_id, properties.to_her_id) == (
        letters.FUNCTIONS["RT"],
        OWNER,
        HUB,
    )
    assert (properties.reply_to, properties.content_type) == (None, None)


def test_a_subject_that_was_lost_on_the_way_is_found_in_the_letter(send: Send) -> None:
    functions = [one.function for one in send(WISH, subject=None).dispatches]
    assert functions == ["APPREC", letters.FUNCTIONS["RT"]]
    spoofed = refused(send(WISH.but(msg_id=""), subject=None, from_her_id="777"))
    assert spoofed.outbound.properties.subject == letters.FUNCTIONS["RT"]
    assert refused(send(QUERY, subject=None, reply_to=None)).outbound.properties.subject is None


def test_an_error_message_is_from_the_party_whose_queue_it_was_when_none_is_named(send: Send) -> None:
    assert refused(send(WISH, to_her_id="")).outbound.properties.from_her_id == OWNER


@pytest.mark.parametrize("sender", [None, "", "0", "x"])
def test_a_broken_message_from_nobody_is_parked_with_its_reason(send: Send, sender: str | None) -> None:
    outcome = send(WISH, from_her_id=sender)
    assert isinstance(outcome, Parked)
    assert outcome.reason == "no-sender-to-tell: transport:invalid-field-value"


# --- which check comes first


def test_a_known_message_id_comes_before_everything(send: Send) -> None:
    send(WISH, message_id="1")
    again = send(WISH.but(sender=""), message_id="1", subject="strange")
    assert isinstance(again, Ignored)
    assert again.reason == "duplicate-message-id"


def test_the_properties_come_before_the_body(process: Process) -> None:
    assert refused(process(inbound(b"hei", subject=""))).code == "transport:invalid-field-value"


def test_the_subject_comes_before_the_sender_and_the_sender_before_the_receiver(send: Send) -> None:
    nobodys = WISH.but(receiver=letters.organisation("9", "x"))
    assert refused(send(nobodys, subject="x", from_her_id="777")).code == "transport:invalid-field-value"
    assert refused(send(nobodys, from_her_id="777")).code == "abuse:spoofing-attack"
    assert send(nobodys).reason == "E10"


def test_a_spoofed_copy_does_not_use_up_the_msg_id(send: Send) -> None:
    refused(send(WISH, from_her_id="777"))
    assert kinds(send(WISH)) == [(Kind.APPREC, "1"), (Kind.REPLY, "05")]


def test_the_receiver_comes_before_the_contents(send: Send) -> None:
    wrong = NO_UUID.but(receiver=letters.organisation("9", "x"), generated="i går")
    assert send(wrong).dispatches[0].errors == ("E10",)


def test_an_unknown_function_comes_before_what_is_wrong_in_it(send: Send) -> None:
    wrong = NO_UUID.but(function="x", generated="i går")
    assert refused(send(wrong)).code == "transport:unsupported-message"


# --- here before


def test_a_message_delivered_twice_has_one_effect(send: Send, appointments: Count) -> None:
    send(WISH, message_id="1")
    again = send(WISH, message_id="1")
    assert isinstance(again, Ignored)
    assert appointments() == 1


def test_a_letter_sent_twice_has_one_effect(send: Send, appointments: Count) -> None:
    send(WISH)
    again = send(WISH)
    assert (type(again), again.reason) == (Ignored, "duplicate-msg-id")
    assert appointments() == 1


def test_a_letter_twice_in_a_batch_has_one_effect(
    batches: Batches, letter: Callable[..., Inbound], appointments: Count
) -> None:
    first, again = batches.process([letter(WISH, message_id="1"), letter(WISH, message_id="2")])
    assert isinstance(first, Answered)
    assert (type(again), again.reason) == (Ignored, "duplicate-msg-id")
    assert appointments() == 1


@pytest.mark.parametrize("seeming", [WISH.msg_id, "another", "…", "A" * 300])
def test_whether_a_letter_has_been_here_does_not_depend_on_what_its_beginning_seems_to_be(
    send: Send, appointments: Count, seeming: str
) -> None:
    misleading = f"{WISH.declaration}<!-- <MsgId>{seeming}</MsgId> -->"
    send(WISH)
    again = send(WISH.but(declaration=misleading))
    assert (type(again), again.reason) == (Ignored, "duplicate-msg-id")
    assert isinstance(send(letters.reserve("K2").but(declaration=misleading)), Answered)
    assert appointments() == 2


def test_a_letter_whose_transport_was_broken_may_come_again_under_its_msg_id(send: Send) -> None:
    refused(send(WISH, application_timestamp=None))
    assert isinstance(send(WISH), Answered)


def test_a_letter_that_was_rejected_may_not_come_again_under_its_msg_id(send: Send) -> None:
    send(WISH.but(patient=""))
    assert isinstance(send(WISH), Ignored)


# --- what comes back


@pytest.fixture
def noted(engine: Engine) -> Callable[[], list[tuple[str | None, str | None]]]:
    """What is noted on everything that was sent."""

    def read() -> list[tuple[str | None, str | None]]:
        query = select(outbox.c.receipt_status, outbox.c.receipt_errors).order_by(outbox.c.id)
        with engine.begin() as connection:
            return [tuple(row) for row in connection.execute(query)]

    return read


def test_a_receipt_is_noted_and_never_answered(send: Send, process: Process, noted: NotedOn) -> None:
    reply = send(WISH).dispatches[1]
    error = f'<Error V="T02" S="{letters.OID}8221"/>'
    outcome = process(inbound(letters.apprec(reply.msg_id, "2", error), subject="APPREC"))
    assert isinstance(outcome, Noted)
    assert outcome.reason is None
    assert noted() == [(None, None), ("2", "T02")]


def test_a_receipt_from_somebody_else_is_about_nothing_that_we_sent(
    send: Send, process: Process, noted: NotedOn
) -> None:
    reply = send(WISH).dispatches[1]
    outcome = process(inbound(letters.apprec(reply.msg_id), subject="APPREC", from_her_id="777"))
    assert (type(outcome), outcome.reason) == (Noted, "about-nothing-we-sent")
    assert noted() == [(None, None)] * 2


def test_a_receipt_that_breaks_its_schema_gets_no_receipt(process: Process) -> None:
    broken = letters.apprec("1").replace(b"<Status", b"<Tull")
    assert refused(process(inbound(broken, subject="APPREC"))).code == "transport:not-well-formed-xml"


def test_an_error_message_is_noted_and_never_answered(send: Send, process: Process, noted: NotedOn) -> None:
    ours = send(WISH).dispatches[1].outbound.properties.message_id
    headers = {"originalMessageId": ours, "errorCondition": "transport:decryption-failed"}
    outcome = process(inbound(b"", lane=Lane.ERROR, headers=headers))
    assert isinstance(outcome, Noted)
    assert (outcome.reason, outcome.about.code) == (None, "transport:decryption-failed")
    assert noted() == [(None, None), ("error", "transport:decryption-failed")]


@pytest.mark.parametrize("headers", [{}, {"originalMessageId": "x"}, {"errorCondition": "\x00"}])
def test_an_error_message_about_nothing_that_we_sent_is_noted_as_such(
    process: Process, headers: dict[str, str]
) -> None:
    message = inbound(
        b"anything", lane=Lane.ERROR, subject=None, from_her_id=None, message_id=None, headers=headers
    )
    outcome = process(message)
    assert (type(outcome), outcome.reason) == (Noted, "about-nothing-we-sent")
