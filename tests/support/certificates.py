"""Two parties with throw-away certificates, as they lie in the files of a deployment."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from adapter.seal import seal_from_files
from adapter.seal.certificates import Certificate, read_certificate
from adapter.seal.keys import OwnKey
from tests.support.clinic import NOW, OWNER
from tests.support.envelopes import HUB
from tools.certificates import ENCRYPT, SIGN, Authority, Issued, new_key, write_parties

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from adapter.seal import Seal, Unsealed

XML = "<MsgHead>blåbærsyltetøy, og ikke noe annet</MsgHead>".encode()
BEFORE, AFTER = NOW - timedelta(days=30), NOW + timedelta(days=365)


@cache
def key(name: str, bits: int = 2048) -> RSAPrivateKey:
    """A key that is made once: making one takes longer than any test here."""
    del name
    return new_key(bits)


class Post:
    """Us, them (a HER-id), a root, an authority below it, and the files that we have of it all at ``now``.

    What a test wants otherwise it writes into the files.
    """

    def __init__(self, folder: Path, *, theirs: str = HUB, now: datetime = NOW) -> None:
        self.theirs, self.now = theirs, now
        self.before, self.after = now + (BEFORE - NOW), now + (AFTER - NOW)
        self.root = Authority("Root", self.before, key=key("root"))
        self.middle = Authority("Authority", self.before, self.root, key=key("middle"))
        self.our_sign, self.our_encrypt = self.issue("our-sign", SIGN), self.issue("our-encrypt", ENCRYPT)
        self.their_sign = self.issue("their-sign", SIGN)
        self.their_encrypt = self.issue("their-encrypt", ENCRYPT)
        self.folder = folder
        for room in ("keys", "parties", "authorities", "revocation"):
            (folder / room).mkdir()
        for name, one in {"sign": self.our_sign, "encrypt": self.our_encrypt}.items():
            self.put(f"keys/{name}.pem", one.pem())
        for name, authority in {"root": self.root, "middle": self.middle}.items():
            self.put(f"authorities/{name}.pem", authority.pem)
            self.put(f"revocation/{name}.crl", authority.revocation_list(now - timedelta(hours=1)))
        self.register(self.their_sign, self.their_encrypt)

    def issue(self, name: str, use: str, *, by: Authority | None = None, **changes: Any) -> Issued:
        """A certificate of the usual kind, with the key of that name."""
        usual: dict[str, Any] = {"start": self.before, "end": self.after, "key": key(name)}
        return (by or self.middle).issue(name, [use], **(usual | changes))

    def put(self, name: str, data: bytes) -> Path:
        """Write a file, in one step and never with the time that it had before."""
        file, new = self.folder / name, self.folder / f".{name.replace('/', '-')}"
        new.write_bytes(data)
        if file.exists():
            later = file.stat().st_mtime_ns + 1_000_000
            os.utime(new, ns=(later, later))
        new.replace(file)
        return file

    def register(self, *certificates: Issued, organisation: str | None = None) -> None:
        """Let these be the certificates that are known of them."""
        several = {self.theirs: [one.certificate_pem for one in certificates]}
        with TemporaryDirectory() as folder:
            write_parties(Path(folder, "parties.toml"), several, organisation)
            for file in Path(folder).iterdir():
                self.put(f"parties/{file.name}", file.read_bytes())

    def revoke(self, *certificates: x509.Certificate, by: Authority | None = None, **changes: Any) -> None:
        """Put them on the authority's list."""
        authority = by or self.middle
        name = "root" if authority is self.root else "middle"
        crl = authority.revocation_list(self.now - timedelta(minutes=1), certificates, **changes)
        self.put(f"revocation/{name}.crl", crl)

    def open_seal(self, *, revocation: Iterable[str] | None = None, **more: Any) -> Seal:
        """Our seal, from the files as they are now."""
        rooms = (self.folder / room for room in ("keys", "parties", "authorities"))
        lists = [str(self.folder / "revocation")] if revocation is None else revocation
        seal = seal_from_files(*rooms, lists, **more)
        for watched in watched_by(seal):
            watched._every = 0.0
        return seal


def watched_by(seal: Seal) -> list[Any]:
    """Everything that it reads again when a file changes."""
    parties: Any = seal._parties
    return [parties._parties, seal._keys._keys, seal._trust._authorities, *seal._trust._lists._files]


def own(issued: Issued) -> OwnKey:
    """A key as the seal uses it."""
    return OwnKey(
        read_certificate(issued.certificate), issued.key, tuple(read_certificate(one) for one in issued.chain)
    )


def read(issued: Issued) -> Certificate:
    """A certificate as the seal reads it."""
    return read_certificate(issued.certificate)


def unsealed(seal: Seal, body: bytes, **changes: Any) -> Unsealed:
    """What we find in a message from them."""
    usual: dict[str, Any] = {"sender": HUB, "receiver": OWNER, "now": NOW}
    return seal.open(body, **(usual | changes))


def sealed(seal: Seal, content: bytes = XML, **changes: Any) -> bytes:
    """What we send them."""
    usual: dict[str, Any] = {"sender": OWNER, "receiver": HUB, "now": NOW}
    return seal.close(content, **(usual | changes))
