"""Large and bent bodies, sent down the road one after another; a line of JSON with what each has cost.

Run by ``test_size.py`` in a process of its own, which is small when it begins.
"""

# ruff: noqa: T201 - a program, which prints what it measures

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from collections.abc import Callable

_REFUSED, _TORN, _INVALID, _DONE = (
    "refused transport:not-well-formed-xml",
    "answered 2 T01",
    "answered 2 T02",
    "05",
)
_MOST = 4_900_000
_STATUS = Path("/proc/self/status")
_TIMES = ("2027-03-05T09:10:00", "2027-03-05T09:15:00")


@dataclass(frozen=True, slots=True)
class Large:
    """A body, made when it is needed, and what is to become of it."""

    make: Callable[[], bytes | str]
    said: str

    @property
    def body(self) -> bytes:
        made = self.make()
        return made if isinstance(made, bytes) else made.encode()


def reserve(old: str, new: str, more: str = "") -> bytes:
    text = letters.reserve().text
    assert old in text
    return text.replace(old, new + more, 1).encode()


def at_the_end(content: str) -> bytes:
    return reserve("</MsgHead>", content, "</MsgHead>")


def with_namespaces(count: int, body: bytes) -> bytes:
    """So many declared at the root."""
    return body.replace(b"<MsgHead ", f"<MsgHead {_namespaces(count)} ".encode(), 1)


def each_its_own(count: int) -> bytes:
    """So many wrong elements that declare a namespace each."""
    return at_the_end("".join(f'<Document xmlns:b{number}="urn:{number}"/>' for number in range(count)))


def event(uid: str, start: str = _TIMES[0]) -> bytes:
    return letters.reserve().but(event=letters.event(uid, start, _TIMES[1])).body


def attributes(count: int, prefix: str = "a") -> str:
    return " ".join(f'{prefix}{number}="{number}"' for number in range(count))


def _namespaces(count: int) -> str:
    return " ".join(f'xmlns:a{number}="urn:{number}"' for number in range(count))


_ATTRIBUTES = attributes(49_000)

BODIES = {
    "over the limit": Large(lambda: b"<a>" + b"x" * 20_000_000, _REFUSED),
    "a million elements": Large(lambda: b"<a>" + b"<b/>" * 1_000_000 + b"</a>", _REFUSED),
    "elements in a letter": Large(lambda: at_the_end("<b/>" * 49_000), _TORN),
    "elements in the head": Large(lambda: reserve("<MsgId>", "<b/>" * 49_000, "<MsgId>"), _TORN),
    "elements and text": Large(lambda: at_the_end("<Document/>x" * 49_000), _TORN),
    "elements and text, in heaps": Large(
        lambda: at_the_end(f"<Document>{'<RefDoc/>x' * 2_900}</Document>" * 17), _INVALID
    ),
    "wrong elements in heaps": Large(
        lambda: at_the_end(f"<Document>{'<b/>' * 2_900}</Document>" * 17), _INVALID
    ),
    "as many as are explained": Large(lambda: at_the_end("<Document/>x" * 2_400), _INVALID),
    "thousands of identifiers": Large(
        lambda: reserve("<Ident>", '<Ident><Id>1</Id><TypeId V="X"/></Ident>' * 2_900, "<Ident>"),
        "answered 1 05",
    ),
    "200,000 attributes": Large(lambda: f"<a {attributes(200_000)}/>", _REFUSED),
    "attributes nobody knows": Large(lambda: reserve("<Document>", f"<Document {_ATTRIBUTES}>"), _INVALID),
    "a few too many attributes": Large(
        lambda: reserve("<Document>", f"<Document {attributes(51)}>"), _INVALID
    ),
    "attributes on each of many": Large(lambda: at_the_end(f"<Document {attributes(50)}/>" * 900), _INVALID),
    "attributes on each of some": Large(lambda: at_the_end(f"<Document {attributes(50)}/>" * 90), _INVALID),
    "attributes anybody may have": Large(
        lambda: reserve("<Sporsmal>", f"<Sporsmal {_ATTRIBUTES}>"), "answered 1 05"
    ),
    "20,000 namespaces": Large(lambda: with_namespaces(20_000, reserve("", "")), _REFUSED),
    "as many namespaces as may be": Large(lambda: with_namespaces(990, reserve("", "")), "answered 1 05"),
    "as many namespaces as may be, and an error": Large(
        lambda: with_namespaces(990, reserve("<Patient>", "<Patient X='1'>")),
        _INVALID,
    ),
    "elements below as many namespaces as are explained": Large(
        lambda: with_namespaces(90, at_the_end("<Document/>x" * 2_400)), _INVALID
    ),
    "namespaces of their own below others": Large(lambda: with_namespaces(45, each_its_own(45)), _INVALID),
    "as many of them as were once explained": Large(
        lambda: with_namespaces(250, each_its_own(240)), _INVALID
    ),
    "20,000 namespaces, each its own": Large(
        lambda: at_the_end("".join(f'<b xmlns="urn:{number}"/>' for number in range(20_000))), _REFUSED
    ),
    "depth": Large(lambda: b"<a>" * 40_000 + b"</a>" * 40_000, _REFUSED),
    "depth in a letter": Large(lambda: at_the_end("<b>" * 40_000 + "</b>" * 40_000), _TORN),
    "as deep as may be": Large(lambda: at_the_end("<b>" * 98 + "</b>" * 98), _INVALID),
    "a long text": Large(lambda: reserve("Hoste", "x" * _MOST), "answered 1 05"),
    "a long text to be escaped": Large(lambda: reserve("Hoste", '"' * _MOST), "answered 1 05"),
    "a long text in two bytes each": Large(
        lambda: letters.reserve(reason="x" * (_MOST // 2)).but(declaration="").text.lstrip().encode("utf-16"),
        "answered 1 05",
    ),
    "lines": Large(lambda: reserve("Hoste", "\n" * _MOST), "answered 1 05"),
    "character references": Large(lambda: reserve("Hoste", "&#x41;" * 800_000), "answered 1 05"),
    "a long comment": Large(lambda: reserve("<MsgInfo>", f"<MsgInfo><!--{'x' * _MOST}-->"), "answered 1 05"),
    "a long name": Large(lambda: f"<{'x' * _MOST}/>", _REFUSED),
    "a name as long as may be": Large(lambda: at_the_end(f"<{'x' * 49_000}/>"), _INVALID),
    "a long name of an attribute": Large(lambda: f"<a {'x' * _MOST}='1'/>", _REFUSED),
    "a long number": Large(lambda: reserve("<Id>13", f"<Id>13{'1' * _MOST}"), _REFUSED),
    "a long date": Large(lambda: letters.slot_query("2" * _MOST).body, "answered 26"),
    "a long fraction of a second": Large(lambda: event("K1", f"{_TIMES[0]}.{'1' * _MOST}"), "answered 1 06"),
    "a long duration": Large(
        lambda: reserve(
            "</properties></vevent>".partition("</vevent>")[0] + "<components/>",
            f"<duration><duration>P{'1' * 400_000}</duration></duration></properties><components/>",
        ),
        _INVALID,
    ),
    "a long identifier in a pattern": Large(
        lambda: reserve('<KodetOpplysning V="2" S="', f'<KodetOpplysning V="2" S="{"1." * 2_400_000}a'),
        _INVALID,
    ),
    "a long identifier in a pattern, explained": Large(
        lambda: reserve('<KodetOpplysning V="2" S="', f'<KodetOpplysning V="2" S="{"1." * 200_000}a'),
        _INVALID,
    ),
    "an answer six times as long": Large(lambda: reserve("Digital dialog", '"' * _MOST), _REFUSED),
    "an answer six times as long, of the head": Large(
        lambda: letters.reserve().but(msg_id='"' * _MOST).body, _REFUSED
    ),
    "an answer six times as long, of the event": Large(lambda: event('"' * _MOST), _INVALID),
    "torn off after a long head": Large(lambda: letters.reserve().body[:-20] + b" " * _MOST, _TORN),
    "torn off after many elements": Large(lambda: letters.reserve().body[:-20] + b"<b/>" * 49_000, _TORN),
    "one bracket": Large(lambda: b"<" * 90_000, _REFUSED),
}


def main() -> None:
    """Send them all, each to a store of its own."""
    road = Road()
    for number in range(2):  # what is made when it is first needed, and the explainer
        road.send(inbound(letters.reserve("K3").but(patient="<Patient/>" * number).body))
    for name, large in BODIES.items():
        body = large.body
        message = inbound(body)
        before = _begin()
        began = time.process_time()
        words = said(road.send(message))
        took = round(time.process_time() - began, 2)
        line = {
            "name": name,
            "said": words,
            "growth": round(_peak() - before),
            "bytes": len(body),
            "seconds": took,
        }
        print(json.dumps(line), flush=True)
        road.engine.dispose()
        road = Road(road.schema)


def _begin() -> float:
    """Have the peak begin anew, where the system can (Linux); the peak up to now."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> float:
    """Megabytes."""
    if _STATUS.exists():
        return int(_STATUS.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
