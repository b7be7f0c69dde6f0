"""The people of a message: the patient in its head, whoever acts for them, and practitioners (B, C7, E)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.dialects.helsenorge.elements import code_of, find, text_of
from adapter.dialects.helsenorge.letter import contents
from adapter.dialects.helsenorge.names import FK1, PRACTITIONERS, oid
from adapter.xml.writing import Markup, coded, element
from handlers.desk.model import Patient, Relation, Representative
from handlers.desk.national_id import is_national_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml import etree

    from adapter.dialects.helsenorge.elements import Parts
    from adapter.dialects.helsenorge.letter import Letter
    from adapter.dialects.helsenorge.notes import Notes
    from handlers.desk.model import Practitioner

_NATIONAL = ("FNR", "DNR")


def read_patient(letter: Letter, notes: Notes) -> Patient:
    """The patient: a family name, a given name and exactly one valid FNR or DNR."""
    patient = letter.head.patient
    if patient is None:
        notes.missing(find(letter.root, "mh:MsgInfo"), "Patient", "E30")
        return Patient("", "", "")
    family, given = patient.text("FamilyName"), patient.text("GivenName")
    _note_names(patient, family, given, notes)
    return Patient(
        national_id=_national_id(patient, notes),
        family_name=family or "",
        given_name=given or "",
        phone=_phone(patient.below("TeleCom").first("TeleAddress")),
    )


def read_representative(letter: Letter, notes: Notes) -> Representative | None:
    """Who acts for the patient, if anyone does: a person and a relation of code list 7611."""
    relation = next(iter(contents(letter, "Pasientrelasjon")), None)
    if relation is None:
        return None
    code = code_of(relation, "pr:Relasjon")
    if code is None:
        notes.missing(relation, "Relasjon")
        return None
    if code not in set(Relation):
        notes.add(
            "T02",
            find(relation, "pr:Relasjon"),
            "is not a relation of code list 7611 (FO, VE, FU)",
            "er ikke en relasjon i kodeverk 7611 (FO, VE, FU)",
        )
        return None
    person = find(relation, "pr:Person")
    return Representative(
        relation=Relation(code),
        national_id=text_of(person, "fk1:Ident/fk1:Id"),
        family_name=text_of(person, "fk1:FamilyName"),
        given_name=text_of(person, "fk1:GivenName"),
        phone=_phone(None if person is None else find(person, "fk1:TeleCom/fk1:TeleAddress")),
    )


def write_practitioners(practitioners: Iterable[Practitioner]) -> tuple[str, Markup]:
    """The Helsepersonell document: a Description, and the list."""
    listed = (element("Helsepersonell", _write_practitioner(one)) for one in practitioners)
    return "Helsepersonelliste", element("HelsepersonelListe", *listed, xmlns=PRACTITIONERS)


def _write_practitioner(practitioner: Practitioner) -> Markup:
    kind = coded("TypeId", "HPR", "HPR-nummer", oid(8116))
    return element(
        "Helsepersonell",
        element("FamilyName", practitioner.family_name, xmlns=FK1),
        element("GivenName", practitioner.given_name, xmlns=FK1),
        element("Ident", element("Id", practitioner.hpr), kind, xmlns=FK1),
    )


def _note_names(patient: Parts, family: str | None, given: str | None, notes: Notes) -> None:
    if family is None and given is None:
        english, norwegian = "FamilyName and GivenName are missing", "FamilyName og GivenName mangler"
        notes.add("E32", patient.element, english, norwegian)
    elif family is None:
        notes.missing(patient.element, "FamilyName", "E33")
    elif given is None:
        notes.missing(patient.element, "GivenName", "E34")


def _national_id(patient: Parts, notes: Notes) -> str:
    idents, ident = patient.all("Ident"), patient.below("Ident")
    if not idents:
        notes.missing(patient.element, "Ident", "E30")
        return ""
    if len(idents) > 1 or ident.code("TypeId") not in _NATIONAL:
        notes.add(
            "E31",
            idents[-1],
            "there must be exactly one Ident, of type FNR or DNR",
            "det skal være nøyaktig én Ident, av type FNR eller DNR",
        )
        return ""
    number = ident.text("Id") or ""
    if not is_national_id(number):
        notes.add(
            "E31",
            ident.first("Id"),
            "is not a valid national identity number or D-number",
            "er ikke et gyldig fødselsnummer eller D-nummer",
        )
    return number


def _phone(telecom: etree._Element | None) -> str | None:
    address = code_of(telecom)
    return address.removeprefix("tel:") if address and address.startswith("tel:") else None
