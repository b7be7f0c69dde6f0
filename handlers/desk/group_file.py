"""A list of patients as a clinic writes it: one national identity number a line.

What is wrong is told by its line. A number is never shown, not even a wrong one: it may be a patient's but
for a slip of the finger.
"""

from __future__ import annotations

from handlers.desk.national_id import is_national_id

_TOLD = 20


class GroupFileError(ValueError):
    """The file cannot be used. ``lines`` are those that hold no identity number, counted from 1."""

    def __init__(self, source: str, lines: list[int]) -> None:
        self.lines = tuple(lines)
        told = [
            f"{source}:{line}: is no national identity number; write its eleven digits, and remarks after a #"
            for line in lines[:_TOLD]
        ]
        if len(lines) > _TOLD:
            told.append(f"{source}: and {len(lines) - _TOLD} lines more")
        super().__init__("\n".join(told))


def numbers_of(text: str, source: str) -> set[str]:
    """The identity numbers in ``text``; blank lines and what follows a ``#`` say nothing.

    Raises ``GroupFileError`` with every line that holds something else.
    """
    found, wrong = set(), []
    for line, written in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        number = written.partition("#")[0].strip()
        if number and is_national_id(number):
            found.add(number)
        elif number:
            wrong.append(line)
    if wrong:
        raise GroupFileError(source, wrong)
    return found
