"""The outer half of the seal: who may read it, how it is encrypted, and what a failure tells. (A3, A6)"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import algos, cms, core
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.errors import DecryptionFailed, InvalidCms, Unsupported
from adapter.seal.encryption import encrypt
from adapter.seal.signature import sign
from tests.support.certificates import XML, own, read, unsealed
from tests.support.cms import cbc, envelope, recipient
from tools.certificates import ENCRYPT

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.seal import Seal
    from tests.support.certificates import Post


_OTHER, _FAR_TOO_MUCH = (
    cms.RecipientInfo("ori", {"ori_type": "1.2.3.4", "ori_value": core.OctetString(bytes(size))})
    for size in (1, 60_000)
)


@pytest.fixture
def inside(post: Post) -> bytes:
    """What they have signed."""
    return sign(XML, own(post.their_sign))


def test_what_is_made_by_hand_is_opened_too(seal: Seal, post: Post, inside: bytes) -> None:
    assert unsealed(seal, envelope(inside, post.our_encrypt)).content == XML


@pytest.mark.parametrize(
    "algorithm",
    [
        {"algorithm": "tripledes_3key", "parameters": bytes(8)},
        {"algorithm": "des", "parameters": bytes(8)},
        {"algorithm": "rc2", "parameters": {"rc2_parameter_version": 58, "iv": bytes(8)}},
        {"algorithm": "rc4"},
        {"algorithm": "aes256_ccm", "parameters": {"aes_nonce": bytes(12), "aes_icvlen": 16}},
    ],
    ids=lambda algorithm: algorithm["algorithm"],
)
def test_ciphers_that_we_do_not_take(
    seal: Seal, post: Post, inside: bytes, algorithm: dict[str, Any]
) -> None:
    with pytest.raises(Unsupported) as raised:
        unsealed(seal, envelope(inside, post.our_encrypt, algorithm=algorithm))
    assert raised.value.condition == "transport:unsupported-message"


def oaep(**changes: Any) -> dict[str, Any]:
    parameters = algos.RSAESOAEPParams(changes) if changes else algos.RSAESOAEPParams.load(b"\x30\x00")
    return {"algorithm": "rsaes_oaep", "parameters": parameters}


@pytest.mark.parametrize(
    "algorithm",
    [
        oaep(hash_algorithm={"algorithm": "md5"}),
        oaep(mask_gen_algorithm={"algorithm": "mgf1", "parameters": {"algorithm": "sha224"}}),
        oaep(p_source_algorithm={"algorithm": "p_specified", "parameters": b"a label"}),
        {"algorithm": "aes256_wrap"},
    ],
)
def test_ways_of_hiding_the_key_that_we_do_not_take(
    seal: Seal, post: Post, inside: bytes, algorithm: dict[str, Any]
) -> None:
    one = recipient(post.our_encrypt, os.urandom(32), key_encryption_algorithm=algorithm)
    with pytest.raises(Unsupported):
        unsealed(seal, envelope(inside, post.our_encrypt, recipients=[one]))


def test_oaep_is_sha_1_where_nothing_is_named(seal: Seal, post: Post, inside: bytes) -> None:
    key, sha1 = os.urandom(32), hashes.SHA1()
    how = padding.OAEP(mgf=padding.MGF1(sha1), algorithm=sha1, label=None)
    encrypted = post.our_encrypt.key.public_key().encrypt(key, how)
    one = recipient(post.our_encrypt, key, key_encryption_algorithm=oaep(), encrypted_key=encrypted)
    body = envelope(inside, post.our_encrypt, recipients=[one], content_key=key)
    assert unsealed(seal, body).content == XML


def test_we_may_be_one_of_several(seal: Seal, post: Post, inside: bytes) -> None:
    key = os.urandom(32)
    everybody = [recipient(one, key) for one in (post.their_encrypt, post.our_sign, post.our_encrypt)]
    body = envelope(inside, post.our_encrypt, recipients=everybody, content_key=key)
    assert unsealed(seal, body).content == XML


def test_recipients_of_other_kinds_are_not_us(seal: Seal, post: Post, inside: bytes) -> None:
    key = os.urandom(32)
    both = [recipient(post.our_encrypt, key), _OTHER]
    body = envelope(inside, post.our_encrypt, recipients=both, content_key=key)
    assert unsealed(seal, body).content == XML


def _for_nobody(post: Post, inside: bytes) -> bytes:
    return envelope(inside, post.our_encrypt, recipients=[])


def _for_another(post: Post, inside: bytes) -> bytes:
    return envelope(inside, post.issue("stranger", ENCRYPT))


def _for_our_key_to_sign_with(post: Post, inside: bytes) -> bytes:
    return envelope(inside, post.our_sign)


def _another_key(post: Post, inside: bytes) -> bytes:
    return envelope(inside, post.our_encrypt, recipients=[recipient(post.our_encrypt, os.urandom(32))])


def _a_key_too_short(post: Post, inside: bytes) -> bytes:
    return envelope(inside, post.our_encrypt, recipients=[recipient(post.our_encrypt, os.urandom(16))])


def _no_key_at_all(post: Post, inside: bytes) -> bytes:
    one = recipient(post.our_encrypt, b"", encrypted_key=os.urandom(256))
    return envelope(inside, post.our_encrypt, recipients=[one])


def _a_key_of_another_length(post: Post, inside: bytes) -> bytes:
    one = recipient(post.our_encrypt, b"", encrypted_key=os.urandom(31))
    return envelope(inside, post.our_encrypt, recipients=[one])


def _nothing_signed(post: Post, _: bytes) -> bytes:
    return envelope(XML, post.our_encrypt)


def _something_behind(post: Post, inside: bytes) -> bytes:
    return envelope(inside + bytes(17), post.our_encrypt)


def _cut_short(post: Post, inside: bytes) -> bytes:
    return envelope(inside[:-40], post.our_encrypt)


@pytest.mark.parametrize(
    "make",
    [
        _for_nobody,
        _for_another,
        _for_our_key_to_sign_with,
        _another_key,
        _a_key_too_short,
        _no_key_at_all,
        _a_key_of_another_length,
        _nothing_signed,
        _something_behind,
        _cut_short,
    ],
)
def test_every_failure_looks_the_same(
    seal: Seal, post: Post, inside: bytes, make: Callable[[Post, bytes], bytes]
) -> None:
    with pytest.raises(DecryptionFailed) as raised:
        unsealed(seal, make(post, inside))
    assert raised.value.args == ("The message cannot be decrypted with a key of ours",)
    assert raised.value.data == ()
    assert raised.value.__cause__ is None


def test_the_padding_is_never_looked_at(seal: Seal, post: Post, inside: bytes) -> None:
    """Else it could be asked whether it is right, byte by byte, until all of the content is known."""
    key, vector = os.urandom(32), os.urandom(16)
    algorithm = {"algorithm": "aes256_cbc", "parameters": vector}
    room = 16 - len(inside) % 16
    for padding_ in (bytes(room), b"\xff" * room, os.urandom(room)):
        ciphertext = cbc(key, vector, inside, padding_)
        body = envelope(b"", post.our_encrypt, content_key=key, ciphertext=ciphertext, algorithm=algorithm)
        assert unsealed(seal, body).content == XML


def test_a_tag_that_is_wrong_is_a_failure_like_any_other(seal: Seal, post: Post, inside: bytes) -> None: ...


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": {"algorithm": "aes256_cbc", "parameters": bytes(15)}},
        {"algorithm": {"algorithm": "aes256_cbc"}},
        {"ciphertext": bytes(33)},
        {
            "recipients": [
                cms.RecipientInfo("ori", {"ori_type": "1.2.3.4", "ori_value": cms.OctetString(bytes(60_000))})
            ]
        },
    ],
)
def test_what_is_no_envelope(seal: Seal, post: Post, inside: bytes, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidCms) as raised:
        unsealed(seal, envelope(inside, post.our_encrypt, **changes))
    assert raised.value.condition == "transport:invalid-cms-pkcs"


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"\x30\x80", bytes(100), b"\x30\x80" * 50_000])
def test_what_is_no_cms(seal: Seal, body: bytes) -> None:
    with pytest.raises(InvalidCms):
        unsealed(seal, body)


def test_what_is_signed_and_not_encrypted(seal: Seal, inside: bytes) -> None:
    with pytest.raises(InvalidCms):
        unsealed(seal, inside)


def test_bytes_behind_the_envelope(seal: Seal, post: Post, inside: bytes) -> None:
    with pytest.raises(InvalidCms):
        unsealed(seal, encrypt(inside, read(post.our_encrypt)) + b"\x00")
