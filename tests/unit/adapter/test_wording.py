"""What the desk says, as the hub reads it: every kind of reply, each reason, and all by the schema.

The desk is not asked here: these are the words for whatever it may answer.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from adapter.dialects.helsenorge.functions import slot_query
from adapter.dialects.helsenorge.leaving import Forms, Part
from adapter.dialects.helsenorge.texts import title_of
from adapter.errors import InvalidReply
from handlers.desk.model import (
    Appointment,
    Calendar,
    Conditions,
    Practitioner,
    Resource,
    Slot,
    State,
    TimeType,
)
from handlers.desk.office import USUAL
from handlers.desk.policies import (
    Ask,
    CalendarPolicy,
    Choice,
    Question,
    TimeCategory,
    TypePolicy,
    Undoing,
)
from handlers.desk.replies import (
    AppointmentList,
    Booked,
    Cancelled,
    Permission,
    PractitionerList,
    Rebooked,
    ResourceList,
    Shown,
    SlotList,
)
from tests.support import letters
from tests.support.clinic import END, HPR, NOW, OWNER, START
from tests.support.people import LINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.xml.schema import Schema
    from handlers.desk.replies import Reply

    Say = Callable[[Reply, letters.Parts], etree._Element]

HOUR = timedelta(hours=1)
VIDEO = TimeType(
    "video",
    "Videosamtale",
    timedelta(minutes=5),
    TypePolicy(
        category=TimeCategory.VIDEO,
        reason=Ask.REQUIRED,
        longest_reason=500,
        phone=Ask.REQUIRED,
        cancel=Undoing(until=24 * HOUR, message=Ask.REQUIRED),
        change=Undoing(until=timedelta(minutes=90), message=Ask.REFUSED, most=2),
    ),
)
PLAIN = TimeType("time", "Koronatest", timedelta(minutes=5))
LINN = Practitioner(HPR, "Linn", "Legesen")
HALL = Calendar(OWNER, "hall", "Hall 1", text="Drive-in", types=(PLAIN, VIDEO), organisation="Beste kommune")
TAKEN = Appointment(
    "a1", OWNER, "hall", "K1", State.BOOKED, START, END, "Koronatest", "Fjordgata 12", None, LINE,
    type_code="time", calendar=HALL,
)  # fmt: skip
NOTHING_MORE = Shown(TAKEN, cancel=None, change=None)

HBT, HB, HR, HLT = (
    letters.planned_appointments(),
    letters.practitioner_overview(),
    letters.resource_overview(),
    letters.slot_query(),
)
RT, BOOK, ERT, ART = letters.reserve(), letters.book(), letters.change(), letters.cancel()


def tema(root: etree._Element) -> str:
    return root.find(".//{*}TemaKodet").get("V")


def properties(root: etree._Element) -> dict[str, list[str]]:
    """The texts of the only vevent, by property."""
    (event,) = root.iterfind(".//{*}vevent")
    return {
        etree.QName(one).localname: [text for text in one.itertext() if text.strip()]
        for one in event.find("{*}properties")
    }


# --- an appointment


def test_a_booked_time_says_what_it_is_where_and_how_long(say: Say) -> None:
    root = say(Booked(NOTHING_MORE), RT)
    assert tema(root) == "05"
    assert properties(root) == {
        "dtstart": ["2027-03-05T09:10:00"],
        "dtend": ["2027-03-05T09:15:00"],
        "uid": ["a1"],
        "related-to": ["K1"],
        "contact": [OWNER],
        "status": ["CONFIRMED"],
        "summary": ["Time til koronatest hos Hall 1 Beste kommune"],
        "description": ["Drive-in"],
        "location": ["Fjordgata 12"],
        "x-expected-duration": ["PT5M"],
    }


def test_what_its_citizen_may_do_to_it_stands_with_it(say: Say) -> None:
    may = Shown(TAKEN, Permission(START - HOUR, Ask.REQUIRED), Permission(START - 2 * HOUR, Ask.REFUSED))
    told = properties(say(Booked(may), RT))
    assert (told["x-cancel-until"], told["x-cancel-message"]) == (["2027-03-05T08:10:00"], ["required"])
    assert (told["x-change-until"], told["x-change-message"]) == (["2027-03-05T07:10:00"], ["refused"])
    if_they_like = Shown(TAKEN, Permission(START, Ask.OPTIONAL), None)
    told = properties(say(Booked(if_they_like), RT))
    assert told["x-cancel-until"] == told["dtstart"]
    assert not told.keys() & {"x-cancel-message", "x-change-until", "x-change-message"}


def test_a_change_is_07_with_the_appointment_at_its_new_slot(say: Say) -> None:
    moved = replace(NOTHING_MORE, appointment=replace(TAKEN, slot_id="K2"))
    root = say(Rebooked(moved), ERT)
    assert tema(root) == "07"
    told = properties(root)
    assert (told["uid"], told["related-to"], told["status"]) == (["a1"], ["K2"], ["CONFIRMED"])


@pytest.mark.parametrize(("parts", "code"), [(RT, "05"), (BOOK, "05"), (ERT, "07")], ids=["r", "b", "c"])
@pytest.mark.parametrize(("wished", "listed"), [(None, 0), (HPR, 0), ("1", 1)])
def test_who_it_became_is_told_when_it_is_not_whom_the_citizen_named(
    say: Say, parts: letters.Parts, code: str, wished: str | None, listed: int
) -> None:
    with_linn = replace(NOTHING_MORE, appointment=replace(TAKEN, practitioner=LINN))
    request = letters.coded("1") + (letters.wished(hpr=wished) if wished else "")
    reply = (Rebooked if parts is ERT else Booked)(with_linn)
    root = say(reply, parts.but(request=request))
    assert tema(root) == code
    assert root.findtext(".//{*}RollerRelatertNotat//{*}Id") == HPR
    assert len(root.findall(".//{*}HelsepersonelListe")) == listed
    assert properties(root)["attendee"] == ["Legesen Linn", "invalid:nomail"]


def test_a_cancelled_appointment_is_called_what_it_was_called(say: Say) -> None:
    told = properties(say(Cancelled(replace(TAKEN, state=State.CANCELLED)), ART))
    assert (told["status"], told["summary"]) == (["CANCELLED"], [title_of(TAKEN)])
    assert "x-cancel-until" not in told


# --- what a patient has ahead of them


def test_the_appointments_of_a_patient_are_listed_with_all_that_goes_for_each(say: Say) -> None:
    video = replace(TAKEN, id="a2", type_code="video", title="Videosamtale", practitioner=LINN)
    held = replace(TAKEN, id="a3", state=State.HELD, held_until=NOW + HOUR)
    may = Permission(START - HOUR, Ask.REQUIRED)
    root = say(AppointmentList((NOTHING_MORE, Shown(video, may, None), Shown(held, None, None))), HBT)
    assert tema(root) == "01"
    booked, with_linn, hold = root.iterfind(".//{*}vevent/{*}properties")
    assert booked.findtext("{*}status/{*}text") == "CONFIRMED"
    assert booked.find("{*}categories") is booked.find("{*}attendee") is booked.find("{*}x-cancel-until")
    assert with_linn.findtext("{*}categories/{*}text") == "Video"
    assert with_linn.findtext("{*}attendee/{*}parameters/{*}cn/{*}text") == "Legesen Linn"
    assert with_linn.findtext("{*}x-cancel-message/{*}text") == "required"
    assert hold.findtext("{*}status/{*}text") == "TENTATIVE"
    assert hold.findtext("{*}x-expires-at/{*}date-time") == "2027-03-01T09:00:00"


def test_nothing_ahead_is_02_and_no_calendar_at_all(say: Say) -> None:
    root = say(AppointmentList(()), HBT)
    assert tema(root) == "02"
    assert root.find(".//{*}icalendar") is None


# --- practitioners


def test_practitioners_are_listed_with_name_and_number(say: Say) -> None:
    root = say(PractitionerList((LINN, Practitioner("42", "Dahl", "Dag"))), HB)
    assert tema(root) == "20"
    assert root.find(".//{*}MsgInfo/{*}Type").get("V") == letters.FUNCTIONS["HB"]
    listed = root.findall(".//{*}HelsepersonelListe/{*}Helsepersonell/{*}Helsepersonell")
    assert [one.findtext("{*}FamilyName") for one in listed] == ["Linn", "Dahl"]
    assert [one.findtext("{*}Ident/{*}Id") for one in listed] == [HPR, "42"]
    assert listed[0].find("{*}Ident/{*}TypeId").get("V") == "HPR"


def test_no_practitioner_is_21_and_no_list_at_all(say: Say) -> None:
    root = say(PractitionerList(()), HB)
    assert tema(root) == "21"
    assert root.find(".//{*}HelsepersonelListe") is None


# --- the list of free times


def slot(**changes: object) -> Slot:
    return replace(Slot("K1", HALL, PLAIN, START, END), **changes)


def test_a_slot_says_what_kind_of_time_it_is_and_whom_it_is_with(say: Say) -> None:
    told = properties(say(SlotList((slot(type=VIDEO, calendar=replace(HALL, practitioner=LINN)),)), HLT))
    assert told["categories"] == ["Video"]
    assert told["attendee"][0] == "Legesen Linn"
    plain = properties(say(SlotList((slot(),)), HLT))
    assert not plain.keys() & {"categories", "attendee", "x-available-at", "x-expected-duration"}


@pytest.mark.parametrize("kind", [PLAIN, VIDEO, replace(VIDEO, policy=TypePolicy(TimeCategory.URGENT))])
@pytest.mark.parametrize("available", [None, NOW + HOUR])
@pytest.mark.parametrize("must_call", [True, False])
def test_a_slot_is_marked_with_legal_combinations_only(
    say: Say, kind: TimeType, available: object, must_call: bool
) -> None:
    told = properties(say(SlotList((slot(type=kind, available_at=available, must_call=must_call),)), HLT))
    categories = [kind.policy.category] if kind.policy.category else []
    assert told.get("categories", []) == categories + ["MustCall"] * must_call
    assert ("x-available-at" in told) is (available is not None and not must_call)


def test_the_form_of_a_list_of_slots_is_that_of_all_its_kinds() -> None:
    marks: list[dict[str, Any]] = [{}, {"available_at": NOW + HOUR}, {"must_call": True}]
    kinds = [slot(type=kind, **mark) for kind in (PLAIN, VIDEO) for mark in marks]
    many = tuple(one for one in kinds for _ in range(3))
    written = slot_query._write_slots(slot_query._Same(many), OWNER, USUAL.zone)
    assert written.form == Part(str(written)).form
    fewer = slot_query._write_slots(slot_query._Same(many[:-3]), OWNER, USUAL.zone)
    assert written.form != fewer.form


# --- the overview


def resource(*types: TimeType, **policy: object) -> Resource:
    calendar = replace(
        HALL, category="Lab", conditions=Conditions("3", "Vis"), policy=CalendarPolicy(**policy)
    )
    return Resource(calendar, START, END, types)


def listed(say: Say, *types: TimeType, **policy: object) -> etree._Element:
    return say(ResourceList((resource(*types, **policy),)), HR).find(".//{*}Ressurs")


def test_the_overview_lists_only_the_types_that_this_patient_can_book(say: Say) -> None:
    codes = [one.text for one in listed(say, VIDEO).iterfind("{*}Timetype/{*}Kode")]
    assert codes == ["video"]


def test_a_type_says_what_must_come_with_a_booking(say: Say) -> None:
    kind = listed(say, VIDEO).find("{*}Timetype")
    assert kind.findtext("{*}Kategori") == "Video"
    assert kind.findtext("{*}BegrunnelseKreves") == "true"
    assert dict(kind.find("{*}Begrunnelse").attrib) == {"Krav": "Kreves", "MaksLengde": "500"}
    assert dict(kind.find("{*}Telefon").attrib) == {"Krav": "Kreves"}
    assert dict(kind.find("{*}KanAvbestilles").attrib) == {"FristTimer": "24", "Melding": "Kreves"}
    changes = {"FristTimer": "2", "Melding": "Nei", "Antall": "2"}
    assert dict(kind.find("{*}KanEndres").attrib) == changes


def test_a_type_that_asks_nothing_says_nothing(say: Say) -> None:
    kind = listed(say, PLAIN).find("{*}Timetype")
    assert kind.findtext("{*}BegrunnelseKreves") == "false"
    assert [etree.QName(one).localname for one in kind][4:] == ["KanAvbestilles", "KanEndres"]
    assert dict(kind.find("{*}KanEndres").attrib) == {"FristTimer": "0"}
    no_reason = replace(PLAIN, policy=TypePolicy(reason=Ask.REFUSED, cancel=Undoing(allowed=False)))
    kind = listed(say, no_reason).find("{*}Timetype")
    assert kind.find("{*}Begrunnelse").get("Krav") == "Nei"
    assert kind.find("{*}KanAvbestilles") is None


def test_a_calendar_says_of_undoing_what_goes_for_all_of_its_types(say: Say) -> None:
    both = listed(say, PLAIN, VIDEO)
    assert dict(both.find("{*}KanAvbestilles").attrib) == {"FristTimer": "24"}
    assert dict(both.find("{*}KanEndres").attrib) == {"FristTimer": "2"}
    fast = replace(PLAIN, policy=TypePolicy(cancel=Undoing(allowed=False)))
    one_cannot = listed(say, fast, VIDEO)
    assert one_cannot.find("{*}KanAvbestilles") is None
    assert one_cannot.find("{*}KanEndres") is not None
    assert listed(say).find("{*}KanAvbestilles") is None


@pytest.mark.parametrize(("must", "told"), [(True, "true"), (False, "false")])
def test_conditions_say_whether_they_must_be_accepted(say: Say, must: bool, told: str) -> None:
    conditions = listed(say, PLAIN, accept_conditions=must).find("{*}Forutsetninger")
    assert [one.text for one in conditions] == ["Vis", "3", told]


def test_questions_are_listed_with_their_choices(say: Say) -> None:
    choices = (Choice("ja", "Ja, takk", ("time",)), Choice("nei", "Nei & nei", ("video",)))
    question = listed(say, PLAIN, questions=(Question("q1", "Vil du?", choices),)).find("{*}Sporsmal")
    assert (question.findtext("{*}Id"), question.findtext("{*}Tekst")) == ("q1", "Vil du?")
    told = [[part.text for part in choice] for choice in question.iterfind("{*}Valg")]
    assert told == [["ja", "Ja, takk"], ["nei", "Nei & nei"]]


def test_a_part_in_another_place_makes_another_form(schema: Schema) -> None:
    message = letters.slot_query("2026-03-02", "2026-03-02").body.decode().partition("?>")[2]
    begun, info, document, ended = re.split("(?=<MsgInfo>)|(?=<Document>)|(?=</MsgHead>)", message)
    forms, part = Forms(schema, check=True), Part(document)
    forms.checked(begun, info, part, ended)
    with pytest.raises(InvalidReply):
        forms.checked(begun, part, info, ended)
