"""Norwegian national identity numbers: is this one, when was its bearer born, and of which sex are they?

Eleven digits: day, month and year of birth, three individual digits that also tell the century and, in the
last of them, the sex, and two check digits (modulus 11). A D-number adds 40 to the day. Synthetic numbers,
which belong to nobody, add 40, 65 or 80 to the month.
"""

from __future__ import annotations

from datetime import date
from operator import mul

from handlers.desk.policies import Sex

# The last weight of each is the check digit's own: it makes the sum a multiple of eleven.
_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_ZERO = ord("0")
_SYNTHETIC_MONTHS = (80, 65, 40)
_LENGTH = 11


def is_national_id(number: str) -> bool:
    """Whether ``number`` is a valid identity number, D-number or synthetic number."""
    if len(number) != _LENGTH or not (number.isascii() and number.isdigit()):
        return False
    digits = [digit - _ZERO for digit in number.encode()]
    return (
        sum(map(mul, _FIRST_WEIGHTS, digits)) % 11 == 0
        and sum(map(mul, _SECOND_WEIGHTS, digits)) % 11 == 0
        and birth_date(number) is not None
    )


def birth_date(number: str) -> date | None:
    """The date of birth that eleven digits tell, or ``None`` when that is no date."""
    day, month, year, individual = int(number[:2]), int(number[2:4]), int(number[4:6]), int(number[6:9])
    day -= 40 if day > 40 else 0  # noqa: PLR2004 - the D-number's own figure
    month -= next((added for added in _SYNTHETIC_MONTHS if month > added), 0)
    century = _century(year, individual)
    try:
        return None if century is None else date(century + year, month, day)
    except ValueError:
        return None


def sex(number: str) -> Sex:
    """The sex that eleven digits tell: the ninth is even for a woman, odd for a man."""
    return Sex.MALE if int(number[8]) % 2 else Sex.FEMALE


def _century(year: int, individual: int) -> int | None:
    """The century that the individual digits tell together with the year (the register's own ranges)."""
    if individual <= 499:  # noqa: PLR2004 - the register's ranges
        return 1900
    if individual <= 749 and year >= 54:  # noqa: PLR2004
        return 1800
    if year <= 39:  # noqa: PLR2004
        return 2000
    if individual >= 900:  # noqa: PLR2004
        return 1900
    return None
