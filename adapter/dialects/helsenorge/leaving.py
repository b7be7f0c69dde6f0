"""Nothing leaves in a form that its receiver's schemas refuse: each form of message is validated once.

A form is a message's tags with their attributes. What stands in between is ours or has been validated on its
way in; what could go wrong is which elements and attributes there are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from adapter.errors import Fault, InvalidReply
from adapter.xml.parsing import Limits, parse
from adapter.xml.writing import Markup, document

if TYPE_CHECKING:
    from adapter.xml.schema import Schema

_ANY_SIZE = Limits(10**9, 10**9, 100, 10**9, 10**9, 10**9)  # our own; the limits are for what comes in

_TEXT = re.compile(r">[^<]+")
_REPEATED = re.compile(r"(<vevent>.*?</vevent>)\1+", re.DOTALL)  # the same event counts only once
_HERE = "<>"  # where a part stands
_NEXT_TO_EACH_OTHER = "</vevent><vevent>"
_MOST_FORMS = 10_000


class Part(Markup):
    """Whole elements that many messages have just so: their bytes and their form are taken once.

    ``like`` are fewer elements of the same form, where there are many that are alike.
    """

    body: bytes
    form: int

    def __new__(cls, markup: str, *, like: str | None = None) -> Self:
        """Markup whose bytes and form are known."""
        part = super().__new__(cls, markup)
        part.body, part.form = markup.encode(), _form(markup if like is None else like)
        return part


class Forms:
    """The forms that ``schema`` is known to allow. With ``check`` off, any may leave."""

    def __init__(self, schema: Schema, *, check: bool) -> None:
        self._schema = schema
        self._check = check
        self._allowed: set[int] = set()

    def checked(self, *pieces: str) -> bytes:
        """The message of some pieces, which its receiver's schemas allow: it, or one that has the same form.

        Each piece begins and ends with a tag. Raises ``InvalidReply`` for one that they do not allow.
        """
        body = document(*[one.body if isinstance(one, Part) else one for one in pieces])
        if not self._check:
            return body
        of_its_own = "".join([_HERE if isinstance(one, Part) else one for one in pieces])
        form = hash((_form(of_its_own), *[one.form for one in pieces if isinstance(one, Part)]))
        if form not in self._allowed:
            try:
                self._schema.check(parse(body, _ANY_SIZE), body)
            except Fault as fault:
                raise InvalidReply(f"A message of ours does not validate: {fault}") from fault
            if len(self._allowed) >= _MOST_FORMS:
                self._allowed.clear()
            self._allowed.add(form)
        return body


def _form(markup: str) -> int:
    tags = ">".join(_TEXT.split(markup))  # what ``sub`` gives, in half the time
    return hash(_REPEATED.sub(r"\1", tags) if _NEXT_TO_EACH_OTHER in tags else tags)
