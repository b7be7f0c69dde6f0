"""Invented people with synthetic identity numbers, which belong to nobody.

The check digits are worked out here once more, so that the numbers are not made by the code under test.
"""

from __future__ import annotations

from handlers.desk.model import Patient, Relation, Representative

FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def with_check_digits(nine: str) -> str | None:
    """Nine digits and the two that make both weighted sums divisible by 11; ``None`` where none do."""
    for first in range(10):
        ten = f"{nine}{first}"
        if _sum(ten, FIRST) % 11 == 0:
            for second in range(10):
                if _sum(f"{ten}{second}", SECOND) % 11 == 0:
                    return f"{ten}{second}"
    return None


def synthetic(
    day: int, month: int, year: int, individual: int, *, added: int = 80, d_number: bool = False
) -> str:
    """The first number, from ``individual`` up, that has check digits."""
    head = f"{day + 40 * d_number:02}{month + added:02}{year % 100:02}"
    return next(
        filter(None, (with_check_digits(f"{head}{n:03}") for n in range(individual, individual + 20)))
    )


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


LINE = Patient(synthetic(13, 11, 1969, 2), "Danseskår", "Line", "+4799999901")
KARI = Patient(synthetic(1, 2, 1985, 310), "Fiskebolle", "Kari", None)
OLA = Patient(synthetic(24, 12, 2015, 510), "Fiskebolle", "Ola", None)
PARENT = Representative(Relation.PARENT, KARI.national_id, "Fiskebolle", "Kari", "+4799999902")
