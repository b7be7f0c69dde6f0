"""A message opened: its head read, and its parts found by their namespaces. Nothing is judged here.

The reading is forgiving, since a message that breaks its schema is still to be answered; what cannot be
read even so has no head (``NotWellFormed``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from lxml import etree

from adapter.dialects.helsenorge.names import APPREC, MSGHEAD, PREFIXES
from adapter.errors import NotWellFormed

_MH = f"{{{MSGHEAD}}}"
MSG_INFO = f"{_MH}MsgInfo"

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


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or receiver: the organisation, and below it the communication party, if it has one."""

    organisation: Unit
    part: Unit | Professional | None

    @property
    def her_id(self) -> str:
        """The HER-id of the communication party: the innermost level."""
        return (self.part or self.organisation).ident("HER") or ""


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
    patient: etree._Element | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A MsgHead message. ``asked`` is its TypeForesp, ``told`` its TemaKodet; one of them, or neither."""

    root: etree._Element = field(repr=False)
    body: bytes = field(repr=False)
    head: Head
    asked: str | None
    told: str | None


@dataclass(frozen=True, slots=True)
class AppRec:
    """An application receipt: what became of a message that we sent."""

    root: etree._Element = field(repr=False)
    body: bytes = field(repr=False)
    id: str
    original_msg_id: str
    status: str
    errors: tuple[str, ...]


def find(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at ``path``, which is written with the usual prefixes (``mh:Sender``)."""
    found = _compiled(path)(element)
    return found[0] if found else None


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    """All elements at ``path``, in their order. The path is an XPath of our own, never a peer's."""
    found: list[etree._Element] = _compiled(path)(element)
    return found


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path, namespaces=PREFIXES)


def text_of(element: etree._Element | None, path: str | None = None) -> str | None:
    """The text of an element, or of what stands at ``path`` below it, without blanks around it."""
    found = element if element is None or path is None else find(element, path)
    if found is None or not found.text:
        return None
    return found.text.strip() or None


def code_of(element: etree._Element | None, path: str | None = None) -> str | None:
    """The V of a coded element, or of the one at ``path`` below it."""
    found = element if element is None or path is None else find(element, path)
    return None if found is None else (found.get("V") or "").strip() or None


def open_letter(root: etree._Element, body: bytes) -> Letter | AppRec:
    """Read the head of a document. Raises ``NotWellFormed`` if it is neither MsgHead nor AppRec."""
    if root.tag == f"{{{APPREC}}}AppRec":
        return _receipt(root, body)
    if root.tag != f"{_MH}MsgHead":
        raise NotWellFormed("The body is XML but neither a MsgHead nor an AppRec", line=root.sourceline or 0)
    info = find(root, "mh:MsgInfo")
    if info is None:
        raise NotWellFormed("The MsgHead has no MsgInfo", line=root.sourceline or 0)
    first = find(root, "mh:Document/mh:RefDoc/mh:Content/dia:Dialogmelding")
    asked = told = None
    if first is not None:
        asked = code_of(first, "dia:Foresporsel/dia:TypeForesp")
        told = code_of(first, "dia:Notat/dia:TemaKodet")
    return Letter(root, body, read_head(info), asked, told)


def read_head(info: etree._Element) -> Head:
    """Read a MsgInfo.

    Raises ``NotWellFormed`` when it does not say what a message is, or from whom, or is too long for a head.
    """
    if _text_length(info) + sum(map(len, _attributes(info))) > _LONGEST_HEAD:
        raise NotWellFormed(f"MsgInfo has more than {_LONGEST_HEAD} characters", line=info.sourceline or 0)
    parts: dict[str, etree._Element] = {}
    for part in info:
        parts.setdefault(str(part.tag), part)
    kind = parts.get(f"{_MH}Type")
    function, msg_id = code_of(kind), text_of(parts.get(f"{_MH}MsgId"))
    sender, receiver = _party(parts.get(f"{_MH}Sender")), _party(parts.get(f"{_MH}Receiver"))
    if function is None or msg_id is None or sender is None or receiver is None:
        raise NotWellFormed(
            "MsgInfo lacks its Type, its MsgId, or a sender or receiver with HER-id",
            line=info.sourceline or 0,
        )
    conversation = parts.get(f"{_MH}ConversationRef")
    return Head(
        function=function,
        function_words=None if kind is None else kind.get("DN"),
        msg_id=msg_id,
        generated=text_of(parts.get(f"{_MH}GenDate")) or "",
        sender=sender,
        receiver=receiver,
        conversation=text_of(conversation, "mh:RefToConversation"),
        patient=parts.get(f"{_MH}Patient"),
    )


def contents(letter: Letter, name: str) -> list[etree._Element]:
    """The elements of a name, in whatever namespace, that stand directly in the Content of any Document."""
    return find_all(letter.root, f"mh:Document/mh:RefDoc/mh:Content/*[local-name()='{name}']")


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
