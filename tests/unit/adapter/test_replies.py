"""What the hub reads in a reply: the code, the times, the words for the citizen, all by the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree

from adapter.outcome import Answered, Kind
from tests.support import letters
from tests.support.clinic import HPR, OWNER, SLOTS
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.outcome import Outcome
    from adapter.xml.schema import Schema

    Send = Callable[..., Outcome]
    Reply = Callable[..., etree._Element]

EVERY = {"xcal": "urn:ietf:params:xml:ns:icalendar-2.0", "r": "urn:timebok:ressursoversikt:1"}


@pytest.fixture
def reply(send: Send, schema: Schema) -> Reply:
    """The reply to a message of these parts; everything that was sent follows its schema."""

    def reply(parts: letters.Parts) -> etree._Element:
        outcome = send(parts)
        assert isinstance(outcome, Answered)
        roots = {one.kind: etree.fromstring(one.outbound.body) for one in outcome.dispatches}
        assert all(schema.allows(root) for root in roots.values())
        return roots[Kind.REPLY]

    return reply


def tema(root: etree._Element) -> str:
    return root.find(".//{*}TemaKodet").get("V")


def said(root: etree._Element) -> str | None:
    return root.findtext(".//{*}TekstNotatInnhold")


def events(root: etree._Element) -> list[dict[str, str]]:
    """Each vevent's properties as text."""
    return [
        {etree.QName(one).localname: one[0].text for one in event.find("{*}properties")}
        for event in root.iterfind(".//xcal:vevent", EVERY)
    ]


# --- what can be had


def test_the_overview_lists_each_resource_with_all_that_a_citizen_needs(reply: Reply) -> None:
    root = reply(letters.resource_overview())
    assert tema(root) == "40"
    korona, lab = root.iterfind(".//r:Ressurs", EVERY)
    told = {etree.QName(one).localname: one.text for one in korona}
    assert (told["Id"], told["Navn"], told["Kontakt"]) == ("korona", "Timebok korona", OWNER)
    assert (told["Beskrivelse"], told["Sted"]) == ("Drive-in ved Hall 1", "Hall 1")
    assert (told["LedigFra"], told["LedigTil"]) == ("2027-03-05T09:10:00", "2027-03-06T09:10:00")
    assert korona.findtext("r:Forutsetninger/r:Tekst", None, EVERY) == "Du må ikke ha feber."
    assert korona.findtext("r:Timetype/r:Varighet", None, EVERY) == "PT5M"
    assert korona.find("r:Kategori", EVERY).get("V") == "Koronatest"
    assert lab.find("r:Sted", EVERY) is None


def test_the_slot_list_has_an_event_for_each_free_slot(reply: Reply) -> None:
    root = reply(letters.slot_query())
    assert tema(root) == "03"
    listed = events(root)
    assert [event["uid"] for event in listed] == ["K1", "L1", "K2", "L2", "D1", "K3"]
    assert listed[0] == {
        "dtstart": "2027-03-05T09:10:00",
        "dtend": "2027-03-05T09:15:00",
        "uid": "K1",
        "contact": OWNER,
        "status": "TENTATIVE",
        "summary": "Time & avtale",
        "description": "Drive-in ved Hall 1",
        "location": "Hall 1",
    }


def test_the_last_day_asked_for_is_in_the_list_and_the_day_after_is_not(reply: Reply) -> None:
    assert len(events(reply(letters.slot_query("2027-03-05", "2027-03-05")))) == 5
    assert tema(reply(letters.slot_query("2027-03-02", "2027-03-04"))) == "04"


def test_no_free_slot_is_04_and_no_calendar_at_all(reply: Reply) -> None:
    root = reply(letters.slot_query("2027-04-01", "2027-04-02"))
    assert tema(root) == "04"
    assert root.find(".//{*}icalendar") is None


# --- taking and giving back


def test_a_booking_is_05_confirmed_with_the_appointment_and_the_slot(reply: Reply) -> None:
    root = reply(letters.reserve("K1"))
    (event,) = events(root)
    assert tema(root) == "05"
    assert (event["status"], event["related-to"], event["contact"]) == ("CONFIRMED", "K1", OWNER)
    assert event["uid"] not in SLOTS
    assert (event["dtstart"], event["dtend"]) == ("2027-03-05T09:10:00", "2027-03-05T09:15:00")
    assert event["summary"] == "Time til time & avtale hos Timebok korona Beste kommune"
    assert "x-expires-at" not in event


def test_a_hold_is_05_tentative_and_says_when_it_lapses(reply: Reply) -> None:
    (held,) = events(reply(letters.reserve("L1")))
    assert (held["status"], held["x-expires-at"]) == ("TENTATIVE", "2027-03-01T08:10:00")
    (booked,) = events(reply(letters.book("L1", related_to=held["uid"])))
    assert (booked["status"], booked["uid"], booked["related-to"]) == ("CONFIRMED", held["uid"], "L1")
    assert "x-expires-at" not in booked


def test_whom_an_appointment_is_with_is_told(reply: Reply) -> None:
    root = reply(letters.reserve("D1"))
    person = root.find(".//{*}RollerRelatertNotat/{*}HealthcareProfessional")
    assert person.findtext("{*}FamilyName") == "Linn"
    assert person.findtext("{*}Ident/{*}Id") == HPR
    assert reply(letters.reserve("K1")).find(".//{*}RollerRelatertNotat") is None


def test_a_cancellation_is_08_with_the_appointment(reply: Reply) -> None:
    (booked,) = events(reply(letters.reserve("K1")))
    root = reply(letters.cancel("K1", uid="K1", related_to=booked["uid"]))
    assert tema(root) == "08"
    assert booked.pop("x-cancel-until") == booked.pop("x-change-until") == booked["dtstart"]
    assert events(root) == [booked | {"status": "CANCELLED"}]


@pytest.mark.parametrize("function", [letters.CANCELLATION, letters.AS_SPELT_IN_SAMPLES])
def test_a_reply_has_the_function_of_its_request(reply: Reply, function: str) -> None:
    root = reply(letters.cancel().but(function=function))
    assert root.find(".//{*}MsgInfo/{*}Type").get("V") == function


# --- what cannot be had

LATE = letters.event("K0", "2027-03-01T07:50:00", "2027-03-01T07:55:00")
MOVED = letters.event("K1", "2027-03-05T09:15:00", "2027-03-05T09:20:00")
NONE = letters.event("none", "2027-03-05T09:15:00", "2027-03-05T09:20:00")
NOT_LINN = letters.wished(hpr="1")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (letters.reserve().but(event=NONE), "finnes ikke"),
        (letters.reserve().but(event=MOVED), "flyttet"),
        (letters.reserve().but(event=LATE), "allerede begynt"),
        (letters.reserve("D1", role=NOT_LINN), "en annen behandler"),
        (letters.reserve("K2"), "ikke ledig lenger"),
    ],
    ids=["unknown", "moved", "passed", "practitioner", "taken"],
)
@pytest.mark.parametrize("function", ["", letters.BOOKING])
def test_a_wish_that_is_not_granted_is_06_says_why_and_repeats_the_time(
    reply: Reply, parts: letters.Parts, words: str, function: str
) -> None:
    reply(letters.reserve("K2").but(patient=letters.patient_element(KARI)))
    root = reply(parts.but(function=function))
    (asked,) = events(parse_event(parts.event))
    (answered,) = events(root)
    assert tema(root) == "06"
    assert words in said(root)
    assert [answered[name] for name in ("uid", "dtstart", "dtend")] == [
        asked[name] for name in ("uid", "dtstart", "dtend")
    ]


def parse_event(event: str) -> etree._Element:
    return etree.fromstring(letters.calendar(event))


@pytest.mark.parametrize(
    ("prepare", "words"),
    [((), "ingen slik time"), ((letters.reserve(), letters.cancel()), "allerede avbestilt")],
)
def test_a_cancellation_that_is_not_granted_is_09_and_says_why(
    reply: Reply, prepare: tuple[letters.Parts, ...], words: str
) -> None:
    for parts in prepare:
        reply(parts)
    root = reply(letters.cancel())
    assert tema(root) == "09"
    assert words in said(root)
    assert events(root)[0]["uid"] == "K1"


def test_a_question_with_faults_is_26_and_says_where_they_are(reply: Reply) -> None:
    root = reply(letters.slot_query("2027-03-02", "2027-03-01").but(patient=""))
    assert tema(root) == "26"
    remark = root.findtext(".//{*}Merknad")
    assert "/TilDato, linje" in remark
    assert "er før FraDato" in remark
    assert "Patient mangler" in remark


# --- the head


def test_a_reply_refers_to_its_request_and_to_the_whole_thread(reply: Reply) -> None:
    first = letters.slot_query().but(msg_id="0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001")
    for parts, conversation in (
        (first, first.msg_id),
        (first.but(msg_id=first.msg_id[:-1] + "2", conversation=letters.THREAD), "c"),
    ):
        reference = reply(parts).find(".//{*}ConversationRef")
        assert [one.text for one in reference] == [parts.msg_id, conversation]


def test_a_reply_repeats_the_patient(reply: Reply) -> None:
    for patient in (LINE, KARI):
        root = reply(letters.slot_query().but(patient=letters.patient_element(patient)))
        told = root.find(".//{*}Patient")
        assert told.findtext("{*}FamilyName") == patient.family_name
        assert told.findtext("{*}Ident/{*}Id") == patient.national_id


@pytest.mark.parametrize(("parts", "wants"), [(letters.slot_query(), "N"), (letters.reserve(), "J")])
def test_a_receipt_is_asked_for_unless_the_sender_waits(
    reply: Reply, parts: letters.Parts, wants: str
) -> None:
    assert reply(parts).find(".//{*}Ack").get("V") == wants
