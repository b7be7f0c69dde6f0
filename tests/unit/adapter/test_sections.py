"""The property sections of AMQP 1.0: every encoding is read, and nothing broken does harm. (P4, P6)"""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.mailbox.amqp10 import (
    MAX_BYTES,
    PropertiesSection,
    SectionError,
    read_application_properties,
    read_properties,
    write_application_properties,
    write_properties,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
FULL = PropertiesSection("id", "8093240_async", "DIALOG", "91095_async", "id of before", "application/xml")
READERS = {b"\x00\x53\x73": read_properties, b"\x00\x53\x74": read_application_properties}


def string(text: str) -> bytes:
    return b"\xa1" + bytes([len(text)]) + text.encode()


def listed(*values: bytes, descriptor: bytes = b"\x00\x53\x73") -> bytes:
    """A properties section with the largest of all sizes."""
    content = b"".join(values)
    return descriptor + b"\xd0" + struct.pack(">II", len(content) + 4, len(values)) + content


def mapped(*values: bytes, descriptor: bytes = b"\x00\x53\x74") -> bytes:
    content = b"".join(values)
    return descriptor + b"\xd1" + struct.pack(">II", len(content) + 4, len(values)) + content


# --- reading: the types

ENCODINGS = {
    "null": (b"\x40", None),
    "true": (b"\x41", "true"),
    "false": (b"\x42", "false"),
    "boolean true": (b"\x56\x01", "true"),
    "boolean false": (b"\x56\x00", "false"),
    "ubyte": (b"\x50\xff", "255"),
    "ushort": (b"\x60\xff\xfe", "65534"),
    "uint": (b"\x70\xff\xff\xff\xff", "4294967295"),
    "smalluint": (b"\x52\x07", "7"),
    "uint0": (b"\x43", "0"),
    "ulong": (b"\x80" + b"\xff" * 8, "18446744073709551615"),
    "smallulong": (b"\x53\xff", "255"),
    "ulong0": (b"\x44", "0"),
    "byte": (b"\x51\xff", "-1"),
    "short": (b"\x61\x80\x00", "-32768"),
    "int": (b"\x71\xff\xff\xff\xfe", "-2"),
    "smallint": (b"\x54\xfd", "-3"),
    "long": (b"\x81" + b"\x80" + b"\x00" * 7, "-9223372036854775808"),
    "smalllong": (b"\x55\x7f", "127"),
    "float": (b"\x72" + struct.pack(">f", 1.5), "1.5"),
    "double": (b"\x82" + struct.pack(">d", -0.1), "-0.1"),
    "char": (b"\x73\x00\x00\x00\xe6", "æ"),
    "char that is none": (b"\x73\xff\xff\xff\xff", "\ufffd"),
    "timestamp": (b"\x83" + struct.pack(">q", 1_393_415_132_000), "2014-02-26T11:45:32+00:00"),
    "timestamp before 1970": (b"\x83" + struct.pack(">q", -1), "1969-12-31T23:59:59.999000+00:00"),
    "timestamp past all time": (b"\x83" + struct.pack(">q", 2**63 - 1), None),
    "uuid": (b"\x98" + bytes(range(16)), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
    "binary, small": (b"\xa0\x0291", "91"),
    "binary, large": (b"\xb0\x00\x00\x00\x0291", "91"),
    "binary that is no text": (b"\xa0\x01\xff", "\ufffd"),
    "string, small": (b"\xa1\x03\xc3\xa6x", "æx"),
    "string, large": (b"\xb1\x00\x00\x00\x0391x", "91x"),
    "string that is no UTF-8": (b"\xa1\x02\xffx", "\ufffdx"),
    "string, empty": (b"\xa1\x00", ""),
    "symbol, small": (b"\xa3\x0291", "91"),
    "symbol, large": (b"\xb3\x00\x00\x00\x0291", "91"),
    "decimal32": (b"\x74\x00\x00\x00\x01", None),
    "decimal64": (b"\x84" + b"\x01" * 8, None),
    "decimal128": (b"\x94" + b"\x01" * 16, None),
    "list0": (b"\x45", None),
    "list8": (b"\xc0\x03\x01\x50\x01", None),
    "list32": (b"\xd0\x00\x00\x00\x06\x00\x00\x00\x01\x50\x01", None),
    "map8": (b"\xc1\x04\x02\x43\x50\x01", None),
    "map32": (b"\xd1\x00\x00\x00\x05\x00\x00\x00\x00\x40", None),
    "array8": (b"\xe0\x04\x02\x50\x01\x02", None),
    "array32": (b"\xf0\x00\x00\x00\x07\x00\x00\x00\x02\x50\x01\x02", None),
    "described": (b"\x00\x53\x24\x45", None),
    "described by a symbol": (b"\x00\xa3\x01x\xa1\x01y", None),
    "described by what is described": (b"\x00\x00\x43\x44\x00\x53\x01\x00\x43\x40", None),
    "a type yet to be invented": (b"\x6f\x01\x02", None),
}


@pytest.mark.parametrize(("encoded", "text"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_value_of_any_type_is_text_or_left_out_and_harms_no_other(encoded: bytes, text: str | None) -> None:
    section = mapped(string("before"), string("b"), string("it"), encoded, string("after"), string("a"))
    read = read_application_properties(section)
    assert read == {"before": "b", "after": "a"} | ({} if text is None else {"it": text})
    assert read_properties(listed(encoded, b"\x40", string("to")))[:2] == (text, "to")


@pytest.mark.parametrize("code", [code for code in range(256) if 0 < code < 0x40])
def test_what_is_of_no_type_is_refused(code: int) -> None:
    with pytest.raises(SectionError):
        read_properties(listed(bytes([code]) * 20))


def test_a_key_that_is_no_text_is_left_out() -> None:
    assert read_application_properties(mapped(b"\x45", string("x"), string("a"), string("1"))) == {"a": "1"}


def test_the_last_of_two_that_are_called_the_same_counts() -> None:
    assert read_application_properties(mapped(*map(string, ("a", "1", "a", "2")))) == {"a": "2"}


# --- reading: the sections


@pytest.mark.parametrize(
    "descriptor",
    [b"\x00\x53\x73", b"\x00\x80\x00\x00\x00\x00\x00\x00\x00\x73", b"\x00\xa3\x18amqp:properties:list"],
)
def test_a_list_is_the_properties_however_that_is_said(descriptor: bytes) -> None:
    assert read_properties(listed(string("id"), descriptor=descriptor)) == PropertiesSection("id")


@pytest.mark.parametrize(
    "descriptor",
    [
        b"\x00\x53\x74",
        b"\x00\x80\x00\x00\x00\x00\x00\x00\x00\x74",
        b"\x00\xa3\x1eamqp:application-properties:map",
    ],
)
def test_a_map_is_the_application_properties_however_that_is_said(descriptor: bytes) -> None:
    section = mapped(string("a"), string("1"), descriptor=descriptor)
    assert read_application_properties(section) == {"a": "1"}


@pytest.mark.parametrize("count", range(14))
def test_fields_that_are_left_out_at_the_end_are_not_there(count: int) -> None:
    values = [string(name) for name in "abcdefghijklm"[:count]]
    id_, _user, *others = ["a", "b", "c", "d", "e", "f", "g"][:count] + [None] * (7 - min(count, 7))
    assert read_properties(listed(*values)) == (id_, *others)


def test_a_list_of_nothing_is_properties_of_nothing() -> None:
    for nothing in (b"\x45", b"\xc0\x01\x00", b"\xd0\x00\x00\x00\x04\x00\x00\x00\x00"):
        assert read_properties(b"\x00\x53\x73" + nothing) == PropertiesSection()
    assert read_application_properties(b"\x00\x53\x74\xc1\x01\x00") == {}


NO_SECTIONS = {
    "nothing": b"",
    "no descriptor": b"\xc0\x01\x00",
    "another descriptor": b"\x00\x53\x75\xa0\x01x",
    "no value": b"\x00\x53\x73",
    "a map for a list": b"\x00\x53\x73\xc1\x01\x00",
    "a list for a map": b"\x00\x53\x74\xc0\x01\x00",
    "list0 for a map": b"\x00\x53\x74\x45",
    "a string": b"\x00\x53\x73\xa1\x01x",
    "an array": b"\x00\x53\x73\xe0\x02\x00\x40",
    "more than it says": b"\x00\x53\x73\xc0\x01\x00\x40",
    "less than it says": b"\x00\x53\x73\xc0\x05\x01\x40",
    "more values than it counts": b"\x00\x53\x73\xc0\x03\x01\x40\x40",
    "fewer values than it counts": b"\x00\x53\x73\xc0\x03\x03\x40\x40",
    "a value past its end": b"\x00\x53\x73\xc0\x04\x01\xa1\x7fx",
    "a binary past its end": b"\x00\x53\x73\xc0\x04\x01\xa0\x7fx",
    "a large string past its end": b"\x00\x53\x73\xc0\x07\x01\xb1\xff\xff\xff\xffx",
    "a uuid past its end": b"\x00\x53\x73\xc0\x03\x01\x98\x01",
    "a list past its end": b"\x00\x53\x73\xc0\x04\x01\xc0\x7f\x01",
    "a key without a value": b"\x00\x53\x74\xc1\x03\x01\xa1\x00",
    "a size without end": b"\x00\x53\x73\xd0\xff\xff\xff\xff\x00\x00\x00\x00",
    "a count without end": b"\x00\x53\x73\xd0\x00\x00\x00\x05\xff\xff\xff\xff\x40",
}


@pytest.mark.parametrize("section", NO_SECTIONS.values(), ids=NO_SECTIONS)
def test_what_is_no_section_is_refused(section: bytes) -> None:
    reader = READERS.get(section[:3], read_properties)
    with pytest.raises(SectionError):
        reader(section)


def test_a_section_that_breaks_off_anywhere_is_refused() -> None:
    sections = [
        bytes(write_properties(FULL)),
        bytes(write_application_properties([("toHerId", "91095")])),
        listed(*(encoded for encoded, _ in ENCODINGS.values())),
        mapped(*(encoded for encoded, _ in ENCODINGS.values())),
    ]
    for section in sections:
        reader = READERS[section[:3]]
        reader(section)
        for end in range(len(section)):
            with pytest.raises(SectionError):
                reader(section[:end])
        with pytest.raises(SectionError):
            reader(section + b"\x40")


# --- reading: what a section may cost


def test_a_section_of_any_size_that_is_read_takes_no_time() -> None:
    room = MAX_BYTES - 20
    deep = [
        listed(b"\x00" * (room // 2) + b"\x40" * (room // 2 + 1)),
        listed(b"\x00\x40" * (room // 2) + b"\x40"),
    ]
    for section in (*deep, listed(*[b"\x40"] * room), mapped(*[b"\xa1\x00"] * (room // 4 * 2))):
        began = time.perf_counter()
        READERS[section[:3]](section)
        assert time.perf_counter() - began < 1
    for section in (listed(b"\x00" * room), listed(b"\x00\x53" * (room // 2))):
        with pytest.raises(SectionError):
            read_properties(section)


def test_a_section_that_is_too_large_is_not_read() -> None:
    largest = listed(b"\xb1" + struct.pack(">I", MAX_BYTES - 17) + b"x" * (MAX_BYTES - 17))
    assert len(largest) == MAX_BYTES
    assert len(read_properties(largest).message_id or "") == MAX_BYTES - 17
    with pytest.raises(SectionError):
        read_properties(listed(b"\xb1" + struct.pack(">I", MAX_BYTES - 16) + b"x" * (MAX_BYTES - 16)))


@given(section=st.binary(max_size=60), descriptor=st.sampled_from([b"", *READERS]), code=st.integers(0, 255))
def test_no_bytes_raise_anything_else(section: bytes, descriptor: bytes, code: int) -> None:
    for content in (section, bytes([code, len(section) % 256]) + section):
        only_section_errors(descriptor + content)


@given(
    data=st.data(),
    section=st.sampled_from([listed, mapped]).map(
        lambda make: make(*(encoded for encoded, _ in ENCODINGS.values()))
    ),
)
def test_no_section_that_was_tampered_with_raises_anything_else(data: st.DataObject, section: bytes) -> None:
    changed = bytearray(section)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    only_section_errors(bytes(changed))


def only_section_errors(section: bytes) -> None:
    for read in (read_properties, read_application_properties):
        try:
            said = read(section)
        except SectionError:
            continue
        values = said.values() if isinstance(said, dict) else said
        assert all(isinstance(value, str | None) for value in values)
        "".join(value or "" for value in values).encode()  # no half of a character


# --- writing


@given(st.builds(PropertiesSection, *[st.none() | TEXT.filter(bool)] * 5, st.none() | st.just("text/xml")))
def test_properties_that_are_written_are_read_again(properties: PropertiesSection) -> None:
    assert read_properties(bytes(write_properties(properties))) == properties


@given(st.dictionaries(TEXT, TEXT, max_size=300))
def test_application_properties_that_are_written_are_read_again(pairs: dict[str, str]) -> None:
    assert read_application_properties(bytes(write_application_properties(pairs.items()))) == pairs


@pytest.mark.parametrize("length", [0, 1, 127, 128, *range(200, 260), 60_000])
def test_every_length_is_written_with_a_size_that_holds_it(length: int) -> None:
    text = "x" * length
    written = write_application_properties([("", text)])
    assert read_application_properties(bytes(written)) == {"": text}
    assert read_properties(bytes(write_properties(FULL._replace(to=text)))).to == (text or None)


@pytest.mark.parametrize("count", [0, 1, 127, 128, 1000])
def test_every_number_is_written_with_a_count_that_holds_it(count: int) -> None:
    pairs = {f"{number}": "" for number in range(count)}
    assert read_application_properties(bytes(write_application_properties(pairs.items()))) == pairs


def test_a_content_type_that_is_no_symbol_is_left_out() -> None:
    written = write_properties(FULL._replace(content_type="application/æ"))
    assert read_properties(bytes(written)) == FULL._replace(content_type=None)


def test_an_id_that_a_broker_has_made_a_urn_of_is_a_uuid_again() -> None:
    uuid = "0f0d3c2e-8a53-4b1f-9d5c-6a3c4f6f2b11"
    written = write_properties(PropertiesSection(f"urn:uuid:{uuid}", correlation_id="urn:uuid:no"))
    assert b"\x98\x0f\x0d\x3c" in written
    assert read_properties(bytes(written)) == PropertiesSection(uuid, correlation_id="urn:uuid:no")


def test_half_of_a_character_is_not_written() -> None:
    with pytest.raises(UnicodeEncodeError):
        write_properties(FULL._replace(to="\ud800"))
    with pytest.raises(UnicodeEncodeError):
        write_application_properties([("a", "\ud800")])
