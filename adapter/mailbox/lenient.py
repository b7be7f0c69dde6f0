"""Lets a message with strange properties in, where the library would end the connection over it.

A broker hands on what it was given: a name that is no UTF-8, a timestamp in the year 55840, a header table
with a type of its own. pamqp, which decodes for aio-pika, refuses such a frame, and the connection ends with
all its lanes; the message is delivered again after the reconnect, and so on: poison that stalls everything.
Here the same values are read as well as can be, and the message goes the road of any other.

This changes pamqp's table of decoders, for the whole process. It must never touch what pamqp can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pamqp import decode

if TYPE_CHECKING:
    from collections.abc import Callable

    from pamqp.common import FieldValue

    Decoder = Callable[[bytes], tuple[int, FieldValue]]

_UNREADABLE = (ValueError, OverflowError, OSError, RecursionError)
_TIMESTAMP_BYTES = 8
_LENGTH_BYTES = 4


def install() -> None:
    """Puts the lenient decoders in the place of pamqp's. Doing it again changes nothing."""
    decode.METHODS["shortstr"] = _short_string
    decode.METHODS["timestamp"] = _timestamp
    decode.METHODS["table"] = _table
    decode.TABLE_MAPPING[b"T"] = _timestamp


def _short_string(value: bytes) -> tuple[int, FieldValue]:
    try:
        return decode.short_str(value)
    except UnicodeDecodeError:
        end = value[0] + 1
        return end, value[1:end].decode(errors="replace")


def _timestamp(value: bytes) -> tuple[int, FieldValue]:
    try:
        return decode.timestamp(value)
    except _UNREADABLE:
        return _TIMESTAMP_BYTES, None


def _table(value: bytes) -> tuple[int, FieldValue]:
    try:
        return decode.field_table(value)
    except _UNREADABLE:  # all of it: where one value's length is not known, nor is the next one's start
        return _LENGTH_BYTES + int.from_bytes(value[:_LENGTH_BYTES]), {}
