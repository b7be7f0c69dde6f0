"""Is a document the one that was expected? Compared as trees, with placeholders for what is new every time.

In an expected document a text or attribute may be ``{uuid}``, ``{time}`` (an ``xs:dateTime``) or ``{any}``.
Blanks around texts, comments, prefixes and the order of attributes do not count.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from adapter.xml.parsing import Limits, parse
from adapter.xml.places import name_of, path_of

if TYPE_CHECKING:
    from lxml import etree

_PLACEHOLDERS = {
    "{uuid}": re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    "{time}": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"),
    "{any}": re.compile(r".*", re.DOTALL),
}


def first_difference(expected: bytes, actual: bytes) -> str | None:
    """Where and how ``actual`` is not what was expected, or ``None`` when it is."""
    return _compare(parse(expected, Limits()), parse(actual, Limits()))


def _compare(expected: etree._Element, actual: etree._Element) -> str | None:
    where = path_of(expected)
    if expected.tag != actual.tag:
        return f"{where}: expected {name_of(expected)}, got {name_of(actual)}"
    if not _matches(expected.text, actual.text):
        return f"{where}: expected {expected.text!r}, got {actual.text!r}"
    if expected.keys() and sorted(expected.keys()) != sorted(actual.keys()):
        return f"{where}: expected the attributes {sorted(expected.keys())}, got {sorted(actual.keys())}"
    for name, value in expected.items():
        if not _matches(value, actual.get(name)):
            return f"{where}/@{name}: expected {value!r}, got {actual.get(name)!r}"
    for one, other in zip_longest(expected, actual):
        if one is None:
            return f"{where}: got {name_of(other)} too, which was not expected"
        if other is None:
            return f"{where}: expected {name_of(one)} too, which is missing"
        if difference := _compare(one, other):
            return difference
    return None


def _matches(expected: str | None, actual: str | None) -> bool:
    one, other = (expected or "").strip(), (actual or "").strip()
    placeholder = _PLACEHOLDERS.get(one)
    return one == other if placeholder is None else placeholder.fullmatch(other) is not None
