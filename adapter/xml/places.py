"""Where an element stands: its path as people write it, and the line and column of its tag.

Only looked up when something is wrong. lxml keeps no columns, so the bytes are read once more.
"""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree


@dataclass(frozen=True, slots=True)
class Place:
    """A path of local names, and the line and column (from 1; 0 when unknown) where the tag begins."""

    path: str
    line: int = 0
    column: int = 0


def name_of(element: etree._Element) -> str:
    """The local name."""
    return str(element.tag).rpartition("}")[2]


def path_of(element: etree._Element) -> str:
    """The path from the root, such as ``/MsgHead/MsgInfo/Patient/Ident[2]/Id``.

    Local names only; a position where siblings share a name.
    """
    steps: list[str] = []
    current: etree._Element | None = element
    while current is not None:
        parent = current.getparent()
        name = name_of(current)
        twins = [] if parent is None else [one for one in parent if one.tag == current.tag]
        steps.append(f"{name}[{twins.index(current) + 1}]" if len(twins) > 1 else name)
        current = parent
    return "/" + "/".join(reversed(steps))


class Places:
    """The places of the elements of one document: ``body`` as it came, and the tree made of it."""

    def __init__(self, body: bytes, root: etree._Element) -> None:
        self._root = root
        self._tags = _tags(body)

    def of(self, element: etree._Element) -> Place:
        """The place of an element of the tree."""
        for index, one in enumerate(self._root.iter(etree.Element)):
            if one is element and index < len(self._tags):
                return Place(path_of(element), *self._tags[index])
        return Place(path_of(element), element.sourceline or 0)


def _tags(body: bytes) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    parser = expat.ParserCreate()
    unmarked = not body.startswith((BOM_UTF8, BOM_UTF16_LE, BOM_UTF16_BE))  # the mark counts as a column

    def note(_name: str, _attributes: object) -> None:
        line, column = parser.CurrentLineNumber, parser.CurrentColumnNumber
        found.append((line, column + (unmarked or line > 1)))

    parser.StartElementHandler = note
    try:
        parser.Parse(body, True)
    except expat.ExpatError:  # lxml has read it; where expat will not, the lines of lxml have to do
        return []
    return found
