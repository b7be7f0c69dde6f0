"""Throw-away collaboration profiles and agreements (CPPA 2.0), for tests and the demo.

They say what such files of the hub say, in the same places, and no more. They are agreed with nobody.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cryptography import x509

_NAMESPACES = (
    'xmlns:tns="http://www.oasis-open.org/committees/ebxml-cppa/schema/cpp-cpa-2_0.xsd" '
    'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
CITIZEN, CLINIC = "Innbygger", "Helsepersonell"

#: Name and version of each process, what the citizen's side sends, and what the clinic's side sends.
PROCESSES: Mapping[str, tuple[str, Sequence[str], Sequence[str]]] = {
    "Dialog_Innbygger_Timereservasjon": (
        "1.2",
        ("HentLedigeTimer", "ReserverAvtale", "AvbestillAvtale", "Apprec"),
        ("SvarLedigeTimer", "SvarAvtaleReservasjon", "Apprec"),
    ),
    "Dialog_Innbygger_BehandlerOversikt": ("1.0", ("Hent",), ("Svar",)),
    "Dialog_Innbygger_AvtaleAvbestilling": ("1.0", ("Foresporsel", "Apprec"), ("Svar", "Apprec")),
    "Dialog_Innbygger_Timebestilling": ("1.0", ("BestillTime", "Apprec"), ("SvarBestilling", "Apprec")),
    "Dialog_Innbygger_Ressursoversikt": ("1.0", ("HentRessurser",), ("SvarRessurser",)),
}


@dataclass(frozen=True)
class Side:
    """A party as a profile describes it. ``queues`` are by ``async``, ``sync`` and ``error``."""

    her_id: str
    name: str
    role: str
    sign: x509.Certificate | None = None
    encrypt: x509.Certificate | None = None
    processes: Sequence[str] = tuple(PROCESSES)
    queues: Mapping[str, str] = field(default_factory=dict)
    refers: bool = True  # whether the exchanges name their certificates, which not all do


def write_profile(side: Side) -> str:
    """A profile (CPP)."""
    root = "tns:CollaborationProtocolProfile"
    start = f'<{root} {_NAMESPACES} tns:cppid="b0a3f9a5-5a3c-4c86-8a5e-93ad24e4a1c7" tns:version="2_0b">'
    return f"{start}\n{_party(side)}</{root}>\n"


def write_agreement(
    one: Side, other: Side, *, cpa_id: str, start: datetime, end: datetime, status: str = "agreed"
) -> str:
    """An agreement (CPA) between two, from one moment to another."""
    root = "tns:CollaborationProtocolAgreement"
    return (
        f'<{root} {_NAMESPACES} tns:cpaid="{cpa_id}" tns:version="2_0b">\n'
        f'  <tns:Status tns:value="{status}"/>\n'
        f"  <tns:Start>{start.astimezone(UTC).isoformat()}</tns:Start>\n"
        f"  <tns:End>{end.astimezone(UTC).isoformat()}</tns:End>\n"
        f"{_party(one)}{_party(other)}</{root}>\n"
    )


def _party(side: Side) -> str:
    lanes = {"async": "none", "sync": "mshSignalsOnly"}
    queues = {lane: f"{side.her_id}_{lane}" for lane in lanes} | dict(side.queues)
    certificates = {name: one for name, one in (("sign", side.sign), ("enc", side.encrypt)) if one}
    return (
        f'  <tns:PartyInfo tns:partyName={quoteattr(side.name)} tns:defaultMshChannelId="async">\n'
        f'    <tns:PartyId tns:type="HER">{side.her_id}</tns:PartyId>\n'
        + "".join(_role(name, side.role) for name in side.processes)
        + "".join(_certificate(name, one) for name, one in certificates.items())
        + "".join(_channel(lane, lanes.get(lane)) for lane in queues)
        + "".join(_transport(lane, queue) for lane, queue in queues.items())
        + _exchange(certificates if side.refers else {})
        + "  </tns:PartyInfo>\n"
    )


def _role(name: str, role: str) -> str:
    version, citizen, clinic = PROCESSES.get(name, ("1.0", ("Melding",), ("Svar",)))
    sends, receives = (citizen, clinic) if role == CITIZEN else (clinic, citizen)
    return (
        "    <tns:CollaborationRole>\n"
        f'      <tns:ProcessSpecification tns:name="{name}" tns:version="{version}"/>\n'
        f'      <tns:Role tns:name="{role}"/>\n'
        '      <tns:ServiceBinding><tns:Service tns:type="string">Dialog</tns:Service>\n'
        + "".join(_action("CanSend", one) for one in sends)
        + "".join(_action("CanReceive", one) for one in receives)
        + "      </tns:ServiceBinding>\n    </tns:CollaborationRole>\n"
    )


def _action(direction: str, action: str) -> str:
    binding = f'<tns:ThisPartyActionBinding tns:action="{action}"/>'
    return f"        <tns:{direction}>{binding}</tns:{direction}>\n"


def _certificate(name: str, certificate: x509.Certificate) -> str:
    text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return (
        f'    <tns:Certificate tns:certId="{name}"><ds:KeyInfo><ds:X509Data>\n'
        f"      <ds:X509Certificate>{text}</ds:X509Certificate>\n"
        "    </ds:X509Data></ds:KeyInfo></tns:Certificate>\n"
    )


def _channel(lane: str, mode: str | None) -> str:
    named = f' tns:syncReplyMode="{mode}"' if mode else ""
    return (
        f'    <tns:DeliveryChannel tns:channelId="{lane}" tns:transportId="transport_{lane}" '
        f'tns:docExchangeId="exchange"><tns:MessagingCharacteristics{named}/></tns:DeliveryChannel>\n'
    )


def _transport(lane: str, queue: str) -> str:
    return (
        f'    <tns:Transport tns:transportId="transport_{lane}"><tns:TransportReceiver>\n'
        '      <tns:TransportProtocol tns:version="1.0">AMQP</tns:TransportProtocol>\n'
        f"      <tns:Endpoint tns:uri={quoteattr(f'tb.example.no/Meldinger/{queue}')} tns:type="
        f'"{"error" if lane == "error" else "allPurpose"}"/>\n'
        "    </tns:TransportReceiver></tns:Transport>\n"
    )


def _exchange(certificates: Mapping[str, x509.Certificate]) -> str:
    sign = (
        '<tns:SenderNonRepudiation><tns:SigningCertificateRef tns:certId="sign"/></tns:SenderNonRepudiation>'
    )
    encrypt = (
        "<tns:ReceiverDigitalEnvelope>"
        '<tns:EncryptionCertificateRef tns:certId="enc"/></tns:ReceiverDigitalEnvelope>'
    )
    return (
        '    <tns:DocExchange tns:docExchangeId="exchange">\n'
        f"      <tns:ebXMLSenderBinding>{sign if 'sign' in certificates else ''}</tns:ebXMLSenderBinding>\n"
        f"      <tns:ebXMLReceiverBinding>{encrypt if 'enc' in certificates else ''}"
        "</tns:ebXMLReceiverBinding>\n"
        "    </tns:DocExchange>\n"
    )
