"""What the protocol asks of every request beyond what its schemas can say (helsenorge.md, B and C)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import Parts, find
from adapter.dialects.helsenorge.functions import CODECS

if TYPE_CHECKING:
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes

_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")
_FIRST = "mh:Document[1]/mh:RefDoc/mh:Content/dia:Dialogmelding"


def note_head(letter: Letter, notes: Notes) -> None:
    """MsgId is a UUID, and the first Document is the only Dialogmelding, with one Foresporsel at most."""
    if _UUID.fullmatch(letter.head.msg_id) is None:
        where = find(letter.root, "mh:MsgInfo/mh:MsgId")
        notes.add("E10", where, "MsgId is not a UUID", "MsgId er ikke en UUID")
    dialogs = letter.dialogs
    if not dialogs or find(letter.root, _FIRST) is not dialogs[0]:
        notes.add(
            "T02",
            find(letter.root, "mh:Document"),
            "the first Document must hold a Dialogmelding",
            "det første Document skal inneholde en Dialogmelding",
        )
    notes.more_than_one(dialogs)
    notes.more_than_one([asked for dialog in dialogs for asked in Parts(dialog).all("Foresporsel")])


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
