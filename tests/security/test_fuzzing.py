"""Some hundred changed samples, all with an outcome; ``fuzz.py`` throws as many as one likes. (P4, P5)"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.security.fuzz import Fuzzer, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from adapter.xml.schema import Schema


@pytest.fixture(scope="module")
def new_fuzzer(schema: Schema) -> Iterator[Callable[[int], Fuzzer]]:
    """Makes a fuzzer of a seed."""
    made: list[Fuzzer] = []

    def make(seed: int) -> Fuzzer:
        made.append(Fuzzer(seed, schema=schema))
        return made[-1]

    yield make
    for fuzzer in made:
        fuzzer.close()


@pytest.fixture(scope="module")
def fuzzer(new_fuzzer: Callable[[int], Fuzzer]) -> Fuzzer:
    return new_fuzzer(0)


@settings(max_examples=120, deadline=None)
@given(random=st.randoms(use_true_random=False))
def test_a_changed_message_has_an_outcome_that_can_be_sent(fuzzer: Fuzzer, random: Random) -> None:
    fuzzer.throw(random)
    assert fuzzer.figures.crashes == []


def test_the_same_seed_makes_the_same_messages_again(new_fuzzer: Callable[[int], Fuzzer]) -> None:
    first, again = new_fuzzer(5), new_fuzzer(5)
    for fuzzer in (first, again):
        for _ in range(15):
            fuzzer.throw_next()
    assert first.figures.inputs == sum(first.figures.outcomes.values()) == 15
    assert (first.figures.outcomes, first.figures.bytes) == (again.figures.outcomes, again.figures.bytes)
    assert "crashes   0" in told(first.figures, 1.0)


def test_one_message_of_a_seed_can_be_made_again_by_itself(new_fuzzer: Callable[[int], Fuzzer]) -> None:
    first, again = new_fuzzer(7), new_fuzzer(7)
    first.throw_next()
    before = first.figures.bytes
    first.throw_next()
    again.throw_only(1)
    assert again.figures.bytes == first.figures.bytes - before
    assert again.figures.slowest_input == 1


def test_a_crash_is_told(new_fuzzer: Callable[[int], Fuzzer], monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzer = new_fuzzer(6)
    monkeypatch.setattr("tests.security.road.Road.send", lambda *_: 1 / 0)
    fuzzer.throw_next()
    fuzzer.throw_only(4711)
    assert "6/0: ZeroDivisionError" in told(fuzzer.figures, 1.0)
    assert "6/4711: ZeroDivisionError" in told(fuzzer.figures, 1.0)
