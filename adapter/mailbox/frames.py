"""The frames that every message costs, as bytes: a message that comes or goes, and what settles one.

pamqp reads and writes the same, and takes several times as long over it: it asks of each field of each frame
what type it is. It is what everything else is read and written by, and what is not as it should be.
Nothing in here knows a connection.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING

from pamqp.commands import Basic
from pamqp.header import ContentHeader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pamqp.common import FieldValue

_METHOD, _HEADER, _BODY = 1, 2, 3
_END = b"\xce"
_frame = struct.Struct(">BHI").pack  # type, channel, size
_method = struct.Struct(">HHH").pack  # class, method, and a field that is no more used
_content = struct.Struct(">HHQH").pack  # class, weight, size of the body, which properties there are
_content_of = struct.Struct(">HHQH").unpack_from
_size = struct.Struct(">I").pack
_size_of = struct.Struct(">I").unpack_from
_settling = struct.Struct(">BHIHHQ?B").pack

_BASIC, _PUBLISH, _ACK, _REJECT = 60, 40, 80, 90
_MANDATORY = b"\x01"
_SETTLING_SIZE = 13
_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE = 0x8000, 0x2000, 0x1000
_CORRELATION_ID, _REPLY_TO, _EXPIRATION, _MESSAGE_ID, _TYPE = 0x400, 0x200, 0x100, 0x80, 0x20
_PRIORITY, _TIMESTAMP, _MORE = 0x800, 0x40, 0x01
_FIELDS = [(flag, name) for name, flag in Basic.Properties.flags.items()]  # in their order on the wire
_OF_HEADER = 14  # bytes before the properties
_NAMES = 256  # of queues and headers, how many are remembered
_TEXT = ord("S")


def header(content: bytes) -> tuple[Basic.Properties, int]:
    """The properties in the content of a header frame, and the size of the body that follows.

    Raises ``ValueError`` or ``struct.error`` for what pamqp cannot read.
    """
    try:
        return _read(content)
    except (ValueError, IndexError, struct.error):  # rare, or broken
        by_pamqp = ContentHeader()
        by_pamqp.unmarshal(content)
        return by_pamqp.properties, by_pamqp.body_size


def message(channel: int, queue: str, properties: Basic.Properties, body: bytes, most: int) -> bytes:
    """A message for ``queue`` by the default exchange, which comes back if there is no such queue.

    Of ``properties`` what ``to_wire`` gives is written: headers of text and of bytes, a delivery mode, and
    text. The body goes out in frames of ``most`` bytes.

    Raises ``ValueError``, ``TypeError`` or ``struct.error`` for what has no place in a frame.
    """
    order = _method(_BASIC, _PUBLISH, 0) + b"\x00" + _name(queue) + _MANDATORY
    flags, content = _properties(properties)
    header = _content(_BASIC, 0, len(body), flags) + content
    pieces = [_frame(_METHOD, channel, len(order)), order, _END]
    pieces += [_frame(_HEADER, channel, len(header)), header, _END]
    for start in range(0, len(body), most):
        piece = body[start : start + most]
        pieces += [_frame(_BODY, channel, len(piece)), piece, _END]
    return b"".join(pieces)


def acks(channel: int, numbers: Iterable[int]) -> bytes:
    """An acknowledgement for each of these deliveries, and for no other."""
    return _settled(_ACK, channel, numbers, flag=False)


def rejects(channel: int, numbers: Iterable[int], *, requeue: bool) -> bytes:
    """A rejection for each of these deliveries."""
    return _settled(_REJECT, channel, numbers, flag=requeue)


def _settled(method: int, channel: int, numbers: Iterable[int], *, flag: bool) -> bytes:
    end = _END[0]
    return b"".join(
        _settling(_METHOD, channel, _SETTLING_SIZE, _BASIC, method, number, flag, end) for number in numbers
    )


def _read(content: bytes) -> tuple[Basic.Properties, int]:
    """As ``header`` where all is as usual; ``ValueError``, ``IndexError`` or ``struct.error`` where not."""
    _, _, size, flags = _content_of(content)
    if flags & (_TIMESTAMP | _MORE):
        raise ValueError("not what we read")
    properties, at = Basic.Properties(), _OF_HEADER
    for flag, name in _FIELDS:
        if not flags & flag:
            continue
        value: object
        if flag == _HEADERS:
            value, at = _headers(content, at)
        elif flag in {_DELIVERY_MODE, _PRIORITY}:
            value, at = content[at], at + 1
        else:
            start, at = at + 1, at + 1 + content[at]
            value = content[start:at].decode()
        setattr(properties, name, value)
    if at != len(content):
        raise ValueError("another length than it says")
    return properties, size


def _headers(content: bytes, at: int) -> tuple[dict[str, FieldValue], int]:
    """A table with nothing but long strings in it, which are bytes where they are no text; where it ends."""
    headers: dict[str, FieldValue] = {}
    at, end = at + 4, at + 4 + _size_of(content, at)[0]
    while at < end:
        start, at = at + 1, at + 1 + content[at]
        name = content[start:at].decode()
        if content[at] != _TEXT:
            raise ValueError("not what we read")
        start, at = at + 5, at + 5 + _size_of(content, at + 1)[0]
        try:
            headers[name] = content[start:at].decode()
        except UnicodeDecodeError:
            headers[name] = content[start:at]
    if at != end:
        raise ValueError("another length than it says")
    return headers, end


def _properties(properties: Basic.Properties) -> tuple[int, bytes]:
    """Which of them there are, and they, in the order that the protocol sets."""
    flags = _HEADERS | _DELIVERY_MODE
    pieces = [_table(properties.headers or {}), bytes((properties.delivery_mode or 0,))]
    if properties.content_type:
        flags |= _CONTENT_TYPE
        pieces.insert(0, _short(properties.content_type))
    for flag, text in (
        (_CORRELATION_ID, properties.correlation_id),
        (_REPLY_TO, properties.reply_to),
        (_EXPIRATION, properties.expiration),
        (_MESSAGE_ID, properties.message_id),
        (_TYPE, properties.message_type),
    ):
        if text:
            flags |= flag
            pieces.append(_short(text))
    return flags, b"".join(pieces)


def _table(headers: Mapping[str, object]) -> bytes:
    pieces: list[bytes | bytearray] = []
    for name, value in headers.items():
        if isinstance(value, str):
            content = value.encode()
            pieces += (_name(name), b"S", _size(len(content)), content)
        elif isinstance(value, bytearray):
            pieces += (_name(name), b"x", _size(len(value)), value)
        else:
            raise TypeError("a header that is neither text nor bytes")
    table = b"".join(pieces)
    return _size(len(table)) + table


def _short(text: str) -> bytes:
    content = text.encode()
    return bytes((len(content),)) + content


# The same few in every message; what stands in them is not remembered.
_name = lru_cache(_NAMES)(_short)
