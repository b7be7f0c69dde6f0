"""What is found wrong while a letter is read, collected so that a sender hears of everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.errors import ContentFault, Finding
from adapter.xml.places import Places, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter


class Notes:
    """The findings about one letter."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self._places: Places | None = None
        self.findings: list[Finding] = []

    def add(self, code: str, where: etree._Element | None, english: str, norwegian: str) -> None:
        """Note that something is wrong at ``where``; ``None`` means the message as a whole."""
        if self._places is None:
            self._places = Places(self._letter.body, self._letter.root)
        place = self._places.of(self._letter.root if where is None else where)
        self.findings.append(Finding(code, english, norwegian, place.path, place.line, place.column))

    def missing(self, where: etree._Element | None, name: str, code: str = "T02") -> None:
        """Note that ``name`` is not there, below ``where``."""
        self.add(code, where, f"{name} is missing", f"{name} mangler")

    def more_than_one(self, found: Sequence[etree._Element]) -> None:
        """Note it if several were found where there is to be one: nobody knows which is meant."""
        for second in found[1:2]:
            name = name_of(second)
            self.add("T02", second, f"there must be one {name} only", f"det skal bare være én {name}")

    def raise_if_any(self) -> None:
        """Raise ``ContentFault`` with what was found, if anything was."""
        if self.findings:
            raise ContentFault(*self.findings)
