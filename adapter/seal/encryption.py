"""The outer half of the seal: content encrypted for one receiver (helsenorge.md, A3).

Nothing here may tell why a decryption failed, neither in words nor in time: with two answers that can be
told apart, whoever has recorded a message can ask for its content byte by byte. That is why the padding is
cut off without ever being looked at; what is encrypted says itself where it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import pkcs7

from adapter.errors import DecryptionFailed, InvalidCms, Unsupported
from adapter.seal.key_transport import content_key
from adapter.seal.reading import Unreadable, algorithm_name, bounded, length_of_first, read, read_content
from adapter.seal.structures import (
    DATA,
    SIGNED_DATA,
    AuthEnveloped,
    AuthEnvelopedData,
    CbcAlgorithm,
    Enveloped,
    EnvelopedData,
    GcmAlgorithm,
    Oid,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapter.seal.certificates import Certificate
    from adapter.seal.keys import OwnKey

_AES = "2.16.840.1.101.3.4.1."
_CBC = {Oid(f"{_AES}2"): 16, Oid(f"{_AES}22"): 24, Oid(f"{_AES}42"): 32}  # to the length of the key in bytes
_GCM = {Oid(f"{_AES}6"): 16, Oid(f"{_AES}26"): 24, Oid(f"{_AES}46"): 32}
_KINDS: tuple[type[Enveloped | AuthEnveloped], ...] = (Enveloped, AuthEnveloped)
_BLOCK = 16
_SHORTEST_TAG = 12


def encrypt(content: bytes, receiver: Certificate) -> bytes:
    """``EnvelopedData`` as DER: AES-256-CBC, its key by RSA for that certificate's issuer and serial."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(content).add_recipient(receiver.x509)
    builder = builder.set_content_encryption_algorithm(algorithms.AES256)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def decrypt(body: bytes, keys: Mapping[bytes, OwnKey]) -> bytes:
    """The one structure that is encrypted in ``body`` for one of ``keys``, by the names of the certificates.

    Raises ``InvalidCms`` if it is not an envelope, ``Unsupported`` if its algorithm is not one of today, and
    ``DecryptionFailed`` for everything that would tell something of the content or the key.
    """
    try:
        envelope = read_content(body, *_KINDS).content
        if envelope.encrypted.content_type not in {DATA, SIGNED_DATA}:
            return _refuse()
        if isinstance(envelope, AuthEnvelopedData):
            return _open_gcm(envelope, keys)
        return _open_cbc(envelope, keys)
    except Unreadable:
        return _refuse()


def failed() -> DecryptionFailed:
    """The one fault for every reason, so that there is one text."""
    return DecryptionFailed("The message cannot be decrypted with a key of ours")


def _open_cbc(envelope: EnvelopedData, keys: Mapping[bytes, OwnKey]) -> bytes:
    algorithm, content = bounded(envelope.encrypted.algorithm), envelope.encrypted.content
    try:
        named = read(algorithm, CbcAlgorithm)
    except Unreadable:
        _key_length(algorithm_name(algorithm), _CBC)
        raise
    length, vector = _key_length(named.name, _CBC), named.vector
    if len(vector) != _BLOCK or not content or len(content) % _BLOCK:
        return _refuse()
    key = content_key(envelope.recipients, keys, length)
    if key is None:
        raise failed()
    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    padded = decryptor.update(content)  # whole blocks, so that there is nothing to finalize
    try:
        end = length_of_first(padded)
    except Unreadable:
        raise failed() from None
    if not 1 <= len(padded) - end <= _BLOCK:
        raise failed()
    return padded[:end]


def _open_gcm(envelope: AuthEnvelopedData, keys: Mapping[bytes, OwnKey]) -> bytes:
    algorithm, content = bounded(envelope.encrypted.algorithm), envelope.encrypted.content
    length = _key_length(algorithm_name(algorithm), _GCM)
    nonce = read(algorithm, GcmAlgorithm).parameters.nonce
    try:
        mode = modes.GCM(nonce, envelope.tag, min_tag_length=_SHORTEST_TAG)
    except ValueError:
        return _refuse()
    if not content:
        return _refuse()
    key = content_key(envelope.recipients, keys, length)
    if key is None:
        raise failed()
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    try:
        return decryptor.update(content) + decryptor.finalize()
    except InvalidTag:
        raise failed() from None


def _key_length(name: Oid, lengths: Mapping[Oid, int]) -> int:
    if name not in lengths:
        raise Unsupported("The content is not encrypted with AES-CBC or AES-GCM")
    return lengths[name]


def _refuse() -> NoReturn:
    raise InvalidCms("The message is not CMS enveloped data of the kind that is agreed") from None
