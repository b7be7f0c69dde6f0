"""Properties come back from the ledger as they went in, whatever a peer wrote into them."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.ledger.packing import pack, storable, unpack
from adapter.message import Properties

ANY_TEXT = st.text(alphabet=st.characters(), max_size=40)  # NUL and lone surrogates among them
NAMES = [field.name for field in fields(Properties) if field.name != "headers"]


@given(
    st.builds(
        Properties,
        **dict.fromkeys(NAMES, st.none() | ANY_TEXT),
        headers=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=4),
    )
)
def test_any_properties_come_back_as_they_were(properties: Properties) -> None:
    packed = pack(properties)
    assert unpack(packed) == properties
    assert packed.isascii()
    assert "\0" not in packed


def test_what_is_not_there_takes_no_room() -> None:
    assert pack(Properties()) == "{}"


def test_a_field_of_another_version_does_no_harm() -> None:
    assert unpack('{"message_id": "1", "invented_later": "x"}') == Properties(message_id="1")


@given(ANY_TEXT)
def test_what_is_stored_has_no_character_that_a_database_refuses(text: str) -> None:
    stored = storable(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored


@given(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=255))
def test_an_id_of_ordinary_length_is_stored_as_it_is(text: str) -> None:
    assert storable(text) == text


@pytest.mark.parametrize("length", [256, 5_000, 1_000_000])
def test_an_id_of_any_length_is_short_when_stored_and_still_its_own(length: int) -> None:
    long = "x" * length
    assert len(storable(long)) < 256
    assert storable(long) == storable(long)
    assert storable(long) != storable(long + "x")
