"""Several HER-ids in one service: each with its queues, its name, its calendars, and, sealed, its own keys.

What is for a HER-id that is not ours never reaches a handler, whatever queue it lies on.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import handlers
from adapter import pipeline as the_pipeline
from adapter.batch import Batches
from adapter.mailbox.memory import MemoryMailbox
from adapter.message import Lane, Outbound
from adapter.outcome import Refused
from adapter.pipeline import Pipeline
from adapter.seal import CONTENT_TYPE
from adapter.seal.encryption import decrypt, encrypt
from adapter.seal.sealed import Sealed
from adapter.seal.signature import read_signature, sign
from adapter.serving import Service
from adapter.settings import Settings
from adapter.wrapping import Plain
from tests.reliability.waiting import eventually
from tests.support import letters
from tests.support.certificates import Post, own, read
from tests.support.clinic import NOW, OTHER_OWNER, OWNER
from tests.support.envelopes import HUB, inbound
from tools.certificates import ENCRYPT, SIGN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Engine

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from adapter.message import Inbound
    from adapter.wrapping import Wrapping
    from handlers.desk.model import Reply, Request
    from handlers.desk.store import Desk
    from tools.certificates import Issued

NAMES = {OWNER: "Vaksinasjonstjenesten", OTHER_OWNER: "Helsestasjonen"}
STRANGER = "777"


@dataclass(frozen=True)
class Scene:
    """Both of our parties; sealed, if there are keys: to sign and to be encrypted for, by HER-id."""

    engine: Engine
    dialect: Helsenorge
    post: Post
    wrapping: Wrapping
    keys: dict[str, tuple[Issued, Issued]]

    @property
    def batches(self) -> Batches:
        pipeline = Pipeline(self.dialect, [OWNER, OTHER_OWNER], self.wrapping)
        return Batches(self.engine, pipeline, lambda: NOW, lambda: str(uuid4()))

    def letter(self, her_id: str, *, lane: Lane = Lane.ASYNC, sealed_for: str | None = None) -> Inbound:
        """A wish for the slot K1 of a party, on its queue; each of ours has one of that name."""
        name = NAMES.get(her_id, "Noen andre")
        receiver = letters.organisation("1234", "Beste kommune", letters.organisation(her_id, name))
        body = letters.reserve("K1").but(receiver=receiver, msg_id=str(uuid4())).body
        changes = {"to_her_id": her_id}
        if self.keys:
            _, encrypts = self.keys[sealed_for or her_id]
            body = encrypt(sign(body, own(self.post.their_sign)), read(encrypts))
            changes["content_type"] = CONTENT_TYPE
        return replace(inbound(body, lane=lane, **changes), queue=f"{her_id}_{lane}")

    def opened(self, message: Outbound) -> str:
        """What the hub finds in a message of ours; if sealed, then by the party that it says it is from."""
        if not self.keys:
            return message.body.decode()
        theirs = own(self.post.their_encrypt)
        signature = read_signature(decrypt(message.body, dict.fromkeys(theirs.certificate.names, theirs)), ())
        signature.verify()
        signs, _ = self.keys[message.properties.from_her_id or ""]
        assert signature.certificate == read(signs)
        return signature.content.decode()


@pytest.fixture(params=["plain", "sealed"])
def scene(request: pytest.FixtureRequest, engine: Engine, dialect: Helsenorge, tmp_path: Path) -> Scene:
    post, keys = Post(tmp_path), dict[str, tuple["Issued", "Issued"]]()
    if request.param == "plain":
        return Scene(engine, dialect, post, Plain(), keys)
    for her_id in (OWNER, OTHER_OWNER):
        (tmp_path / "keys" / her_id).mkdir()
        keys[her_id] = post.issue(f"{her_id}-sign", SIGN), post.issue(f"{her_id}-encrypt", ENCRYPT)
        for number, one in enumerate(keys[her_id]):
            post.put(f"keys/{her_id}/{number}.pem", one.pem())
    keys[STRANGER] = post.our_sign, post.our_encrypt
    return Scene(engine, dialect, post, Sealed(post.open_seal(), [OWNER, OTHER_OWNER]), keys)


@asynccontextmanager
async def serving(scene: Scene, mailbox: MemoryMailbox) -> AsyncIterator[None]:
    service = Service(Settings(), mailbox, scene.engine, scene.batches)
    running = asyncio.create_task(service.run([OWNER, OTHER_OWNER]))
    await eventually(lambda: service.ready, "it serves")
    yield
    service.stop()
    assert await running


async def test_each_is_asked_on_its_queues_and_answers_from_its_calendars_under_its_name(
    scene: Scene,
) -> None:
    mailbox = MemoryMailbox()
    async with serving(scene, mailbox):
        answers = f"{HUB}_async"
        mailbox.broker.declare(answers)
        for her_id, name in NAMES.items():
            message = scene.letter(her_id)
            mailbox.broker.deliver(Outbound(message.body, message.properties, message.queue))
            taken: list[Outbound] = []

            def arrived(taken: list[Outbound] = taken) -> bool:
                taken += mailbox.broker.taken(answers)
                return len(taken) == 2

            await eventually(arrived, "there is a receipt and a reply")
            receipt, reply = taken
            assert {one.properties.from_her_id for one in taken} == {her_id}
            assert reply.properties.reply_to == f"{her_id}_async"
            assert "<AppRec" in scene.opened(receipt)
            assert '<TemaKodet V="05"' in scene.opened(reply)
            assert f"<OrganisationName>{name}</OrganisationName>" in scene.opened(reply)


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The owners whose desk was asked."""
    asked: list[str] = []

    def handle(request: Request, desk: Desk) -> Reply:
        asked.append(request.owner)
        return really(request, desk)

    really = handlers.handle
    monkeypatch.setattr(the_pipeline.handlers, "handle", handle)
    return asked


@pytest.mark.parametrize("lane", [Lane.ASYNC, Lane.SYNC])
@pytest.mark.parametrize("queue", [OWNER, STRANGER])
def test_what_is_for_somebody_else_never_reaches_a_handler(
    scene: Scene, handled: list[str], lane: Lane, queue: str
) -> None:
    message = replace(scene.letter(STRANGER, lane=lane), queue=f"{queue}_{lane}")
    (outcome,) = scene.batches.process([message])
    assert isinstance(outcome, Refused)
    (error,) = outcome.dispatches
    assert error.outbound.properties.headers["errorConditionData"] == "toHerId"
    assert handled == []


def test_what_says_so_only_in_its_letter_never_reaches_one_either(scene: Scene, handled: list[str]) -> None:
    message = scene.letter(STRANGER, sealed_for=OWNER)
    message = replace(message, properties=replace(message.properties, to_her_id=OWNER))
    (outcome,) = scene.batches.process([message])
    assert outcome.reason == "E10"
    assert handled == []


def test_what_is_for_one_of_ours_reaches_the_desk_of_that_one(scene: Scene, handled: list[str]) -> None:
    scene.batches.process([scene.letter(OTHER_OWNER), scene.letter(OWNER)])
    assert handled == [OTHER_OWNER, OWNER]


@pytest.mark.parametrize("scene", ["sealed"], indirect=True)
def test_the_key_of_one_does_not_open_what_is_for_the_other(scene: Scene, handled: list[str]) -> None:
    for her_id, other in ((OWNER, OTHER_OWNER), (OTHER_OWNER, OWNER)):
        (outcome,) = scene.batches.process([scene.letter(her_id, sealed_for=other)])
        assert isinstance(outcome, Refused)
        assert outcome.reason == "transport:decryption-failed"
    assert handled == []
