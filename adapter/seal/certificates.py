"""What a certificate says by itself: for what, for whom and for how long. Who stands behind it: ``trust``.

It must never raise for what stands in a certificate other than as a fault of ours, and never hold a private
key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from adapter.errors import ExpiredCertificate, InvalidCertificate
from adapter.seal.structures import IssuerAndSerial

if TYPE_CHECKING:
    from datetime import datetime

E = TypeVar("E", bound=x509.ExtensionType)

SMALLEST_KEY, LARGEST_KEY = 2048, 8192  # bits; a larger one would spend our time for the sender

_ORGANISATION = re.compile(r"(?:NTRNO-)?([0-9]{9})")


class Use(Enum):
    """What a certificate may be used for, by its key usage (A3)."""

    SIGN = "content_commitment"
    ENCRYPT = "key_encipherment"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate, read. Equal when it is the same certificate.

    ``thumbprint`` is SHA-256 in hexadecimal, ``serial`` a hexadecimal number; both may be logged.
    ``names`` are how CMS may refer to it: by issuer and serial number, as the DER within their sequence, or
    by its key's identifier.
    ``organisation`` is the nine digits of the organisation number in its subject, or ``None``.
    """

    x509: x509.Certificate = field(repr=False)
    thumbprint: str
    serial: str
    uses: frozenset[Use]
    not_before: datetime
    not_after: datetime
    key: rsa.RSAPublicKey | None = field(repr=False, compare=False)
    names: tuple[bytes, ...] = field(repr=False)
    organisation: str | None = field(repr=False)
    is_authority: bool = field(repr=False)
    may_sign_lists: bool = field(repr=False)

    @property
    def self_issued(self) -> bool:
        """Whether it names itself as its issuer, as a root does."""
        return self.x509.issuer == self.x509.subject

    def usable_key(self) -> rsa.RSAPublicKey:
        """Its key. Raises ``InvalidCertificate`` if it is not RSA of a size that we take."""
        if self.key is None or not SMALLEST_KEY <= self.key.key_size <= LARGEST_KEY:
            raise InvalidCertificate(
                f"The certificate's key is not RSA of {SMALLEST_KEY} to {LARGEST_KEY} bits", self.thumbprint
            )
        return self.key

    def check(self, use: Use, now: datetime) -> None:
        """Raise ``ExpiredCertificate`` or ``InvalidCertificate`` if it is not for this use at this time."""
        self.usable_key()
        if not self.not_before <= now <= self.not_after:
            raise ExpiredCertificate("The certificate is not valid at this time", self.thumbprint)
        if use not in self.uses:
            raise InvalidCertificate(
                f"The certificate is not for this use: its key usage lacks {use.value}", self.thumbprint
            )


@lru_cache(maxsize=512)
def read_certificate(certificate: x509.Certificate) -> Certificate:
    """What a certificate says. Raises ``InvalidCertificate`` if that cannot be made out."""
    try:
        return _read(certificate)
    except Exception:  # noqa: BLE001 - it is decoded as it is looked at, and anything may be in it
        raise InvalidCertificate("The certificate cannot be read") from None


def _read(certificate: x509.Certificate) -> Certificate:
    issuer = asn1.decode_der(asn1.TLV, certificate.issuer.public_bytes())
    reference = IssuerAndSerial(issuer=issuer, serial=certificate.serial_number)
    by_issuer = asn1.decode_der(asn1.TLV, asn1.encode_der(reference))
    key = certificate.public_key()
    usage = _extension(certificate, x509.KeyUsage)
    constraints = _extension(certificate, x509.BasicConstraints)
    key_identifier = _extension(certificate, x509.SubjectKeyIdentifier)
    return Certificate(
        x509=certificate,
        thumbprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:x}",
        uses=frozenset(use for use in Use if usage and getattr(usage, use.value)),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key if isinstance(key, rsa.RSAPublicKey) else None,
        names=(bytes(by_issuer.data), *([key_identifier.digest] if key_identifier else [])),
        organisation=_organisation(certificate.subject),
        is_authority=constraints is not None and constraints.ca,
        may_sign_lists=usage is None or usage.crl_sign,
    )


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _organisation(subject: x509.Name) -> str | None:
    """Newer certificates of organisations have it as ``NTRNO-…``, older ones as the serial number."""
    for oid in (NameOID.ORGANIZATION_IDENTIFIER, NameOID.SERIAL_NUMBER):
        for attribute in subject.get_attributes_for_oid(oid):
            found = _ORGANISATION.fullmatch(str(attribute.value))
            if found:
                return found[1]
    return None
