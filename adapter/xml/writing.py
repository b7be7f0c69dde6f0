"""XML as text, made of plain functions: fast, and everything that is not markup is escaped.

Text that XML 1.0 cannot hold at all (control characters that came in with a calendar file, say) is left
out, since a reply that cannot be read helps nobody.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_MOST_CODED = 64  # codes that are remembered as they are written; the words with one may be a peer's
_PLAIN = re.compile("[\t\n\r !#-%(-;=?-\ud7ff]*")  # nothing to escape, and nothing to leave out


class Markup(str):
    """Text that is XML already."""

    __slots__ = ()


def text(value: str) -> Markup:
    """``value`` as character data or as the value of an attribute."""
    return Markup(value if _PLAIN.fullmatch(value) else escape(_NOT_XML.sub("", value)))


def element(name: str, /, *content: str | None, **attributes: str | None) -> Markup:
    """An element with ``content`` in order: markup as it is, other text escaped, ``None`` left out.

    Attributes that are ``None`` are left out as well.
    """
    inside = "".join([part if type(part) is Markup else text(part) for part in content if part is not None])
    given = ""
    for key, value in attributes.items():
        if value is not None:
            given += f' {key}="{text(value)}"'
    return Markup(f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>")


@lru_cache(_MOST_CODED)
def coded(name: str, value: str | None, words: str | None = None, code_list: str | None = None) -> Markup:
    """An element whose code, code list and words stand in V, S and DN, as the Norwegian standards have it."""
    return element(name, V=value, S=code_list, DN=words)


def optional(name: str, content: str | None) -> Markup | None:
    """The element when there is something to put into it."""
    return element(name, content) if content else None


def document(*pieces: str | bytes) -> bytes:
    """The bytes of a document, in UTF-8. Its ``pieces`` are markup, some of it in UTF-8 already."""
    return b"".join([_DECLARATION, *[one.encode() if isinstance(one, str) else one for one in pieces]])
