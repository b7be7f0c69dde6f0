"""What the portal reads of what staff have done: by our schemas, and nothing that it must not know.

(helsenorge.md, C5)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from lxml import etree

from adapter.dialects.helsenorge.leaving import Forms
from adapter.dialects.helsenorge.notices import HelsenorgeNotices, Portal
from adapter.dialects.port import Change
from adapter.errors import InvalidReply
from adapter.outcome import Kind
from handlers.desk.model import Appointment, Owner, Patient, Practitioner, State
from tests.support.clinic import END, HPR, NOW, OWNER, START
from tests.support.people import LINE, PARENT, synthetic

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from adapter.outcome import Dispatch
    from adapter.xml.schema import Schema

    Tell = Callable[..., Dispatch]

PORTAL = Portal("8093240", "Digital dialog", "8093239", "Helsenorge")
CLINIC = Owner(OWNER, "Vaksinasjonstjenesten", "1234", "Beste kommune")
OURS, THEIRS = "2.16.578.1.12.4.1.1.7602", "2.16.578.1.12.4.1.1.7601"
APPOINTMENT = Appointment(
    id="time-1",
    her_id=OWNER,
    calendar_id="korona",
    slot_id="K1",
    state=State.BOOKED,
    start=START,
    end=END,
    title="Time & avtale",
    place="Hall <1>",
    practitioner=Practitioner(HPR, "Linn", "Legesen"),
    patient=LINE,
    representative=PARENT,
    reason="Hemmelig hoste",
)
CODES = {
    Change.BOOKED: ("05", OURS, State.BOOKED, "CONFIRMED"),
    Change.MOVED: ("07", OURS, State.BOOKED, "CONFIRMED"),
    Change.CANCELLED: ("08", OURS, State.CANCELLED, "CANCELLED"),
    Change.NO_SHOW: ("11", OURS, State.NO_SHOW, "CONFIRMED"),
    Change.DETAILS: ("MOA", THEIRS, State.BOOKED, "CONFIRMED"),
}


@pytest.fixture
def tell(schema: Schema, oslo: ZoneInfo) -> Tell:
    """The message about a change."""

    def tell(
        change: Change = Change.BOOKED, appointment: Appointment = APPOINTMENT, portal: Portal = PORTAL
    ) -> Dispatch:
        forms = Forms(schema, check=True)
        notices = HelsenorgeNotices(portal, oslo, lambda: str(uuid4()), forms)
        return notices.notice(change, appointment, CLINIC, NOW)

    return tell


def read(dispatch: Dispatch) -> etree._Element:
    return etree.fromstring(dispatch.outbound.body)


def text(root: etree._Element, path: str) -> str | None:
    return root.findtext(".//" + "/".join(f"{{*}}{name}" for name in path.split("/")))


def coded(root: etree._Element, name: str) -> Any:
    return root.find(f".//{{*}}{name}")


@pytest.mark.parametrize("change", Change)
def test_each_change_is_said_in_its_code_and_its_status(tell: Tell, schema: Schema, change: Change) -> None:
    code, code_list, state, status = CODES[change]
    dispatch = tell(change, replace(APPOINTMENT, state=state))
    root = read(dispatch)
    assert schema.allows(root)
    kind = coded(root, "Foresporsel/{*}TypeForesp")
    assert (kind.get("V"), kind.get("S")) == (code, code_list)
    assert kind.get("DN")
    assert text(root, "vevent/properties/status/text") == status
    assert (dispatch.kind, dispatch.code) == (Kind.NOTICE, code)
    assert text(root, "MsgId") == dispatch.msg_id


def test_it_says_when_where_what_and_with_whom(tell: Tell) -> None:
    root = read(tell())
    event = {
        etree.QName(one).localname: one[0].text
        for one in root.find(".//{*}vevent/{*}properties").iterchildren()
    }
    del event["status"], event["attendee"]
    assert event == {
        "summary": "Time til time & avtale",
        "dtstart": "2027-03-05T09:10:00",
        "dtend": "2027-03-05T09:15:00",
        "uid": "time-1",
        "contact": OWNER,
        "location": "Hall <1>",
    }
    professional = coded(root, "RollerRelatertNotat/{*}HealthcareProfessional")
    assert text(professional, "FamilyName") == "Linn"
    assert text(professional, "Ident/Id") == HPR


def test_it_begins_a_conversation_between_the_clinic_and_the_portal_and_asks_for_a_receipt(
    tell: Tell,
) -> None:
    root = read(tell())
    assert coded(root, "Ack").get("V") == "J"
    assert coded(root, "ConversationRef") is None
    sender, receiver = coded(root, "Sender"), coded(root, "Receiver")
    assert [one.text for one in sender.iter("{*}OrganisationName", "{*}Id")] == [
        "Beste kommune",
        "1234",
        "Vaksinasjonstjenesten",
        OWNER,
    ]
    assert [one.text for one in receiver.iter("{*}OrganisationName", "{*}Id")] == [
        "Helsenorge",
        "8093239",
        "Digital dialog",
        "8093240",
    ]
    assert text(root, "Patient/Ident/Id") == LINE.national_id


def test_what_the_process_forbids_is_not_in_it(tell: Tell) -> None:
    dispatch = tell()
    root, body = read(dispatch), dispatch.outbound.body.decode()
    for name in ("EmneSporsmal", "Sporsmal", "Notat", "Pasientrelasjon", "HelsepersonelListe", "related-to"):
        assert coded(root, name) is None, name
    assert "Hemmelig" not in body, "the reason for contact"
    assert PARENT.national_id is not None
    assert PARENT.national_id not in body
    assert LINE.phone is not None
    assert LINE.phone not in body


def test_without_a_practitioner_nobody_is_named(tell: Tell) -> None:
    root = read(tell(appointment=replace(APPOINTMENT, practitioner=None, place=None)))
    assert coded(root, "RollerRelatertNotat") is None
    assert coded(root, "location") is None


def test_the_envelope_is_that_of_a_first_message(tell: Tell) -> None:
    outbound = tell().outbound
    properties = outbound.properties
    assert outbound.queue == properties.to == "8093240_async"
    assert outbound.ttl is None
    assert (properties.from_her_id, properties.to_her_id) == (OWNER, "8093240")
    assert properties.reply_to == f"{OWNER}_async"
    assert properties.correlation_id == properties.message_id
    assert UUID(properties.message_id)
    assert properties.subject == "DIALOG_INNBYGGER_AVTALEUTSENDING"
    assert properties.content_type == "application/xml"
    assert datetime.fromisoformat(properties.application_timestamp or "") == NOW.astimezone(UTC)


def test_a_portal_may_take_them_in_the_process_of_the_bookings(tell: Tell) -> None:
    dispatch = tell(portal=replace(PORTAL, process="timereservasjon"))
    assert dispatch.outbound.properties.subject == "DIALOG_INNBYGGER_TIMERESERVASJON"
    assert dispatch.function == coded(read(dispatch), "Type").get("V") == "DIALOG_INNBYGGER_TIMERESERVASJON"


def test_a_patient_with_a_d_number_is_told_as_such(tell: Tell) -> None:
    number = synthetic(1, 2, 1985, 310, d_number=True)
    patient = Patient(number, "Fiskebolle", "Kari")
    root = read(tell(appointment=replace(APPOINTMENT, patient=patient)))
    assert coded(root, "Patient/{*}Ident/{*}TypeId").get("V") == "DNR"
    assert coded(read(tell()), "Patient/{*}Ident/{*}TypeId").get("V") == "FNR"


def test_what_its_receiver_could_not_read_does_not_leave(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    from adapter.dialects.helsenorge import notices

    monkeypatch.setattr(notices, "write_patient", lambda _patient: "<Pasient/>")
    with pytest.raises(InvalidReply):
        tell()
