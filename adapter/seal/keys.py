"""Our own keys, from PEM and PKCS #12 files as a container mounts them (helsenorge.md, A3).

A folder holds any number of them, under any names: what a key is for is read from the key usage of its
certificate. All that may decrypt do, so that a new key can be put beside the old one while messages for the
old one are still under way; the newest that is valid signs. A folder inside it that is called like a HER-id
holds the keys of that party alone. No secret may get into a ``repr``, a log or an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from adapter.addressing import is_her_id
from adapter.errors import Fault, KeysUnavailable
from adapter.seal.certificates import Certificate, Use, read_certificate
from adapter.seal.files import Watched, certificates_in, files_in, pem_blocks, read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

log = structlog.get_logger(__name__)


class KeyFilesWrong(ValueError):
    """Something about the files of keys that may be told: it names files, and nothing that is in them."""


_PASSPHRASE, _PKCS12 = ".passphrase", {".p12", ".pfx"}
_EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A private key of ours with its certificate, and those of its issuers that lay beside it."""

    certificate: Certificate
    private: rsa.RSAPrivateKey = field(repr=False)
    issuers: tuple[Certificate, ...] = field(default=(), repr=False)


class _Keys:
    """The keys of one party, or of all."""

    def __init__(self, newest_first: tuple[OwnKey, ...]) -> None:
        self.newest_first = newest_first
        usable = [key for key in newest_first if Use.ENCRYPT in key.certificate.uses]
        self.for_decrypting = {name: key for key in usable for name in key.certificate.names}


_NONE = _Keys(())


class OwnKeys:
    """The keys in a folder, read again when a file in it changes.

    ``passphrase`` is a file with the passphrase of all that need one. A file of its own, called like the key
    file but for the ending ``.passphrase``, comes first. Raises ``KeysUnavailable`` if there are no keys.
    """

    def __init__(self, folder: Path, passphrase: Path | None = None) -> None:
        self._passphrase = passphrase
        try:
            self._keys = Watched(folder, self._load)
        except (OSError, ValueError) as error:
            raise KeysUnavailable(f"The keys in {folder} cannot be read: {_tellable(error)}") from None

    def for_decrypting(self, her_id: str) -> Mapping[bytes, OwnKey]:
        """Every key that a message for this party may be encrypted for, also of an expired certificate.

        By each of the names of its certificate.
        """
        return self._of(her_id).for_decrypting

    def for_signing(self, her_id: str, now: datetime) -> OwnKey:
        """The newest key that may sign for this party now. Raises ``KeysUnavailable`` if there is none."""
        for key in self._of(her_id).newest_first:
            try:
                key.certificate.check(Use.SIGN, now)
            except Fault:
                continue
            return key
        raise KeysUnavailable("No key of ours may sign at this time")

    def all_of(self, her_id: str) -> tuple[OwnKey, ...]:
        """Every key of this party, of any use and age, the newest first."""
        return self._of(her_id).newest_first

    def her_ids(self) -> frozenset[str]:
        """The parties that have keys of their own."""
        return frozenset(self._keys.get()) - {_EVERYBODY}

    def _of(self, her_id: str) -> _Keys:
        keys = self._keys.get()
        return keys.get(her_id) or keys.get(_EVERYBODY, _NONE)

    def _load(self, folder: Path) -> Mapping[str, _Keys]:
        """By HER-id. Raises ``OSError``, or ``ValueError`` if there is not a single one."""
        common = None if self._passphrase is None else _read_passphrase(self._passphrase)
        found: dict[str, _Pile] = {}
        for file in files_in(folder):
            if file.suffix != _PASSPHRASE and file != self._passphrase:
                parent = file.parent.name
                pile = found.setdefault(parent if is_her_id(parent) else _EVERYBODY, _Pile())
                pile.add(file, _passphrase_of(file) or common)
        keys = {her_id: _Keys(pile.matched()) for her_id, pile in found.items()}
        if not any(one.newest_first for one in keys.values()):
            raise KeyFilesWrong("there is no key with its certificate")
        return keys


class _Pile:
    """Private keys and certificates as they come out of files, until they are matched."""

    def __init__(self) -> None:
        self._private: list[tuple[rsa.RSAPrivateKey, str]] = []
        self._certificates: list[x509.Certificate] = []

    def add(self, file: Path, passphrase: bytes | None) -> None:
        """Add what is in a file. Raises ``ValueError`` if it cannot be read, without a word of the secret."""
        data = read_bytes(file)
        try:
            if file.suffix.lower() in _PKCS12:
                private, certificate, others = load_key_and_certificates(data, passphrase)
                self._certificates += [*([certificate] if certificate else []), *others]
                self._add_private(private, file)
                return
            for label, block in pem_blocks(data):
                if label.endswith("PRIVATE KEY"):
                    locked = b"ENCRYPTED" in block
                    self._add_private(load_pem_private_key(block, passphrase if locked else None), file)
            self._certificates += certificates_in(data)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFilesWrong(f"{file.name} cannot be read with the passphrase that there is") from None

    def matched(self) -> tuple[OwnKey, ...]:
        """Each private key with the certificates of its public key, the newest first.

        Raises ``ValueError`` if one has none: then its certificate is still to come.
        """
        try:
            certificates = [read_certificate(one) for one in dict.fromkeys(self._certificates)]
        except Fault as fault:
            raise ValueError(str(fault)) from None
        keys = [
            (key, certificate)
            for key, _ in self._private
            for certificate in certificates
            if certificate.key == key.public_key()
        ]
        matched = {id(key) for key, _ in keys}
        for key, file in self._private:
            if id(key) not in matched:
                raise KeyFilesWrong(f"no certificate belongs to the key in {file}; put its own beside it")
        owned = {certificate.thumbprint for _, certificate in keys}
        issuers = tuple(one for one in certificates if one.thumbprint not in owned and not one.self_issued)
        newest_first = sorted(keys, key=lambda one: one[1].not_before, reverse=True)
        return tuple(OwnKey(certificate, key, issuers) for key, certificate in newest_first)

    def _add_private(self, key: object, file: Path) -> None:
        if isinstance(key, rsa.RSAPrivateKey):
            self._private.append((key, file.name))
        else:
            log.warning("a private key that is not RSA is left alone")


def _tellable(error: OSError | ValueError) -> str:
    """What is wrong, without a word of what is in a file."""
    if isinstance(error, KeyFilesWrong):
        return str(error)
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else type(error).__name__


def _passphrase_of(file: Path) -> bytes | None:
    own = file.with_suffix(_PASSPHRASE)
    return _read_passphrase(own) if own.is_file() else None


def _read_passphrase(file: Path) -> bytes:
    return read_bytes(file).rstrip(b"\r\n")
