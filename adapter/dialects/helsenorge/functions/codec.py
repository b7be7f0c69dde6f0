"""What a module of this folder gives: a reader of the request and a writer of the replies to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapter.dialects.helsenorge.refusals import code_for
from adapter.dialects.helsenorge.texts import BOKMAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.names import Code
    from adapter.dialects.helsenorge.notes import Notes
    from adapter.xml.writing import Markup
    from handlers.desk.replies import Declined
    from handlers.desk.requests import Request


Attachment = tuple[str, "Markup"]
"""A part of a reply in a Document of its own: its Description, and the content."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply in the making: its TemaKodet, a text for the citizen, and the parts beside the Notat.

    ``title`` is the ContentDescription, for people.
    """

    tema: Code
    title: str
    text: str | None = None
    remark: str | None = None
    role: Markup | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Codec:
    """How one request is read and answered.

    ``decode`` notes what is wrong and gives a request that is only good when nothing was noted.
    ``encode`` takes a reply that the request's handler can give.
    """

    decode: Callable[[Letter, Notes, ZoneInfo], Request]
    encode: Callable[[Any, Letter, ZoneInfo], Answer]


def declined(tema: Code, title: str, reply: Declined, *attachments: Attachment) -> Answer:
    """The answer to a wish that is not granted; ``tema`` is the function's own no (see ``refusals``)."""
    text = BOKMAL.why_declined(reply.reason, reply.detail)
    return Answer(code_for(reply.reason, tema), title, text=text, attachments=attachments)
