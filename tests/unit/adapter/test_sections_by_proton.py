"""The sections as another implementation of AMQP 1.0 writes and reads them: Qpid Proton has the last word."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mailbox.amqp10 import (
    PropertiesSection,
    read_application_properties,
    read_properties,
    write_application_properties,
    write_properties,
)
from tests.support.amqp10 import proton_or_skip

if TYPE_CHECKING:
    from uuid import UUID

proton = proton_or_skip()

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
ASCII = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=40)
SOME = TEXT.filter(bool)
UUIDS = st.uuids()


def integers(bits: int, *, signed: bool = False) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else st.integers(0, 2**bits - 1)


def as_single(value: float) -> str:
    return str(struct.unpack(">f", struct.pack(">f", value))[0])


# How Proton is told to write a value of a type, the values it has, and what they are as text.
TYPES: dict[str, tuple[Any, st.SearchStrategy[Any], Any]] = {
    "bool": (proton.Data.put_bool, st.booleans(), lambda value: str(value).lower()),
    "ubyte": (proton.Data.put_ubyte, integers(8), str),
    "ushort": (proton.Data.put_ushort, integers(16), str),
    "uint": (proton.Data.put_uint, integers(32), str),
    "ulong": (proton.Data.put_ulong, integers(64), str),
    "byte": (proton.Data.put_byte, integers(8, signed=True), str),
    "short": (proton.Data.put_short, integers(16, signed=True), str),
    "int": (proton.Data.put_int, integers(32, signed=True), str),
    "long": (proton.Data.put_long, integers(64, signed=True), str),
    "float": (proton.Data.put_float, st.floats(width=32, allow_nan=False), as_single),
    "double": (proton.Data.put_double, st.floats(allow_nan=False), str),
    "char": (proton.Data.put_char, st.characters(exclude_categories=["Cs"]), str),
    "uuid": (proton.Data.put_uuid, UUIDS, str),
    "binary": (proton.Data.put_binary, SOME.map(str.encode), bytes.decode),
    "string": (proton.Data.put_string, TEXT, str),
    "symbol": (proton.Data.put_symbol, ASCII, str),
    "null": (lambda data, _: data.put_null(), st.none(), lambda _: None),
    "list": (proton.Data.put_object, st.lists(ASCII, max_size=3), lambda _: None),
    "map": (proton.Data.put_object, st.dictionaries(ASCII, st.booleans()), lambda _: None),
    "array": (
        lambda data, values: data.put_object(proton.Array(proton.UNDESCRIBED, proton.Data.INT, *values)),
        st.lists(integers(32, signed=True), max_size=100),
        lambda _: None,
    ),
    "described": (
        lambda data, value: data.put_object(proton.Described(proton.symbol("x"), value)),
        ASCII,
        lambda _: None,
    ),
}
VALUES = st.sampled_from([*TYPES]).flatmap(lambda name: st.tuples(st.just(name), TYPES[name][1]))


def encoded(descriptor: int, values: list[tuple[str, Any]], *, as_map: bool) -> bytes:
    data = proton.Data()
    data.put_described()
    data.enter()
    data.put_ulong(descriptor)
    data.put_map() if as_map else data.put_list()
    data.enter()
    for name, value in values:
        TYPES[name][0](data, value)
    data.exit()
    data.exit()
    return bytes(data.encode())


def text_of(name: str, value: Any) -> str | None:
    return TYPES[name][2](value)


@given(st.dictionaries(TEXT, VALUES, max_size=20))
def test_application_properties_of_any_type_are_read_as_proton_writes_them(
    properties: dict[str, tuple[str, Any]],
) -> None:
    items = [item for key, value in properties.items() for item in (("string", key), value)]
    read = read_application_properties(encoded(0x74, items, as_map=True))
    texts = {key: text_of(*value) for key, value in properties.items()}
    assert read == {key: text for key, text in texts.items() if text is not None}


@given(st.lists(VALUES, max_size=13))
def test_fields_of_any_type_are_read_as_proton_writes_them(values: list[tuple[str, Any]]) -> None:
    texts = [text_of(*value) for value in values[:7]] + [None] * (7 - len(values))
    assert list(read_properties(encoded(0x73, values, as_map=False))) == [texts[0], *texts[2:]]


@given(
    ids=st.tuples(*[st.none() | SOME | UUIDS] * 2),
    texts=st.tuples(*[st.none() | SOME] * 3),
    content_type=st.none() | ASCII.filter(bool),
    properties=st.dictionaries(SOME, TEXT, min_size=1, max_size=10),
)
def test_what_a_peer_sends_is_read(
    ids: Any, texts: Any, content_type: str | None, properties: dict[str, str]
) -> None:
    message = proton.Message(body=b"", inferred=True, properties=properties)
    message.id, message.correlation_id = ids
    message.address, message.subject, message.reply_to = texts
    message.content_type = content_type
    sections = split(bytes(message.encode()))
    message_id, correlation_id = (None if one is None else str(one) for one in ids)
    read = read_properties(sections[0x73]) if 0x73 in sections else PropertiesSection()
    assert read == PropertiesSection(message_id, *texts, correlation_id, content_type)
    assert read_application_properties(sections[0x74]) == properties


@given(
    properties=st.builds(PropertiesSection, *[st.none() | SOME] * 5, st.none() | ASCII.filter(bool)),
    pairs=st.dictionaries(SOME, TEXT, max_size=300),
)
def test_a_peer_reads_what_is_written(properties: PropertiesSection, pairs: dict[str, str]) -> None:
    message = decoded(write_properties(properties) + write_application_properties(pairs.items()))
    content_type = message.content_type if properties.content_type else None  # else it says "None"
    assert properties == PropertiesSection(
        *(message.id, message.address, message.subject, message.reply_to),
        *(message.correlation_id, content_type),
    )
    assert (message.properties or {}) == pairs
    assert all(type(value) is str for value in (message.properties or {}).values())
    assert bytes(message.body) == b"<a/>"


@given(UUIDS)
def test_a_uuid_that_a_broker_has_made_a_urn_of_is_a_uuid_to_its_sender(uuid: UUID) -> None:
    message = decoded(write_properties(PropertiesSection("id", correlation_id=uuid.urn)))
    assert message.correlation_id == uuid


@pytest.mark.parametrize("length", [1, 254, 255, 256, 60_000])
def test_a_peer_reads_what_is_written_at_any_length(length: int) -> None:
    message = decoded(write_properties(PropertiesSection(to="x" * length)))
    assert message.address == "x" * length


def decoded(sections: bytearray) -> Any:
    message = proton.Message()
    message.decode(bytes(sections) + b"\x00\x53\x75\xa0\x04<a/>")
    return message


def split(message: bytes) -> dict[int, bytes]:
    """The sections of an encoded message, by their descriptors, as Proton finds where each ends."""
    sections = {}
    while message:
        length = proton.Data().decode(message)
        sections[message[2]] = message[:length]
        message = message[length:]
    return sections
