"""The key of the content, which travels encrypted with the receiver's RSA key (helsenorge.md, A3).

A key that does not come out is replaced by a random one, so that nothing tells that it did not: PKCS #1 v1.5
has been broken again and again by asking a server which guesses have the right form. The library's own
answer to that (implicit rejection) works the same way, and leaves the length to be checked here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from adapter.errors import Unsupported
from adapter.seal.reading import algorithm_name, read, read_recipients
from adapter.seal.structures import OaepAlgorithm, Oid, PlainAlgorithm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat import asn1
    from cryptography.hazmat.primitives.asymmetric.padding import AsymmetricPadding

    from adapter.seal.keys import OwnKey
    from adapter.seal.structures import KeyTransport

_RSA, _OAEP, _MGF1 = (Oid(f"1.2.840.113549.1.1.{number}") for number in (1, 7, 8))
_SHA1 = Oid("1.3.14.3.2.26")  # what OAEP means where no digest is named; there it need not resist collisions
_OAEP_DIGESTS: Mapping[Oid, hashes.HashAlgorithm] = {
    _SHA1: hashes.SHA1(),  # noqa: S303 - as said above
    Oid("2.16.840.1.101.3.4.2.1"): hashes.SHA256(),
    Oid("2.16.840.1.101.3.4.2.2"): hashes.SHA384(),
    Oid("2.16.840.1.101.3.4.2.3"): hashes.SHA512(),
}


def content_key(recipients: asn1.TLV, keys: Mapping[bytes, OwnKey], length: int) -> bytes | None:
    """A key of ``length`` bytes for the content, from the first recipient who is one of ``keys``, by name.

    ``None`` if none of them is named. What comes out is random where the real one does not. Raises
    ``Unreadable`` for recipients that are not to be read, and ``Unsupported`` for another way than RSA.
    """
    for recipient in read_recipients(recipients):
        key = keys.get(name_of(recipient.recipient))
        if key is not None:
            return _unwrap(recipient, key, length)
    return None


def name_of(reference: asn1.TLV) -> bytes:
    """How a certificate is referred to: one of its ``names``."""
    return bytes(reference.data)


def _unwrap(recipient: KeyTransport, key: OwnKey, length: int) -> bytes:
    how = _padding(recipient.algorithm)
    otherwise = os.urandom(length)
    try:
        found = key.private.decrypt(recipient.encrypted_key, how)
    except ValueError:
        return otherwise
    return found if len(found) == length else otherwise


def _padding(algorithm: asn1.TLV) -> AsymmetricPadding:
    name = algorithm_name(algorithm)
    if name == _RSA:
        return padding.PKCS1v15()
    if name != _OAEP:
        raise Unsupported("The content's key is not encrypted with RSA")
    parameters = read(algorithm, OaepAlgorithm).parameters
    mask = parameters.mask
    if (mask and mask.name != _MGF1) or (parameters.label and parameters.label.label):
        raise Unsupported("The content's key is encrypted with an OAEP that CMS does not use")
    mgf = padding.MGF1(_digest(mask.digest if mask else None))
    return padding.OAEP(mgf=mgf, algorithm=_digest(parameters.digest), label=None)


def _digest(algorithm: PlainAlgorithm | None) -> hashes.HashAlgorithm:
    name = algorithm.name if algorithm else _SHA1
    if name not in _OAEP_DIGESTS:
        raise Unsupported("The content's key is encrypted with OAEP and a digest that we do not take")
    return _OAEP_DIGESTS[name]
