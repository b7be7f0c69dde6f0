"""Our own keys: how they may lie in files, which is taken, and how a new one takes over. (A3)"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from adapter.errors import DecryptionFailed, KeysUnavailable
from adapter.seal import files
from adapter.seal.encryption import encrypt
from adapter.seal.keys import OwnKeys
from adapter.seal.signature import sign
from tests.support.certificates import AFTER, BEFORE, XML, key, own, read, sealed, unsealed, watched_by
from tests.support.clinic import NOW, OWNER
from tools.certificates import ENCRYPT, SIGN, Issued

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapter.seal import Seal
    from tests.support.certificates import Post

DAY = timedelta(days=1)
SECRET = b"correct horse battery staple"


def p12(issued: Issued, passphrase: bytes | None) -> bytes:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"name", issued.key, issued.certificate, issued.chain, locked
    )


def names(keys: OwnKeys) -> set[str]:
    """The thumbprints of what is decrypted with."""
    return {one.certificate.thumbprint for one in keys.for_decrypting(OWNER).values()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_bytes(SECRET + b"\n")
    return file


def test_pem_with_all_in_one_file(folder: Path, post: Post) -> None:
    (folder / "both.pem").write_bytes(post.our_encrypt.pem() + post.our_sign.pem())
    keys = OwnKeys(folder)
    assert names(keys) == {read(post.our_encrypt).thumbprint}
    found = keys.for_signing(OWNER, NOW)
    assert (found.certificate, found.issuers) == (read(post.our_sign), own(post.our_sign).issuers)


def test_pem_as_a_container_mounts_it(folder: Path, post: Post) -> None:
    """The files are links into a hidden folder, which is exchanged as a whole."""
    for version in ("..first", "..second"):
        (folder / version).mkdir()
    for name, one in {"sign": post.our_sign, "encrypt": post.our_encrypt}.items():
        private, certificate = one.pem().split(b"-----BEGIN CERTIFICATE", 1)
        (folder / "..first" / f"{name}.key").write_bytes(private)
        (folder / "..first" / f"{name}.crt").write_bytes(b"-----BEGIN CERTIFICATE" + certificate)
    (folder / "..data").symlink_to("..first")
    for name in ("sign.key", "sign.crt", "encrypt.key", "encrypt.crt"):
        (folder / name).symlink_to(f"..data/{name}")
    keys = OwnKeys(folder)
    keys._keys._every = 0.0
    assert keys.for_signing(OWNER, NOW).certificate == read(post.our_sign)

    new = post.issue("our-new-sign", SIGN, start=NOW - DAY)
    for file in (folder / "..first").iterdir():
        (folder / "..second" / file.name).write_bytes(file.read_bytes())
    (folder / "..second" / "sign.key").write_bytes(new.pem())
    (folder / "..later").symlink_to("..second")
    (folder / "..later").rename(folder / "..data")
    assert keys.for_signing(OWNER, NOW).certificate == read(new)


@pytest.mark.parametrize("ending", ["p12", "pfx"])
@pytest.mark.parametrize("secret", [SECRET, None])
def test_pkcs_12(folder: Path, post: Post, passphrase: Path, ending: str, secret: bytes | None) -> None:
    (folder / f"sign.{ending}").write_bytes(p12(post.our_sign, secret))
    (folder / f"encrypt.{ending}").write_bytes(p12(post.our_encrypt, secret))
    keys = OwnKeys(folder, passphrase if secret else None)
    assert names(keys) == {read(post.our_encrypt).thumbprint}
    assert keys.for_signing(OWNER, NOW).issuers == own(post.our_sign).issuers


def test_each_file_may_have_a_passphrase_of_its_own(folder: Path, post: Post, passphrase: Path) -> None:
    (folder / "sign.p12").write_bytes(p12(post.our_sign, b"another"))
    (folder / "sign.passphrase").write_bytes(b"another\r\n")
    (folder / "encrypt.pem").write_bytes(post.our_encrypt.pem(SECRET))
    (folder / "open.pem").write_bytes(post.issue("our-open", ENCRYPT).pem())
    keys = OwnKeys(folder, passphrase)
    assert keys.for_signing(OWNER, NOW).certificate == read(post.our_sign)
    assert len(names(keys)) == 2


def test_the_passphrase_may_lie_in_the_same_folder(folder: Path, post: Post) -> None:
    (folder / "sign.pem").write_bytes(post.our_sign.pem(SECRET))
    (folder / "secret").write_bytes(SECRET)
    assert OwnKeys(folder, folder / "secret").for_signing(OWNER, NOW)


@pytest.mark.parametrize("wrong", [b"wrong horse", b"", None])
@pytest.mark.parametrize("ending", ["pem", "p12"])
def test_a_wrong_passphrase_says_no_more_than_that(
    folder: Path, post: Post, passphrase: Path, wrong: bytes | None, ending: str
) -> None:
    data = post.our_sign.pem(SECRET) if ending == "pem" else p12(post.our_sign, SECRET)
    (folder / f"sign.{ending}").write_bytes(data)
    if wrong is not None:
        passphrase.write_bytes(wrong)
    with pytest.raises(KeysUnavailable) as raised:
        OwnKeys(folder, passphrase if wrong is not None else None)
    assert "horse" not in str(raised.value)
    assert raised.value.__cause__ is None


_NO_KEY = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("data", [b"", b"no key", _NO_KEY])
def test_what_is_no_key(folder: Path, data: bytes) -> None:
    (folder / "sign.pem").write_bytes(data)
    with pytest.raises(KeysUnavailable):
        OwnKeys(folder)


def test_no_folder_and_an_empty_one(folder: Path) -> None:
    for path in (folder, folder / "nowhere"):
        with pytest.raises(KeysUnavailable):
            OwnKeys(path)


def test_a_key_without_its_certificate_is_no_use(folder: Path, post: Post) -> None:
    (folder / "sign.pem").write_bytes(Issued(post.their_sign.certificate, post.our_sign.key).pem())
    with pytest.raises(KeysUnavailable):
        OwnKeys(folder)


def test_a_key_that_is_not_rsa_is_left_alone(folder: Path, post: Post) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    pem = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "all.pem").write_bytes(pem + post.our_sign.pem())
    assert OwnKeys(folder).for_signing(OWNER, NOW).certificate == read(post.our_sign)


def test_a_party_may_have_keys_of_its_own(folder: Path, post: Post) -> None:
    other = post.issue("other-sign", SIGN)
    (folder / "91096").mkdir()
    (folder / "91096" / "sign.pem").write_bytes(other.pem())
    (folder / "sign.pem").write_bytes(post.our_sign.pem())
    keys = OwnKeys(folder)
    assert keys.for_signing("91096", NOW).certificate == read(other)
    assert keys.for_signing("91095", NOW).certificate == read(post.our_sign)
    assert keys.for_decrypting("91096") == {}


@contextmanager
def as_somebody() -> Iterator[Path]:
    """A folder of somebody who may not read everything, as we are while it lasts."""
    with TemporaryDirectory() as folder:
        us = os.geteuid()
        if us == 0:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            for path in Path(folder).iterdir():
                path.chmod(0o700)
            os.seteuid(us)


def test_a_folder_that_cannot_be_read_any_more_changes_nothing(post: Post) -> None:
    """Else a party would sign with the keys of the others."""
    with as_somebody() as folder:
        (folder / "91096").mkdir()
        (folder / "91096" / "sign.pem").write_bytes(post.issue("other-sign", SIGN).pem())
        (folder / "sign.pem").write_bytes(post.our_sign.pem())
        keys = OwnKeys(folder)
        keys._keys._every = 0.0
        before = keys.for_signing("91096", NOW)
        (folder / "91096").chmod(0)
        assert keys.for_signing("91096", NOW) is before
        with pytest.raises(KeysUnavailable, match=r"Permission denied: .*91096"):
            OwnKeys(folder)


# --- a new key takes over


def test_the_newest_that_is_valid_signs(folder: Path, post: Post) -> None:
    old = post.issue("old", SIGN, end=NOW)
    new = post.issue("new", SIGN, start=NOW - DAY)
    later = post.issue("later", SIGN, start=NOW + DAY)
    short = post.issue("short", SIGN, start=NOW - timedelta(hours=1), key=key("short-1024", 1024))
    for name, one in {"a": old, "b": new, "c": later, "d": short}.items():
        (folder / f"{name}.pem").write_bytes(one.pem())
    keys = OwnKeys(folder)
    assert keys.for_signing(OWNER, NOW).certificate == read(new)
    assert keys.for_signing(OWNER, NOW + DAY).certificate == read(later)
    assert keys.for_signing(OWNER, BEFORE).certificate == read(old)


def test_when_all_have_expired_we_wait(post: Post, seal: Seal) -> None:
    post.revoke(lasts=2 * (AFTER - BEFORE))
    with pytest.raises(KeysUnavailable):
        sealed(seal, now=AFTER + DAY)
    with pytest.raises(KeysUnavailable):
        seal.check_answerable(sender=OWNER, receiver="8093240", now=AFTER + DAY)


def test_nothing_is_lost_when_a_key_is_replaced_with_messages_waiting(post: Post, seal: Seal) -> None:
    def message(to: Issued) -> bytes:
        return encrypt(sign(XML, own(post.their_sign)), read(to))

    waiting = [message(post.our_encrypt) for _ in range(3)]
    new = post.issue("our-new-encrypt", ENCRYPT)
    with pytest.raises(DecryptionFailed):
        unsealed(seal, message(new))
    post.put("keys/new.pem", new.pem())
    assert unsealed(seal, message(new)).content == XML, "without a restart"
    for one in waiting:
        assert unsealed(seal, one).content == XML
    (post.folder / "keys" / "encrypt.pem").unlink()
    assert unsealed(seal, message(new)).content == XML
    with pytest.raises(DecryptionFailed):
        unsealed(seal, waiting[0])


def test_what_is_for_a_certificate_that_has_expired_is_opened(post: Post) -> None:
    """It may have been valid when they looked; and to answer is all that is left to do."""
    old = post.issue("old", ENCRYPT, end=NOW - DAY)
    post.put("keys/old.pem", old.pem())
    body = encrypt(sign(XML, own(post.their_sign)), read(old))
    assert unsealed(post.open_seal(), body).content == XML


def test_a_file_that_is_half_written_changes_nothing(post: Post, seal: Seal, theirs: bytes) -> None:
    whole = post.our_encrypt.pem()
    for size in (0, 10, len(whole) // 2):
        post.put("keys/encrypt.pem", whole[:size])
        assert unsealed(seal, theirs).content == XML
    new = post.issue("our-new-sign", SIGN, start=NOW - DAY)
    post.put("keys/sign.pem", new.pem())
    assert seal._keys.for_signing(OWNER, NOW).certificate == read(post.our_sign), "all or nothing"
    post.put("keys/encrypt.pem", whole)
    assert seal._keys.for_signing(OWNER, NOW).certificate == read(new)


def test_and_neither_does_a_chain_that_breaks_off(post: Post, seal: Seal) -> None:
    whole = post.our_sign.pem()
    post.put("keys/sign.pem", whole[:-100])
    assert seal._keys.for_signing(OWNER, NOW).issuers == own(post.our_sign).issuers
    with pytest.raises(KeysUnavailable):
        post.open_seal()


def test_a_folder_that_goes_away_changes_nothing(post: Post, seal: Seal, theirs: bytes) -> None:
    for room in ("keys", "parties", "authorities", "revocation"):
        (post.folder / room).rename(post.folder / f"{room}-away")
        assert unsealed(seal, theirs).content == XML
        assert sealed(seal)


def test_files_are_read_only_when_they_have_changed(
    post: Post, seal: Seal, theirs: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = files.read_bytes

    def counted(file: Path) -> bytes:
        asked.append(file.name)
        return really(file)

    monkeypatch.setattr("adapter.seal.keys.read_bytes", counted)
    for _ in range(3):
        assert unsealed(seal, theirs).content == XML
    assert asked == []
    post.put("keys/sign.pem", post.our_sign.pem())
    assert unsealed(seal, theirs).content == XML
    assert sorted(asked) == ["encrypt.pem", "sign.pem"]


def test_files_are_looked_at_every_now_and_then(
    post: Post, theirs: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, clock = post.open_seal(), [0.0]
    monkeypatch.setattr(files, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for watched in watched_by(seal):
        watched._every, watched._looked = files._LOOK_EVERY, 0.0
    post.put("keys/encrypt.pem", post.issue("our-new-encrypt", ENCRYPT).pem())
    assert unsealed(seal, theirs).content == XML
    clock[0] = files._LOOK_EVERY
    with pytest.raises(DecryptionFailed):
        unsealed(seal, theirs)


def test_a_secret_is_in_no_word_of_it(folder: Path, post: Post, passphrase: Path) -> None:
    (folder / "sign.p12").write_bytes(p12(post.our_sign, SECRET))
    keys = OwnKeys(folder, passphrase)
    found = keys.for_signing(OWNER, NOW)
    shown = repr(keys) + repr(vars(keys)) + repr(found) + str(found)
    assert "horse" not in shown
    assert "PrivateKey" not in shown
