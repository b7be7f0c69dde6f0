"""Bytes to a tree, and nothing else happens: no file is opened, no entity grows, no limit is passed.

A hardened lxml parser is not enough: it accepts a DOCTYPE, a million elements and 200,000 attributes. So
what is cheap to see in the bytes is refused before they are parsed.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from adapter.errors import InvalidEncoding, NotWellFormed


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a document may be. Real messages have some hundred elements, 15 levels and 10 kB."""

    bytes: int = 5_000_000
    elements: int = 50_000
    depth: int = 100
    attributes: int = 50_000
    children: int = 3_000  # of one element: libxml2 counts the siblings of each element that is wrong
    namespaces: int = 1_000  # declared: libxml2 looks for each among all when it writes an element by itself


_HARDENED: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_parsers = threading.local()
_DOCTYPE = "The body has a DOCTYPE, which is not allowed"
_ENCODINGS = frozenset({"utf-8", "utf-16", "iso-8859-1", "us-ascii"})
_UTF_32 = {b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"<\x00\x00\x00", b"\x00\x00\x00<"}
_EBCDIC = b"Lo\xa7\x94"  # how "<?xml" begins there; where libxml2 can read it, no byte below is what it seems
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
_DECLARATION_BEGINS = re.compile(r"\s*<\?xml\s")
_DECLARATION = re.compile(
    r"""\s*<\?xml\s+version\s*=\s*["']([\w.]{1,9})["']"""
    r"""(?:\s+encoding\s*=\s*["']([\w.:-]{1,40})["'])?"""
    r"""(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>""",
    re.ASCII,
)


def parse(body: bytes, limits: Limits) -> etree._Element:
    """Parse ``body`` and return its root. Comments and processing instructions are left out.

    Raises ``NotWellFormed`` (with line and column where there are any) for what is not XML, has a DOCTYPE
    or is too large, and ``InvalidEncoding`` for anything but UTF-8, UTF-16 and ISO-8859-1.
    """
    _refuse_on_sight(body, limits)
    try:
        root = etree.fromstring(body, _parser_of_this_thread())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise NotWellFormed("The body is not well-formed XML", line=line or 0, column=column or 0) from None
    except (LookupError, UnicodeError):
        raise InvalidEncoding("The body is not in the encoding that it says it is") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotWellFormed(_DOCTYPE)
    _refuse_size(root, body, limits)
    return root


def salvage(body: bytes, until: str, limits: Limits) -> etree._Element | None:
    """The part of a broken document that came whole before the break: the first ``until`` element.

    ``until`` is a qualified name. ``None`` when the break comes before its end, or when ``body`` is one of
    those that ``parse`` does not even begin with.
    """
    try:
        _refuse_on_sight(body, limits)
    except (NotWellFormed, InvalidEncoding):
        return None
    parser = etree.XMLPullParser(events=("end",), tag=until, **_HARDENED)
    try:
        for start in range(0, len(body), 4096):
            parser.feed(body[start : start + 4096])
            for _event, element in parser.read_events():
                return element
    except etree.XMLSyntaxError:
        return next((element for _event, element in parser.read_events()), None)
    return None


def _parser_of_this_thread() -> etree.XMLParser:
    """It keeps every name that its thread has read, so it must end with the thread."""
    if not hasattr(_parsers, "one"):
        _parsers.one = etree.XMLParser(**_HARDENED)
    parser: etree.XMLParser = _parsers.one
    return parser


def _refuse_on_sight(body: bytes, limits: Limits) -> None:
    if len(body) > limits.bytes:
        raise NotWellFormed(f"The body is larger than {limits.bytes} bytes")
    if not body.strip():
        raise NotWellFormed("The body is empty")
    wide = _refuse_encoding(body)
    if "<!DOCTYPE".encode(wide or "ascii") in body:
        raise NotWellFormed(_DOCTYPE)
    if _has_more_than(2 * limits.elements, b"<", body):
        raise NotWellFormed(f"The body has more than {limits.elements} elements")
    if _has_more_than(limits.attributes, b"=", body):
        raise NotWellFormed(f"The body has more than {limits.attributes} attributes")
    if _has_more_than(limits.namespaces, "xmlns".encode(wide or "ascii"), body):
        raise NotWellFormed(f"The body declares more than {limits.namespaces} namespaces")


def _has_more_than(most: int, what: bytes, body: bytes) -> bool:
    """Counting goes through every byte; most bodies are too short to have so many."""
    return len(body) > most * len(what) and body.count(what) > most


def _refuse_encoding(body: bytes) -> str | None:
    """Raise if the encoding is none of ours; else give its codec if it has two bytes to a character."""
    if body[:4] in _UTF_32:
        raise InvalidEncoding("The body is in UTF-32; UTF-8, UTF-16 and ISO-8859-1 are read")
    if body.startswith(_EBCDIC):
        raise InvalidEncoding("The body is in EBCDIC; UTF-8, UTF-16 and ISO-8859-1 are read")
    wide = _UTF_16.get(body[:2])
    head = body[:400].decode(wide or "iso-8859-1", "replace").removeprefix("\ufeff").removeprefix("ï»¿")
    if _DECLARATION_BEGINS.match(head) is None:
        return wide
    declared = _DECLARATION.match(head)
    if declared is None:
        raise NotWellFormed("The XML declaration cannot be read")
    version, encoding = declared[1], (declared[2] or "utf-8").lower()
    if version != "1.0":
        raise NotWellFormed("The body is not XML 1.0")
    if encoding not in _ENCODINGS:
        raise InvalidEncoding("The body is in an encoding other than UTF-8, UTF-16 and ISO-8859-1")
    return wide


def _refuse_size(root: etree._Element, body: bytes, limits: Limits) -> None:
    # Of tags there are no more than this, of those that end an element too: few need no counting.
    if not _has_more_than(min(limits.elements, limits.children, 2 * limits.depth), b"<", body):
        return
    elements = _count_elements(root)
    if elements > limits.elements:
        raise NotWellFormed(f"The body has more than {limits.elements} elements")
    if elements > limits.children and _wider_than(limits.children)(root):
        raise NotWellFormed(f"The body has an element with more than {limits.children} children")
    if _deeper_than(limits.depth)(root):
        raise NotWellFormed(f"The body is nested deeper than {limits.depth} levels")


_count_elements = etree.XPath("count(//*)")


@cache
def _wider_than(children: int) -> etree.XPath:
    return etree.XPath(f"boolean(//*[count(*) > {children}])")


@cache
def _deeper_than(levels: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/*" * (levels + 1) + ")")
