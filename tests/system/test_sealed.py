"""Sealed from end to end: the real command, a real RabbitMQ, and a hub that seals. (A2, A3, A6)

The certificates are thrown away; what the service knows of them it reads from files, which change under it.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.reliability.processes import Process, Processes
from tests.reliability.sealed import SealedHub, seal_of
from tests.reliability.store import Store
from tests.reliability.waiting import eventually
from tests.reliability.wishes import Wish, Writer, citizens
from tests.support.certificates import Post, read
from tools.certificates import ENCRYPT, SIGN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.reliability.wishes import Letter
    from tools.certificates import Issued

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SLOTS = 500
UNSEALED = "transport:invalid-field-value"


class Scene:
    """A clinic whose messages are sealed, and its hub."""

    def __init__(
        self, hub: SealedHub, store: Store, services: Processes, post: Post, ids: tuple[str, str]
    ) -> None:
        self.hub, self.store, self.services, self.post = hub, store, services, post
        self.clinic = ids[1]
        self._writer, self._citizens, self._slots = Writer(*ids), citizens(), iter(store.slots)

    def letter(self, wish: Wish = Wish.BOOK) -> Letter:
        """A wish of somebody else, for another time."""
        return self._writer.write(wish, next(self._citizens), next(self._slots))

    async def serve(self, **settings: str) -> Process:
        service = self.services.start(**settings)
        await eventually(lambda: bool(service.said("serving")), "it serves", details=service.last_words)
        return service

    async def sent(self, count: int, encrypts_for: Issued | None = None) -> list[Letter]:
        """Letters that have been sent, encrypted for that certificate of ours."""
        some = [self.letter() for _ in range(count)]
        usual, self.hub.encrypts_for = self.hub.encrypts_for, encrypts_for or self.hub.encrypts_for
        await self.hub.send_all(some)
        self.hub.encrypts_for = usual
        return some

    async def is_answered(self, *some: Letter) -> None:
        await eventually(
            lambda: all(map(self.hub.is_answered, some)), "all is answered", details=self.services.last_words
        )

    async def refusal(self, letter: Letter) -> str:
        """The condition that the hub is told about the last message with this letter."""
        await eventually(
            lambda: bool(self._refusals(letter)), "it is refused", details=self.services.last_words
        )
        (condition,) = self._refusals(letter)
        return condition

    def _refusals(self, letter: Letter) -> list[str]:
        return [one.code for one in self.hub.answers if one.kind == "error" and one.about == letter.sent[-1]]

    async def put_off(self, service: Process, why: str) -> None:
        """Wait until it has put off messages more often than it does with what is given up in the end."""

        def often_enough() -> bool:
            return [one["reason"] for one in service.said("retrylater")].count(f"own-fault: {why}") > 8

        await eventually(often_enough, "they wait", details=service.last_words)

    def bookings(self) -> int:
        return len(self.store.read().appointments)


@pytest.fixture
async def scene(amqp_url: str, tmp_path: Path) -> AsyncIterator[Scene]:
    mine, theirs = (str(random.randint(10_000_000, 999_999_999)) for _ in range(2))
    post, seal = seal_of(tmp_path / "post", mine)
    with ExitStack() as stack:
        store = Store(f"sqlite:///{tmp_path / 'timebok.db'}")
        stack.callback(store.close)
        store.open_clinic(theirs, SLOTS, two_step=False)
        services = Processes(
            tmp_path,
            amqp_url=amqp_url,
            database_url=store.url,
            her_ids=theirs,
            retry_pauses="1",
            log_level="debug",
            **seal,
        )
        stack.callback(services.close)
        hub = SealedHub(amqp_url, mine, theirs, post)
        await hub.open()
        scene = Scene(hub, store, services, post, (mine, theirs))
        yield scene
        nothing_is_told(scene)
        stack.close()  # the service before the queues, else it declares them anew
        await hub.close()


def nothing_is_told(scene: Scene) -> None:
    """No patient, no letter and no key: neither in the log nor, unsealed, in what lies in the store."""
    said = "".join(one._log.read_text() for one in scene.services.all)
    assert "answered" in said or not scene.hub.letters
    assert not [one.wish for one in scene.hub.letters.values() if one.citizen in said]
    for secret in ("Prøvesen", "MsgHead", "PRIVATE KEY"):
        assert secret not in said
    kept = scene.store.read()
    bodies = [
        row.body
        for row in (*kept.inbox, *kept.outbox)
        if row.body and getattr(row, "reason", None) != UNSEALED
    ]
    assert not [body for body in bodies if b"MsgHead" in body or b"AppRec" in body], "they are kept sealed"


async def test_a_conversation_under_seal(scene: Scene) -> None:
    service = await scene.serve()
    look, book = scene.letter(Wish.LOOK), scene.letter()
    await scene.hub.send_all([look, book])
    await scene.is_answered(look, book)
    assert scene.hub.replies[look.msg_id].code == "03"
    assert scene.hub.replies[book.msg_id].code == "05"
    assert scene.hub.types == {"application/pkcs7-mime; smime-type=signed-and-enveloped-data"}
    assert scene.hub.signers == {read(scene.post.our_sign).thumbprint}
    assert scene.hub.strange == []
    reply = scene.hub.replies[book.msg_id].msg_id
    await eventually(lambda: reply in scene.store.receipted(), "their receipt, sealed too, is taken")
    await scene.hub.send(book, book.sent[0])
    await scene.hub.send(book)
    after = scene.letter(Wish.LOOK)
    await scene.hub.send(after)
    await scene.is_answered(after)
    await eventually(
        lambda: bool(service.said("ignored")), "a repeated letter is known by what is in the seal"
    )
    assert scene.bookings() == 1
    await service.stop()


async def test_a_new_key_beside_the_old_loses_nothing(scene: Scene) -> None:
    post, hub = scene.post, scene.hub
    old, new = post.our_encrypt, post.issue("our-new-encrypt", ENCRYPT, start=post.now - MINUTE)
    new_sign = post.issue("our-new-sign", SIGN, start=post.now - MINUTE)
    service = await scene.serve()
    before = await scene.sent(5, old)
    post.put("keys/new-sign.pem", new_sign.pem())
    post.put("keys/new-encrypt.pem", new.pem())
    after = await scene.sent(5, old)
    while not service.said("read again"):  # which it is when the next message comes, or the one after
        after += await scene.sent(1, old)
        await scene.is_answered(*after)
    after += await scene.sent(5, old) + await scene.sent(5, new)
    await scene.is_answered(*before, *after)
    await service.stop()
    waiting = await scene.sent(5, old) + await scene.sent(5, new)
    await scene.serve()
    await scene.is_answered(*waiting)
    assert [reply.code for reply in hub.replies.values()] == ["05"] * len(hub.letters)
    assert hub.signers == {read(one).thumbprint for one in (post.our_sign, new_sign)}, "the newest signs"
    assert await hub.parked() == 0


async def test_each_refusal_is_told_and_books_nothing(scene: Scene) -> None:
    post, hub = scene.post, scene.hub
    stranger = post.issue("stranger", SIGN)
    expired = post.issue("expired", SIGN, end=post.now - MINUTE)
    revoked = post.issue("revoked", SIGN)
    post.register(post.their_sign, post.their_encrypt, expired, revoked)
    post.revoke(revoked.certificate)
    service = await scene.serve()
    refusals: dict[str, dict[str, Any]] = {
        UNSEALED: {"plainly": True},
        "transport:decryption-failed": {"encrypts_for": post.their_encrypt},
        "transport:invalid-certificate": {"signs_with": stranger},
        "transport:expired-certificate": {"signs_with": expired},
        "transport:revoked-certificate": {"signs_with": revoked},
    }
    usual = {"plainly": False, "encrypts_for": post.our_encrypt, "signs_with": post.their_sign}
    for condition, wrong in refusals.items():
        letter = scene.letter()
        vars(hub).update(usual | wrong)
        await hub.send(letter)
        assert await scene.refusal(letter) == condition
    vars(hub).update(usual)
    assert scene.bookings() == 0
    assert hub.replies == {}
    told = {line["reason"]: line for line in service.said("seal refused")}
    assert told.keys() == refusals.keys() - {UNSEALED}
    shown = told["transport:revoked-certificate"]
    assert shown["thumbprint"] == read(revoked).thumbprint
    assert shown["serial"] == read(revoked).serial
    (good,) = await scene.sent(1)
    await scene.is_answered(good)


async def test_what_cannot_be_judged_yet_waits_and_is_answered_when_the_list_is_back(scene: Scene) -> None:
    post = scene.post
    stale = post.middle.revocation_list(post.now - 2 * DAY, lasts=DAY)
    post.put("revocation/middle.crl", stale)
    service = await scene.serve()
    waiting = await scene.sent(3)

    await scene.put_off(service, "RevocationUnknown")
    assert scene.bookings() == 0
    assert await scene.hub.parked() == 0
    assert scene.hub.answers == []
    post.put("revocation/middle.crl", post.middle.revocation_list(post.now - MINUTE))
    await scene.is_answered(*waiting)
    assert scene.bookings() == 3
    assert await scene.hub.parked() == 0


async def test_our_expired_key_makes_them_wait_and_a_new_one_lets_them_go_on(scene: Scene) -> None:
    post = scene.post
    post.put("keys/sign.pem", post.issue("our-sign", SIGN, end=post.now - MINUTE).pem())
    service = await scene.serve()
    waiting = await scene.sent(2)
    await scene.put_off(service, "KeysUnavailable")
    post.put("keys/new.pem", post.issue("our-new-sign", SIGN).pem())
    await scene.is_answered(*waiting)
    assert scene.bookings() == 2


async def test_half_a_seal_and_keys_that_are_not_there_are_refused_at_the_start(scene: Scene) -> None:
    half = scene.services.start(seal_parties="")
    nowhere = scene.services.start(seal_keys=str(scene.post.folder / "nowhere"))
    assert [await half.ended(), await nowhere.ended()] == [2, 2]
    assert half.last_words().endswith("half a seal is set: seal_parties is missing")
    assert nowhere.last_words().splitlines()[-1].startswith("timebok: The keys in ")


# --- lists that come over the network


class Web(ThreadingHTTPServer):
    """Hands out the files of a folder; answers nobody once it ``hangs``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Quiet, directory=folder))
        self.asked = 0
        self.going_on = threading.Event()
        self.going_on.set()

    def addresses(self, *names: str) -> str:
        return ",".join(f"http://127.0.0.1:{self.server_address[1]}/{name}" for name in names)


class Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.going_on.wait()
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web(scene: Scene) -> Iterator[Web]:
    with Web(scene.post.folder / "revocation") as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield web
        web.going_on.set()
        web.shutdown()
        thread.join()


async def test_lists_are_fetched_before_the_first_message_is_taken(scene: Scene, web: Web) -> None:
    waiting = await scene.sent(2)
    service = await scene.serve(seal_revocation_lists=web.addresses("root.crl", "middle.crl"))
    await scene.is_answered(*waiting)
    assert service.said("retrylater") == []


async def test_a_list_that_hangs_does_not_hold_up_the_end(scene: Scene, web: Web) -> None:
    web.going_on.clear()
    service = scene.services.start(seal_revocation_lists=web.addresses("root.crl"))
    await eventually(lambda: web.asked > 0, "it asks for the list", details=service.last_words)
    began = time.monotonic()
    service.signal(signal.SIGTERM)
    assert await service.ended() == 0, service.last_words()
    assert time.monotonic() - began < 5
