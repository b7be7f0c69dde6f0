"""Revoked is told to the sender, and not knowing means to wait. (A3, A6)"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from structlog.testing import capture_logs

from adapter.errors import KeysUnavailable, OwnFault, RevocationUnknown, RevokedCertificate
from adapter.seal import fetching
from adapter.seal.encryption import encrypt
from adapter.seal.revocation import RevocationLists
from adapter.seal.signature import sign
from tests.support.certificates import BEFORE, XML, key, own, read, sealed, unsealed
from tests.support.clinic import NOW
from tools.certificates import SIGN, Authority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapter.seal import Seal
    from tests.support.certificates import Post

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_revoked_signer_is_told(post: Post, theirs: bytes) -> None:
    post.revoke(post.their_sign.certificate)
    with pytest.raises(RevokedCertificate) as raised:
        unsealed(post.open_seal(), theirs)
    assert raised.value.condition == "transport:revoked-certificate"
    assert raised.value.data == (read(post.their_sign).thumbprint,)


def test_nothing_is_encrypted_for_a_revoked_certificate(post: Post) -> None:
    post.revoke(post.their_encrypt.certificate)
    seal = post.open_seal()
    with pytest.raises(RevokedCertificate):
        sealed(seal)
    with pytest.raises(RevokedCertificate):
        seal.check_answerable(sender="91095", receiver="8093240", now=NOW)


def test_a_revoked_authority_takes_everybody_with_it(post: Post, theirs: bytes) -> None:
    post.revoke(post.middle.certificate, by=post.root)
    with pytest.raises(RevokedCertificate):
        unsealed(post.open_seal(), theirs)


def test_a_certificate_that_is_revoked_while_we_run(post: Post, seal: Seal, theirs: bytes) -> None:
    """What was found out before holds only for as long as nothing newer is known."""
    assert unsealed(seal, theirs).content == XML
    post.revoke(post.their_sign.certificate)
    with pytest.raises(RevokedCertificate):
        unsealed(seal, theirs)
    post.revoke()
    assert unsealed(seal, theirs).content == XML


def test_others_are_not_touched(post: Post, theirs: bytes) -> None:
    post.revoke(post.our_sign.certificate, post.issue("stranger", SIGN).certificate)
    assert unsealed(post.open_seal(), theirs).content == XML


def check_waits(seal: Seal, body: bytes, **changes: Any) -> None:
    """It is nobody's fault: the message is not refused, and is to be tried again."""
    with pytest.raises(RevocationUnknown) as raised:
        unsealed(seal, body, **changes)
    assert isinstance(raised.value, OwnFault)
    with pytest.raises(RevocationUnknown):
        sealed(seal, **changes)


@pytest.mark.parametrize("missing", ["root", "middle"])
def test_without_a_list_we_wait(post: Post, theirs: bytes, missing: str) -> None:
    (post.folder / "revocation" / f"{missing}.crl").unlink()
    check_waits(post.open_seal(), theirs)


def test_with_a_list_that_has_run_out_we_wait(post: Post, seal: Seal, theirs: bytes) -> None:
    assert unsealed(seal, theirs, now=NOW + DAY).content == XML
    check_waits(seal, theirs, now=NOW + 3 * DAY)
    for authority, name in ((post.root, "root"), (post.middle, "middle")):
        post.put(f"revocation/{name}.crl", authority.revocation_list(NOW + 3 * DAY))
    assert unsealed(seal, theirs, now=NOW + 3 * DAY).content == XML


def test_with_a_list_of_tomorrow_we_wait(post: Post, theirs: bytes) -> None:
    post.put("revocation/middle.crl", post.middle.revocation_list(NOW + HOUR))
    check_waits(post.open_seal(), theirs)


def test_a_list_that_somebody_else_has_signed_is_none(post: Post, theirs: bytes) -> None:
    pretended = Authority("Authority", BEFORE, post.root, key=key("another root"))
    assert pretended.certificate.subject == post.middle.certificate.subject
    post.put("revocation/middle.crl", pretended.revocation_list(NOW))
    check_waits(post.open_seal(), theirs)


ELSEWHERE = x509.UniformResourceIdentifier("http://lists.example/1.crl")
HERE = x509.UniformResourceIdentifier("http://lists.example/2.crl")


def scope(**changes: Any) -> tuple[x509.ExtensionType, bool]:
    usual: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(usual | changes)), True


@pytest.mark.parametrize(
    "extension",
    [
        scope(only_contains_ca_certs=True),
        scope(only_contains_attribute_certs=True),
        scope(indirect_crl=True),
        scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})),
        scope(full_name=[ELSEWHERE]),
        (x509.DeltaCRLIndicator(1), True),
        (x509.DeltaCRLIndicator(1), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),
    ],
    ids=lambda extension: str(extension[0].oid.dotted_string),
)
def test_a_list_that_is_not_about_the_certificate_is_none(
    post: Post, theirs: bytes, extension: tuple[x509.ExtensionType, bool]
) -> None:
    post.revoke(extensions=[extension])
    check_waits(post.open_seal(), theirs)


@pytest.mark.parametrize("extension", [scope(only_contains_user_certs=True), (x509.CRLNumber(1), False)])
def test_a_list_that_is(post: Post, theirs: bytes, extension: tuple[x509.ExtensionType, bool]) -> None:
    post.revoke(extensions=[extension])
    assert unsealed(post.open_seal(), theirs).content == XML


def test_a_list_in_parts(post: Post) -> None:
    point = x509.DistributionPoint([HERE], None, None, None)
    one = post.issue("theirs", SIGN, extensions=[(x509.CRLDistributionPoints([point]), False)])
    post.register(one, post.their_encrypt)
    body = encrypt(sign(XML, own(one)), read(post.our_encrypt))
    post.revoke(extensions=[scope(full_name=[HERE])])
    assert unsealed(post.open_seal(), body).content == XML
    post.revoke(one.certificate, extensions=[scope(full_name=[HERE])])
    with pytest.raises(RevokedCertificate):
        unsealed(post.open_seal(), body)


def test_it_is_enough_that_one_of_the_lists_has_it(post: Post, theirs: bytes) -> None:
    crl = post.middle.revocation_list(NOW, [post.their_sign.certificate])
    post.put("revocation/another.crl", crl)
    with pytest.raises(RevokedCertificate):
        unsealed(post.open_seal(), theirs)


def test_a_file_may_hold_several_as_text(post: Post, theirs: bytes) -> None:
    lists = [x509.load_der_x509_crl(one.revocation_list(NOW)) for one in (post.root, post.middle)]
    text = b"".join(one.public_bytes(Encoding.PEM) for one in lists)
    file = post.put("all.pem", text)
    assert unsealed(post.open_seal(revocation=[str(file)]), theirs).content == XML


def odd_lists() -> dict[str, bytes]:
    """What is no list, and lists that the decoder has an exception of its own for."""
    good = Authority("Authority", BEFORE, key=key("middle")).revocation_list(NOW)
    rsa_with_sha_256 = bytes.fromhex("2a864886f70d01010b")
    version, issuer = good.index(b"\x02\x01\x01") + 2, good.index(b"Authority")
    return {
        "empty": b"",
        "no list": b"not a list",
        "half": good[: len(good) // 2],
        "signed in a way that there is not": good.replace(rsa_with_sha_256, rsa_with_sha_256[:-1] + b"\x63"),
        "of a version that there is not": good[:version] + b"\x05" + good[version + 1 :],
        "of a name that cannot be read": good[:issuer] + b"\xff\xfe" + good[issuer + 2 :],
    }


@pytest.mark.parametrize("data", odd_lists().values(), ids=odd_lists().keys())
def test_a_file_that_is_none_is_found_out_at_once_and_named(post: Post, data: bytes) -> None:
    post.put("revocation/odd.crl", data)
    with pytest.raises(KeysUnavailable, match=r"odd\.crl"):
        post.open_seal()


@pytest.mark.parametrize("data", odd_lists().values(), ids=odd_lists().keys())
def test_one_that_comes_later_does_not_take_the_place_of_the_good_ones(
    post: Post, seal: Seal, theirs: bytes, data: bytes
) -> None:
    assert unsealed(seal, theirs).content == XML
    post.put("revocation/odd.crl", data)
    assert unsealed(seal, theirs).content == XML


# --- from the web


class Web:
    """A web server that answers as it is told, and counts how often it is asked."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | int | str] = {}
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def serving(web: Web) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            web.asked.append(self.path)
            answer = web.answers.get(self.path, 404)
            if isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                self.end_headers()
            elif isinstance(answer, int):
                self.send_error(answer)
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        web.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def web(post: Post) -> Iterator[Web]:
    found = Web()
    for name, authority in {"root": post.root, "middle": post.middle}.items():
        found.answers[f"/{name}.crl"] = authority.revocation_list(NOW)
    with serving(found):
        yield found


@pytest.fixture
def from_web(post: Post, web: Web) -> Seal:
    return post.open_seal(revocation=[f"{web.address}/root.crl", f"{web.address}/middle.crl"])


def test_lists_are_fetched_when_told_to(from_web: Seal, theirs: bytes, web: Web) -> None:
    check_waits(from_web, theirs)
    assert web.asked == [], "opening a message never waits for the network"
    from_web.refresh(NOW)
    assert unsealed(from_web, theirs).content == XML
    assert web.asked == ["/root.crl", "/middle.crl"]


def test_and_not_more_often_than_every_hour(from_web: Seal, theirs: bytes, web: Web, post: Post) -> None:
    from_web.refresh(NOW)
    from_web.refresh(NOW + 59 * MINUTE)
    assert len(web.asked) == 2
    web.answers["/middle.crl"] = post.middle.revocation_list(NOW, [post.their_sign.certificate])
    assert unsealed(from_web, theirs).content == XML
    from_web.refresh(NOW + HOUR)
    assert len(web.asked) == 4
    with pytest.raises(RevokedCertificate):
        unsealed(from_web, theirs)


@pytest.mark.parametrize("answer", [500, 404, b"not a list", b"", "/root.crl", "file:///etc/passwd"])
def test_one_that_is_not_to_be_had(
    from_web: Seal, theirs: bytes, web: Web, answer: bytes | int | str
) -> None:
    good = web.answers["/middle.crl"]
    web.answers["/middle.crl"] = answer
    from_web.refresh(NOW)
    check_waits(from_web, theirs)
    web.answers["/middle.crl"] = good
    from_web.refresh(NOW + 30 * timedelta(seconds=1))
    check_waits(from_web, theirs)
    from_web.refresh(NOW + MINUTE)
    assert unsealed(from_web, theirs).content == XML
    assert web.asked.count("/root.crl") == 1, "the other is not asked again, nor is one sent elsewhere"


def test_the_last_list_serves_for_as_long_as_it_is_current(from_web: Seal, theirs: bytes, web: Web) -> None:
    from_web.refresh(NOW)
    web.answers = {}
    from_web.refresh(NOW + DAY)
    assert unsealed(from_web, theirs, now=NOW + DAY).content == XML
    from_web.refresh(NOW + 2 * DAY)
    check_waits(from_web, theirs, now=NOW + 2 * DAY)


@pytest.mark.parametrize("data", odd_lists().values(), ids=odd_lists().keys())
def test_an_odd_one_does_not_keep_us_from_fetching_the_others(
    from_web: Seal, theirs: bytes, web: Web, data: bytes
) -> None:
    good = web.answers["/root.crl"]
    web.answers["/root.crl"] = data
    from_web.refresh(NOW)
    assert web.asked == ["/root.crl", "/middle.crl"]
    web.answers["/root.crl"] = good
    from_web.refresh(NOW + MINUTE)
    assert unsealed(from_web, theirs).content == XML


def test_a_list_that_runs_out_within_the_hour_is_fetched_again_before_it_does(
    from_web: Seal, theirs: bytes, web: Web, post: Post
) -> None:
    web.answers["/middle.crl"] = post.middle.revocation_list(NOW, lasts=20 * MINUTE)
    from_web.refresh(NOW)
    web.answers["/middle.crl"] = post.middle.revocation_list(NOW + 10 * MINUTE)
    for minute in range(1, 21):
        from_web.refresh(NOW + minute * MINUTE)
    assert web.asked.count("/middle.crl") == 2, "and not with every look at the clock"
    assert unsealed(from_web, theirs, now=NOW + 20 * MINUTE).content == XML


@pytest.mark.parametrize("start", [-3 * DAY, 2 * HOUR], ids=["of yesterday", "of tomorrow"])
def test_a_list_that_is_not_current_does_not_take_the_place_of_one_that_is(
    from_web: Seal, theirs: bytes, web: Web, post: Post, start: timedelta
) -> None:
    from_web.refresh(NOW)
    good, web.answers["/middle.crl"] = web.answers["/middle.crl"], post.middle.revocation_list(NOW + start)
    from_web.refresh(NOW + HOUR - MINUTE)
    from_web.refresh(NOW + HOUR)
    assert web.asked.count("/middle.crl") == 2
    assert unsealed(from_web, theirs, now=NOW + HOUR).content == XML
    web.answers["/middle.crl"] = good
    from_web.refresh(NOW + HOUR + MINUTE)
    assert web.asked.count("/middle.crl") == 3, "it is asked for again soon"


def test_nobody_there(post: Post, theirs: bytes) -> None:
    seal = post.open_seal(revocation=["http://127.0.0.1:1/root.crl"])
    seal.refresh(NOW)
    check_waits(seal, theirs)


def test_a_list_without_end_is_left(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_LARGEST", 1_000)
    web.answers["/large"] = bytes(1_000)
    assert fetching.fetch(f"{web.address}/large") == bytes(1_000)
    web.answers["/large"] = bytes(1_001)
    with pytest.raises(fetching.NotFetched, match="too large"):
        fetching.fetch(f"{web.address}/large")


def test_a_list_that_takes_for_ever_is_left(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_ALL_OF_IT", 0.0)
    with pytest.raises(fetching.NotFetched, match="too long"):
        fetching.fetch(f"{web.address}/root.crl")


def test_only_the_web_is_asked() -> None:
    for address in ("file:///etc/passwd", "ftp://lists.example/1", "ldap://lists.example/1", "/etc/passwd"):
        with pytest.raises(fetching.NotFetched):
            fetching.fetch(address)
        assert not fetching.is_address(address)


def test_addresses_in_certificates_are_never_asked(post: Post, web: Web) -> None:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{web.address}/trap")], None, None, None)
    one = post.issue("theirs", SIGN, extensions=[(x509.CRLDistributionPoints([point]), False)])
    post.register(one, post.their_encrypt)
    seal = post.open_seal()
    seal.refresh(NOW)
    assert unsealed(seal, encrypt(sign(XML, own(one)), read(post.our_encrypt))).content == XML
    assert web.asked == []


def test_without_any_list_nothing_passes(post: Post, theirs: bytes) -> None:
    assert RevocationLists([]).current() == ()
    check_waits(post.open_seal(revocation=[]), theirs)


def test_the_secret_in_an_address_stands_in_no_log() -> None:
    lists = RevocationLists(["http://user:hunter2@127.0.0.1:9/root.crl?token=hunter3"])
    with capture_logs() as said:
        lists.refresh(NOW)
    assert [one["address"] for one in said] == ["http://127.0.0.1/root.crl"]
    assert "hunter" not in str(said)
