"""The inner half of the seal: what a signature has to be over, and who may have made it. (A3, A6)"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from asn1crypto import cms, core

from adapter.errors import (
    InvalidCertificate,
    InvalidCms,
    InvalidSignature,
    MissingCertificate,
    TransportFault,
    Unsupported,
)
from adapter.seal.encryption import encrypt
from tests.support.certificates import XML, key, read, unsealed
from tests.support.cms import attributes, signed_data, signer
from tools.certificates import SIGN

if TYPE_CHECKING:
    from adapter.seal import Seal
    from tests.support.certificates import Post

OTHER = b"<MsgHead>something else</MsgHead>"


def opened(seal: Seal, post: Post, inside: bytes) -> bytes:
    return unsealed(seal, encrypt(inside, read(post.our_encrypt))).content


def refused(seal: Seal, post: Post, inside: bytes, kind: type[TransportFault]) -> TransportFault:
    with pytest.raises(kind) as raised:
        opened(seal, post, inside)
    assert type(raised.value) is kind
    return raised.value


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("algorithm", ["rsassa_pkcs1v15", "{digest}_rsa"])
def test_with_and_without_attributes(seal: Seal, post: Post, digest: str, algorithm: str) -> None:
    how = {"digest": digest, "algorithm": algorithm.format(digest=digest)}
    signed = attributes(message_digest=hashlib.new(digest, XML).digest())
    for one in (signer(post.their_sign, **how), signer(post.their_sign, signed=signed, **how)):
        assert opened(seal, post, signed_data([one], [post.their_sign])) == XML


def test_a_certificate_that_is_registered_need_not_come_along(seal: Seal, post: Post) -> None:
    assert opened(seal, post, signed_data([signer(post.their_sign)])) == XML


def test_a_certificate_that_is_nowhere(seal: Seal, post: Post) -> None:
    stranger = post.issue("stranger", SIGN)
    refused(seal, post, signed_data([signer(stranger)]), MissingCertificate)


@pytest.mark.parametrize("with_attributes", [True, False])
def test_a_signature_over_another_content(seal: Seal, post: Post, with_attributes: bool) -> None:
    signed = attributes(OTHER) if with_attributes else None
    one = signer(post.their_sign, OTHER, signed=signed)
    refused(seal, post, signed_data([one], [post.their_sign], XML), InvalidSignature)


def test_attributes_that_were_changed_after_signing(seal: Seal, post: Post) -> None:
    one = signer(post.their_sign, signed=attributes(OTHER)) | {"signed_attrs": attributes(XML)}
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidSignature)


def test_a_signature_with_a_key_that_is_not_the_certificates(seal: Seal, post: Post) -> None:
    stranger = post.issue("stranger", SIGN)
    one = signer(stranger) | {"sid": signer(post.their_sign)["sid"]}
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidSignature)


@pytest.mark.parametrize("signature", [b"", b"\x00", bytes(256), b"\xff" * 256, bytes(40_000)])
def test_a_signature_of_nothing(seal: Seal, post: Post, signature: bytes) -> None:
    one = signer(post.their_sign) | {"signature": signature}
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidSignature)


@pytest.mark.parametrize(
    "changes",
    [
        {"message_digest": None},
        {"content_type": None},
        {"message_digest": [hashlib.sha256(XML).digest(), hashlib.sha256(OTHER).digest()]},
        {"content_type": ["data", "signed_data"]},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_attributes_that_have_to_be_there_once(seal: Seal, post: Post, changes: dict[str, Any]) -> None:
    one = signer(post.their_sign, signed=attributes(**changes))
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidCms)


def test_an_attribute_twice(seal: Seal, post: Post) -> None:
    twice = cms.CMSAttributes([*attributes(), attributes(OTHER)[1]])
    refused(seal, post, signed_data([signer(post.their_sign, signed=twice)], [post.their_sign]), InvalidCms)


def test_no_attributes_where_there_should_be_some(seal: Seal, post: Post) -> None:
    one = signer(post.their_sign, signed=cms.CMSAttributes([]))
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidCms)


@pytest.mark.parametrize(
    "changes",
    [
        {"message_digest": hashlib.sha256(OTHER).digest()},
        {"message_digest": hashlib.sha256(XML).digest()[:-1]},
        {"message_digest": b""},
        {"message_digest": hashlib.sha512(XML).digest()},
        {"content_type": "signed_data"},
    ],
)
def test_attributes_that_say_something_else(seal: Seal, post: Post, changes: dict[str, Any]) -> None:
    one = signer(post.their_sign, signed=attributes(**changes))
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidSignature)


def test_a_detached_signature(seal: Seal, post: Post) -> None:
    for over in (XML, b""):
        inside = signed_data([signer(post.their_sign, over)], [post.their_sign], None)
        refused(seal, post, inside, InvalidCms)
    refused(seal, post, signed_data([signer(post.their_sign)], [post.their_sign], b""), InvalidSignature)


def test_an_empty_letter_that_is_signed_as_such_is_one(seal: Seal, post: Post) -> None:
    inside = signed_data([signer(post.their_sign, b"")], [post.their_sign], b"")
    assert unsealed(seal, encrypt(inside, read(post.our_encrypt))).content == b""


def test_content_of_another_type(seal: Seal, post: Post) -> None:
    content = b"\x30\x00"
    one = signer(post.their_sign, signed=attributes(content, content_type="signed_data"))
    inside = signed_data([one], [post.their_sign], content, content_type="signed_data")
    refused(seal, post, inside, InvalidCms)


def test_several_signers_or_none(seal: Seal, post: Post) -> None:
    stranger = post.issue("stranger", SIGN)
    good, other = signer(post.their_sign), signer(stranger)
    for signers in ([], [good, other], [good, good | {"digest_algorithm": {"algorithm": "sha512"}}]):
        refused(seal, post, signed_data(signers, [post.their_sign, stranger]), InvalidCms)


def test_a_good_certificate_beside_the_one_that_signed(seal: Seal, post: Post) -> None:
    """Theirs being enclosed says nothing: it is in every message that they have ever sent."""
    stranger = post.issue("stranger", SIGN)
    refused(seal, post, signed_data([signer(stranger)], [post.their_sign, stranger]), InvalidCertificate)


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [
        ("sha1", "rsassa_pkcs1v15"),
        ("md5", "rsassa_pkcs1v15"),
        ("sha224", "rsassa_pkcs1v15"),
        ("sha256", "sha1_rsa"),
        ("sha256", "sha512_rsa"),
        ("sha256", "rsassa_pss"),
        ("sha256", "sha256_ecdsa"),
        ("sha256", "sha256_dsa"),
    ],
)
def test_algorithms_that_we_do_not_take(seal: Seal, post: Post, digest: str, algorithm: str) -> None:
    one = signer(post.their_sign, digest=digest, algorithm=algorithm)
    refused(seal, post, signed_data([one], [post.their_sign]), Unsupported)


@pytest.mark.parametrize("bits", [1024, 1536])
def test_a_key_that_is_too_short(post: Post, bits: int) -> None:
    short = post.issue("short", SIGN, key=key(f"short-{bits}", bits))
    post.register(short, post.their_encrypt)
    fault = refused(post.open_seal(), post, signed_data([signer(short)], [short]), InvalidCertificate)
    assert fault.data == (read(short).thumbprint,)


def test_more_certificates_than_anybody_has(seal: Seal, post: Post) -> None:
    many = [post.their_sign] * 11
    refused(seal, post, signed_data([signer(post.their_sign)], many), InvalidCms)
    assert opened(seal, post, signed_data([signer(post.their_sign)], many[:10])) == XML


def test_far_more_signer_than_there_can_be(seal: Seal, post: Post) -> None:
    one = signer(post.their_sign)
    one["unsigned_attrs"] = [{"type": "1.2.3.4", "values": [core.OctetString(bytes(60_000))]}]
    refused(seal, post, signed_data([one], [post.their_sign]), InvalidCms)


def test_attributes_that_nobody_has_signed_are_of_no_account(seal: Seal, post: Post) -> None:
    one = signer(post.their_sign)
    one["unsigned_attrs"] = [{"type": "1.2.3.4", "values": [core.OctetString(b"x")]}]
    assert opened(seal, post, signed_data([one], [post.their_sign])) == XML
