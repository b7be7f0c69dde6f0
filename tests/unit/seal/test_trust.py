"""A verdict is kept for as long as it holds, and no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapter.errors import KeysUnavailable, RevocationUnknown, UnverifiedCertificate
from adapter.seal import trust
from adapter.seal.certificates import Use
from tests.support.certificates import BEFORE, key, read, unsealed
from tests.support.clinic import NOW
from tools.certificates import SIGN, Authority

if TYPE_CHECKING:
    from adapter.seal import Seal
    from tests.support.certificates import Post


@pytest.fixture
def chains(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thumbprints of the certificates whose chain was built, in their order."""
    built: list[str] = []
    really = trust._chain

    def counted(certificate, *others):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN002, ANN202
        built.append(certificate.thumbprint)
        return really(certificate, *others)

    monkeypatch.setattr(trust, "_chain", counted)
    return built


def test_a_chain_is_built_once(seal: Seal, theirs: bytes, chains: list[str]) -> None:
    for _ in range(3):
        unsealed(seal, theirs)
    assert len(chains) == 1


def test_and_again_when_a_list_or_an_authority_is_new(
    post: Post, seal: Seal, theirs: bytes, chains: list[str]
) -> None:
    unsealed(seal, theirs)
    post.revoke()
    unsealed(seal, theirs)
    post.put("authorities/another.pem", Authority("Another", BEFORE, key=key("another root")).pem)
    unsealed(seal, theirs)
    assert len(chains) == 3


def test_a_root_that_is_taken_away_is_trusted_no_more(post: Post, seal: Seal, theirs: bytes) -> None:
    unsealed(seal, theirs)
    post.put("authorities/root.pem", Authority("Another", BEFORE, key=key("another root")).pem)
    with pytest.raises(UnverifiedCertificate):
        unsealed(seal, theirs)


def test_a_refusal_is_not_kept(post: Post, chains: list[str]) -> None:
    seal = post.open_seal()
    stranger = read(post.issue("stranger", SIGN, by=Authority("X", BEFORE, key=key("another root"))))
    for _ in range(2):
        with pytest.raises(UnverifiedCertificate):
            seal._trust.judge(stranger, Use.SIGN, (), NOW)
    assert len(chains) == 2


def test_a_verdict_ends_with_the_list_that_it_rests_on(post: Post, seal: Seal) -> None:
    post.revoke(lasts=timedelta(hours=2))
    judged = read(post.their_sign)
    seal._trust.judge(judged, Use.SIGN, (), NOW)
    seal._trust.judge(judged, Use.SIGN, (), NOW + timedelta(hours=1))
    with pytest.raises(RevocationUnknown):
        seal._trust.judge(judged, Use.SIGN, (), NOW + timedelta(hours=2))


def test_verdicts_do_not_grow_without_end(post: Post, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_MOST_VERDICTS", 3)
    for number in range(8):
        one = read(post.issue(f"party {number}", SIGN, key=key("their-sign")))
        seal._trust.judge(one, Use.SIGN, (), NOW)
        assert len(seal._trust._good_until) <= 3


def test_authorities_have_to_have_a_root(post: Post) -> None:
    (post.folder / "authorities" / "root.pem").unlink()
    with pytest.raises(KeysUnavailable):
        post.open_seal()
    post.put("authorities/odd.pem", b"this is no certificate")
    with pytest.raises(KeysUnavailable):
        post.open_seal()
