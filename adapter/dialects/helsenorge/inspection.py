"""Is this document right? Judged as the road of a message would, but without a road: no envelope, no desk.

For whoever writes messages. Replies and receipts are judged as well as requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.checks import note_head, note_unknown_wish
from adapter.dialects.helsenorge.elements import find
from adapter.dialects.helsenorge.functions import CODECS
from adapter.dialects.helsenorge.letter import AppRec, open_letter
from adapter.dialects.helsenorge.names import APPREC_FUNCTION, OTHER_FUNCTIONS, TEMA_CODES, Function
from adapter.dialects.helsenorge.notes import Notes
from adapter.errors import ContentFault, Finding, NotWellFormed, TransportFault
from adapter.outcome import About
from adapter.xml.parsing import parse
from adapter.xml.places import name_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from adapter.dialects.helsenorge.letter import Letter
    from adapter.xml.parsing import Limits
    from adapter.xml.schema import Schema


class Inspector:
    """Judges documents by the schemas and, unless told not to, by the rules of the protocol as well."""

    def __init__(self, schema: Schema, zone: ZoneInfo, limits: Limits) -> None:
        self._schema = schema
        self._zone = zone
        self._limits = limits

    def inspect(self, body: bytes, *, schema_only: bool = False) -> tuple[About, tuple[Finding, ...]]:
        """What the document is, as far as it can be read, and everything that is wrong with it."""
        try:
            root = parse(body, self._limits)
        except TransportFault as fault:
            place = (getattr(fault, "line", 0), getattr(fault, "column", 0))
            return About(), (Finding("T01", fault.description, "er ikke gyldig XML", "", *place),)
        about, letter = About(), None
        try:
            opened = open_letter(root, body)
            if isinstance(opened, AppRec):
                about = About(APPREC_FUNCTION, opened.status, opened.id)
            else:
                letter, head = opened, opened.head
                about = About(head.function, opened.asked or opened.told, head.msg_id, head.conversation)
        except NotWellFormed as fault:
            if not schema_only and self._schema.allows(root):
                finding = Finding(
                    "T02", fault.description, "er ikke en melding", f"/{name_of(root)}", fault.line
                )
                return about, (finding,)
        try:
            self._schema.check(root, body)
            if letter is not None and not schema_only:
                self._check(letter)
        except ContentFault as fault:
            return about, fault.findings
        return about, ()

    def _check(self, letter: Letter) -> None:
        """Raise ``ContentFault`` if the letter breaks a rule that no schema can say."""
        notes, function = Notes(letter), letter.head.function
        if function not in set(Function) | OTHER_FUNCTIONS:
            where = find(letter.root, "mh:MsgInfo/mh:Type")
            notes.add("T10", where, "is not a known message function", "er ikke en kjent meldingsfunksjon")
        elif letter.told is not None:
            _note_reply(letter, notes)
        elif function in set(Function):
            self._note_request(letter, notes)
        notes.raise_if_any()

    def _note_request(self, letter: Letter, notes: Notes) -> None:
        wish = (letter.head.function, letter.asked or "")
        note_head(letter, notes)
        if wish in CODECS:
            CODECS[wish].decode(letter, notes, self._zone)
        else:
            note_unknown_wish(letter, notes)


def _note_reply(letter: Letter, notes: Notes) -> None:
    note_head(letter, notes)
    if letter.told not in TEMA_CODES:
        where = find(
            letter.root, "mh:Document/mh:RefDoc/mh:Content/dia:Dialogmelding/dia:Notat/dia:TemaKodet"
        )
        notes.add("T02", where, "is not a code of list 7602", "er ikke en kode i kodeverk 7602")
