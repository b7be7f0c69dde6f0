"""The parts of CMS that we read (RFC 5652, RFC 5083), as types for the decoder of ``cryptography``.

Only what the protocol uses is described (helsenorge.md, A3): whatever else a sender puts in is refused with
the rest of the seal. It must never hold logic. Fields are in the order of the RFC; what may be repeated
without end is an undecoded ``TLV``, so that its size can be looked at first.
"""

from __future__ import annotations

from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1

Oid = x509.ObjectIdentifier
Certificate = x509.Certificate
RevocationList = x509.CertificateRevocationList

DATA = Oid("1.2.840.113549.1.7.1")
SIGNED_DATA = Oid("1.2.840.113549.1.7.2")
ENVELOPED_DATA = Oid("1.2.840.113549.1.7.3")
AUTH_ENVELOPED_DATA = Oid("1.2.840.113549.1.9.16.1.23")

SEQUENCE = b"\x30"  # the tag by which a recipient of our kind is told from others


# --- algorithms


@asn1.sequence
class PlainAlgorithm:
    """An algorithm that takes no parameters: some leave them out, some write NULL."""

    name: Oid
    parameters: asn1.Null | None


@asn1.sequence
class AnyAlgorithm:
    """An algorithm with parameters, for those that can be told by their name alone."""

    name: Oid
    parameters: asn1.TLV


@asn1.sequence
class CbcAlgorithm:
    """AES-CBC; the parameter is the initialisation vector."""

    name: Oid
    vector: bytes


@asn1.sequence
class GcmParameters:
    """The length of the tag is that of the tag itself, so it need not be believed (RFC 5084)."""

    nonce: bytes
    tag_length: Annotated[int, asn1.Default(12)]


@asn1.sequence
class GcmAlgorithm:
    """AES-GCM."""

    name: Oid
    parameters: GcmParameters


@asn1.sequence
class MaskAlgorithm:
    """How OAEP makes its mask: MGF1 with a digest."""

    name: Oid
    digest: PlainAlgorithm


@asn1.sequence
class OaepLabel:
    """A label, which in CMS is empty."""

    name: Oid
    label: bytes


@asn1.sequence
class OaepParameters:
    """What is left out is SHA-1 (RFC 4055)."""

    digest: Annotated[PlainAlgorithm | None, asn1.Explicit(0)]
    mask: Annotated[MaskAlgorithm | None, asn1.Explicit(1)]
    label: Annotated[OaepLabel | None, asn1.Explicit(2)]


@asn1.sequence
class OaepAlgorithm:
    """RSA with OAEP."""

    name: Oid
    parameters: OaepParameters


# --- the envelope


@asn1.sequence
class IssuerAndSerial:
    """What a certificate is called by, other than by its key's identifier."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class KeyTransport:
    """The content's key for one recipient, encrypted with the recipient's RSA key."""

    version: int
    recipient: asn1.TLV
    algorithm: asn1.TLV
    encrypted_key: bytes


@asn1.sequence
class EncryptedContent:
    """The content itself."""

    content_type: Oid
    algorithm: asn1.TLV
    content: Annotated[bytes | None, asn1.Implicit(0)]


@asn1.sequence
class EnvelopedData:
    """Encrypted, and no more."""

    version: int
    recipients: asn1.TLV
    encrypted: EncryptedContent


@asn1.sequence
class AuthEnvelopedData:
    """Encrypted, with a tag that shows that nobody has changed it."""

    version: int
    recipients: asn1.TLV
    encrypted: EncryptedContent
    tag: bytes


@asn1.sequence
class Enveloped:
    """``EnvelopedData`` with its type, as it travels."""

    content_type: Oid
    content: Annotated[EnvelopedData, asn1.Explicit(0)]


@asn1.sequence
class AuthEnveloped:
    """``AuthEnvelopedData`` with its type, as it travels."""

    content_type: Oid
    content: Annotated[AuthEnvelopedData, asn1.Explicit(0)]


@asn1.set
class OneRecipient:
    """A set of recipients that holds exactly one, who is of our kind."""

    recipient: KeyTransport


@asn1.sequence
class Boxed:
    """Anything, in a sequence of its own: the way to decode a ``TLV`` as a set."""

    content: asn1.TLV


@asn1.sequence
class BoxedRecipients:
    """The recipients, where they are few enough to be looked at."""

    content: asn1.SetOf[asn1.TLV]


# --- the signature


@asn1.sequence
class SignedContent:
    """What is signed. It is missing where the signature is detached."""

    content_type: Oid
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class Attribute:
    """Something that is signed along with the content, such as when."""

    name: Oid
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class Signer:
    """One signature."""

    version: int
    signer: asn1.TLV
    digest: PlainAlgorithm
    signed_attributes: Annotated[list[Attribute] | None, asn1.Implicit(0)]
    algorithm: asn1.TLV
    signature: bytes
    unsigned_attributes: Annotated[list[asn1.TLV] | None, asn1.Implicit(1)]


@asn1.set
class OneSigner:
    """A set of signers that holds exactly one."""

    signer: Signer


@asn1.sequence
class SignedData:
    """Content, signed. A list that stands for a set is not asked to be in order, as many senders' are not."""

    version: int
    digests: asn1.TLV
    content: SignedContent
    certificates: Annotated[list[Certificate] | None, asn1.Implicit(0)]
    revocation_lists: Annotated[list[RevocationList] | None, asn1.Implicit(1)]
    signers: asn1.TLV


@asn1.sequence
class Signed:
    """``SignedData`` with its type, as it lies in the envelope."""

    content_type: Oid
    content: Annotated[SignedData, asn1.Explicit(0)]


#: What may be the outermost of a message or of what is in it, and the type that it then has to name.
TYPES: dict[type, Oid] = {Enveloped: ENVELOPED_DATA, AuthEnveloped: AUTH_ENVELOPED_DATA, Signed: SIGNED_DATA}
