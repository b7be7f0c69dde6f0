"""The seal and the ``openssl`` command understand each other, whichever of the two has written. (A3)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapter.errors import DecryptionFailed, Unsupported
from tests.support.certificates import XML, sealed, unsealed
from tests.support.clinic import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from adapter.seal import Seal
    from tests.support.certificates import Post

    OpenSsl = Callable[..., bytes]


@pytest.fixture
def cms(openssl: OpenSsl, post: Post, tmp_path: Path) -> OpenSsl:
    """``openssl cms`` in a folder where the keys and certificates of both sides lie."""
    files = {
        "their-sign.pem": post.their_sign.pem(),
        "their-encrypt.pem": post.their_encrypt.pem(),
        "our-encrypt.pem": post.our_encrypt.certificate_pem,
        "our-sign.pem": post.our_sign.certificate_pem,
        "root.pem": post.root.pem,
        "middle.pem": post.middle.pem,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def run(*arguments: str, data: bytes) -> bytes:
        return openssl("cms", "-binary", *arguments, data=data)

    return run


def sign(cms: OpenSsl, *options: str) -> bytes:
    usual = ("-sign", "-nodetach", "-signer", "their-sign.pem", "-outform", "DER")
    return cms(*usual, *options, data=XML)


def encrypt(cms: OpenSsl, inside: bytes, *options: str, cipher: str = "-aes-256-cbc") -> bytes:
    usual = ("-encrypt", cipher, "-outform", "DER", "-recip", "our-encrypt.pem")
    return cms(*usual, *options, data=inside)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-noattr",),
        ("-md", "sha384"),
        ("-md", "sha512", "-noattr"),
        ("-keyid",),
        ("-nocerts",),
        ("-certfile", "middle.pem"),
        ("-certfile", "root.pem"),
        ("-stream",),
        ("-nosmimecap",),
    ],
    ids=" ".join,
)
def test_we_open_what_it_signs(seal: Seal, cms: OpenSsl, options: tuple[str, ...]) -> None:
    assert unsealed(seal, encrypt(cms, sign(cms, *options))).content == XML


@pytest.mark.parametrize(
    "cipher", ["-aes-128-cbc", "-aes-192-cbc", "-aes-256-cbc", "-aes-128-gcm", "-aes-256-gcm"]
)
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-keyid",),
        ("-stream",),
        ("-keyopt", "rsa_padding_mode:oaep"),
        ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"),
        (
            *("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512"),
            *("-keyopt", "rsa_mgf1_md:sha256"),
        ),
        ("-recip", "their-encrypt.pem"),
    ],
    ids=" ".join,
)
def test_we_open_what_it_encrypts(seal: Seal, cms: OpenSsl, cipher: str, options: tuple[str, ...]) -> None:
    assert unsealed(seal, encrypt(cms, sign(cms), *options, cipher=cipher)).content == XML


def test_a_tag_that_is_wrong_is_a_failure_like_any_other(seal: Seal, cms: OpenSsl) -> None:
    body = encrypt(cms, sign(cms), cipher="-aes-256-gcm")
    for place in (-1, -200):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(DecryptionFailed) as raised:
            unsealed(seal, bytes(changed))
        assert raised.value.args == ("The message cannot be decrypted with a key of ours",)


def test_it_opens_what_we_seal(seal: Seal, cms: OpenSsl) -> None:
    inside = cms("-decrypt", "-inform", "DER", "-recip", "their-encrypt.pem", data=sealed(seal))
    when = str(int(NOW.timestamp()))
    rules = ("-CAfile", "root.pem", "-purpose", "any", "-attime", when)
    assert cms("-verify", "-inform", "DER", *rules, data=inside) == XML


def test_a_cipher_of_yesterday_is_refused(seal: Seal, cms: OpenSsl) -> None:
    with pytest.raises(Unsupported) as raised:
        unsealed(seal, encrypt(cms, sign(cms), cipher="-des3"))
    assert raised.value.condition == "transport:unsupported-message"


@pytest.mark.parametrize("options", [("sha1",), ("sha1", "-noattr"), ("md5",)], ids=" ".join)
def test_digests_of_yesterday_are_refused(seal: Seal, cms: OpenSsl, options: tuple[str, ...]) -> None:
    with pytest.raises(Unsupported):
        unsealed(seal, encrypt(cms, sign(cms, "-md", *options)))


def test_a_signature_with_other_padding_is_refused(seal: Seal, cms: OpenSsl) -> None:
    with pytest.raises(Unsupported):
        unsealed(seal, encrypt(cms, sign(cms, "-keyopt", "rsa_padding_mode:pss")))
