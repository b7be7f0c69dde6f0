"""A request is read in the desk's vocabulary; what breaks a rule is named, with its code and place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from adapter.dialects.helsenorge.dialect import OpenedLetter
from adapter.dialects.port import Receipt
from adapter.errors import ContentFault, Finding, NotWellFormed, Unsupported
from handlers.desk.model import Relation
from handlers.desk.requests import (
    Book,
    Cancel,
    PlannedAppointments,
    PractitionerOverview,
    Rebook,
    Reserve,
    ResourceOverview,
    SlotQuery,
)
from tests.support import letters
from tests.support.clinic import END, HPR, OWNER, SLOTS, START
from tests.support.envelopes import HUB
from tests.support.letters import PARENT, RELATION, Parts
from tests.support.people import KARI, LINE, OLA, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.dialects.helsenorge.dialect import Helsenorge
    from handlers.desk.requests import Request

    Understand = Callable[[Parts | bytes], Request | None]

    Faults = Callable[[Parts | bytes], tuple[Finding, ...]]


@pytest.fixture
def understand(dialect: Helsenorge) -> Understand:
    def understand(message: Parts | bytes) -> Request | None:
        opened = dialect.open(message if isinstance(message, bytes) else message.body)
        assert isinstance(opened, OpenedLetter)
        return dialect.understand(opened)

    return understand


@pytest.fixture
def faults(understand: Understand) -> Callable[[Parts | bytes], tuple[Finding, ...]]:
    """What is found wrong with a message."""

    def faults(message: Parts | bytes) -> tuple[Finding, ...]:
        with pytest.raises(ContentFault) as fault:
            understand(message)
        return fault.value.findings

    return faults


# --- the requests


def test_a_resource_overview_is_read(understand: Understand) -> None:
    assert understand(letters.resource_overview()) == ResourceOverview(owner=OWNER, patient=LINE)


def test_a_slot_query_asks_from_the_first_day_to_the_end_of_the_last(understand: Understand) -> None:
    assert understand(letters.slot_query("2027-03-27", "2027-03-28")) == SlotQuery(
        owner=OWNER,
        patient=LINE,
        start=datetime(2027, 3, 26, 23, tzinfo=UTC),
        end=datetime(2027, 3, 28, 22, tzinfo=UTC),
    )


def test_a_slot_query_names_one_calendar_and_one_practitioner(understand: Understand) -> None:
    request = understand(letters.slot_query(role=letters.wished("korona", HPR)))
    assert (request.calendar_id, request.hpr) == ("korona", HPR)
    twice = letters.wished("korona") + letters.wished(hpr=HPR)
    request = understand(letters.slot_query(role=twice))
    assert (request.calendar_id, request.hpr) == ("korona", HPR)


def test_a_reservation_is_read(understand: Understand) -> None:
    assert understand(letters.reserve("K1", role=letters.wished("korona"))) == Reserve(
        owner=OWNER,
        patient=LINE,
        slot_id="K1",
        start=START,
        end=END,
        reason="Hoste & snue",
        calendar_id="korona",
    )


@pytest.mark.parametrize(("answer", "accepts"), [("1", True), ("2", False)])
def test_a_reservation_says_whether_it_may_be_another_practitioner(
    understand: Understand, answer: str, accepts: bool
) -> None:
    parts = letters.reserve().but(request=letters.coded(answer))
    assert understand(parts).accepts_another_practitioner is accepts


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('<div xmlns="http://www.w3.org/1999/xhtml">Hoste<br/>og <b>sn</b>ue</div>', "Hoste og snue"),
        (
            '<ul xmlns="http://www.w3.org/1999/xhtml"><li>Hoste</li><li>og <i>snue</i></li></ul>',
            "Hoste og snue",
        ),
        ("Hoste\n\n   og\tsnue", "Hoste og snue"),
        ("  ", None),
        ("", None),
    ],
)
def test_the_reason_is_read_as_text_also_where_it_came_as_xhtml(
    understand: Understand, written: str, read: str | None
) -> None:
    parts = letters.reserve().but(request=f"<Sporsmal>{written}</Sporsmal>{letters.coded('2')}")
    assert understand(parts).reason == read


def test_a_booking_names_the_reservation_that_it_confirms(understand: Understand) -> None:
    request = understand(letters.book("L1", related_to="reservation-1"))
    assert isinstance(request, Book)
    assert (request.slot_id, request.reservation_id) == ("L1", "reservation-1")
    assert understand(letters.book("L1")).reservation_id is None


@pytest.mark.parametrize(
    "function", [letters.FUNCTIONS["ART"], letters.CANCELLATION, letters.AS_SPELT_IN_SAMPLES]
)
def test_a_cancellation_is_read_in_each_of_its_functions(understand: Understand, function: str) -> None:
    parts = letters.cancel("K1", uid="appointment-1", related_to="K1").but(function=function)
    assert understand(parts) == Cancel(
        owner=OWNER, patient=LINE, references=("K1", "appointment-1"), reason="Frisk igjen"
    )


@pytest.mark.parametrize("tag", ["uri", "text", "uid"])
def test_what_an_appointment_relates_to_is_read_from_either_element(understand: Understand, tag: str) -> None:
    parts = letters.cancel("K1", related_to="appointment-1")
    event = parts.event.replace("<uri>", f"<{tag}>").replace("</uri>", f"</{tag}>")
    assert understand(parts.but(event=event)).references == ("appointment-1", "K1")


def test_a_change_names_the_new_time_and_the_appointment(understand: Understand) -> None:
    (_calendar, start, end) = SLOTS["K2"]
    assert understand(letters.change("K2", related_to="appointment-1")) == Rebook(
        owner=OWNER,
        patient=LINE,
        slot_id="K2",
        start=start,
        end=end,
        reason="Passer bedre",
        references=("appointment-1",),
    )


def test_what_says_only_for_whom_is_read(understand: Understand) -> None:
    planned = understand(letters.planned_appointments())
    assert planned == PlannedAppointments(owner=OWNER, patient=LINE)
    practitioners = understand(letters.practitioner_overview())
    assert practitioners == PractitionerOverview(owner=OWNER, patient=LINE)


# --- what comes with a request (Bestilling)

FULL = letters.form(
    letters.accepted("3"),
    "<Henvisning> ref-1 </Henvisning>",
    letters.answered("alder", "voksen"),
    letters.answered("gravid", "nei"),
    "<Telefon>+4799999905</Telefon>",
)


@pytest.mark.parametrize("parts", [letters.reserve(), letters.book(), letters.change()], ids=["r", "b", "c"])
def test_a_wish_carries_what_the_clinic_asks_for(understand: Understand, parts: Parts) -> None:
    request = understand(parts.but(form=FULL))
    assert (request.accepted_conditions, request.referral_id) == ("3", "ref-1")
    assert request.answers == (("alder", "voksen"), ("gravid", "nei"))
    assert request.patient == replace(LINE, phone="+4799999905")


@pytest.mark.parametrize(("said", "version"), [("true", "3"), ("1", "3"), ("false", None), ("0", None)])
def test_conditions_that_are_not_accepted_are_none(
    understand: Understand, said: str, version: str | None
) -> None:
    parts = letters.reserve().but(form=letters.form(letters.accepted("3", said)))
    assert understand(parts).accepted_conditions == version


def test_an_empty_answer_is_none(understand: Understand) -> None:
    parts = letters.reserve().but(form=letters.form(letters.answered("alder", " ")))
    assert understand(parts).answers == ()


def test_a_phone_number_may_be_written_as_an_address(understand: Understand) -> None:
    parts = letters.reserve().but(form=letters.form("<Telefon>tel:+4799999905</Telefon>"))
    assert understand(parts).patient.phone == "+4799999905"


def test_without_a_phone_number_in_it_that_of_the_head_stays(understand: Understand) -> None:
    assert understand(letters.reserve().but(form=letters.form())).patient == LINE


def test_a_question_carries_answers_and_an_overview_the_appointment_to_move(understand: Understand) -> None:
    form = letters.form(letters.answered("alder", "voksen"), "<Avtale>appointment-1</Avtale>")
    assert understand(letters.slot_query().but(form=form)).answers == (("alder", "voksen"),)
    overview = understand(letters.resource_overview().but(form=form))
    assert (overview.answers, overview.appointment_id) == ((("alder", "voksen"),), "appointment-1")


def test_nothing_that_came_with_a_request_is_in_its_repr(understand: Understand) -> None:
    told = repr(understand(letters.reserve().but(form=FULL)))
    assert "voksen" not in told
    assert "99999905" not in told


def test_blanks_around_an_identifier_mean_nothing(understand: Understand) -> None:
    parts = letters.reserve().but(
        event=letters.event_of("K1").replace(f"<text>{OWNER}<", f"<text> {OWNER} <")
    )
    assert understand(parts).slot_id == "K1"


# --- people


def test_a_d_number_is_a_number_too(understand: Understand) -> None:
    number = synthetic(24, 12, 1985, 100, d_number=True)
    parts = letters.reserve()
    changed = parts.patient.replace(LINE.national_id, number).replace('V="FNR"', 'V="DNR"')
    assert understand(parts.but(patient=changed)).patient.national_id == number


@pytest.mark.parametrize("code", list(Relation))
@pytest.mark.parametrize("name", letters.EVERY_REQUEST)
def test_whoever_acts_for_the_patient_is_read_in_every_request(
    understand: Understand, name: str, code: Relation
) -> None:
    person = PARENT.format(id=KARI.national_id)
    parts = letters.EVERY_REQUEST[name].but(
        patient=letters.patient_element(OLA), relation=RELATION.format(person=person, code=code)
    )
    request = understand(parts)
    assert request.patient == OLA
    acting = request.representative
    assert (acting.relation, acting.national_id, acting.phone) == (code, KARI.national_id, "+4799999902")


def test_a_relation_may_stand_without_a_person(understand: Understand) -> None:
    parts = letters.reserve().but(relation=RELATION.format(person="", code="VE"))
    assert understand(parts).representative.relation is Relation.GUARDIAN


# --- what breaks a rule

PATIENT = letters.patient_element()
IDENT = PATIENT[PATIENT.index("<Ident>") : PATIENT.index("</Ident>") + len("</Ident>")]
WISH = letters.reserve()
QUERY = letters.slot_query()
EVENT = WISH.event
MESSAGE = "/MsgHead"
PERSON = f"{MESSAGE}/MsgInfo/Patient"
DIALOG = f"{MESSAGE}/Document[1]/RefDoc/Content/Dialogmelding"
ALONE = f"{MESSAGE}/Document/RefDoc/Content/Dialogmelding"
TIMES = f"{MESSAGE}/Document[2]/RefDoc/Content/icalendar"
PROPERTIES = f"{TIMES}/vcalendar/components/vevent/properties"


def patient(before: str, after: str) -> Parts:
    assert before in PATIENT
    return WISH.but(patient=PATIENT.replace(before, after))


def wish_event(before: str, after: str) -> Parts:
    assert before in EVENT
    return WISH.but(event=EVENT.replace(before, after))


WRONG = {
    "no uuid": (WISH.but(msg_id="17"), "E10", f"{MESSAGE}/MsgInfo/MsgId", "MsgId is not a UUID"),
    "no patient": (WISH.but(patient=""), "E30", f"{MESSAGE}/MsgInfo", "Patient is missing"),
    "no number": (patient(IDENT, ""), "E30", PERSON, "Ident is missing"),
    "two numbers": (patient(IDENT, IDENT * 2), "E31", f"{PERSON}/Ident[2]", "exactly one Ident"),
    "other number": (patient('V="FNR"', 'V="HPR"'), "E31", f"{PERSON}/Ident", "exactly one Ident"),
    "bad number": (
        patient(LINE.national_id, LINE.national_id[:-1] + str((int(LINE.national_id[-1]) + 1) % 10)),
        "E31",
        f"{PERSON}/Ident/Id",
        "not a valid national identity number",
    ),
    "no names": (
        patient("<FamilyName>Danseskår</FamilyName><GivenName>Line</GivenName>", ""),
        "E32",
        PERSON,
        "FamilyName and GivenName",
    ),
    "no family name": (patient("Danseskår", " "), "E33", PERSON, "FamilyName is missing"),
    "no given name": (patient("<GivenName>Line</GivenName>", ""), "E34", PERSON, "GivenName is missing"),
    "strange relation": (
        WISH.but(relation=RELATION.format(person="", code="AN")),
        "T02",
        f"{MESSAGE}/Document[3]/RefDoc/Content/Pasientrelasjon/Relasjon",
        "is not a relation of code list 7611",
    ),
    "no relation": (
        WISH.but(relation=RELATION.format(person="", code="")),
        "T02",
        f"{MESSAGE}/Document[3]/RefDoc/Content/Pasientrelasjon",
        "Relasjon is missing",
    ),
    "no answer": (WISH.but(request=""), "T02", f"{DIALOG}/Foresporsel", "KodetOpplysning is missing"),
    "strange answer": (
        WISH.but(request=letters.coded("3")),
        "T02",
        f"{DIALOG}/Foresporsel/KodetOpplysning",
        "neither 1 (yes) nor 2 (no)",
    ),
    "no calendar": (WISH.but(event=""), "T02", MESSAGE, "iCalendar vevent is missing"),
    "two events": (
        WISH.but(event=EVENT * 2),
        "T02",
        f"{TIMES}/vcalendar/components/vevent[2]",
        "one vevent only",
    ),
    "no slot id": (
        wish_event("<uid><text>K1</text></uid>", ""),
        "T02",
        PROPERTIES,
        "uid is missing",
    ),
    "no owner": (
        wish_event(f"<contact><text>{OWNER}</text></contact>", ""),
        "T02",
        PROPERTIES,
        "contact is missing",
    ),
    "no start": (
        wish_event("<dtstart><date-time>2027-03-05T09:10:00</date-time></dtstart>", ""),
        "T02",
        PROPERTIES,
        "dtstart is missing",
    ),
    "a time that the clock skips": (
        wish_event("2027-03-05T09:10:00", "2027-03-28T02:30:00"),
        "T02",
        f"{PROPERTIES}/dtstart",
        "is not a time that exists",
    ),
    "no first day": (
        QUERY.but(request="<TilDato>2027-03-28</TilDato>"),
        "T02",
        f"{ALONE}/Foresporsel",
        "FraDato is missing",
    ),
    "no last day": (
        QUERY.but(request="<FraDato>2027-03-01</FraDato>"),
        "T02",
        f"{ALONE}/Foresporsel",
        "TilDato is missing",
    ),
    "backwards": (
        letters.slot_query("2027-03-02", "2027-03-01"),
        "T02",
        f"{ALONE}/Foresporsel/TilDato",
        "is before FraDato",
    ),
    "too long": (
        letters.slot_query("2027-03-01", "2027-03-30"),
        "T02",
        f"{ALONE}/Foresporsel/TilDato",
        "more than four weeks",
    ),
    "other question": (
        Parts("HB", function=letters.FUNCTIONS["RT"]),
        "T02",
        f"{ALONE}/Foresporsel/TypeForesp",
        "is not a request of this message function; ART, ERT, HBT, HLT, RT is expected",
    ),
    "booking asked to cancel": (
        letters.cancel().but(function=letters.BOOKING),
        "T02",
        f"{DIALOG}/Foresporsel/TypeForesp",
        "RT is expected",
    ),
    "change of nothing": (letters.change(related_to=None), "T02", TIMES, "related-to is missing"),
    "two forms": (
        WISH.but(form=letters.form() * 2),
        "T02",
        f"{MESSAGE}/Document[3]/RefDoc/Content/Bestilling[2]",
        "one Bestilling only",
    ),
    "a question answered twice": (
        WISH.but(form=letters.form(letters.answered("a", "b"), letters.answered("a", "c"))),
        "T02",
        f"{MESSAGE}/Document[3]/RefDoc/Content/Bestilling/Svar[2]/Sporsmal",
        "is answered already",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_breaks_a_rule_is_named_with_its_code_and_place(faults: Faults, what: str) -> None:
    parts, code, path, words = WRONG[what]
    (finding,) = faults(parts)
    assert (finding.code, finding.path) == (code, path)
    assert words in finding.english
    assert finding.norwegian
    assert finding.line > 0
    assert finding.column > 0


def test_four_weeks_are_not_too_long(understand: Understand) -> None:
    assert understand(letters.slot_query("2027-03-01", "2027-03-29"))
    assert understand(letters.slot_query("2027-03-01", "2027-03-01"))


def test_everything_that_breaks_a_rule_is_named_at_once(faults: Faults) -> None:
    parts = WISH.but(msg_id="17", patient="", request="", event="")
    assert [finding.code for finding in faults(parts)] == ["E10", "T02", "E30", "T02"]


def test_what_breaks_the_schema_is_told_before_any_rule(faults: Faults) -> None:
    findings = faults(WISH.but(msg_id="17", generated="i går"))
    assert [(finding.code, finding.path) for finding in findings] == [("T02", f"{MESSAGE}/MsgInfo/GenDate")]


def test_a_reply_or_a_notice_asks_for_nothing(faults: Faults) -> None:
    told = letters.document(
        '<Dialogmelding xmlns="http://www.kith.no/xmlstds/dialog/2013-01-23">'
        f'<Notat><TemaKodet V="05" S="{letters.OID}7602"/></Notat></Dialogmelding>'
    )
    text = WISH.text
    first = text[text.index("  <Document>") : text.index("</Document>") + len("</Document>")]
    (finding,) = faults(text.replace(first, told).encode())
    assert finding.path == DIALOG
    assert "is no request" in finding.english


def test_the_dialogmelding_must_be_the_first_document(faults: Faults) -> None:
    text = WISH.text
    start, middle = text.index("  <Document>"), text.rindex("  <Document>")
    end = text.index("\n</MsgHead>")
    swapped = text[:start] + text[middle:end] + "\n" + text[start:middle] + text[end:]
    findings = faults(swapped.encode())
    assert "the first Document must hold a Dialogmelding" in [finding.english for finding in findings]


# --- what is not answered here


@pytest.mark.parametrize("function", ["DIALOG_INNBYGGER_AVTALEUTSENDING", "DIALOG_INNBYGGER_TEST", "x"])
def test_a_process_that_we_have_no_part_in_is_unsupported(understand: Understand, function: str) -> None:
    with pytest.raises(Unsupported):
        understand(WISH.but(function=function))


# --- the head


def test_the_head_says_what_the_message_is_and_between_whom(dialect: Helsenorge) -> None:
    opened = dialect.open(WISH.but(msg_id="m", conversation=letters.THREAD).body)
    assert (opened.sender, opened.receiver) == (HUB, OWNER)
    about = opened.about
    assert (about.function, about.code, about.msg_id, about.conversation) == (
        letters.FUNCTIONS["RT"],
        "RT",
        "m",
        "c",
    )


HEADLESS = {
    "no type": WISH.but(function=" "),
    "no sender": WISH.but(sender=""),
    "no receiver": WISH.but(receiver=""),
    "no her-id": WISH.but(sender=letters.organisation("1", "x", ident="ENH")),
    "no her-id within": WISH.but(
        receiver=letters.organisation("1", "x", letters.organisation("2", "y", ident="ENH"))
    ),
    "no msg-id": WISH.but(msg_id=" "),
}


@pytest.mark.parametrize("what", HEADLESS)
def test_a_head_that_does_not_say_so_is_no_head(dialect: Helsenorge, what: str) -> None:
    with pytest.raises(NotWellFormed):
        dialect.open(HEADLESS[what].body)


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        b'<MsgHead xmlns="urn:x"/>',
        b'<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"/>',
        b"no",
    ],
)
def test_what_is_no_message_at_all_has_no_head(dialect: Helsenorge, body: bytes) -> None:
    with pytest.raises(NotWellFormed):
        dialect.open(body)


def test_a_letter_torn_after_its_head_is_opened_and_is_t01(dialect: Helsenorge) -> None:
    body = WISH.body
    opened = dialect.open(body[: body.index(b"</MsgInfo>") + 40])
    assert (opened.sender, opened.receiver) == (HUB, OWNER)
    with pytest.raises(ContentFault) as fault:
        dialect.understand(opened)
    assert [finding.code for finding in fault.value.findings] == ["T01"]


def test_a_letter_torn_within_its_head_is_not_opened(dialect: Helsenorge) -> None:
    body = WISH.body
    with pytest.raises(NotWellFormed):
        dialect.open(body[: body.index(b"</MsgInfo>")])


def test_a_receipt_is_opened_as_one(dialect: Helsenorge) -> None:
    error = f'<Error V="T02" S="{letters.OID}8221"/><Error V="E31"/>'
    receipt = dialect.open(letters.apprec("letter-1", "2", error))
    assert isinstance(receipt, Receipt)
    assert (receipt.original_msg_id, receipt.status, receipt.errors) == ("letter-1", "2", ("T02", "E31"))


def test_a_receipt_that_breaks_its_schema_is_not_opened(dialect: Helsenorge) -> None:
    with pytest.raises(NotWellFormed):
        dialect.open(letters.apprec("letter-1").replace(b"<Status", b"<Tull"))
