"""The road of a message under seal, and nothing around it: what is opened, what is sealed, when. (A3, A6)"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from adapter import serving
from adapter.batch import Batches
from adapter.cli.messages import _shown
from adapter.dialects.helsenorge.names import Function
from adapter.errors import KeysUnavailable
from adapter.ledger.outbox import claim_due
from adapter.ledger.tables import inbox, outbox
from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Inbound, Lane, Properties
from adapter.outcome import About, Answered, Ignored, Kind, Noted, Refused, RetryLater
from adapter.pipeline import Pipeline
from adapter.retrying import pause_before_next_try
from adapter.seal import CONTENT_TYPE
from adapter.seal.encryption import decrypt, encrypt
from adapter.seal.sealed import Sealed
from adapter.seal.signature import read_signature, sign
from adapter.service import make_wrapping
from adapter.settings import Settings
from adapter.wrapping import Plain
from handlers.desk import tables
from tests.reliability.waiting import eventually
from tests.support import letters
from tests.support.certificates import Post, own, read
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import HUB, inbound
from tools.certificates import SIGN, Authority
from tools.collaboration import CITIZEN, CLINIC, Side, write_agreement

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.outcome import Outcome

WISH = letters.reserve("K1").but(msg_id=str(uuid4()))
INVALID, NO_CMS = "transport:invalid-field-value", "transport:invalid-cms-pkcs"


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)


class Road:
    """A pipeline with a wrapping on the clinic's store."""

    def __init__(self, engine: Engine, dialect: Helsenorge, post: Post, sealed: Sealed | None = None) -> None:
        self.engine, self.dialect, self.post = engine, dialect, post
        self.use(sealed or Sealed(post.open_seal()))

    def use(self, wrapping: Plain | Sealed) -> None:
        pipeline = Pipeline(self.dialect, [OWNER], wrapping)
        self._batches = Batches(self.engine, pipeline, lambda: NOW, lambda: str(uuid4()))

    def letter(self, body: bytes | None = None, **changes: Any) -> Inbound:
        """A letter of theirs, sealed."""
        body = WISH.body if body is None else body
        sealed = encrypt(sign(body, own(self.post.their_sign)), read(self.post.our_encrypt))
        return inbound(sealed, **({"content_type": CONTENT_TYPE} | changes))

    def send(self, message: Inbound | None = None) -> Outcome:
        return self._batches.process([message or self.letter()])[0]

    def opened(self, body: bytes) -> bytes:
        """What they find in a message of ours."""
        key = own(self.post.their_encrypt)
        signature = read_signature(decrypt(body, dict.fromkeys(key.certificate.names, key)), ())
        signature.verify()
        assert signature.certificate == read(self.post.our_sign)
        return signature.content

    def count(self, table: Any) -> int:
        with self.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def road(engine: Engine, dialect: Helsenorge, post: Post) -> Road:
    return Road(engine, dialect, post)


def test_what_comes_sealed_is_answered_sealed(road: Road) -> None:
    outcome = road.send()
    assert isinstance(outcome, Answered)
    assert [one.kind for one in outcome.dispatches] == [Kind.APPREC, Kind.REPLY]
    for one in outcome.dispatches:
        assert one.outbound.properties.content_type == CONTENT_TYPE
    receipt, reply = (road.opened(one.outbound.body) for one in outcome.dispatches)
    assert b"<AppRec" in receipt
    assert b'<TemaKodet V="05"' in reply


def test_what_is_wrong_in_a_letter_is_told_under_seal(road: Road) -> None:
    outcome = road.send(road.letter(WISH.but(msg_id="17").body))
    assert isinstance(outcome, Answered)
    (receipt,) = outcome.dispatches
    assert b'<Error V="E10"' in road.opened(receipt.outbound.body)


def test_their_receipt_is_taken_only_under_seal(road: Road) -> None:
    reply = road.send().dispatches[1]
    receipt = letters.apprec(reply.msg_id or "")
    assert isinstance(road.send(inbound(receipt, subject="APPREC")), Refused)
    outcome = road.send(road.letter(receipt, subject="APPREC"))
    assert outcome == Noted(outcome.about, None)


def test_error_messages_are_not_sealed_in_either_direction(road: Road) -> None:
    refused = road.send(inbound(b"<a/>"))
    assert isinstance(refused, Refused)
    (error,) = refused.dispatches
    assert (error.outbound.body, error.outbound.properties.content_type) == (b"", None)
    headers = {"originalMessageId": "x", "errorCondition": "transport:decryption-failed"}
    properties = Properties(message_id=str(uuid4()), from_her_id=HUB, to_her_id=OWNER, headers=headers)
    theirs = Inbound(b"", properties, Lane.ERROR, f"{OWNER}_error", NOW)
    assert isinstance(road.send(theirs), Noted)


def test_the_store_keeps_what_was_on_the_wire_and_sends_the_same_again(road: Road) -> None:
    message = road.letter()
    outcome = road.send(message)
    sent = {one.outbound.properties.message_id: one.outbound.body for one in outcome.dispatches}
    with road.engine.begin() as connection:
        assert connection.execute(select(inbox.c.body)).scalar_one() == message.body
        owed = claim_due(connection, NOW + timedelta(minutes=1), 10)
    assert {one.properties.message_id: one.body for one in owed} == sent
    assert {one.properties.content_type for one in owed} == {CONTENT_TYPE}
    assert isinstance(road.send(message), Ignored)
    assert isinstance(road.send(road.letter()), Ignored)
    assert road.count(outbox) == 2


def test_what_is_sealed_is_not_printed_as_text(road: Road) -> None:
    message = road.letter()
    sent = [one.outbound.body for one in road.send(message).dispatches]
    for body in (message.body, *sent):
        assert _shown(body) == f"(sealed, {len(body)} bytes)"
    assert _shown(WISH.body) == WISH.text
    assert _shown("<?xml?>".encode("utf-16")) != "(sealed, 16 bytes)"


# --- neither passes for the other


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", None])
def test_a_plain_letter_is_refused_where_there_is_a_seal(road: Road, kind: str | None) -> None:
    outcome = road.send(inbound(WISH.body, content_type=kind))
    assert isinstance(outcome, Refused)
    assert outcome.reason == INVALID
    assert outcome.dispatches[0].outbound.properties.headers["errorConditionData"] == "contentType"
    assert road.count(tables.appointment) == 0


def test_a_plain_letter_that_calls_itself_sealed_is_refused(road: Road) -> None:
    outcome = road.send(inbound(WISH.body, content_type=CONTENT_TYPE))
    assert isinstance(outcome, Refused)
    assert outcome.reason == NO_CMS
    assert road.count(tables.appointment) == 0


def test_a_sealed_letter_is_refused_where_there_is_no_seal(road: Road) -> None:
    road.use(Plain())
    outcome = road.send()
    assert isinstance(outcome, Refused)
    assert outcome.reason == INVALID
    assert outcome.dispatches[0].outbound.properties.headers["errorConditionData"] == "contentType"


def test_the_envelope_is_looked_at_before_the_seal(road: Road) -> None:
    outcome = road.send(road.letter(b"", to_her_id="70000"))
    assert isinstance(outcome, Refused)
    assert outcome.dispatches[0].outbound.properties.headers["errorConditionData"] == "toHerId"


def test_a_sealed_letter_of_somebody_else_is_spoofing_all_the_same(road: Road) -> None:
    other = WISH.but(sender=letters.organisation("777", "Andre"))
    outcome = road.send(road.letter(other.body))
    assert isinstance(outcome, Refused)
    assert outcome.reason == "abuse:spoofing-attack"


# --- what cannot be answered is not decided


def test_without_a_certificate_to_answer_with_the_desk_is_not_asked(road: Road, post: Post) -> None:
    post.register(post.their_sign)
    road.use(Sealed(post.open_seal()))
    outcome = road.send()
    assert isinstance(outcome, Refused)
    assert outcome.reason == "transport:missing-certificate"
    assert road.count(tables.appointment) == 0


class Unsuspecting(Sealed):
    """A seal whose receiver was good when it was looked at, and is not when the answer is there."""

    def check_answerable(self, _properties: Properties, _process: str, _now: object) -> None:
        pass


def test_a_certificate_that_is_revoked_meanwhile_undoes_what_was_decided(road: Road, post: Post) -> None:
    post.revoke(post.their_encrypt.certificate)
    road.use(Unsuspecting(post.open_seal()))
    outcome = road.send()
    assert outcome == RetryLater(outcome.about, "own-fault: NotSealed", endlessly=True)
    assert [road.count(table) for table in (tables.appointment, inbox, outbox)] == [0, 0, 0]


def test_while_nobody_knows_whether_it_is_revoked_the_message_waits(road: Road, post: Post) -> None:
    stale = post.middle.revocation_list(NOW - timedelta(days=9), lasts=timedelta(days=1))
    post.put("revocation/middle.crl", stale)
    road.use(Sealed(post.open_seal()))
    message = road.letter()
    outcome = road.send(message)
    assert outcome == RetryLater(outcome.about, "own-fault: RevocationUnknown", endlessly=True)
    assert [road.count(table) for table in (tables.appointment, inbox)] == [0, 0]
    post.revoke()
    road.use(Sealed(post.open_seal()))
    assert isinstance(road.send(message), Answered)


def test_one_that_waits_does_not_hold_up_the_others_of_its_batch(road: Road, post: Post) -> None:
    lost = post.issue("lost-sign", SIGN, by=other_authority(post))
    post.register(post.their_sign, post.their_encrypt, lost)
    road.use(Sealed(post.open_seal()))
    body = encrypt(sign(letters.reserve("K2").body, own(lost)), read(post.our_encrypt))
    waits = inbound(body, content_type=CONTENT_TYPE)
    outcomes = road._batches.process([waits, road.letter()])
    assert [type(one) for one in outcomes] == [RetryLater, Answered]


def other_authority(post: Post) -> Authority:
    """One that we trust and that has no list."""
    return Authority("Without a list", post.before, post.root)


# --- how long it waits


def retry(attempt: int, lane: Lane = Lane.ASYNC, *, endlessly: bool, **settings: Any) -> float | None:
    message = inbound(lane=lane)
    headers = {"x-timebok-attempt": str(attempt)}
    message = replace(message, properties=replace(message.properties, headers=headers))
    chosen = Settings(**{"retry_pauses": (5, 30), "retry_pauses_sync": (1,)} | settings)
    pause = pause_before_next_try(message, RetryLater(About(), "r", endlessly), chosen)
    return None if pause is None else pause.total_seconds()


def test_what_waits_for_something_to_come_is_never_given_up() -> None:
    assert [retry(number, endlessly=True) for number in (1, 2, 3, 999)] == [5, 30, 30, 30]
    assert [retry(number, endlessly=False) for number in (1, 2, 3)] == [5, 30, None]


def test_where_the_sender_waits_or_nothing_may_wait_there_is_an_end() -> None:
    assert [retry(number, Lane.SYNC, endlessly=True) for number in (1, 2)] == [1, None]
    assert retry(1, endlessly=True, retry_pauses=()) is None


# --- what comes over the network


async def test_lists_are_asked_for_at_the_start_and_again_and_again(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_REFRESH_EVERY", 0.01)
    mailbox, asked = MemoryMailbox(), []

    def refresh(now: datetime) -> None:
        asked.append((now.tzinfo, mailbox.ready, threading.current_thread()))

    service = serving.Service(Settings(), mailbox, road.engine, road._batches, refresh)
    running = asyncio.create_task(service.run([OWNER]))
    await eventually(lambda: len(asked) >= 3, "it asks again")
    service.stop()
    assert await running
    assert asked[0][1] is False, "before the first message is taken"
    assert {zone for zone, _, _ in asked} == {UTC}
    assert threading.main_thread() not in {thread for _, _, thread in asked}


# --- the settings


def of_the(post: Post) -> dict[str, Any]:
    rooms = {f"seal_{room}": post.folder / room for room in ("keys", "parties", "authorities")}
    return rooms | {"seal_revocation_lists": str(post.folder / "revocation")}


def test_the_seal_of_the_settings_opens_and_seals(road: Road, post: Post) -> None:
    road.use(make_wrapping(Settings(**of_the(post))))
    assert isinstance(road.send(), Answered)
    assert isinstance(make_wrapping(Settings()), Plain)


def test_keys_that_need_a_passphrase_get_it_from_its_file(road: Road, post: Post) -> None:
    for name, one in {"sign": post.our_sign, "encrypt": post.our_encrypt}.items():
        post.put(f"keys/{name}.pem", one.pem(b"hemmelig"))
    with pytest.raises(KeysUnavailable):
        make_wrapping(Settings(**of_the(post)))
    passphrase = post.put("passphrase", b"hemmelig\n")
    settings = Settings(**of_the(post), seal_passphrase_file=passphrase)
    road.use(make_wrapping(settings))
    assert isinstance(road.send(), Answered)
    assert "hemmelig" not in f"{settings!r}{vars(make_wrapping(settings))!r}"


@pytest.mark.parametrize("room", ["keys", "parties", "authorities", "revocation_lists"])
def test_half_a_seal_is_none_and_is_refused(post: Post, room: str) -> None:
    half = of_the(post)
    del half[f"seal_{room}"]
    with pytest.raises(ValueError, match=f"half a seal is set: seal_{room} is missing"):
        Settings(**half)


def test_variables_that_are_empty_are_not_set(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    for name in (*of_the(post), "seal_passphrase_file"):
        monkeypatch.setenv(f"TIMEBOK_{name.upper()}", "")
    assert isinstance(make_wrapping(Settings()), Plain)
    with pytest.raises(ValueError, match="seal_keys, seal_authorities, seal_revocation_lists is missing"):
        Settings(seal_parties=post.folder / "parties")


def test_a_passphrase_alone_is_half_a_seal(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="half a seal"):
        Settings(seal_passphrase_file=tmp_path / "passphrase")


def test_a_letter_as_large_as_may_be_is_not_too_large_sealed(road: Road, post: Post) -> None:
    road.use(make_wrapping(Settings(**of_the(post), max_bytes=10_000)))
    assert len(WISH.body) < 10_000
    padded = WISH.body + b" " * (10_000 - len(WISH.body))
    message = road.letter(padded)
    assert len(message.body) > 10_000
    assert isinstance(road.send(message), Answered)


# --- what is agreed with them


CPA_ID = "51f0ad3e-7f3d-4b37-9d5e-2a0c6f1f9a10"


def agree(post: Post, **changes: Any) -> None:
    hub = Side(HUB, "Knutepunktet", CITIZEN, post.their_sign.certificate, post.their_encrypt.certificate)
    us = Side(OWNER, "Klinikken", CLINIC)
    times = {"start": NOW - timedelta(days=1), "end": changes.pop("end", NOW + timedelta(days=1))}
    text = write_agreement(replace(hub, **changes), us, cpa_id=CPA_ID, **times)
    post.put("parties/hub.xml", text.encode())


def cpa_ids(outcome: Outcome) -> set[str | None]:
    return {one.outbound.properties.cpa_id for one in outcome.dispatches}


def test_replies_name_the_agreement_that_applies(road: Road, post: Post) -> None:
    agree(post)
    road.use(Sealed(post.open_seal()))
    assert cpa_ids(road.send()) == {CPA_ID}


def test_they_name_the_one_that_the_request_names(road: Road, post: Post) -> None:
    agree(post)
    road.use(Sealed(post.open_seal()))
    theirs = str(uuid4())
    assert cpa_ids(road.send(road.letter(cpa_id=theirs))) == {theirs}


def test_without_an_agreement_that_applies_they_name_none(road: Road, post: Post) -> None:
    assert cpa_ids(road.send()) == {None}
    agree(post, end=NOW - timedelta(hours=1))
    road.use(Sealed(post.open_seal()))
    assert cpa_ids(road.send(road.letter(letters.reserve("K2").body))) == {None}


def test_a_process_that_is_not_in_their_profile_is_refused(road: Road, post: Post) -> None:
    agree(post, processes=["Dialog_Innbygger_AvtaleAvbestilling"])
    road.use(Sealed(post.open_seal()))
    outcome = road.send()
    assert isinstance(outcome, Refused)
    assert outcome.reason == "transport:unsupported-message"
    assert road.count(tables.appointment) == 0


def test_the_process_of_a_function_that_samples_spell_otherwise_is_known(road: Road, post: Post) -> None:
    wish = replace(letters.cancel("K1"), function="DIALOG_INNBYGGER_AVTALEBESTILLING")
    for process, kind in (("AvtaleAvbestilling", Answered), ("Timereservasjon", Refused)):
        agree(post, processes=[f"Dialog_Innbygger_{process}"])
        road.use(Sealed(post.open_seal()))
        message = road.letter(wish.but(msg_id=str(uuid4())).body, subject=wish.function)
        assert isinstance(road.send(message), kind)


@pytest.mark.parametrize(
    "ours", [letters.book("K1"), letters.resource_overview().but(function=Function.RESOURCE_OVERVIEW)]
)
def test_what_is_ours_alone_needs_no_place_in_a_national_profile(
    road: Road, post: Post, ours: letters.Parts
) -> None:
    agree(post, processes=["Dialog_Innbygger_Timereservasjon"])
    road.use(Sealed(post.open_seal()))
    message = road.letter(ours.body, subject=ours.function)
    assert isinstance(road.send(message), Answered)
