"""Our properties of a message as AMQP 0-9-1 writes them, in both directions.

A plain 0-9-1 peer uses the properties of that protocol for ids, reply-to and content type, puts the message
function into ``type`` and everything else into headers under its own name. What the AMQP 1.0 plugin puts
into the two headers named here is not read yet; its place is marked.

Reading must never raise, whatever a peer wrote: a strange value becomes text or is left out, and it is for
the validation to say what is missing.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from aio_pika import DeliveryMode, Message

from adapter.message import Properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pamqp.commands import Basic

    from adapter.message import Outbound

# Our field -> the header that carries it.
HEADERS = {
    "to": "to",
    "cpa_id": "cpaId",
    "application_timestamp": "applicationTimeStamp",
    "from_her_id": "fromHerId",
    "to_her_id": "toHerId",
}

# The sections of an AMQP 1.0 message, as bytes in that protocol's own encoding.
AMQP_1_0_SECTIONS = frozenset({"x-amqp-1.0-properties", "x-amqp-1.0-app-properties"})

# All headers share one frame, which the broker allows 128 kB. A message over that would not be refused but
# end the connection, each time it is sent.
MAX_HEADER_BYTES = 64 * 1024

# What a broker has written, or reads as an order to itself, and must not get a second time: it drops a
# message whose x-death names the queue that it is to go to, and sends one with CC to those queues again.
_OF_THE_BROKER = re.compile("x-death|x-(first|last)-death-.*|CC|BCC")


def from_wire(wire: Basic.Properties) -> Properties:
    """Reads the properties of a message that came in. Never raises."""
    # An AMQP 1.0 peer's own sections go in front of this, and win over it.
    headers = _texts(wire.headers if isinstance(wire.headers, dict) else {})
    known = {name: headers.pop(header, None) for name, header in HEADERS.items()}
    return Properties(
        message_id=_text(wire.message_id),
        correlation_id=_text(wire.correlation_id),
        reply_to=_text(wire.reply_to),
        subject=_text(wire.message_type),
        content_type=_text(wire.content_type),
        headers=headers,
        **known,
    )


def to_wire(message: Outbound) -> Message:
    """Writes a message that goes out, persistent.

    Raises:
        ValueError: its headers are too large for any broker.
    """
    properties = message.properties
    headers = dict(properties.headers)
    for name, header in HEADERS.items():
        if (value := getattr(properties, name)) is not None:
            headers[header] = value
    # An AMQP 1.0 peer's two sections are added here, beside these.
    if sum(len(name.encode()) + len(value.encode()) for name, value in headers.items()) > MAX_HEADER_BYTES:
        raise ValueError(f"the headers are larger than {MAX_HEADER_BYTES} bytes")
    return Message(
        message.body,
        headers=dict(headers),
        content_type=properties.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        correlation_id=properties.correlation_id,
        reply_to=properties.reply_to,
        expiration=None if message.ttl is None else max(message.ttl, timedelta(0)),
        message_id=properties.message_id,
        type=properties.subject,
    )


def to_carry_on(wire: Basic.Properties, headers: Mapping[str, str]) -> Basic.Properties:
    """The properties of a message that came in, for putting it on another queue, with these headers added.

    It expires no more, survives the broker, and names no user: a broker takes only the name of who sends.
    """
    carried = copy(wire)
    theirs = wire.headers if isinstance(wire.headers, dict) else {}
    carried.headers = {k: v for k, v in theirs.items() if not _OF_THE_BROKER.fullmatch(k)} | dict(headers)
    carried.expiration = carried.user_id = None
    carried.delivery_mode = DeliveryMode.PERSISTENT
    return carried


def _texts(headers: Mapping[str, object]) -> dict[str, str]:
    pairs = ((name, _text(value)) for name, value in headers.items() if name not in AMQP_1_0_SECTIONS)
    return {name: text for name, text in pairs if text is not None}


def _text(value: object) -> str | None:
    """A scalar as text; ``None`` for what has no text form, such as a table or a list."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case bytes() | bytearray():
            return value.decode(errors="replace")
        case int() | float() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return None
