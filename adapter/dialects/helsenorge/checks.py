"""What the protocol asks of every request beyond what its schemas can say (helsenorge.md, B and C)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import Parts, find
from adapter.dialects.helsenorge.functions import CODECS
from adapter.dialects.helsenorge.letter import DOCUMENT

if TYPE_CHECKING:
    from lxml import etree

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes

_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")


def note_head(letter: Letter, notes: Notes) -> None:
    """MsgId is a UUID, and the first Document is the only Dialogmelding, with one Foresporsel at most."""
    if _UUID.fullmatch(letter.head.msg_id) is None:
        where = find(letter.root, "mh:MsgInfo/mh:MsgId")
        notes.add("E10", where, "MsgId is not a UUID", "MsgId er ikke en UUID")
    dialogs = letter.dialogs
    first = next(letter.root.iterchildren(DOCUMENT), None)
    if not dialogs or _document_of(dialogs[0]) is not first:
        notes.add(
            "T02",
            first,
            "the first Document must hold a Dialogmelding",
            "det første Document skal inneholde en Dialogmelding",
        )
    notes.more_than_one(dialogs)
    others = [asked for dialog in dialogs[1:] for asked in Parts(dialog).all("Foresporsel")]
    notes.more_than_one([*letter.dialog.all("Foresporsel"), *others])


def _document_of(content: etree._Element) -> etree._Element | None:
    return next(content.iterancestors(DOCUMENT), None)


def note_unknown_wish(letter: Letter, notes: Notes) -> None:
    """TypeForesp is none that this message function has; a reply or a notice asks for nothing at all."""
    legal = sorted(asked for function, asked in CODECS if function == letter.head.function)
    choice = ", ".join(legal)
    if letter.asked is None:
        where = letter.dialogs[0] if letter.dialogs else letter.root
        notes.add(
            "T02",
            where,
            f"is no request; a Foresporsel with TypeForesp {choice} is expected",
            f"er ingen forespørsel; det ventes en Foresporsel med TypeForesp {choice}",
        )
        return
    notes.add(
        "T02",
        letter.request.first("TypeForesp"),
        f"is not a request of this message function; {choice} is expected",
        f"er ikke en forespørsel i denne meldingsfunksjonen; det ventes {choice}",
    )
