"""What the hub writes: whole messages, and the pieces of one for a test that wants to break it.

Made of plain text, not by the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.support.clinic import OWNER, SLOTS
from tests.support.envelopes import HUB
from tests.support.people import LINE

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.desk.model import Patient

OID = "2.16.578.1.12.4.1.1."
FUNCTIONS = {
    "HR": "DIALOG_INNBYGGER_RESSURSOVERSIKT",
    "HLT": "DIALOG_INNBYGGER_TIMERESERVASJON",
    "HBT": "DIALOG_INNBYGGER_TIMERESERVASJON",
    "ERT": "DIALOG_INNBYGGER_TIMERESERVASJON",
    "RT": "DIALOG_INNBYGGER_TIMERESERVASJON",
    "ART": "DIALOG_INNBYGGER_TIMERESERVASJON",
    "HB": "DIALOG_INNBYGGER_BEHANDLEROVERSIKT",
}
THREAD = (
    "<ConversationRef><RefToParent>p</RefToParent><RefToConversation>c</RefToConversation></ConversationRef>"
)
BOOKING = "DIALOG_INNBYGGER_TIMEBESTILLING"
CANCELLATION = "DIALOG_INNBYGGER_AVTALEAVBESTILLING"
AS_SPELT_IN_SAMPLES = "DIALOG_INNBYGGER_AVTALEBESTILLING"
RELATION = (
    '<Pasientrelasjon xmlns="http://www.kith.no/xmlstds/pasientrelasjon/2014-03-28"'
    ' xmlns:fk1="http://www.kith.no/xmlstds/felleskomponent1">{person}'
    f'<Relasjon V="{{code}}" S="{OID}7611"/></Pasientrelasjon>'
)
PARENT = (
    "<Person><fk1:FamilyName>Fiskebolle</fk1:FamilyName><fk1:GivenName>Kari</fk1:GivenName>"
    f'<fk1:Ident><fk1:Id>{{id}}</fk1:Id><fk1:TypeId V="FNR" S="{OID}8116"/></fk1:Ident>'
    '<fk1:TeleCom><fk1:TeleAddress V="tel:+4799999902"/></fk1:TeleCom></Person>'
)


def organisation(her_id: str, name: str, inner: str = "", ident: str = "HER") -> str:
    """An Organisation with one identifier, and what stands within it."""
    return (
        f"<Organisation><OrganisationName>{name}</OrganisationName><Ident><Id>{her_id}</Id>"
        f'<TypeId V="{ident}" S="{OID}9051" DN="HER-id"/></Ident>{inner}</Organisation>'
    )


def professional(her_id: str, family_name: str = "Legesen", given_name: str = "Linn") -> str:
    """A health professional who is the communication party."""
    return (
        f'<HealthcareProfessional><RoleToPatient V="6" S="{OID}9034" DN="Fastlege"/>'
        f"<FamilyName>{family_name}</FamilyName><GivenName>{given_name}</GivenName>"
        f'<Ident><Id>9141200</Id><TypeId V="HPR" S="{OID}8116" DN="HPR-nummer"/></Ident>'
        f'<Ident><Id>{her_id}</Id><TypeId V="HER" S="{OID}8116" DN="HER-id"/></Ident>'
        "</HealthcareProfessional>"
    )


THE_HUB = organisation("8093239", "Helsenorge", organisation(HUB, "Digital dialog"))
THE_CLINIC = organisation("1234", "Beste kommune", organisation(OWNER, "Vaksinasjonstjenesten"))


def patient_element(patient: Patient = LINE, kind: str = "FNR") -> str:
    phone = f'<TeleCom><TeleAddress V="tel:{patient.phone}"/></TeleCom>' if patient.phone else ""
    return (
        f"<Patient><FamilyName>{patient.family_name}</FamilyName><GivenName>{patient.given_name}</GivenName>"
        f'<Ident><Id>{patient.national_id}</Id><TypeId V="{kind}" S="{OID}8116"/></Ident>{phone}</Patient>'
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces of a message, each of them XML; replace one to break it."""

    asked: str
    function: str = ""
    msg_id: str = ""
    generated: str = "2027-03-01T08:00:00.0Z"
    conversation: str = ""
    sender: str = THE_HUB
    receiver: str = THE_CLINIC
    patient: str = patient_element()
    request: str = ""
    event: str = ""
    relation: str = ""
    form: str = ""
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>'

    def but(self, **changes: str) -> Parts:
        return replace(self, **changes)

    @property
    def text(self) -> str:
        """The message as text."""
        function = self.function or FUNCTIONS[self.asked]
        parts = [self._dialog, self.event and calendar(self.event), self.relation, self.form]
        return (
            f'{self.declaration}\n<MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24">\n'
            "  <MsgInfo>\n"
            f'    <Type V="{function}" DN="Dialog med innbygger"/>\n'
            f"    <MIGversion>v1.2 2006-05-24</MIGversion>\n    <GenDate>{self.generated}</GenDate>\n"
            f'    <MsgId>{self.msg_id or uuid4()}</MsgId>\n    <Ack V="J" DN="Ja"/>{self.conversation}\n'
            f"    <Sender>{self.sender}</Sender>\n    <Receiver>{self.receiver}</Receiver>\n"
            f"    {self.patient}\n  </MsgInfo>\n"
            + "\n".join(document(part) for part in parts if part)
            + "\n</MsgHead>\n"
        )

    @property
    def _dialog(self) -> str:
        return (
            '<Dialogmelding xmlns="http://www.kith.no/xmlstds/dialog/2013-01-23"'
            ' xmlns:fk1="http://www.kith.no/xmlstds/felleskomponent1"><Foresporsel>'
            f'<TypeForesp V="{self.asked}" S="{OID}7601" DN="Spør"/>{self.request}</Foresporsel>'
            "</Dialogmelding>"
        )

    @property
    def body(self) -> bytes:
        """The message as it lies on the queue."""
        return self.text.encode()


def document(content: str) -> str:
    return (
        '  <Document><RefDoc><MsgType V="XML" DN="XML-instans"/>'
        f"<Content>{content}</Content></RefDoc></Document>"
    )


def calendar(events: str) -> str:
    return (
        '<icalendar xmlns="urn:ietf:params:xml:ns:icalendar-2.0"><vcalendar><properties>'
        "<version><text>2.0</text></version><prodid><text>hub</text></prodid></properties>"
        f"<components>{events}</components></vcalendar></icalendar>"
    )


def event(
    uid: str, start: str, end: str, *, related_to: str | None = None, contact: str = OWNER, extra: str = ""
) -> str:
    related = f"<related-to><uri>{related_to}</uri></related-to>" if related_to else ""
    return (
        f"<vevent><properties><dtstart><date-time>{start}</date-time></dtstart>"
        f"<dtend><date-time>{end}</date-time></dtend><uid><text>{uid}</text></uid>"
        f"<contact><text>{contact}</text></contact>{related}{extra}</properties><components/></vevent>"
    )


def event_of(slot_id: str, *, uid: str | None = None, related_to: str | None = None) -> str:
    """The event of a slot of the clinic, with the clock of Oslo in winter."""
    _calendar, start, end = SLOTS[slot_id]
    return event(uid or slot_id, _oslo(start), _oslo(end), related_to=related_to)


def _oslo(moment: datetime) -> str:
    return moment.replace(hour=moment.hour + 1).strftime("%Y-%m-%dT%H:%M:%S")


def wished(calendar_id: str | None = None, hpr: str | None = None) -> str:
    """The RollerRelatertNotat that names one calendar, one practitioner or both."""
    unit = (
        "<TilknyttetEnhet><Kontaktenhet><fk1:OrganisationName>Timebok</fk1:OrganisationName><fk1:Ident>"
        f'<fk1:Id>{calendar_id}</fk1:Id><fk1:TypeId V="LOK" S="{OID}9051"/></fk1:Ident></Kontaktenhet>'
        "</TilknyttetEnhet>"
    )
    person = (
        "<HealthcareProfessional><FamilyName>Linn</FamilyName><Ident>"
        f'<fk1:Id>{hpr}</fk1:Id><fk1:TypeId V="HPR" S="{OID}8116"/></Ident></HealthcareProfessional>'
    )
    return (
        f'<RollerRelatertNotat><RoleToPatient V="23" S="{OID}9034" DN="Ønsket behandler"/>'
        f"{unit if calendar_id else ''}{person if hpr else ''}</RollerRelatertNotat>"
    )


def coded(answer: str) -> str:
    return f'<KodetOpplysning V="{answer}" S="{OID}1101"/>'


def form(*content: str) -> str:
    """A Bestilling, with what is in it."""
    return f'<Bestilling xmlns="urn:timebok:bestilling:1">{"".join(content)}</Bestilling>'


def accepted(version: str, accepts: str = "true") -> str:
    return f"<Forutsetninger><Versjon>{version}</Versjon><Godtatt>{accepts}</Godtatt></Forutsetninger>"


def answered(question: str, choice: str) -> str:
    return f"<Svar><Sporsmal>{question}</Sporsmal><Svar>{choice}</Svar></Svar>"


# --- the requests


def resource_overview() -> Parts:
    return Parts("HR")


def slot_query(first: str = "2027-03-01", last: str = "2027-03-28", role: str = "") -> Parts:
    return Parts("HLT", request=f"<FraDato>{first}</FraDato><TilDato>{last}</TilDato>{role}")


def reserve(slot_id: str = "K1", *, reason: str = "Hoste & snue", role: str = "") -> Parts:
    question = f"<Sporsmal>{reason.replace('&', '&amp;')}</Sporsmal>"
    return Parts("RT", request=f"{question}{coded('2')}{role}", event=event_of(slot_id))


def book(slot_id: str = "K1", *, related_to: str | None = None) -> Parts:
    parts = reserve(slot_id)
    return parts.but(function=BOOKING, event=event_of(slot_id, related_to=related_to))


def cancel(slot_id: str = "K1", *, uid: str | None = None, related_to: str | None = None) -> Parts:
    question = f"<Sporsmal>Frisk igjen</Sporsmal>{coded('2')}"
    return Parts("ART", request=question, event=event_of(slot_id, uid=uid, related_to=related_to))


def change(slot_id: str = "K2", *, related_to: str | None = "K1") -> Parts:
    question = f"<Sporsmal>Passer bedre</Sporsmal>{coded('2')}"
    return Parts("ERT", request=question, event=event_of(slot_id, related_to=related_to))


def planned_appointments() -> Parts:
    return Parts("HBT")


def practitioner_overview() -> Parts:
    return Parts("HB")


EVERY_REQUEST = {
    "resource overview": resource_overview(),
    "slot query": slot_query(),
    "reserve": reserve(),
    "book": book(),
    "cancel": cancel(),
    "cancel by its own function": cancel().but(function=CANCELLATION),
    "change": change(),
    "planned appointments": planned_appointments(),
    "practitioner overview": practitioner_overview(),
}


def apprec(original: str, status: str = "1", errors: str = "") -> bytes:
    """The hub's receipt for a message of ours."""

    def party(her_id: str) -> str:
        return f'<HCP><Inst><Name>X</Name><Id>{her_id}</Id><TypeId V="HER" DN="HER-id"/></Inst></HCP>'

    return (
        '<AppRec xmlns="http://www.kith.no/xmlstds/apprec/2012-02-15"><MsgType V="APPREC"/>'
        f"<MIGversion>v1.1 2012-02-15</MIGversion><GenDate>2027-03-01T08:00:00Z</GenDate><Id>{uuid4()}</Id>"
        f'<Sender>{party(HUB)}</Sender><Receiver>{party(OWNER)}</Receiver><Status V="{status}"/>{errors}'
        '<OriginalMsgId><MsgType V="DIALOG_INNBYGGER_TIMERESERVASJON"/>'
        f"<IssueDate>2027-03-01T08:00:00Z</IssueDate><Id>{original}</Id></OriginalMsgId></AppRec>"
    ).encode()
