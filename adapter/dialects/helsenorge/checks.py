"""What the protocol asks of every request beyond what its schemas can say (helsenorge.md, B and C)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.functions import CODECS
from adapter.dialects.helsenorge.letter import find

if TYPE_CHECKING:
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes

_UUID = re.compile(r"\{?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")
_DIALOG = "mh:Document/mh:RefDoc/mh:Content/dia:Dialogmelding"


def note_head(letter: Letter, notes: Notes) -> None:
    """MsgId is a UUID, and the first Document is the only Dialogmelding, with one Foresporsel at most."""
    if _UUID.fullmatch(letter.head.msg_id) is None:
        where = find(letter.root, "mh:MsgInfo/mh:MsgId")
        notes.add("E10", where, "MsgId is not a UUID", "MsgId er ikke en UUID")
    first = find(letter.root, "mh:Document")
    if first is None or find(first, "mh:RefDoc/mh:Content/dia:Dialogmelding") is None:
        notes.add(
            "T02",
            first,
            "the first Document must hold a Dialogmelding",
            "det første Document skal inneholde en Dialogmelding",
        )
    for path in (_DIALOG, f"{_DIALOG}/dia:Foresporsel"):
        notes.more_than_one(letter.root, path)


def note_unknown_wish(letter: Letter, notes: Notes) -> None:
    """TypeForesp is none that this message function has; a reply or a notice asks for nothing at all."""
    legal = sorted(asked for function, asked in CODECS if function == letter.head.function)
    choice = ", ".join(legal)
    dialog = find(letter.root, _DIALOG)
    if letter.asked is None:
        where = dialog if dialog is not None else letter.root
        notes.add(
            "T02",
            where,
            f"is no request; a Foresporsel with TypeForesp {choice} is expected",
            f"er ingen forespørsel; det ventes en Foresporsel med TypeForesp {choice}",
        )
        return
    notes.add(
        "T02",
        find(letter.root, f"{_DIALOG}/dia:Foresporsel/dia:TypeForesp"),
        f"is not a request of this message function; {choice} is expected",
        f"er ikke en forespørsel i denne meldingsfunksjonen; det ventes {choice}",
    )
