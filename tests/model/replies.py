"""What stands in the messages that the adapter sends, read with lxml and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree


@dataclass(frozen=True, slots=True)
class AppRec:
    """A receipt: its status, the codes of its errors, and the MsgId that it is about."""

    status: str
    errors: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Event:
    """A vevent; what is not there is ``None``."""

    uid: str | None
    start: str | None
    end: str | None
    related_to: str | None
    status: str | None
    expires_at: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class Resource:
    """A calendar of the overview, with its first and last free time."""

    id: str
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply. ``about`` is the MsgId it answers, ``patient`` the number of the patient it names."""

    about: str | None
    function: str
    sender: str
    receiver: str
    patient: str | None
    tema: str
    text: str | None
    events: tuple[Event, ...]
    resources: tuple[Resource, ...]


def read_apprec(body: bytes) -> AppRec:
    root = etree.fromstring(body)
    assert etree.QName(root).localname == "AppRec"
    errors = tuple(error.get("V") for error in root.iterfind("{*}Error"))
    return AppRec(root.find("{*}Status").get("V"), errors, root.findtext("{*}OriginalMsgId/{*}Id"))


def read_reply(body: bytes) -> Reply:
    root = etree.fromstring(body)
    assert etree.QName(root).localname == "MsgHead"
    info = root.find("{*}MsgInfo")
    notat = root.find(".//{*}Notat")
    return Reply(
        about=info.findtext("{*}ConversationRef/{*}RefToParent"),
        function=info.find("{*}Type").get("V"),
        sender=_innermost(info, "Sender"),
        receiver=_innermost(info, "Receiver"),
        patient=info.findtext("{*}Patient/{*}Ident/{*}Id"),
        tema=notat.find("{*}TemaKodet").get("V"),
        text=notat.findtext("{*}TekstNotatInnhold"),
        events=tuple(map(_event, root.iterfind(".//{*}vevent"))),
        resources=tuple(
            Resource(one.findtext("{*}Id"), one.findtext("{*}LedigFra"), one.findtext("{*}LedigTil"))
            for one in root.iterfind(".//{*}Ressurs")
        ),
    )


def _innermost(info: etree._Element, role: str) -> str:
    return info.findtext(f"{{*}}{role}/{{*}}Organisation/{{*}}Organisation/{{*}}Ident/{{*}}Id")


def _event(vevent: etree._Element) -> Event:
    def said(name: str, kind: str) -> str | None:
        return vevent.findtext(f"{{*}}properties/{{*}}{name}/{{*}}{kind}")

    return Event(
        uid=said("uid", "text"),
        start=said("dtstart", "date-time"),
        end=said("dtend", "date-time"),
        related_to=said("related-to", "uri"),
        status=said("status", "text"),
        expires_at=said("x-expires-at", "date-time"),
        contact=said("contact", "text"),
    )
