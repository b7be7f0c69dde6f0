"""Which numbers are identity numbers, judged against numbers that the test makes by itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.desk.national_id import birth_date, is_national_id
from tests.support.people import synthetic, with_check_digits

ADDED_MONTHS = [0, 40, 65, 80]

#: The register's own ranges: individual digits and years of birth that go together.
RANGES = [
    (range(500), range(1900, 2000)),
    (range(500, 750), range(1854, 1900)),
    (range(500, 1000), range(2000, 2040)),
    (range(900, 1000), range(1940, 2000)),
]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, date]:
    """A valid number of any kind that belongs to nobody, and its bearer's date of birth."""
    individuals, years = draw(st.sampled_from(RANGES))
    year = draw(st.sampled_from(years))
    born = date(year, 1, 1) + timedelta(days=draw(st.integers(0, 364)))
    added, d_number = draw(st.sampled_from(ADDED_MONTHS[1:])), draw(st.booleans())
    head = f"{born.day + 40 * d_number:02}{born.month + added:02}{year % 100:02}"
    for individual in draw(st.permutations(individuals))[:20]:
        if number := with_check_digits(f"{head}{individual:03}"):
            return number, born
    raise AssertionError("of twenty individual numbers some have check digits")


@given(numbers())
def test_every_number_of_the_register_is_valid_and_tells_the_birthday(made: tuple[str, date]) -> None:
    number, born = made
    assert is_national_id(number)
    assert birth_date(number) == born


@given(numbers(), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(made: tuple[str, date], place: int, by: int) -> None:
    number, _born = made
    wrong = str((int(number[place]) + by) % 10)
    assert not is_national_id(number[:place] + wrong + number[place + 1 :])


@given(st.integers(0, 10**11 - 1))
def test_only_the_check_digits_that_the_rule_gives_are_valid(anything: int) -> None:
    number = f"{anything:011}"
    if is_national_id(number):
        assert with_check_digits(number[:9]) == number


@given(st.text())
def test_no_text_makes_it_raise(anything: str) -> None:
    assert is_national_id(anything) in (True, False)


@pytest.mark.parametrize("added", ADDED_MONTHS[1:])
@pytest.mark.parametrize("d_number", [False, True])
def test_synthetic_numbers_and_d_numbers_are_valid(added: int, d_number: bool) -> None:
    number = synthetic(24, 12, 1985, 100, added=added, d_number=d_number)
    assert is_national_id(number)
    assert birth_date(number) == date(1985, 12, 24)


@pytest.mark.parametrize("year", [1904, 1984, 2000, 2020])
def test_the_leap_day_exists_in_leap_years(year: int) -> None:
    number = synthetic(29, 2, year, 500 if year >= 2000 else 100)
    assert is_national_id(number)
    assert birth_date(number) == date(year, 2, 29)


@pytest.mark.parametrize(
    ("day", "month", "year", "individual"),
    [
        (29, 2, 1900, 100),
        (29, 2, 1985, 100),
        (29, 2, 2021, 500),
        (30, 2, 1984, 100),
        (31, 4, 1985, 100),
        (0, 1, 1985, 100),
        (32, 1, 1985, 100),
        (1, 0, 1985, 100),
        (1, 13, 1985, 100),
    ],
)
@pytest.mark.parametrize("added", ADDED_MONTHS[1:])
def test_a_day_that_never_was_makes_no_number(
    day: int, month: int, year: int, individual: int, added: int
) -> None:
    number = synthetic(day, month, year, individual, added=added)
    assert not is_national_id(number)


@pytest.mark.parametrize(
    ("year", "individual", "century"),
    [
        (54, 500, 1800),
        (99, 740, 1800),
        (0, 0, 1900),
        (99, 470, 1900),
        (40, 900, 1900),
        (99, 970, 1900),
        (0, 500, 2000),
        (39, 970, 2000),
        (39, 800, 2000),
    ],
)
def test_the_individual_digits_tell_the_century(year: int, individual: int, century: int) -> None:
    assert birth_date(synthetic(1, 1, year, individual)) == date(century + year, 1, 1)


@pytest.mark.parametrize(("year", "first"), [(40, 500), (53, 740), (40, 750), (54, 750), (99, 890)])
def test_individual_digits_that_were_never_given_out_make_no_number(year: int, first: int) -> None:
    made = [with_check_digits(f"0181{year:02}{individual:03}") for individual in range(first, first + 10)]
    given_out = [number for number in made if number and is_national_id(number)]
    assert any(made)
    assert given_out == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567890",
        "123456789012",
        "13 91690028",
        "1391690028x",
        "-1391690028",
        "\uff11\uff13\uff19\uff11\uff16\uff19\uff10\uff10\uff12\uff18\uff11",
        "\u0660" * 11,
    ],
)
def test_anything_but_eleven_ascii_digits_is_no_number(text: str) -> None:
    assert not is_national_id(text)


def test_eleven_zeros_are_no_number() -> None:
    assert not is_national_id("0" * 11)
