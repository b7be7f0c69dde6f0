"""Bytes to the structures of CMS. Whatever the bytes are, what is raised is ``Unreadable``.

DER is decoded by ``cryptography``. What is CMS and not DER, such as the endless lengths that some libraries
write, is first made DER by ``asn1crypto``. It must never do that with more than ``MOST_BER`` bytes: it takes
microseconds for every element, and an element may be as small as two bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from asn1crypto import cms, parser
from cryptography.hazmat import asn1

from adapter.seal.structures import (
    SEQUENCE,
    TYPES,
    AnyAlgorithm,
    Boxed,
    BoxedRecipients,
    KeyTransport,
    Oid,
    OneRecipient,
    PlainAlgorithm,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

MOST_BER = 100_000
MOST_AROUND = 50_000  # bytes that the recipients or the signer may take; the real ones take less than 2,000

_ENDLESS = b"\x80"
_USUAL = b"\x30\x82"  # a sequence, with its length in the next two bytes


class Unreadable(Exception):
    """It is not what it should be. Holds no word of what it is."""


def read_content(data: bytes, *kinds: type[T]) -> T:
    """What the whole of ``data`` is: the first of ``kinds``, each one of ``TYPES``, that fits.

    Raises ``Unreadable`` if none does.
    """
    found = _read(data, kinds) or _read(_made_der(data), kinds)
    if found is None:
        raise Unreadable
    return found


def length_of_first(data: bytes) -> int:
    """How many bytes the first element of ``data`` has, its header included. Raises ``Unreadable``."""
    if data.startswith(_USUAL):
        length = 4 + int.from_bytes(data[2:4], "big")
        if length > len(data):
            raise Unreadable
        return length
    if len(data) > MOST_BER and data[1:2] == _ENDLESS:
        raise Unreadable
    try:
        found: int = parser.peek(data)
    except ValueError:
        raise Unreadable from None
    return found


def bounded(tlv: asn1.TLV) -> asn1.TLV:
    """The part itself. Raises ``Unreadable`` if it is far too large; what is within it then is not."""
    if len(tlv.data) > MOST_AROUND:
        raise Unreadable
    return tlv


def read(tlv: asn1.TLV, kind: type[T]) -> T:
    """A part of something, ``bounded`` before, as ``kind``. Raises ``Unreadable``."""
    try:
        return tlv.parse(kind)  # type: ignore[no-any-return] # the stub says nothing of what it gives
    except ValueError:
        raise Unreadable from None


def read_recipients(tlv: asn1.TLV) -> Iterator[KeyTransport]:
    """Those recipients of an envelope who are of our kind.

    Raises ``Unreadable`` for one that is not to be read, when it comes to that, and when there are too many.
    """
    try:
        one = bounded(tlv).parse(OneRecipient).recipient
    except ValueError:
        yield from _several_recipients(tlv)
    else:
        yield one


def _several_recipients(tlv: asn1.TLV) -> Iterator[KeyTransport]:
    try:
        boxed = asn1.decode_der(BoxedRecipients, asn1.encode_der(Boxed(content=tlv)))
    except ValueError:
        raise Unreadable from None
    for one in boxed.content.as_list():
        if one.tag_bytes == SEQUENCE:
            yield read(one, KeyTransport)


def algorithm_name(tlv: asn1.TLV) -> Oid:
    """The name of an algorithm, whatever its parameters. Raises ``Unreadable``."""
    try:
        return read(tlv, AnyAlgorithm).name
    except Unreadable:
        return read(tlv, PlainAlgorithm).name


def _read(data: bytes, kinds: Iterable[type[T]]) -> T | None:
    for kind in kinds:
        try:
            found = asn1.decode_der(kind, data)
        except Exception:  # noqa: BLE001, S112 - the certificates in it have exceptions of their own
            continue
        if found.content_type == TYPES[kind]:  # type: ignore[attr-defined] # all of TYPES have one
            return found
    return None


def _made_der(data: bytes) -> bytes:
    if len(data) > MOST_BER:
        raise Unreadable
    try:
        der: bytes = cms.ContentInfo.load(data, strict=True).dump(force=True)
    except Exception:  # noqa: BLE001 - on strange bytes it raises whatever Python happens to
        raise Unreadable from None
    return der
