"""Sample messages with a patient that can be recognised wherever they turn up.

In the place of every name, number, phone, address and free text stands a canary; only the ids, codes and
times that a message cannot do without are left as they are.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from handlers.desk.national_id import is_national_id
from tests.support.people import synthetic

if TYPE_CHECKING:
    from adapter.playing.cases import Sending

NUMBER = synthetic(17, 5, 1971, 210)
_LAST = int(NUMBER[-1])
NOT_A_NUMBER = f"{NUMBER[:-1]}{(_LAST + 1) % 10}"
NAME, PHONE, TEXT = "Kanarifugl", "4799887766", "Hemmelig kvitter"
#: Whatever of these is found somewhere, a patient is. The number without its check digit covers both.
CANARIES = (NUMBER[:-1], NAME, NAME.lower(), NAME.upper(), "kanarifugl", PHONE[2:], "kvitter")

_KEPT = {
    *(
        "MsgId",
        "GenDate",
        "IssueDate",
        "MIGversion",
        "RefToParent",
        "RefToConversation",
        "FraDato",
        "TilDato",
    ),
    *("date-time", "uri", "version", "prodid", "Base64Container", "OriginalMsgId"),
}
_NUMBERED = {"Patient", "Person"}
_KEPT_BELOW = {"uid", "related-to", "contact", "version", "prodid", "AppRec"}


def leaks(text: str) -> list[str]:
    """The canaries that are in a text."""
    return [canary for canary in CANARIES if canary in text]


def with_canaries(sending: Sending, *, everywhere: bool) -> Sending:
    """A sample with canaries for its patient, or for all that it says besides ids, codes and times."""
    headers = {"errorDescription": f"{NAME} {NUMBER}", "errorConditionData": f"{TEXT};{PHONE}"}
    properties = {**sending.properties, **(headers if everywhere else {})}
    try:
        root = etree.fromstring(sending.body, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return replace(sending, body=_in_broken(sending.body), properties=properties)
    for element in root.iter():
        if isinstance(element.tag, str):
            _change(element, everywhere=everywhere)
        elif everywhere and not isinstance(element, etree._Entity):
            element.text = f"{NAME} {NUMBER} {PHONE} {TEXT}"
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    body = etree.tostring(root.getroottree(), xml_declaration=True, encoding=encoding)
    return replace(sending, body=body, properties=properties)


def _change(element: etree._Element, *, everywhere: bool) -> None:
    name = etree.QName(element).localname
    above = {etree.QName(one).localname for one in element.iterancestors()}
    if name == "TeleAddress":
        element.set("V", f"tel:+{PHONE}")
    if everywhere and "DN" in element.attrib:
        element.set("DN", f"{NAME} {TEXT}")
    if everywhere and "OT" in element.attrib:
        element.set("OT", f"{NAME} {NUMBER} {TEXT}")
    if not (element.text or "").strip() or name in _KEPT or above & _KEPT_BELOW:
        return
    if name == "Id":
        if above & _NUMBERED:
            element.text = NUMBER if is_national_id(element.text or "") else NOT_A_NUMBER
    elif above & _NUMBERED:
        element.text = NAME
    elif name in {"Sporsmal", "TekstNotatInnhold", "Merknad"} or above & {"Sporsmal"}:
        element.text = f"{TEXT} {NUMBER} +{PHONE}"
    elif everywhere:
        element.text = f"{NAME} {TEXT}"


def _in_broken(body: bytes) -> bytes:
    """The same as far as it goes, where there is no tree."""
    wide = "utf-16" if b"\0" in body[:4] else "iso-8859-1"
    text = body.decode(wide, "replace")
    text = re.sub(r"<((?:\w+:)?(?:Family|Given|Middle)Name)>[^<]*", rf"<\1>{NAME}", text)
    text = re.sub(r"\b\d{11}\b", NUMBER, text)
    text = re.sub(r"tel:[+\d]+", f"tel:+{PHONE}", text)
    return text.encode(wide, "replace")
