"""Elements and attributes of a CPPA file by their names, and where in the file they stand.

Attributes are qualified in some files and not in others; both are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

_CPPA = "http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd"
DSIG = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is being read, and the kind of error that it gives."""

    name: str
    error: type[ValueError]

    def place(self, where: etree._Element | int | None) -> str:
        """File and line of an element, or of a line by its number; 0 where there is none."""
        line = where if isinstance(where, int) else (None if where is None else where.sourceline)
        return f"{self.name}, line {line}" if line else self.name

    def wrong(self, where: etree._Element | int | None, what: str, do: str) -> ValueError:
        """The error for something that is wrong. Neither text quotes the file."""
        return self.error(f"{self.place(where)}: {what}; {do}")


def qualified(name: str) -> str:
    """The name of an element of CPPA."""
    return f"{{{_CPPA}}}{name}"


def wanted(element: etree._Element, name: str) -> bool:
    """Whether it is an element of CPPA with that name."""
    return element.tag == qualified(name)


def children(parent: etree._Element, name: str) -> list[etree._Element]:
    """Its children of that name."""
    return parent.findall(qualified(name))


def first(parent: etree._Element, *path: str) -> etree._Element | None:
    """The first element down a path of names."""
    return parent.find("/".join(qualified(name) for name in path))


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute's value, qualified or not."""
    value = element.get(qualified(name))
    return element.get(name) if value is None else value


def text_of(element: etree._Element) -> str:
    """Its own text, without the blanks around it."""
    return (element.text or "").strip()
