"""The two property sections of an AMQP 1.0 message, read and written as bytes (helsenorge.md, H8).

RabbitMQ hands them to whoever speaks AMQP 0-9-1 with it, and takes them from there: it is the only way that a
subject, a receiver and application properties have between the two protocols. The type system is that of
OASIS AMQP 1.0, part 1; every value is text here, whatever type its sender gave it (A2).

Reading must never raise anything but ``SectionError``, go deeper the more a value is nested, or take longer
than a section is long. Nothing in here knows a broker, or what a property means.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_BYTES = 64 * 1024  # of a section that is read; real ones have some hundred

_EMPTY_LIST = 0x45
_DESCRIBED = 0x00
_LISTS, _MAPS = (0xC0, 0xD0), (0xC1, 0xD1)  # with sizes of one byte, and of four
_DESCRIPTORS = {
    _LISTS: (b"\x00\x53\x73", b"\x00\x80" + struct.pack(">Q", 0x73), b"\x00\xa3\x18amqp:properties:list"),
    _MAPS: (
        *(b"\x00\x53\x74", b"\x00\x80" + struct.pack(">Q", 0x74)),
        b"\x00\xa3\x1eamqp:application-properties:map",
    ),
}
# How many bytes a value has, by the upper half of its code; the rest say so themselves, in 1 byte or in 4.
_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}
_SAYS_IN_ONE, _SAYS_IN_FOUR = (0xA, 0xC, 0xE), (0xB, 0xD, 0xF)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NULL = b"\x40"
_SMALL = 256
_NAMES = 256  # of application properties, how many are remembered
_SMALL_STRING = [bytes((0xA1, length)) for length in range(_SMALL)]
_SMALL_SYMBOL = [bytes((0xA3, length)) for length in range(_SMALL)]
_UUID_URN = "urn:uuid:"
_size = struct.Struct(">I").unpack_from
_sizes = struct.Struct(">II").unpack_from


class SectionError(ValueError):
    """The bytes are not the section that they should be. It never quotes them."""


class PropertiesSection(NamedTuple):
    """The fields of the properties section that the AMQP-spesifikasjon uses (A2); ``None`` is not there."""

    message_id: str | None = None
    to: str | None = None
    subject: str | None = None
    reply_to: str | None = None
    correlation_id: str | None = None
    content_type: str | None = None


# --- reading


def read_properties(section: bytes) -> PropertiesSection:
    """The fields of a properties section, each as text. An id that is a UUID becomes its usual text.

    Raises ``SectionError`` for any other bytes.
    """
    values = _read(section, _LISTS)
    values += [None] * (7 - len(values))  # what follows the last one that is there may be left out
    message_id, _user_id, *others = values[:7]
    return PropertiesSection(message_id, *others)


def read_application_properties(section: bytes) -> dict[str, str]:
    """The application properties, each as text. What has no text form, such as a list, is left out.

    Raises ``SectionError`` for any other bytes.
    """
    values = _read(section, _MAPS)
    if len(values) % 2:
        raise SectionError("a map with a key and no value")
    pairs = zip(values[::2], values[1::2], strict=True)
    return {name: value for name, value in pairs if name is not None and value is not None}


def _read(section: bytes, kinds: tuple[int, int]) -> list[str | None]:
    """The values in a described list or map, as text; ``None`` for null and what has no text form."""
    if len(section) > MAX_BYTES:
        raise SectionError(f"a section of more than {MAX_BYTES} bytes")
    try:
        return _items(section, kinds)
    except (IndexError, struct.error):
        raise SectionError("a section that breaks off") from None


def _items(section: bytes, kinds: tuple[int, int]) -> list[str | None]:
    descriptor = next(filter(section.startswith, _DESCRIPTORS[kinds]), None)
    if descriptor is None:
        raise SectionError("another section")
    at = len(descriptor)
    code = section[at]
    if code == kinds[0]:
        end, count, at = at + 2 + section[at + 1], section[at + 2], at + 3
    elif code == kinds[1]:
        size, count = _sizes(section, at + 1)
        end, at = at + 5 + size, at + 9
    elif code == _EMPTY_LIST and kinds is _LISTS:
        end, count, at = at + 1, 0, at + 1
    else:
        raise SectionError("a section of another type")
    if end != len(section):
        raise SectionError("a section of another length than it says")
    values = []
    for _ in range(count):  # each takes a byte at least, so that a count without end ends with the bytes
        value, at = _value(section, at)
        values.append(value)
    if at != end:
        raise SectionError("a section with more in it, or less, than it says")
    return values


def _value(section: bytes, at: int) -> tuple[str | None, int]:
    """The value at ``at`` as text, and where the next one begins, which may be past the end."""
    code = section[at]
    if code in {0xA1, 0xA3}:  # nearly all of them
        start = at + 2
        end = start + section[at + 1]
        return section[start:end].decode(errors="replace"), end
    if code == _DESCRIBED:
        return None, _after_described(section, at)
    start, end = _extent(section, at)
    if end > len(section):  # before anything is made of the part that is there
        raise SectionError("a section that breaks off")
    text_of = _TEXTS.get(code)
    return text_of(section[start:end]) if text_of else None, end


def _extent(section: bytes, at: int) -> tuple[int, int]:
    """Where the bytes of the value at ``at`` begin and end, which holds for types yet to be invented too."""
    kind = section[at] >> 4
    if kind in _WIDTHS:
        return at + 1, at + 1 + _WIDTHS[kind]
    if kind in _SAYS_IN_ONE:
        return at + 2, at + 2 + section[at + 1]
    if kind in _SAYS_IN_FOUR:
        return at + 5, at + 5 + _size(section, at + 1)[0]
    raise SectionError("a value of no type")


def _after_described(section: bytes, at: int) -> int:
    """Where a described value ends. Its descriptor and its value may be described again, and so on."""
    open_values = 1
    while open_values:
        if section[at] == _DESCRIBED:
            open_values += 1
            at += 1
        else:
            at = _extent(section, at)[1]
            open_values -= 1
    return at


def _unsigned(value: bytes) -> str:
    return str(int.from_bytes(value))


def _signed(value: bytes) -> str:
    return str(int.from_bytes(value, signed=True))


def _characters(value: bytes) -> str:
    return value.decode(errors="replace")


def _one_character(value: bytes) -> str:
    return value.decode("utf-32-be", errors="replace")


def _moment(value: bytes) -> str | None:
    try:
        return (_EPOCH + timedelta(milliseconds=int.from_bytes(value, signed=True))).isoformat()
    except OverflowError:
        return None


_TEXTS: dict[int, Callable[[bytes], str | None]] = {
    **dict.fromkeys((0x43, 0x44), lambda _: "0"),
    **dict.fromkeys((0x50, 0x52, 0x53, 0x60, 0x70, 0x80), _unsigned),
    **dict.fromkeys((0x51, 0x54, 0x55, 0x61, 0x71, 0x81), _signed),
    **dict.fromkeys((0xA0, 0xB0, 0xB1, 0xB3), _characters),
    0x41: lambda _: "true",
    0x42: lambda _: "false",
    0x56: lambda value: "true" if value[0] else "false",
    0x72: lambda value: str(struct.unpack(">f", value)[0]),
    0x82: lambda value: str(struct.unpack(">d", value)[0]),
    0x73: _one_character,
    0x83: _moment,
    0x98: lambda value: str(UUID(bytes=value)),
}


# --- writing


def write_properties(properties: PropertiesSection) -> bytearray:
    """The properties section. An empty text is written as one that is not there.

    Raises ``UnicodeEncodeError`` for half of a character.
    """
    message_id, to, subject, reply_to, correlation_id, content_type = properties
    return _section(
        _LISTS,
        [
            _id(message_id),
            _NULL,  # user-id
            _string(to) if to else _NULL,
            _string(subject) if subject else _NULL,
            _string(reply_to) if reply_to else _NULL,
            _id(correlation_id),
            _symbol(content_type),
        ],
    )


def write_application_properties(pairs: Iterable[tuple[str, str]]) -> bytearray:
    """The application properties, all of them strings.

    Raises ``UnicodeEncodeError`` for half of a character.
    """
    return _section(_MAPS, [part for name, text in pairs for part in (_name(name), _string(text))])


def _section(kinds: tuple[int, int], values: Sequence[bytes]) -> bytearray:
    content = b"".join(values)
    count, size = len(values), len(content)
    if size + 1 < _SMALL:  # and so is the count: each value takes a byte at least
        head = bytes((kinds[0], size + 1, count))
    else:
        head = struct.pack(">BII", kinds[1], size + 4, count)
    return bytearray(_DESCRIPTORS[kinds][0] + head + content)


def _string(text: str) -> bytes:
    content = text.encode()
    length = len(content)
    return (_SMALL_STRING[length] if length < _SMALL else b"\xb1" + struct.pack(">I", length)) + content


_name = lru_cache(_NAMES)(_string)  # the same few in every message


def _symbol(text: str | None) -> bytes:
    """A symbol; null for what cannot be one, which is anything but ASCII."""
    if not text or not text.isascii():
        return _NULL
    content = text.encode()
    length = len(content)
    return (_SMALL_SYMBOL[length] if length < _SMALL else b"\xb3" + struct.pack(">I", length)) + content


def _id(text: str | None) -> bytes:
    """An id, as text, or as the UUID that RabbitMQ 4 has made a URN of: its sender looks for that again."""
    if not text:
        return _NULL
    if text.startswith(_UUID_URN):
        try:
            return b"\x98" + UUID(text).bytes
        except ValueError:
            pass
    return _string(text)
