"""The register of counterparties in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from adapter.errors import KeysUnavailable
from adapter.seal import Party
from adapter.seal.register import PartiesInFiles
from tests.support.certificates import XML, read, sealed, unsealed
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import HUB

if TYPE_CHECKING:
    from pathlib import Path

    from adapter.seal import Parties, Seal
    from tests.support.certificates import Post


@pytest.fixture
def folder(tmp_path: Path, post: Post) -> Path:
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "sign.pem").write_bytes(post.their_sign.certificate_pem)
    (folder / "encrypt.cer").write_bytes(post.their_encrypt.certificate.public_bytes(Encoding.DER))
    return folder


def entry(
    her_ids: str = f'["{HUB}"]', certificates: str = '["sign.pem", "encrypt.cer"]', more: str = ""
) -> str:
    return f"[[party]]\nher_ids = {her_ids}\ncertificates = {certificates}\n{more}\n"


def test_a_file_names_parties_and_their_certificates(folder: Path, post: Post) -> None:
    (folder / "hub.toml").write_text(entry('["8093240", "8093241"]', more='organisation = "983658776"'))
    for path in (folder, folder / "hub.toml"):
        parties = PartiesInFiles(path)
        certificates = (read(post.their_sign), read(post.their_encrypt))
        for her_id in ("8093240", "8093241"):
            assert parties.find(her_id) == Party(her_id, certificates, "983658776")
        assert parties.find("8093242") is None


def test_a_folder_holds_several(folder: Path) -> None:
    (folder / "a.toml").write_text(entry())
    (folder / "b.toml").write_text(entry('["12345"]'))
    parties = PartiesInFiles(folder)
    assert parties.find(HUB)
    assert parties.find("12345")
    assert PartiesInFiles(folder / "a.toml").find("12345") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "party = []",
        "this is not TOML",
        entry("[]"),
        entry('["not a number"]'),
        entry(certificates="[]"),
        entry(certificates='["nowhere.pem"]'),
        entry(more='organisation = "98365877"'),
        entry(more='colour = "red"'),
        entry() + entry(),
    ],
)
def test_what_is_no_register(folder: Path, text: str) -> None:
    (folder / "parties.toml").write_text(text)
    with pytest.raises(KeysUnavailable):
        PartiesInFiles(folder)


def test_there_has_to_be_one(folder: Path) -> None:
    for path in (folder, folder / "nowhere.toml"):
        with pytest.raises(KeysUnavailable):
            PartiesInFiles(path)


def test_a_register_that_becomes_unreadable_stays_as_it_was(post: Post, seal: Seal, theirs: bytes) -> None:
    post.put("parties/parties.toml", b"this is not TOML")
    assert unsealed(seal, theirs).content == XML
    post.put("parties/parties.toml", entry('["12345"]', f'["{HUB}-1.pem"]').encode())
    assert seal._parties.find(HUB) is None


def test_something_else_may_be_the_register(post: Post, seal: Seal, theirs: bytes) -> None:
    class Registry:
        """As the national one would be, asked by HER-id."""

        def find(self, her_id: str) -> Party | None:
            return Party(HUB, (read(post.their_sign), read(post.their_encrypt))) if her_id == HUB else None

        def known(self) -> list[Party]:
            return []

    registry: Parties = Registry()
    seal._parties = registry
    assert unsealed(seal, theirs).content == XML
    assert sealed(seal)
    seal.check_answerable(sender=OWNER, receiver=HUB, now=NOW)
