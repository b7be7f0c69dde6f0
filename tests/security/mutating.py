"""Makes strange messages out of good ones: other bytes, elements, encodings and properties, a few at a time.

All chance comes from the generator that is handed in, so that the same seed makes the same messages.
"""

# ruff: noqa: RUF001 - digits of other scripts are what it is about

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lxml import etree

from adapter.message import Lane, Properties

if TYPE_CHECKING:
    from random import Random

    from adapter.message import Inbound

_MSG_ID = re.compile(rb"(<(?:\w+:)?MsgId>)[^<]*(</)")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>\s*")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-8859-1", "cp1252")
_ENCODINGS += ("cp037", "utf-7", "shift_jis", "gb18030")
_DECLARED = (
    "UTF-8",
    "UTF-16",
    "ISO-8859-1",
    "US-ASCII",
    "windows-1252",
    "UTF-32",
    "IBM037",
    "UTF-7",
    "x\u00f8",
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TOKENS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1",
        "2",
        "4294967296",
        "9" * 40,
        "9" * 5000,
        "1e309",
        "NaN",
        "0x10",
        "１２３",
        "٣",
    ),
    *("91095", "60117", "HER", "FNR", "DNR", "RT", "ART", "HLT", "HR", "HB", "MOA", "APPREC", "J", "LOK"),
    *("2027-03-28T02:30:00", "2027-10-31T02:30:00", "9999-12-31T23:59:59", "0001-01-01T00:00:00"),
    *(
        "2027-03-01T24:00:00",
        "2027-03-01T10:00:00+14:00",
        "2027-02-30",
        "-2027-03-01",
        "12027-03-01",
        "2027-W10-1",
    ),
    *(
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "&b;",
        "<![CDATA[x]]>",
        "]]>",
        "<!--",
        "-->",
        "<?pi x?>",
        "&#0;",
        "&#55296;",
    ),
    *(
        "<?xml version='1.1'?>",
        "' OR 1=1 --",
        "{0.__class__}",
        "%s%n",
        "${jndi:ldap://x}",
        "\x1b[31m",
        "\r\n",
        "\0",
    ),
    *(
        "\u202e",
        "\ufeff",
        "\ufffe",
        "\U0010ffff",
        "a\u0301",
        "x" * 300,
        "x" * 20_000,
        "\u00e5" * 200,
        "tel:",
        "[/b]",
    ),
    *(
        "91095_async",
        "91095_dl",
        "91095_sync_wait_5s",
        "amq.direct",
        "amq.rabbitmq.reply-to.x",
        "../../etc/passwd",
    ),
)
_NAMESPACES = (
    "http://www.kith.no/xmlstds/msghead/2006-05-24",
    "http://www.kith.no/xmlstds/dialog/2013-01-23",
    "urn:ietf:params:xml:ns:icalendar-2.0",
    "http://www.w3.org/2001/XInclude",
    "urn:nobody",
)
_PROPERTIES = tuple(field.name for field in fields(Properties) if field.name != "headers")
_HEADERS = ("originalMessageId", "errorCondition", "x-timebok-attempt", "x", "\u00e6", "to", "")


def mutate(inbound: Inbound, others: list[Inbound], random: Random) -> Inbound:
    """A message made of ``inbound``, and perhaps of pieces of ``others``, with one to some changes."""
    body = inbound.body
    if random.random() < 0.6:
        body = _with_other_elements(body, random)
    if random.random() < 0.15:
        body = _in_another_encoding(body, random)
    if random.random() < 0.3:
        body = _with_other_bytes(body, random.choice(others).body, random)
    if random.random() < 0.9:  # else most would be known by their MsgId
        body = _MSG_ID.sub(rb"\g<1>" + _uuid(random).encode() + rb"\g<2>", body, count=1)
    properties = replace(inbound.properties, message_id=_uuid(random))
    changed = replace(inbound, body=body, properties=properties)
    return _with_other_properties(changed, random) if random.random() < 0.3 else changed


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128)))


# --- bytes


def _with_other_bytes(body: bytes, other: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        start = random.randrange(len(changed) + 1)
        end = min(len(changed), start + random.choice((1, 1, 4, 30, 500)))
        match random.choice(("flip", "delete", "twice", "insert", "token", "cut", "splice")):
            case "flip" if start < len(changed):
                changed[start] ^= 1 << random.randrange(8)
            case "delete":
                del changed[start:end]
            case "twice":
                changed[start:start] = changed[start:end] * random.choice((1, 1, 2, 50))
            case "insert":
                changed[start:start] = random.randbytes(random.choice((1, 2, 4, 8)))
            case "token":
                changed[start:start] = random.choice(TOKENS).encode(errors="replace")
            case "cut":
                del changed[start:]
            case "splice":
                changed[start:] = other[random.randrange(len(other) + 1) :]
    return bytes(changed)


def _in_another_encoding(body: bytes, random: Random) -> bytes:
    text = _XML_DECLARATION.sub("", body.decode(errors="replace"))
    declaration = random.choice(("", f'<?xml version="1.0" encoding="{random.choice(_DECLARED)}"?>'))
    return (declaration + text).encode(random.choice(_ENCODINGS), "replace")


# --- elements


def _with_other_elements(body: bytes, random: Random) -> bytes:
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return body
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        _change_tree(root, random)
    return etree.tostring(
        root, xml_declaration=True, encoding=random.choice(("UTF-8", "UTF-16", "ISO-8859-1"))
    )


def _change_tree(root: etree._Element, random: Random) -> None:
    elements = list(root.iter(etree.Element))
    one, other = random.choice(elements), random.choice(elements)
    change = random.choice(_CHANGES)
    if root in (one, other) and change in _NOT_OF_THE_ROOT:
        return
    change(one, other, random)


def _text(one: etree._Element, other: etree._Element, random: Random) -> None:
    one.text = _legal(random.choice((*TOKENS, other.text or "")))


def _attribute(one: etree._Element, other: etree._Element, random: Random) -> None:
    name = random.choice([*one.attrib, "V", "S", "DN", "xmlns-not", "{urn:x}y"])
    one.set(name, _legal(random.choice((*TOKENS, other.get("V") or ""))))


def _no_attributes(one: etree._Element, _other: etree._Element, _random: Random) -> None:
    one.attrib.clear()


def _attributes(one: etree._Element, _other: etree._Element, random: Random) -> None:
    for number in range(random.choice((3, 60, 3_000))):
        one.set(f"a{number}", "1")


def _instance(one: etree._Element, _other: etree._Element, random: Random) -> None:
    name = random.choice(("type", "nil", "schemaLocation", "noNamespaceSchemaLocation"))
    value = random.choice(("true", "xs:string", "a b", "file:///etc/passwd", "q:r"))
    one.set(f"{{{XSI}}}{name}", value)


def _namespaces(one: etree._Element, _other: etree._Element, random: Random) -> None:
    for number in range(random.choice((3, 300))):
        etree.SubElement(one, f"{{urn:{number}}}n", nsmap={f"p{number}": f"urn:{number}"})


def _comment(one: etree._Element, _other: etree._Element, random: Random) -> None:
    one.insert(0, random.choice((etree.Comment("x"), etree.ProcessingInstruction("x", "y"))))


def _remove(one: etree._Element, _other: etree._Element, _random: Random) -> None:
    one.getparent().remove(one)


def _twice(one: etree._Element, _other: etree._Element, _random: Random) -> None:
    one.addnext(deepcopy(one))


def _rename(one: etree._Element, other: etree._Element, random: Random) -> None:
    one.tag = random.choice((other.tag, f"{{{random.choice(_NAMESPACES)}}}Id", "Nowhere"))


def _wrap(one: etree._Element, other: etree._Element, _random: Random) -> None:
    wrapper = etree.SubElement(one.getparent(), other.tag)
    wrapper.append(one)


def _deep(one: etree._Element, other: etree._Element, random: Random) -> None:
    for _ in range(random.choice((5, 90, 200))):
        one = etree.SubElement(one, other.tag)


def _many(one: etree._Element, other: etree._Element, random: Random) -> None:
    for _ in range(random.choice((3, 100, 2_000))):
        etree.SubElement(one, other.tag).text = other.text


def _order(one: etree._Element, _other: etree._Element, random: Random) -> None:
    one[:] = random.sample(list(one), len(one))


def _swap(one: etree._Element, other: etree._Element, _random: Random) -> None:
    first, second = deepcopy(one), deepcopy(other)
    one.getparent().replace(one, second)
    if other.getparent() is not None:
        other.getparent().replace(other, first)


_NOT_OF_THE_ROOT = (_remove, _twice, _wrap, _swap)
_CHANGES = (
    _text,
    _text,
    _attribute,
    _attribute,
    _no_attributes,
    _attributes,
    _instance,
    _namespaces,
    _comment,
)
_CHANGES += (_remove, _twice, _rename, _wrap, _deep, _many, _order, _swap)


def _legal(text: str) -> str:
    """What lxml lets one write; the rest is for the bytes."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


# --- properties


def _with_other_properties(inbound: Inbound, random: Random) -> Inbound:
    changes: dict[str, Any] = {}
    for name in random.sample(_PROPERTIES, random.choice((1, 1, 2, len(_PROPERTIES)))):
        changes[name] = random.choice((None, random.choice(TOKENS), _any_text(random)))
    if random.random() < 0.5:
        changes["headers"] = {name: random.choice(TOKENS) for name in random.sample(_HEADERS, 2)}
    lane = random.choice(tuple(Lane))
    return replace(
        inbound,
        properties=replace(inbound.properties, **changes),
        lane=lane,
        queue=f"{inbound.party}_{lane}",
        redelivered=random.random() < 0.5,
    )


def _any_text(random: Random) -> str:
    return "".join(chr(random.randrange(0x110000)) for _ in range(random.choice((1, 5, 60))))
