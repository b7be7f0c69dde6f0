"""Our properties of a message as AMQP 0-9-1 writes them, in both directions.

A plain 0-9-1 peer uses the properties of that protocol for ids, reply-to and content type, puts the message
function into ``type`` and everything else into headers under its own name. An AMQP 1.0 peer on the other side
of RabbitMQ has its properties in two headers, encoded as over there (helsenorge.md, H8). They are read before
all others, and always written: nothing tells us which kind of peer will take a message.

Reading must never raise, whatever a peer wrote: a strange value becomes text or is left out, and it is for
the validation to say what is missing.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from aio_pika import DeliveryMode
from pamqp.commands import Basic

from adapter.mailbox.amqp10 import (
    PropertiesSection,
    SectionError,
    read_application_properties,
    read_properties,
    write_application_properties,
    write_properties,
)
from adapter.message import ATTEMPT, CAME_FROM, PARKED_AT, REASON, Properties

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapter.message import Outbound

T = TypeVar("T")

# Our field -> the header, or the application property, that carries it.
APPLICATION_PROPERTIES = {
    "cpa_id": "cpaId",
    "application_timestamp": "applicationTimeStamp",
    "from_her_id": "fromHerId",
    "to_her_id": "toHerId",
}
TO = "to"  # a header here, a property in AMQP 1.0

# The sections of an AMQP 1.0 message, as bytes in that protocol's own encoding.
PROPERTIES_SECTION = "x-amqp-1.0-properties"
APPLICATION_SECTION = "x-amqp-1.0-app-properties"
AMQP_1_0_SECTIONS = frozenset(
    {PROPERTIES_SECTION, APPLICATION_SECTION, "x-amqp-1.0-message-annotations", "x-amqp-1.0-footer"}
)

# What RabbitMQ writes into ``type`` for an AMQP 1.0 peer: that the body is what was in its one data section,
# or that it is other sections than that, encoded as over there.
_DATA, _SECTIONS = "binary", "amqp-1.0"

_NOTHING = PropertiesSection()

# All headers share one frame, which the broker allows 128 kB, and the sections are in it beside plain headers
# that say the same in up to half as many bytes again. A message over that would not be refused but end the
# connection, each time it is sent.
MAX_SECTION_BYTES = 40 * 1024

# Ours are plain headers. A peer that names them in its section must not set how often a message is tried.
_OURS = frozenset({ATTEMPT, REASON, CAME_FROM, PARKED_AT})

# What a broker has written, or reads as an order to itself, and must not get a second time: it drops a
# message whose x-death names the queue that it is to go to, and sends one with CC to those queues again.
_OF_THE_BROKER = re.compile("x-death|x-(first|last)-death-.*|CC|BCC")


def from_wire(wire: Basic.Properties) -> Properties:
    """Reads the properties of a message that came in. Never raises."""
    raw = wire.headers if isinstance(wire.headers, dict) else {}
    headers = _texts(raw)
    application = _section(raw, APPLICATION_SECTION, read_application_properties)
    if application:
        headers.update((name, value) for name, value in application.items() if name not in _OURS)
    known = {name: headers.pop(header, None) for name, header in APPLICATION_PROPERTIES.items()}
    to = headers.pop(TO, None)
    section = _section(raw, PROPERTIES_SECTION, read_properties)
    theirs = section or _NOTHING
    kind = _text(wire.message_type)
    over_1_0 = section is not None or kind in {_DATA, _SECTIONS}
    subject = theirs.subject or (None if kind in {_DATA, _SECTIONS} else kind)
    reply_to = theirs.reply_to or _text(wire.reply_to)
    return Properties(
        message_id=theirs.message_id or _text(wire.message_id),
        correlation_id=theirs.correlation_id or _text(wire.correlation_id),
        reply_to=_queue_in(reply_to, is_address=over_1_0),
        to=theirs.to or to,
        # empty: the peer has given none; ``None``: nobody can tell, it may have been lost on the way
        subject=subject or "" if over_1_0 else subject,
        content_type=theirs.content_type or _text(wire.content_type),
        body_format=_SECTIONS if kind == _SECTIONS else None,
        headers=headers,
        **known,
    )


def to_wire(message: Outbound) -> Basic.Properties:
    """The properties of a message that goes out, persistent. Its headers are text, and sections as bytes.

    Raises:
        ValueError: they are too large for any broker.
    """
    properties = message.properties
    application = dict(properties.headers)
    for name, header in APPLICATION_PROPERTIES.items():
        if (value := getattr(properties, name)) is not None:
            application[header] = value
    sections = _sections(properties, application)
    if sum(map(len, sections.values())) > MAX_SECTION_BYTES:
        raise ValueError(f"the properties are larger than {MAX_SECTION_BYTES} bytes")
    if properties.to is not None:
        application[TO] = properties.to
    return Basic.Properties(
        headers={**application, **sections},
        content_type=properties.content_type,
        delivery_mode=DeliveryMode.PERSISTENT,
        correlation_id=properties.correlation_id,
        reply_to=properties.reply_to,
        expiration=None if message.ttl is None else _milliseconds(message.ttl),
        message_id=properties.message_id,
        message_type=properties.subject,
    )


def _milliseconds(ttl: timedelta) -> str:
    return str(max(0, ttl // timedelta(milliseconds=1)))


def to_carry_on(wire: Basic.Properties, headers: Mapping[str, str]) -> Basic.Properties:
    """The properties of a message that came in, for putting it on another queue, with these headers added.

    It expires no more, survives the broker, and names no user: a broker takes only the name of who sends.
    """
    carried = copy(wire)
    theirs = wire.headers if isinstance(wire.headers, dict) else {}
    kept = {name: value for name, value in theirs.items() if not _OF_THE_BROKER.fullmatch(name)}
    for name, value in kept.items():
        if isinstance(value, bytes):  # what the library makes of bytes that are no text, and does not write
            kept[name] = bytearray(value)
    carried.headers = kept | dict(headers)
    carried.expiration = carried.user_id = None
    carried.delivery_mode = DeliveryMode.PERSISTENT
    return carried


def _sections(properties: Properties, application: Mapping[str, str]) -> dict[str, bytearray]:
    """The sections for an AMQP 1.0 peer, which sees nothing but them.

    Without a subject the broker makes a properties section up: ours would say that there is none to be had.
    """
    sections = {}
    if application:
        sections[APPLICATION_SECTION] = write_application_properties(application.items())
    if properties.subject is not None:
        sections[PROPERTIES_SECTION] = write_properties(
            PropertiesSection(
                message_id=properties.message_id,
                to=properties.to,
                subject=properties.subject,
                reply_to=properties.reply_to,
                correlation_id=properties.correlation_id,
                content_type=properties.content_type,
            )
        )
    return sections


def _section(headers: Mapping[str, object], name: str, read: Callable[[bytes], T]) -> T | None:
    """What a section says; ``None`` where there is none, or none that can be read."""
    value = headers.get(name)
    if isinstance(value, str):  # the library reads bytes as text where they can be
        value = value.encode(errors="surrogatepass")
    if not isinstance(value, bytes | bytearray):
        return None
    try:
        return read(bytes(value))
    except SectionError:
        return None


def _queue_in(reply_to: str | None, *, is_address: bool) -> str | None:
    """The queue for replies. An AMQP 1.0 address names it behind its last slash, as for the hub (A1).

    RabbitMQ 4 hands addresses on as they are, and nowhere says that they are some; its own begin with one.
    """
    if reply_to is not None and (is_address or reply_to.startswith("/")):
        return reply_to.rpartition("/")[2]
    return reply_to


def _texts(headers: Mapping[str, object]) -> dict[str, str]:
    texts = {}
    for name, value in headers.items():
        if name not in AMQP_1_0_SECTIONS and (text := _text(value)) is not None:
            texts[name] = text
    return texts


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
