"""Properties as text, so that the ledger can keep them and give them back unchanged.

What a peer wrote may be of any length and hold any character, and no database keeps and indexes all that;
a message must not fail on it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from operator import attrgetter

from adapter.message import Properties

_NAMES = tuple(field.name for field in fields(Properties))
_TEXTS = tuple(name for name in _NAMES if name != "headers")
_texts_of = attrgetter(*_TEXTS)
_LONGEST = 255


def storable(text: str) -> str:
    """``text`` as every database can keep and index it; the same text always becomes the same.

    NUL and lone surrogates are replaced, and what is longer than any real id is kept as its digest.
    """
    if len(text) <= _LONGEST and text.isascii() and "\0" not in text:
        return text
    clean = text.encode(errors="replace").decode().replace("\0", "\ufffd")
    return clean if len(clean) <= _LONGEST else f"sha256:{sha256(clean.encode()).hexdigest()}"


def storable_or_none(text: str | None) -> str | None:
    """The same for a column that may be empty."""
    return None if text is None else storable(text)


def pack(properties: Properties) -> str:
    """JSON of the properties that are there."""
    # Written by hand: there are two or three a message, and ``dumps`` takes more than twice the time.
    texts = zip(_TEXTS, _texts_of(properties), strict=True)
    given = [f'"{name}": {quoted(text)}' for name, text in texts if text is not None]
    if properties.headers:
        given.append(f'"headers": {json.dumps(properties.headers)}')
    return "{" + ", ".join(given) + "}"


def unpack(text: str) -> Properties:
    """The properties that ``pack`` was given."""
    return Properties(**{name: value for name, value in json.loads(text).items() if name in _NAMES})
