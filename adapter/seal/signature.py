"""The inner half of the seal: content with one signature around it (helsenorge.md, A3).

It says whose certificate the signature was made with, and that it is over this content. Whether that
certificate is any good is for ``trust``, and whether it is the sender's for ``seal``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from cryptography.exceptions import InvalidSignature as BadSignature
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs7

from adapter.errors import InvalidCms, InvalidSignature, MissingCertificate, Unsupported
from adapter.seal.certificates import read_certificate
from adapter.seal.encryption import failed
from adapter.seal.key_transport import name_of
from adapter.seal.reading import Unreadable, algorithm_name, bounded, read, read_content
from adapter.seal.structures import (
    DATA,
    Attribute,
    Oid,
    OneSigner,
    Signed,
    Signer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cryptography import x509

    from adapter.seal.certificates import Certificate
    from adapter.seal.keys import OwnKey

T = TypeVar("T")

_RSA = "1.2.840.113549.1.1."
_SHA2 = "2.16.840.1.101.3.4.2."
_DIGESTS: Mapping[Oid, hashes.HashAlgorithm] = {
    Oid(f"{_SHA2}1"): hashes.SHA256(),
    Oid(f"{_SHA2}2"): hashes.SHA384(),
    Oid(f"{_SHA2}3"): hashes.SHA512(),
}
# Many name the algorithm of the key here, and some the one of the signature.
_SIGNATURES: Mapping[Oid, frozenset[str]] = {
    Oid(f"{_RSA}1"): frozenset({"sha256", "sha384", "sha512"}),
    Oid(f"{_RSA}11"): frozenset({"sha256"}),
    Oid(f"{_RSA}12"): frozenset({"sha384"}),
    Oid(f"{_RSA}13"): frozenset({"sha512"}),
}
_CONTENT_TYPE, _MESSAGE_DIGEST = Oid("1.2.840.113549.1.9.3"), Oid("1.2.840.113549.1.9.4")
_MOST_CERTIFICATES = 10


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that has not been verified yet.

    ``certificate`` is the one that the signer names, ``enclosed`` are those that came along, unchecked.
    """

    content: bytes = field(repr=False)
    certificate: Certificate
    enclosed: list[x509.Certificate]
    signer: Signer = field(repr=False)

    def verify(self) -> None:
        """Raise ``InvalidSignature`` unless it was made over this content with the certificate's key.

        Raises ``Unsupported`` for SHA-1 and for anything but RSA, ``InvalidCertificate`` for a key of the
        wrong size, and ``InvalidCms`` for a part that cannot be read.
        """
        key = self.certificate.usable_key()
        try:
            digest = self._digest()
            signed = self._signed(digest)
        except Unreadable:
            raise InvalidCms("The signature is not of the kind that is agreed") from None
        try:
            key.verify(self.signer.signature, signed, padding.PKCS1v15(), digest)
        except BadSignature:
            raise InvalidSignature("The signature is not valid", self.certificate.thumbprint) from None

    def _digest(self) -> hashes.HashAlgorithm:
        digest = _DIGESTS.get(self.signer.digest.name)
        if digest is None:
            raise Unsupported("The signature's digest is not of the SHA-2 family")
        if digest.name not in _SIGNATURES.get(algorithm_name(self.signer.algorithm), ()):
            raise Unsupported("The signature is not RSA (PKCS #1 v1.5) with the digest that it names")
        return digest

    def _signed(self, digest: hashes.HashAlgorithm) -> bytes:
        """What the signature is over: the content, or attributes that hold the content's digest."""
        attributes = self.signer.signed_attributes
        if attributes is None:
            return self.content
        is_data = _only(attributes, _CONTENT_TYPE, Oid) == DATA
        actual = hashlib.new(digest.name, self.content).digest()
        if not is_data or _only(attributes, _MESSAGE_DIGEST, bytes) != actual:
            raise InvalidSignature("The signature is over another content", self.certificate.thumbprint)
        return asn1.encode_der(asn1.SetOf(attributes))


def sign(content: bytes, key: OwnKey) -> bytes:
    """``SignedData`` as DER around the content: RSA with SHA-256, our certificate and its issuers in it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(key.certificate.x509, key.private, hashes.SHA256())
    for issuer in key.issuers:
        builder = builder.add_certificate(issuer.x509)
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    return builder.sign(serialization.Encoding.DER, options)


def read_signature(data: bytes, known: Iterable[Certificate]) -> Signature:
    """The signature in what was encrypted. ``known`` are certificates that may have been left out of it.

    Raises ``DecryptionFailed`` if it is no signature at all, since that is how a wrong key shows;
    ``InvalidCms`` if it is not one signature with its content; ``MissingCertificate`` if the signer's
    certificate is neither in it nor known.
    """
    try:
        signed = read_content(data, Signed).content
    except Unreadable:
        raise failed() from None
    content = signed.content
    if content.content_type != DATA or content.content is None:
        raise InvalidCms("There is no content within the signature")
    try:
        signer = read(bounded(signed.signers), OneSigner).signer
    except Unreadable:
        raise InvalidCms("There is not exactly one signer") from None
    enclosed = signed.certificates or []
    if len(enclosed) > _MOST_CERTIFICATES:
        raise InvalidCms("There are too many certificates around the signature")
    return Signature(content.content, _signer_of(signer, known, enclosed), enclosed, signer)


def _signer_of(
    signer: Signer, known: Iterable[Certificate], enclosed: Iterable[x509.Certificate]
) -> Certificate:
    name = name_of(signer.signer)
    for one in chain(known, map(read_certificate, enclosed)):
        if name in one.names:
            return one
    raise MissingCertificate("The certificate of the signer is not in the message, and not known")


def _only(attributes: Iterable[Attribute], name: Oid, kind: type[T]) -> T:
    """The one value of the one attribute of that name. Raises ``Unreadable`` if there is not exactly one."""
    found = [one.values.as_list() for one in attributes if one.name == name]
    if len(found) != 1 or len(found[0]) != 1:
        raise Unreadable
    return read(found[0][0], kind)
