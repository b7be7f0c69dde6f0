"""CMS as nobody should write it: every part can be another. Made with ``asn1crypto``, not with the seal."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as names
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.certificates import XML

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.certificates import Issued

PKCS1 = {"algorithm": "rsaes_pkcs1v15"}


def reference(issued: Issued) -> cms.IssuerAndSerialNumber:
    """Issuer and serial number of a certificate."""
    certificate = asn1_certificate(issued)
    return cms.IssuerAndSerialNumber(
        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    )


def asn1_certificate(issued: Issued) -> names.Certificate:
    return names.Certificate.load(issued.certificate.public_bytes(Encoding.DER))


def attributes(content: bytes = XML, **changes: Any) -> cms.CMSAttributes:
    """The attributes to sign. With ``None`` one is left out, with a list it has these values."""
    values = {"content_type": "data", "message_digest": hashlib.sha256(content).digest()} | changes
    several = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
    return cms.CMSAttributes(
        [{"type": name, "values": value} for name, value in several.items() if value != [None]]
    )


def signer(
    issued: Issued,
    content: bytes = XML,
    *,
    signed: cms.CMSAttributes | None = None,
    digest: str = "sha256",
    algorithm: str = "rsassa_pkcs1v15",
    sid: Any = None,
) -> dict[str, Any]:
    """One signature, right or not, as ``SignedData`` takes it."""
    over = content if signed is None else signed.dump()
    how = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    signature = issued.key.sign(over, padding.PKCS1v15(), how.get(digest, hashes.SHA256()))
    made = {
        "version": "v1",
        "sid": sid or cms.SignerIdentifier("issuer_and_serial_number", reference(issued)),
        "digest_algorithm": {"algorithm": digest},
        "signature_algorithm": {"algorithm": algorithm},
        "signature": signature,
    }
    return made if signed is None else made | {"signed_attrs": signed}


def signed_data(
    signers: Sequence[dict[str, Any]],
    certificates: Sequence[Issued] = (),
    content: bytes | None = XML,
    *,
    content_type: str = "data",
) -> bytes:
    """``SignedData``, with its type."""
    inside: dict[str, Any] = {"content_type": content_type}
    if content is not None:
        inside["content"] = core.ParsableOctetString(content)
    made: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": cms.EncapsulatedContentInfo(inside),
        "signer_infos": list(signers),
    }
    if certificates:
        made["certificates"] = [asn1_certificate(one) for one in certificates]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(made)}).dump())


def recipient(issued: Issued, content_key: bytes, **changes: Any) -> cms.RecipientInfo:
    """The key of the content for one recipient."""
    made = {
        "version": "v0",
        "rid": cms.RecipientIdentifier("issuer_and_serial_number", reference(issued)),
        "key_encryption_algorithm": PKCS1,
        "encrypted_key": issued.key.public_key().encrypt(content_key, padding.PKCS1v15()),
    } | changes
    return cms.RecipientInfo("ktri", cms.KeyTransRecipientInfo(made))


def cbc(content_key: bytes, vector: bytes, content: bytes, end: bytes | None = None) -> bytes:
    """AES-CBC, with ``end`` where the padding should be."""
    padder = PKCS7(128).padder()
    padded = padder.update(content) + padder.finalize() if end is None else content + end
    encryptor = Cipher(algorithms.AES(content_key), modes.CBC(vector)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def envelope(
    content: bytes,
    to: Issued,
    *,
    recipients: Sequence[cms.RecipientInfo] | None = None,
    content_key: bytes | None = None,
    algorithm: dict[str, Any] | None = None,
    ciphertext: bytes | None = None,
) -> bytes:
    """``EnvelopedData``, with its type: AES-256-CBC for one recipient if nothing else is said."""
    content_key = content_key or os.urandom(32)
    vector = os.urandom(16)
    how = algorithm or {"algorithm": "aes256_cbc", "parameters": vector}
    data = cms.EnvelopedData(
        {
            "version": "v0",
            "recipient_infos": list(recipients if recipients is not None else [recipient(to, content_key)]),
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": algos.EncryptionAlgorithm(how),
                "encrypted_content": ciphertext or cbc(content_key, vector, content),
            },
        }
    )
    return bytes(cms.ContentInfo({"content_type": "enveloped_data", "content": data}).dump())
