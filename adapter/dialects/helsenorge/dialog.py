"""Dialogmelding 1.1: what a Foresporsel says, and the Notat that answers it (B, C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import code_of, find_all, text_of
from adapter.dialects.helsenorge.names import DIALOG, FK1, oid
from adapter.xml.places import name_of
from adapter.xml.writing import Markup, coded, element, optional

if TYPE_CHECKING:
    from lxml import etree

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.functions.codec import Answer
    from adapter.dialects.helsenorge.names import Code
    from handlers.desk.model import Practitioner

_WISHED_PRACTITIONER = "23"
_TEMA = oid(7602)
_WITHIN_WORDS = frozenset({"a", "abbr", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u"})


def reason_for_contact(request: Parts) -> str | None:
    """What the citizen wrote in Sporsmal: its text, also where it came as XHTML."""
    question = request.first("Sporsmal")
    return None if question is None else " ".join(_said(question).split()) or None


def _said(element: etree._Element) -> str:
    """The text below an element; one that begins a new line or cell is set off by a blank."""
    said = element.text or ""
    for child in element:
        gap = "" if name_of(child) in _WITHIN_WORDS else " "
        said += f"{gap}{_said(child)}{gap}{child.tail or ''}"
    return said


def wished_practitioner(request: Parts) -> str | None:
    """The HPR number of the practitioner whom the citizen wishes (role 23)."""
    for role in request.all("RollerRelatertNotat"):
        if code_of(role, "dia:RoleToPatient") == _WISHED_PRACTITIONER:
            for ident in find_all(role, "dia:HealthcareProfessional/dia:Ident"):
                if code_of(ident, "fk1:TypeId") == "HPR":
                    return text_of(ident, "fk1:Id")
    return None


def wished_calendar(request: Parts) -> str | None:
    """The id of the one calendar that is meant (our way of addressing it, H2)."""
    for role in request.all("RollerRelatertNotat"):
        for ident in find_all(role, "dia:TilknyttetEnhet/dia:Kontaktenhet/fk1:Ident"):
            if code_of(ident, "fk1:TypeId") == "LOK":
                return text_of(ident, "fk1:Id")
    return None


def write_notat(answer: Answer) -> Markup:
    """The Dialogmelding of a reply."""
    return Markup(
        f'<Dialogmelding xmlns="{DIALOG}"><Notat>'
        f"{coded('TemaKodet', answer.tema.value, answer.tema.words, _TEMA)}"
        f"{optional('TekstNotatInnhold', answer.text) or ''}{optional('Merknad', answer.remark) or ''}"
        f"{answer.role or ''}</Notat></Dialogmelding>"
    )


def write_foresporsel(kind: Code, code_list: int, role: Markup | None) -> Markup:
    """The Dialogmelding of what we say unasked: a TypeForesp of a code list, and whom it is with (C5)."""
    asked = coded("TypeForesp", kind.value, kind.words, oid(code_list))
    return element("Dialogmelding", element("Foresporsel", asked, role), xmlns=DIALOG)


def write_practitioner(practitioner: Practitioner) -> Markup:
    """The RollerRelatertNotat that says whom the appointment is with."""
    ident = element(
        "Ident",
        element("Id", practitioner.hpr, xmlns=FK1),
        element("TypeId", V="HPR", S=oid(8116), DN="HPR-nummer", xmlns=FK1),
    )
    return element(
        "RollerRelatertNotat",
        element(
            "HealthcareProfessional",
            element("FamilyName", practitioner.family_name),
            element("GivenName", practitioner.given_name),
            ident,
        ),
    )
