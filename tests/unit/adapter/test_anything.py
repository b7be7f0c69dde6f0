"""Whatever stands in a message, an outcome comes out: never an exception, never nothing. (Promises P4, P5)"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter.ledger.ledger import Ledger
from adapter.message import Inbound, Lane, Properties
from adapter.outcome import Answered, Outcome, RetryLater
from adapter.pipeline import Pipeline
from handlers.desk.store import Desk
from tests.support import letters
from tests.support.clinic import HPR, NOW, OWNER
from tests.support.envelopes import HUB, inbound
from tests.support.people import KARI

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from adapter.dialects.helsenorge.dialect import Helsenorge

    Run = Callable[[Inbound], Outcome]

OF_ANY_KIND = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
LANES = st.sampled_from(Lane)

EVERYTHING = letters.reserve("D1", role=letters.wished("linn", HPR)).but(
    relation=letters.RELATION.format(person=letters.PARENT.format(id=KARI.national_id), code="FO"),
    receiver=letters.organisation("1234", "Beste kommune", letters.professional(OWNER)),
)
MESSAGES = [parts.body for parts in (*letters.EVERY_REQUEST.values(), EVERYTHING, letters.Parts("HB"))]
MESSAGES.append(letters.apprec("letter-1", "2", '<Error V="T02"/>'))
VALUES = [
    "",
    " ",
    "x",
    "0",
    "91095",
    HUB,
    "HER",
    "DNR",
    "RT",
    "ART",
    "HLT",
    "ERT",
    "MOA",
    "APPREC",
    "2",
    "K1",
    "2027-03-01",
    "9999-12-31",
    "2027-W10-1T10:00:00",
    "20270301T100000",
    "2027-03-01T10:00:00+15:00",
    "2027-03-28T02:30:00",
    "9999-12-31T23:59:59",
    "0001-01-01T00:00:00",
    "x" * 3_000,
    "<&>\"'",
    "٣",
]


@pytest.fixture
def run(engine: Engine, dialect: Helsenorge) -> Run:
    """What becomes of a message, by itself; nothing of it stays."""
    pipeline = Pipeline(dialect, [OWNER])

    def process(message: Inbound) -> Outcome:
        with engine.connect() as connection, connection.begin() as transaction:
            ledger = Ledger(connection, NOW)
            ledger.look_up([message])
            outcome = pipeline.process(message, ledger, Desk(connection, NOW, lambda: str(uuid4())))
            ledger.flush()
            transaction.rollback()
        return outcome

    return process


def is_outcome(outcome: object) -> bool:
    return isinstance(outcome, Outcome) and not isinstance(outcome, RetryLater)


@OF_ANY_KIND
@given(body=st.binary(max_size=300), lane=LANES)
def test_any_bytes_have_an_outcome(run: Run, body: bytes, lane: Lane) -> None:
    assert is_outcome(run(inbound(body, lane=lane)))


@OF_ANY_KIND
@given(data=st.data(), lane=LANES)
def test_a_message_with_bytes_changed_has_an_outcome(run: Run, data: st.DataObject, lane: Lane) -> None:
    body = bytearray(data.draw(st.sampled_from(MESSAGES)))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        body[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
    assert is_outcome(run(inbound(bytes(body), lane=lane)))


@OF_ANY_KIND
@given(body=st.sampled_from(MESSAGES), share=st.floats(0, 1), lane=LANES)
def test_a_message_cut_short_anywhere_has_an_outcome(run: Run, body: bytes, share: float, lane: Lane) -> None:
    assert is_outcome(run(inbound(body[: int(len(body) * share)], lane=lane)))


def _mutate(draw: st.DrawFn, root: etree._Element) -> None:
    elements = list(root.iter())
    one, other = draw(st.sampled_from(elements)), draw(st.sampled_from(elements))
    match draw(st.sampled_from(["remove", "text", "attribute", "drop", "twice", "rename", "order"])):
        case "remove" if one is not root:
            one.getparent().remove(one)
        case "text":
            one.text = draw(st.sampled_from(VALUES))
        case "attribute":
            one.set(draw(st.sampled_from(["V", "S", "DN", *one.attrib])), draw(st.sampled_from(VALUES)))
        case "drop":
            one.attrib.clear()
        case "twice" if one is not root:
            one.addnext(etree.fromstring(etree.tostring(one, with_tail=False)))
        case "rename":
            one.tag = other.tag
        case "order":
            one[:] = draw(st.permutations(list(one)))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid message with some of its elements removed, repeated, renamed, reordered or filled otherwise."""
    root = etree.fromstring(draw(st.sampled_from(MESSAGES)))
    for _ in range(draw(st.integers(1, 3))):
        _mutate(draw, root)
    encoding = draw(st.sampled_from(["UTF-8", "UTF-16", "ISO-8859-1"]))
    return etree.tostring(root, xml_declaration=True, encoding=encoding)


@settings(OF_ANY_KIND, max_examples=200)
@given(body=mutated(), lane=LANES)
def test_a_message_with_elements_changed_has_an_outcome(run: Run, body: bytes, lane: Lane) -> None:
    function = etree.fromstring(body).find(".//{*}MsgInfo/{*}Type")
    subject = "APPREC" if function is None else function.get("V")
    assert is_outcome(run(inbound(body, lane=lane, subject=subject)))


ANY = st.none() | st.text(max_size=20) | st.sampled_from([OWNER, HUB, "\x00", "x" * 70_000, f"{OWNER}_async"])


@OF_ANY_KIND
@given(
    properties=st.builds(
        Properties,
        message_id=ANY,
        correlation_id=ANY,
        reply_to=ANY,
        to=ANY,
        subject=ANY | st.just(letters.FUNCTIONS["RT"]),
        content_type=ANY | st.just("application/xml"),
        cpa_id=ANY,
        application_timestamp=ANY | st.just("2027-03-01T08:00:00Z"),
        from_her_id=ANY,
        to_her_id=ANY,
        headers=st.dictionaries(
            st.sampled_from(["originalMessageId", "errorCondition", "x"]), ANY.filter(bool)
        ),
    ),
    body=st.sampled_from([*MESSAGES, b""]),
    lane=LANES,
)
def test_any_properties_have_an_outcome(run: Run, properties: Properties, body: bytes, lane: Lane) -> None:
    assert is_outcome(run(Inbound(body, properties, lane, f"{OWNER}_{lane}", NOW)))


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("where", ["MsgInfo/{*}GenDate", "MsgInfo/{*}MsgId", "RefToConversation"])
def test_a_strange_value_in_what_a_receipt_quotes_still_gets_a_receipt(
    run: Run, value: str, where: str
) -> None:
    root = etree.fromstring(letters.reserve().but(conversation=letters.THREAD).body)
    root.find(f".//{{*}}{where}").text = value
    outcome = run(inbound(etree.tostring(root)))
    assert is_outcome(outcome)
    if value.strip() and "GenDate" in where:
        assert isinstance(outcome, Answered)
