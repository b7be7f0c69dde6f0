"""However large and however bent a body is, it costs no more than a little time and a little memory. (P6)

Each is sent in a process of its own, which reports the most memory that it ever had. The limit on time is
generous, and still far from what the same bodies take where somebody compares each part with each other.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.xml.parsing import Limits
from tests.security.large import BODIES
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

MOST_GROWTH_MB = 100
PROGRAM = Path(__file__).with_name("large.py")
REFUSED = "refused transport:not-well-formed-xml"


@pytest.mark.timeout(90)
def test_no_body_costs_much_memory_or_time() -> None:
    """All in one go, the largest figure last: a peak never goes down again."""
    run = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, timeout=80, check=True)
    figures = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["name"] for one in figures] == list(BODIES)
    assert [one for one in figures if one["said"] != BODIES[one["name"]].said] == []
    assert [one for one in figures if one["growth"] > MOST_GROWTH_MB] == []


@pytest.mark.parametrize(
    ("limits", "too_much"),
    [
        (Limits(bytes=10_000), b" " * 9_000),
        (Limits(elements=200), b"<b/>" * 150),
        (Limits(attributes=200), b"<b %s/>" % b" ".join(b'a%d="1"' % n for n in range(250))),
        (Limits(depth=30), b"<b>" * 30 + b"</b>" * 30),
        (Limits(children=60), b"<b/>" * 61),
    ],
    ids=["bytes", "elements", "attributes", "depth", "children"],
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
