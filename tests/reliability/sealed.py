"""The hub that seals, with keys of its own and none of ours: what it opens, only we can have sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from adapter.seal import CONTENT_TYPE
from adapter.seal.encryption import decrypt, encrypt
from adapter.seal.signature import read_signature, sign
from tests.reliability.hub import Hub
from tests.support.certificates import Post, own, read

if TYPE_CHECKING:
    from pathlib import Path

    from aio_pika.abc import AbstractIncomingMessage

    from tools.certificates import Issued


class SealedHub(Hub):
    """Signs with ``signs_with`` and encrypts for ``encrypts_for``. ``plainly`` sends letters as they are."""

    def __init__(self, url: str, hub: str, clinic: str, post: Post, *, takes_replies: bool = True) -> None:
        super().__init__(url, hub, clinic, takes_replies=takes_replies)
        self.signs_with: Issued = post.their_sign
        self.encrypts_for: Issued = post.our_encrypt
        self.plainly = False
        self.types: set[str | None] = set()
        self.signers: set[str] = set()
        opens_with = own(post.their_encrypt)
        self._keys: dict[bytes, Any] = dict.fromkeys(opens_with.certificate.names, opens_with)

    def wrapped(self, letter: bytes) -> tuple[bytes, str]:
        if self.plainly or not letter:
            return super().wrapped(letter)
        return encrypt(sign(letter, own(self.signs_with)), read(self.encrypts_for)), CONTENT_TYPE

    def unwrapped(self, message: AbstractIncomingMessage) -> bytes:
        self.types.add(message.content_type)
        if not message.body:
            return b""
        signature = read_signature(decrypt(message.body, self._keys), ())
        signature.verify()
        self.signers.add(signature.certificate.thumbprint)
        return signature.content


def seal_of(folder: Path, hub: str) -> tuple[Post, dict[str, str]]:
    """Throw-away certificates for a clinic and its hub, and the settings of the clinic's service."""
    folder.mkdir()
    post = Post(folder, theirs=hub, now=datetime.now(UTC))
    rooms = {"seal_keys": "keys", "seal_parties": "parties", "seal_authorities": "authorities"}
    rooms["seal_revocation_lists"] = "revocation"
    return post, {setting: str(folder / room) for setting, room in rooms.items()}
