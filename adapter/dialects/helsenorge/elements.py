"""The elements of a message, found by their names. The reading is forgiving; nothing is judged here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from adapter.dialects.helsenorge.names import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence


class Parts:
    """The children of an element in its own namespace, by their local names; of ``None``, none.

    They are gone through once: a path for each of them would cost as much as reading all of them.
    """

    __slots__ = ("_below", "_children", "_namespace", "element")

    def __init__(self, element: etree._Element | None) -> None:
        self.element = element
        self._namespace = ""
        self._below: dict[str, Parts] = {}
        self._children: dict[object, list[etree._Element]] = {}
        if element is not None:
            before, brace, _ = str(element.tag).rpartition("}")
            self._namespace = before + brace
            children = self._children
            for child in element:
                tag = child.tag
                if tag in children:
                    children[tag].append(child)
                else:
                    children[tag] = [child]

    def all(self, name: str) -> Sequence[etree._Element]:
        """Those with a name, in their order."""
        return self._children.get(self._namespace + name, ())

    def first(self, name: str) -> etree._Element | None:
        """The first with a name."""
        found = self._children.get(self._namespace + name)
        return found[0] if found else None

    def below(self, name: str) -> Parts:
        """The parts of the first with a name."""
        parts = self._below.get(name)
        if parts is None:
            found = self.first(name)
            parts = self._below[name] = _NONE if found is None else Parts(found)
        return parts

    def text(self, name: str) -> str | None:
        """See ``text_of``."""
        return text_of(self.first(name))

    def code(self, name: str) -> str | None:
        """See ``code_of``."""
        return code_of(self.first(name))


_NONE = Parts(None)


def find(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at ``path``, which is written with the usual prefixes (``mh:Sender``)."""
    found = _compiled(path)(element)
    return found[0] if found else None


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at ``path``, in their order. The path is an XPath of our own, never a peer's."""
    found: list[etree._Element] = _compiled(path)(element)
    return found


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=PREFIXES)


def text_of(element: etree._Element | None, path: str | None = None) -> str | None:
    """The text of an element, or of what stands at ``path`` below it, without blanks around it."""
    found = element if element is None or path is None else find(element, path)
    if found is None:
        return None
    text = found.text
    return (text.strip() or None) if text else None


def code_of(element: etree._Element | None, path: str | None = None) -> str | None:
    """The V of a coded element, or of the one at ``path`` below it."""
    found = element if element is None or path is None else find(element, path)
    return None if found is None else (found.get("V") or "").strip() or None
