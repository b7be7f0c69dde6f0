"""Replies and receipts turn the parties around, whatever shape they have, and follow their schemas. (B, D)"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from adapter.dialects.helsenorge.envelope import where_and_what, write_apprec, write_reply
from adapter.dialects.helsenorge.functions.codec import Answer
from adapter.dialects.helsenorge.letter import Head, open_letter
from adapter.dialects.helsenorge.names import ERROR_WORDS, Tema
from adapter.errors import Finding
from adapter.xml.writing import document
from tests.support import letters
from tests.support.clinic import NOW
from tests.support.letters import OID, organisation, patient_element, professional

if TYPE_CHECKING:
    from adapter.xml.schema import Schema

ENH = f'<Ident><Id>999</Id><TypeId V="ENH" S="{OID}9051" DN="Organisasjonsnummer"/></Ident>'
BARE = '<Ident><Id>91095</Id><TypeId V="HER"/></Ident>'
TO_ESCAPE = organisation("1234", "Beste &amp; søster", organisation("91095", "&lt;Vaksine&gt;"))

SHAPES = {
    "one level": organisation("91095", "Legekontoret"),
    "two levels": organisation("1234", "Beste kommune", organisation("91095", "Vaksinasjonstjenesten")),
    "a professional": organisation("1234", "Beste kommune", professional("91095")),
    "more numbers": organisation("1234", "Beste kommune", organisation("91095", "Vaksine")).replace(
        "<Ident>", f"{ENH}<Ident>"
    ),
    "a professional with more numbers": organisation("1234", "Beste kommune", professional("91095")).replace(
        "<Ident><Id>1234", f"{ENH}<Ident><Id>1234"
    ),
    "no her-id above": organisation("999", "Beste kommune", organisation("91095", "Vaksine"), ident="ENH"),
    "no names": f"<Organisation>{BARE}<Organisation>{BARE}</Organisation></Organisation>",
    "a nameless professional": (
        f"<Organisation>{BARE}<HealthcareProfessional>{BARE}</HealthcareProfessional></Organisation>"
    ),
    "names to escape": TO_ESCAPE,
}
PATIENTS = {
    "a patient": patient_element(),
    "none": "",
    "no number": "<Patient><FamilyName>D</FamilyName></Patient>",
    "no names": "<Patient><Ident><Id>1</Id><TypeId/></Ident></Patient>",
    "nothing": "<Patient/>",
}
ERROR = Finding("T02", "is missing", "mangler", "/MsgHead/MsgInfo", 3, 5)


def head(
    sender: str = letters.THE_HUB, receiver: str = letters.THE_CLINIC, patient: str = patient_element()
) -> Head:
    body = letters.reserve().but(sender=sender, receiver=receiver, patient=patient).body
    return open_letter(etree.fromstring(body), body).head


def receipt(of: Head, *findings: Finding) -> etree._Element:
    return etree.fromstring(document(*write_apprec(of, findings, receipt_id="r", now=NOW)))


def reply(to: Head) -> etree._Element:
    answer = Answer(Tema.NO_FREE_SLOTS, "Svar")
    return etree.fromstring(document(*write_reply(to, answer, msg_id="m", now=NOW, waits=True)))


@pytest.mark.parametrize(("sender", "receiver"), list(product(SHAPES, SHAPES)))
def test_receipts_and_replies_follow_their_schemas_whatever_the_parties(
    schema: Schema, sender: str, receiver: str
) -> None:
    between = head(SHAPES[sender], SHAPES[receiver])
    assert schema.allows(receipt(between))
    assert schema.allows(receipt(between, ERROR))
    assert schema.allows(reply(between))


@pytest.mark.parametrize("patient", PATIENTS)
def test_replies_follow_their_schema_whatever_the_patient(schema: Schema, patient: str) -> None:
    assert schema.allows(reply(head(patient=PATIENTS[patient])))


def outline(element: etree._Element) -> list[str]:
    """The texts and codes below an element, in order."""
    return [one.text or one.get("V") for one in element.iter() if not len(one)]


def test_a_reply_goes_from_whom_it_was_written_to() -> None:
    info = reply(head()).find("{*}MsgInfo")
    assert outline(info.find("{*}Sender")) == [
        "Beste kommune",
        "1234",
        "HER",
        "Vaksinasjonstjenesten",
        "91095",
        "HER",
    ]
    assert outline(info.find("{*}Receiver")) == [
        "Helsenorge",
        "8093239",
        "HER",
        "Digital dialog",
        "8093240",
        "HER",
    ]


def test_a_receipt_goes_from_whom_it_was_written_to_in_their_roles() -> None:
    root = receipt(head())
    sender, receiver = root.find("{*}Sender"), root.find("{*}Receiver")
    assert outline(sender) == [
        "PRIM",
        "Beste kommune",
        "1234",
        "HER",
        "Vaksinasjonstjenesten",
        "91095",
        "HER",
    ]
    assert outline(receiver) == ["AVS", "Helsenorge", "8093239", "HER", "Digital dialog", "8093240", "HER"]


def test_a_professional_is_a_person_in_a_receipt_and_a_professional_in_a_reply() -> None:
    between = head(receiver=SHAPES["a professional"])
    person = receipt(between).find("{*}Sender//{*}HCPerson")
    assert outline(person) == ["Linn Legesen", "91095", "HER", "9141200", "HPR"]
    told = reply(between).find("{*}MsgInfo/{*}Sender//{*}HealthcareProfessional")
    assert outline(told) == ["6", "Legesen", "Linn", "9141200", "HPR", "91095", "HER"]


def test_the_her_id_comes_first_and_a_department_before_the_other_numbers() -> None:
    institution = receipt(head(receiver=SHAPES["more numbers"])).find("{*}Sender/{*}HCP/{*}Inst")
    assert [etree.QName(one).localname for one in institution] == [
        "Name",
        "Id",
        "TypeId",
        "Dept",
        "AdditionalId",
    ]
    assert [institution.findtext("{*}Id"), institution.findtext("{*}AdditionalId/{*}Id")] == ["1234", "999"]


def test_a_receipt_that_accepts_has_no_error_and_one_that_rejects_has_each() -> None:
    accepted, rejected = receipt(head()), receipt(head(), ERROR, Finding("E31", "x", "er feil"))
    assert accepted.find("{*}Status").attrib == {"V": "1", "DN": "OK"}
    assert accepted.find("{*}Error") is None
    assert rejected.find("{*}Status").attrib == {"V": "2", "DN": "Avvist"}
    assert [one.get("V") for one in rejected.iterfind("{*}Error")] == ["T02", "E31"]
    first = rejected.find("{*}Error")
    assert (first.get("S"), first.get("DN")) == (f"{OID}8221", ERROR_WORDS["T02"])
    assert first.get("OT") == "/MsgHead/MsgInfo, linje 3: mangler"


def test_a_receipt_names_the_message_that_it_is_for() -> None:
    between = head()
    original = receipt(between).find("{*}OriginalMsgId")
    assert original.find("{*}MsgType").attrib == {
        "V": between.function,
        "DN": between.function_words,
    }
    assert original.findtext("{*}IssueDate") == between.generated == "2027-03-01T08:00:00.0Z"
    assert original.findtext("{*}Id") == between.msg_id


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (ERROR, "/MsgHead/MsgInfo, linje 3: mangler"),
        (Finding("T02", "x", "mangler", "/MsgHead"), "/MsgHead: mangler"),
        (Finding("T02", "x", "mangler"), "mangler"),
    ],
)
def test_a_finding_is_told_with_as_much_of_its_place_as_is_known(finding: Finding, words: str) -> None:
    assert where_and_what(finding) == words


def test_no_finding_fills_a_receipt_without_end() -> None:
    assert len(where_and_what(Finding("T02", "x", "mangler", "/a" * 5_000))) == 900


@pytest.mark.parametrize("code", ERROR_WORDS)
def test_every_error_code_has_its_words(code: str) -> None:
    assert receipt(head(), Finding(code, "x", "y")).find("{*}Error").get("DN") == ERROR_WORDS[code]
