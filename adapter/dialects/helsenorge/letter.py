"""A message opened: its head read, and its parts found by their namespaces. Nothing is judged here.

The reading is forgiving, since a message that breaks its schema is still to be answered; what cannot be
read even so has no head (``NotWellFormed``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from adapter.dialects.helsenorge.elements import Parts, code_of, find, find_all, text_of
from adapter.dialects.helsenorge.names import APPREC, DIALOG, MSGHEAD
from adapter.errors import NotWellFormed
from adapter.xml.places import name_of

_MH = f"{{{MSGHEAD}}}"
MSG_INFO = f"{_MH}MsgInfo"
DOCUMENT = f"{_MH}Document"
_DIALOG = f"{{{DIALOG}}}Dialogmelding"
_CONTENTS = "mh:Document/mh:RefDoc/mh:Content/*"

# An answer repeats much of the head, and escaping makes some of it six times as long. Real ones have 3 kB.
_LONGEST_HEAD = 100_000
_MOST_PARTIES, _LONGEST_PARTY = 64, 10_000  # that are remembered
_text_length = etree.XPath("string-length(.)")
_attributes = etree.XPath("descendant-or-self::*/@*", smart_strings=False)


@dataclass(frozen=True, slots=True)
class Ident:
    """An identifier with its kind (``HER``, ``ENH``, ``HPR`` …) and the words that came with it."""

    id: str
    kind: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Unit:
    """One level of a party: an organisation, or the health professional at the end of one."""

    name: str
    idents: tuple[Ident, ...]

    def ident(self, kind: str) -> str | None:
        """The first identifier of a kind."""
        return next((one.id for one in self.idents if one.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Professional(Unit):
    """A health professional who is the communication party; ``name`` is the given and family name."""

    family_name: str = ""
    given_name: str = ""
    role: str | None = None
    role_words: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Party:
    """A sender or receiver: the organisation, and below it the communication party, if it has one.

    ``her_id`` is the communication party's, which is the innermost level; empty if it has none.
    """

    organisation: Unit
    part: Unit | Professional | None
    her_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "her_id", (self.part or self.organisation).ident("HER") or "")


@dataclass(frozen=True, slots=True)
class Head:
    """What MsgInfo says of the message."""

    function: str
    function_words: str | None
    msg_id: str
    generated: str
    sender: Party
    receiver: Party
    conversation: str | None
    patient: Parts | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A MsgHead message. ``asked`` is its TypeForesp, ``told`` its TemaKodet; one of them, or neither.

    ``contents`` are the elements that stand directly in the Content of its Documents, ``dialogs`` those of
    them that are a Dialogmelding, ``dialog`` the parts of the first one, and ``request`` of its Foresporsel.
    """

    root: etree._Element = field(repr=False)
    body: bytes = field(repr=False)
    head: Head
    asked: str | None
    told: str | None
    dialog: Parts = field(repr=False)
    request: Parts = field(repr=False)
    dialogs: list[etree._Element] = field(repr=False)
    contents: list[etree._Element] = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppRec:
    """An application receipt: what became of a message that we sent."""

    root: etree._Element = field(repr=False)
    body: bytes = field(repr=False)
    id: str
    original_msg_id: str
    status: str
    errors: tuple[str, ...]


def open_letter(root: etree._Element, body: bytes) -> Letter | AppRec:
    """Read the head of a document. Raises ``NotWellFormed`` if it is neither MsgHead nor AppRec."""
    if root.tag == f"{{{APPREC}}}AppRec":
        return _receipt(root, body)
    if root.tag != f"{_MH}MsgHead":
        raise NotWellFormed("The body is XML but neither a MsgHead nor an AppRec", line=root.sourceline or 0)
    info = next(root.iterchildren(MSG_INFO), None)
    if info is None:
        raise NotWellFormed("The MsgHead has no MsgInfo", line=root.sourceline or 0)
    contents = find_all(root, _CONTENTS)
    dialogs = [one for one in contents if one.tag == _DIALOG]
    dialog = Parts(dialogs[0] if dialogs else None)
    request = dialog.below("Foresporsel")
    asked, told = request.code("TypeForesp"), dialog.below("Notat").code("TemaKodet")
    head = read_head(info, len(body))
    return Letter(root, body, head, asked, told, dialog, request, dialogs, contents)


def read_head(info: etree._Element, size: int) -> Head:
    """Read a MsgInfo, of a document of ``size`` bytes.

    Raises ``NotWellFormed`` when it does not say what a message is, or from whom, or is too long for a head.
    """
    if size > _LONGEST_HEAD and _text_length(info) + sum(map(len, _attributes(info))) > _LONGEST_HEAD:
        raise NotWellFormed(f"MsgInfo has more than {_LONGEST_HEAD} characters", line=info.sourceline or 0)
    parts = Parts(info)
    function, msg_id = parts.code("Type"), parts.text("MsgId")
    sender, receiver = _party(parts.first("Sender")), _party(parts.first("Receiver"))
    if function is None or msg_id is None or sender is None or receiver is None:
        raise NotWellFormed(
            "MsgInfo lacks its Type, its MsgId, or a sender or receiver with HER-id",
            line=info.sourceline or 0,
        )
    kind, patient = parts.first("Type"), parts.first("Patient")
    return Head(
        function=function,
        function_words=None if kind is None else kind.get("DN"),
        msg_id=msg_id,
        generated=parts.text("GenDate") or "",
        sender=sender,
        receiver=receiver,
        conversation=parts.below("ConversationRef").text("RefToConversation"),
        patient=None if patient is None else Parts(patient),
    )


def contents(letter: Letter, name: str) -> list[etree._Element]:
    """Those of the letter's contents that have a name, in whatever namespace."""
    return [one for one in letter.contents if name_of(one) == name]


def _receipt(root: etree._Element, body: bytes) -> AppRec:
    return AppRec(
        root=root,
        body=body,
        id=text_of(root, "ar:Id") or "",
        original_msg_id=text_of(root, "ar:OriginalMsgId/ar:Id") or "",
        status=code_of(root, "ar:Status") or "",
        errors=tuple(code for error in find_all(root, "ar:Error") if (code := code_of(error))),
    )


def _party(element: etree._Element | None) -> Party | None:
    """A sender or receiver. The same few write in every message, so each is read once and remembered."""
    if element is None:
        return None
    key = etree.tostring(element, with_tail=False)
    if key in _parties:
        return _parties[key]
    party = _read_party(element)
    if len(key) <= _LONGEST_PARTY:
        if len(_parties) >= _MOST_PARTIES:
            _parties.clear()
        _parties[key] = party
    return party


_parties: dict[bytes, Party | None] = {}


def _read_party(element: etree._Element) -> Party | None:
    outer = find(element, "mh:Organisation")
    if outer is None:
        return None
    inner, person = find(outer, "mh:Organisation"), find(outer, "mh:HealthcareProfessional")
    part = _unit(inner) if inner is not None else _professional(person) if person is not None else None
    party = Party(_unit(outer), part)
    return party if party.her_id and party.organisation.idents else None


def _unit(element: etree._Element) -> Unit:
    return Unit(text_of(element, "mh:OrganisationName") or "", _idents(element))


def _professional(element: etree._Element) -> Professional:
    family, given = text_of(element, "mh:FamilyName") or "", text_of(element, "mh:GivenName") or ""
    role = find(element, "mh:RoleToPatient")
    return Professional(
        name=f"{given} {family}".strip(),
        idents=_idents(element),
        family_name=family,
        given_name=given,
        role=code_of(role),
        role_words=None if role is None else role.get("DN"),
    )


def _idents(element: etree._Element) -> tuple[Ident, ...]:
    found = []
    for ident in find_all(element, "mh:Ident"):
        identifier, kind = text_of(ident, "mh:Id"), find(ident, "mh:TypeId")
        if identifier and kind is not None and (value := code_of(kind)):
            found.append(Ident(identifier, value, kind.get("DN")))
    return tuple(found)
