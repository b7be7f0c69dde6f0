"""The MsgHead around what we say, and the AppRec that receipts a message (helsenorge.md, B and D).

Answers turn the parties around: whoever sent is written to, whoever received is writing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.dialog import write_notat
from adapter.dialects.helsenorge.leaving import Part
from adapter.dialects.helsenorge.letter import Professional
from adapter.dialects.helsenorge.names import APPREC, APPREC_FUNCTION, ERROR_WORDS, MSGHEAD, STATUS_WORDS, oid
from adapter.dialects.helsenorge.times import write_utc
from adapter.xml.writing import Markup, coded, element, optional, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.functions.codec import Answer
    from adapter.dialects.helsenorge.letter import Head, Ident, Party, Unit
    from adapter.errors import Finding
    from handlers.desk.model import Patient

_ORGANISATION, _PERSON = oid(9051), oid(8116)
_LONGEST_TEXT = 900
_MOST_PARTIES = 64  # remembered as they are written; no head is larger than ``letter`` allows
_VERSION = element("MIGversion", "v1.2 2006-05-24")
ASKS_FOR_RECEIPT, _ASKS_FOR_NONE = coded("Ack", "J", "Ja"), coded("Ack", "N", "Nei")
_IS_XML = coded("MsgType", "XML", "XML-instans")
_AS_A_RECEIPT = (
    coded("MsgType", APPREC_FUNCTION, "Applikasjonskvittering")
    + element("MIGversion", "v1.1 2012-02-15")
    + element("SoftwareName", "timebok")
)
_AS_RECEIVED, _AS_SENT = coded("Role", "PRIM", "Primærmottaker"), coded("Role", "AVS", "Avsender")
_NUMBERS = {"FNR": "Fødselsnummer", "DNR": "D-nummer"}
_FIRST_OF_D_NUMBERS = "4567"
_END_OF_DOCUMENT, _END_OF_MESSAGE = "</Content></RefDoc></Document>", "</MsgHead>"
OK, REJECTED = "1", "2"


def write_reply(head: Head, answer: Answer, *, msg_id: str, now: datetime, waits: bool) -> list[str]:
    """A MsgHead that answers the message with ``head``, in pieces for ``Forms.checked``.

    ``waits`` says that the sender is waiting for it, so that no receipt is asked for in return.
    """
    moment = write_utc(now)
    about = (
        f"{identity(msg_id, moment)}{_ASKS_FOR_NONE if waits else ASKS_FOR_RECEIPT}"
        f"<ConversationRef><RefToParent>{text(head.msg_id)}</RefToParent>"
        f"<RefToConversation>{text(head.conversation or head.msg_id)}</RefToConversation></ConversationRef>"
    )
    kind = coded("Type", head.function, head.function_words)
    parts = write_document(write_notat(answer), moment, title=answer.title)
    for description, content in answer.attachments:
        parts += write_document(content, moment, description=description)
    return write_message(kind, about, (head.receiver, head.sender), _write_patient(head.patient), parts)


def write_message(
    kind: str, about: str, parties: tuple[Party, Party], patient: str, parts: Sequence[str]
) -> list[str]:
    """A MsgHead of what is written: its Type, what follows up to Sender, Patient, and the Documents.

    ``parties`` are its sender and its receiver. In pieces for ``Forms.checked``.
    """
    begun = f'<MsgHead xmlns="{MSGHEAD}"><MsgInfo>{kind}{_VERSION}{about}'
    return [begun, _write_parties(*parties), f"{patient}</MsgInfo>", *parts, _END_OF_MESSAGE]


def identity(msg_id: str, moment: str) -> str:
    """GenDate and MsgId."""
    return f"<GenDate>{moment}</GenDate><MsgId>{msg_id}</MsgId>"


def write_apprec(
    head: Head, findings: Sequence[Finding], *, receipt_id: str, now: datetime
) -> tuple[str, str, str]:
    """The receipt of the message with ``head``: accepted, or rejected because of ``findings``.

    In pieces for ``Forms.checked``.
    """
    status = REJECTED if findings else OK
    generated = f"<GenDate>{write_utc(now)}</GenDate><Id>{receipt_id}</Id>"
    begun = f'<AppRec xmlns="{APPREC}">{_AS_A_RECEIPT}{generated}'
    said = (
        f"{coded('Status', status, STATUS_WORDS[status])}"
        f"{''.join([_write_error(finding) for finding in findings])}"
        f"<OriginalMsgId>{coded('MsgType', head.function, head.function_words)}"
        f"<IssueDate>{text(head.generated)}</IssueDate><Id>{text(head.msg_id)}</Id></OriginalMsgId></AppRec>"
    )
    return begun, _write_hcps(head.receiver, head.sender), said


def where_and_what(finding: Finding) -> str:
    """A finding in Norwegian, with its place: what a clinic or a portal reads."""
    line = f"linje {finding.line}" if finding.line else ""
    place = ", ".join(filter(None, [finding.path, line]))
    return ": ".join(filter(None, [place, finding.norwegian]))[:_LONGEST_TEXT]


def _write_error(finding: Finding) -> Markup:
    return element(
        "Error", V=finding.code, S=oid(8221), DN=ERROR_WORDS[finding.code], OT=where_and_what(finding)
    )


def write_document(
    content: str, moment: str, *, title: str | None = None, description: str | None = None
) -> list[str]:
    """A part of a message, with a title or a description for people. In pieces for ``Forms.checked``."""
    return [
        f"<Document>{optional('ContentDescription', title) or ''}<RefDoc>",
        _issued(moment),
        f"{_IS_XML}{optional('Description', description) or ''}<Content>",
        content,
        _END_OF_DOCUMENT,
    ]


@lru_cache(1)
def _issued(moment: str) -> Part:
    """Its form is that of any moment: else every second would have forms of its own, to be checked anew."""
    return Part(f'<IssueDate V="{moment}"/>', like='<IssueDate V=""/>')


def write_patient(patient: Patient) -> str:
    """The patient of a message that answers none."""
    kind = "DNR" if patient.national_id[:1] in _FIRST_OF_D_NUMBERS else "FNR"
    names = element("FamilyName", patient.family_name) + element("GivenName", patient.given_name)
    return f"<Patient>{names}{_write_number(patient.national_id, kind)}</Patient>"


def _write_patient(patient: Parts | None) -> str:
    if patient is None:
        return ""
    names = "".join(
        f"<{name}>{text(said)}</{name}>"
        for name in ("FamilyName", "MiddleName", "GivenName")
        if (said := patient.text(name))
    )
    ident = patient.below("Ident")
    return f"<Patient>{names}{_write_number(ident.text('Id'), ident.code('TypeId'))}</Patient>"


def _write_number(number: str | None, kind: str | None) -> str:
    if number is None:
        return ""
    words = _NUMBERS.get(kind or "")
    return f"<Ident><Id>{text(number)}</Id>{coded('TypeId', kind, words, _PERSON)}</Ident>"


@lru_cache(_MOST_PARTIES)
def _write_parties(sender: Party, receiver: Party) -> Part:
    return Part(f"<Sender>{_write_party(sender)}</Sender><Receiver>{_write_party(receiver)}</Receiver>")


def _write_party(party: Party) -> Markup:
    part = party.part
    if isinstance(part, Professional):
        inner: Markup | None = _write_professional(part)
    else:
        inner = None if part is None else _write_organisation(part)
    return _write_organisation(party.organisation, inner)


def _write_organisation(unit: Unit, inner: Markup | None = None) -> Markup:
    return element(
        "Organisation",
        element("OrganisationName", unit.name),
        *(_write_ident(ident, _ORGANISATION) for ident in unit.idents),
        inner,
    )


def _write_professional(person: Professional) -> Markup:
    role = person.role
    return element(
        "HealthcareProfessional",
        None if role is None else coded("RoleToPatient", role, person.role_words, oid(9034)),
        optional("FamilyName", person.family_name),
        optional("GivenName", person.given_name),
        *(_write_ident(ident, _PERSON) for ident in person.idents),
    )


def _write_ident(ident: Ident, code_list: str) -> Markup:
    kind = coded("TypeId", ident.kind, ident.words, code_list)
    return element("Ident", element("Id", ident.id), kind)


@lru_cache(_MOST_PARTIES)
def _write_hcps(sender: Party, receiver: Party) -> Part:
    return Part(
        f"<Sender>{_AS_RECEIVED}{_write_hcp(sender)}</Sender>"
        f"<Receiver>{_AS_SENT}{_write_hcp(receiver)}</Receiver>"
    )


def _write_hcp(party: Party) -> Markup:
    """A party as an AppRec has it. A department stands before the institution's other identifiers."""
    named, others = _write_named(party.organisation)
    department = person = None
    if isinstance(party.part, Professional):
        person = element("HCPerson", *_write_named(party.part))
    elif party.part is not None:
        department = element("Dept", *_write_named(party.part))
    return element("HCP", element("Inst", named, department, others, person))


def _write_named(unit: Unit) -> tuple[Markup, Markup]:
    """Name, Id and TypeId of a unit, by its HER-id where it has one; and its other identifiers."""
    first, *others = sorted(unit.idents, key=lambda ident: ident.kind != "HER")
    named = (
        element("Name", unit.name),
        element("Id", first.id),
        coded("TypeId", first.kind, first.words),
    )
    additional = (
        element("AdditionalId", element("Id", one.id), coded("Type", one.kind, one.words)) for one in others
    )
    return Markup("".join(named)), Markup("".join(additional))
