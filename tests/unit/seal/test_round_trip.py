"""What one party seals the other opens, and nobody else. (helsenorge.md, A3)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms

from adapter.errors import DecryptionFailed, InvalidCertificate, InvalidCms, MissingCertificate
from adapter.seal import CONTENT_TYPE
from adapter.seal.encryption import decrypt, encrypt
from adapter.seal.signature import read_signature, sign
from tests.support.certificates import XML, own, read, sealed, unsealed
from tools.certificates import ENCRYPT, SIGN

if TYPE_CHECKING:
    from adapter.seal import Seal
    from tests.support.certificates import Post


def test_what_they_seal_we_open(seal: Seal, theirs: bytes, post: Post) -> None:
    found = unsealed(seal, theirs)
    assert found.content == XML
    assert found.signer == read(post.their_sign)


def test_what_we_seal_they_open(seal: Seal, post: Post) -> None:
    key = own(post.their_encrypt)
    inside = decrypt(sealed(seal), dict.fromkeys(key.certificate.names, key))
    signature = read_signature(inside, ())
    signature.verify()
    assert signature.content == XML
    assert signature.certificate == read(post.our_sign)
    assert signature.enclosed == [post.our_sign.certificate, post.middle.certificate], "the root is left out"


def test_it_is_sealed_as_the_protocol_says(seal: Seal, post: Post) -> None:
    outer = cms.ContentInfo.load(sealed(seal), strict=True)
    assert outer["content_type"].native == "enveloped_data"
    (recipient,) = outer["content"]["recipient_infos"]
    assert recipient.name == "ktri"
    assert recipient.chosen["rid"].name == "issuer_and_serial_number"
    assert recipient.chosen["rid"].native["serial_number"] == post.their_encrypt.certificate.serial_number
    encrypted = outer["content"]["encrypted_content_info"]
    assert encrypted["content_encryption_algorithm"]["algorithm"].dotted == "2.16.840.1.101.3.4.1.42"

    inner = cms.ContentInfo.load(sign(XML, own(post.our_sign)), strict=True)["content"]
    assert inner["encap_content_info"]["content"].native == XML, "encapsulated, not detached"
    (signer,) = inner["signer_infos"]
    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    assert signer["signature_algorithm"]["algorithm"].native == "rsassa_pkcs1v15"
    assert CONTENT_TYPE == "application/pkcs7-mime; smime-type=signed-and-enveloped-data"


def test_two_seals_of_the_same_are_not_the_same(seal: Seal) -> None:
    assert sealed(seal) != sealed(seal)


@pytest.mark.parametrize("content", [b"\x00", b"x" * 4_000_000, bytes(range(256)) * 3, b"\r\n\r\n"])
def test_the_bytes_are_left_as_they_are(seal: Seal, post: Post, content: bytes) -> None:
    body = encrypt(sign(content, own(post.their_sign)), read(post.our_encrypt))
    assert unsealed(seal, body).content == content


def test_what_is_for_somebody_else_is_not_opened(seal: Seal, post: Post) -> None:
    stranger = post.issue("stranger", ENCRYPT)
    with pytest.raises(DecryptionFailed):
        unsealed(seal, encrypt(sign(XML, own(post.their_sign)), read(stranger)))


def test_nobody_else_signs_for_them(post: Post) -> None:
    stranger = post.issue("stranger", SIGN)
    body = encrypt(sign(XML, own(stranger)), read(post.our_encrypt))
    with pytest.raises(InvalidCertificate) as raised:
        unsealed(post.open_seal(), body)
    assert raised.value.data == (read(stranger).thumbprint,)


def test_a_sender_whom_nobody_knows_is_told_so(seal: Seal, theirs: bytes) -> None:
    with pytest.raises(MissingCertificate):
        unsealed(seal, theirs, sender="12345")
    with pytest.raises(MissingCertificate):
        sealed(seal, receiver="12345")


def test_their_new_certificate_is_taken_once_it_is_registered(post: Post, seal: Seal) -> None:
    new = post.issue("their-new-sign", SIGN)
    body = encrypt(sign(XML, own(new)), read(post.our_encrypt))
    with pytest.raises(InvalidCertificate):
        unsealed(seal, body)
    post.register(post.their_sign, post.their_encrypt, new)
    assert unsealed(post.open_seal(), body).content == XML


def test_a_message_that_is_too_large_is_not_even_read(post: Post, theirs: bytes) -> None:
    assert unsealed(post.open_seal(max_bytes=len(theirs)), theirs).content == XML
    with pytest.raises(InvalidCms):
        unsealed(post.open_seal(max_bytes=len(theirs) - 1), theirs)
