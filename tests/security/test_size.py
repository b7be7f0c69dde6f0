"""However large and however bent a body is, it costs no more than a little time and a little memory. (P6)

Each is sent in a process of its own, which reports the most memory that it ever had. The limit on time is
generous, and still far from what the same bodies take where somebody compares each part with each other.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapter.errors import ContentFault
from adapter.xml.parsing import Limits, parse
from tests.security.large import BODIES, at_the_end, attributes, each_its_own, with_namespaces
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

if TYPE_CHECKING:
    from adapter.xml.schema import Schema

MOST_GROWTH_MB = 100
PROGRAM = Path(__file__).with_name("large.py")
REFUSED = "refused transport:not-well-formed-xml"


def utf_16(body: bytes) -> bytes:
    return body.decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")


def findings(schema: Schema, body: bytes) -> list[str]:
    """What is said to be wrong with a document that parses."""
    with pytest.raises(ContentFault) as fault:
        schema.check(parse(body, Limits()), body)
    return [finding.english for finding in fault.value.findings]


@pytest.mark.timeout(90)
def test_no_body_costs_much_memory_or_time() -> None:
    """All in one go, the largest figure last: a peak never goes down again."""
    run = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, timeout=80, check=True)
    figures = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["name"] for one in figures] == list(BODIES)
    assert [one for one in figures if one["said"] != BODIES[one["name"]].said] == []
    assert [one for one in figures if one["growth"] > MOST_GROWTH_MB] == []


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (at_the_end("<Document/>x" * 2_400), at_the_end("<Document><RefDoc/></Document>" * 2_600)),
        (with_namespaces(45, each_its_own(45)), with_namespaces(45, each_its_own(60))),
        (with_namespaces(45, each_its_own(45)), utf_16(with_namespaces(60, each_its_own(45)))),
        (at_the_end('<Document a="1"/>' * 2_400), at_the_end('<Document a="1" b="1"/>' * 2_600)),
        (at_the_end(f"<Document {attributes(50)}/>"), at_the_end(f"<Document {attributes(51)}/>")),
        (at_the_end("<Document/>" + "x" * 400_000), at_the_end("<Document/>" + "x" * 500_000)),
    ],
    ids=["elements", "namespaces", "namespaces in two bytes each", "attributes", "of one element", "bytes"],
)
def test_what_would_keep_the_explainer_busy_is_only_told_that_it_is_wrong(
    schema: Schema, within: bytes, beyond: bytes
) -> None:
    """Its time grows faster than a document does; up to these bounds no shape of one that we know of takes
    it a second.
    """
    assert findings(schema, beyond) == ["does not follow its schema"]
    explained = findings(schema, within)
    assert explained
    assert "does not follow its schema" not in explained


@pytest.mark.parametrize(
    ("limits", "too_much"),
    [
        (Limits(bytes=10_000), b" " * 9_000),
        (Limits(elements=200), b"<b/>" * 150),
        (Limits(attributes=200), b"<b %s/>" % b" ".join(b'a%d="1"' % n for n in range(250))),
        (Limits(depth=30), b"<b>" * 30 + b"</b>" * 30),
        (Limits(children=60), b"<b/>" * 61),
        (Limits(namespaces=60), b'<b xmlns:c="urn:d"/>' * 61),
    ],
    ids=["bytes", "elements", "attributes", "depth", "children", "namespaces"],
)
def test_each_limit_is_one_that_can_be_set(road: Road, limits: Limits, too_much: bytes) -> None:
    body = letters.reserve().body
    larger = letters.reserve("K2").body.replace(b"<Sporsmal>", b"<Sporsmal>" + too_much)
    within = Road(road.schema, limits=limits, engine=road.engine)
    assert said(within.send(inbound(body))) == "answered 1 05"
    assert said(within.send(inbound(larger))) in {REFUSED, "answered 2 T01"}
    roomy = Road(road.schema, engine=road.engine)
    larger = letters.reserve("K3").body.replace(b"<Sporsmal>", b"<Sporsmal>" + too_much)
    assert said(roomy.send(inbound(larger))) == "answered 1 05", "nothing else was wrong with it"


def test_a_long_list_of_free_times_is_not_held_to_the_limits_for_what_comes_in(road: Road) -> None:
    query = letters.slot_query().body
    within = Road(road.schema, limits=Limits(elements=100, bytes=len(query) + 100), engine=road.engine)
    outcome = within.send(inbound(query))
    assert said(outcome) == "answered 03"
    assert len(outcome.dispatches[0].outbound.body) > len(query) + 100
