"""A document that breaks its schema is told what is wrong and where, and never hears its own values again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.errors import ContentFault, Finding
from adapter.xml.parsing import Limits, parse
from tests.support import letters

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapter.xml.schema import Schema
    from tests.support.letters import Parts

    Explain = Callable[[str], tuple[Finding, ...]]

CANARY = "Kanarifugl"
WISH = letters.reserve().but(msg_id="0b4c9f4e-3c1e-4a0e-9a55-0d9a3ce0a001")
EVENT = "/MsgHead/Document[2]/RefDoc/Content/icalendar/vcalendar/components/vevent/properties"
RESOURCE = letters.document(
    '<RessursListe xmlns="urn:timebok:ressursoversikt:1"><Ressurs><Id>a</Id><Navn>b</Navn>'
    '<Kategori V="Lab"/><Kontakt>1</Kontakt><KanAvbestilles {}/></Ressurs></RessursListe>'
)


@pytest.fixture
def explain(schema: Schema) -> Explain:
    """What is found wrong with a document."""

    def explain(text: str) -> tuple[Finding, ...]:
        body = text.encode()
        try:
            schema.check(parse(body, Limits()), body)
        except ContentFault as fault:
            return fault.findings
        return ()

    return explain


def changed(before: str, after: str, parts: Parts = WISH) -> str:
    assert before in parts.text
    return parts.text.replace(before, after, 1)


@pytest.mark.parametrize("name", letters.EVERY_REQUEST)
def test_what_is_right_has_nothing_wrong(explain: Explain, name: str) -> None:
    assert explain(letters.EVERY_REQUEST[name].text) == ()


BROKEN = {
    "missing at the end": (
        changed('<TypeId V="HER" S="2.16.578.1.12.4.1.1.9051" DN="HER-id"/>', ""),
        "TypeId is missing",
        "/MsgHead/MsgInfo/Sender/Organisation/Ident",
    ),
    "missing in between": (
        changed(f"    <MsgId>{WISH.msg_id}</MsgId>\n", ""),
        "Ack is not allowed here; expected MsgId",
        "/MsgHead/MsgInfo/Ack",
    ),
    "unknown element": (
        changed("<MsgInfo>", "<MsgInfo><Tull/>"),
        "Tull is not allowed here; expected Type",
        "/MsgHead/MsgInfo/Tull",
    ),
    "unknown attribute": (
        changed('<Ack V="J"', '<Ack V="J" S="1"'),
        "attribute S is not allowed here",
        "/MsgHead/MsgInfo/Ack",
    ),
    "missing attribute": (
        changed("</MsgHead>", RESOURCE.format("") + "</MsgHead>"),
        "attribute FristTimer is missing",
        "/MsgHead/Document[3]/RefDoc/Content/RessursListe/Ressurs/KanAvbestilles",
    ),
    "wrong attribute": (
        changed("</MsgHead>", RESOURCE.format('FristTimer="x"') + "</MsgHead>"),
        "attribute FristTimer has an invalid value",
        "/MsgHead/Document[3]/RefDoc/Content/RessursListe/Ressurs/KanAvbestilles",
    ),
    "wrong date": (
        changed(WISH.generated, "i går"),
        "is not a valid dateTime",
        "/MsgHead/MsgInfo/GenDate",
    ),
    "wrong fixed value": (
        changed("v1.2 2006-05-24", "v1.0"),
        "must be 'v1.2 2006-05-24'",
        "/MsgHead/MsgInfo/MIGversion",
    ),
    "wrong word": (
        changed(
            "</contact>", "</contact><x-cancellation-reason><text>Vet ikke</text></x-cancellation-reason>"
        ),
        "is not one of the allowed values",
        f"{EVENT}/x-cancellation-reason/text",
    ),
    "text between": (
        changed("<MsgInfo>", "<MsgInfo>hei"),
        "text is not allowed between its elements",
        "/MsgHead/MsgInfo",
    ),
    "foreign part": (
        changed('xmlns="urn:ietf:params:xml:ns:icalendar-2.0"', 'xmlns="urn:x"'),
        "is not an element that any schema knows here",
        "/MsgHead/Document[2]/RefDoc/Content/icalendar",
    ),
    "foreign root": ("<a/>", "is not an element that any schema knows here", "/a"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_is_said_in_words_and_where(explain: Explain, what: str) -> None:
    text, words, path = BROKEN[what]
    findings = explain(text)
    assert findings
    assert (findings[0].code, findings[0].path) == ("T02", path)
    assert words in findings[0].english
    name = path.rpartition("/")[2].partition("[")[0]
    lines = text.splitlines()
    assert lines[findings[0].line - 1][findings[0].column - 1 :].startswith(f"<{name}")


def test_everything_that_is_wrong_is_told_in_the_order_of_the_document(explain: Explain) -> None:
    text = (
        changed(WISH.generated, "i går")
        .replace("v1.2 2006-05-24", "v1.0")
        .replace('<Ack V="J"', '<Ack X="J"')
    )
    findings = explain(text)
    assert [one.path.rpartition("/")[2] for one in findings] == ["MIGversion", "GenDate", "Ack"]


def test_what_only_follows_from_something_wrong_is_left_out(explain: Explain) -> None:
    (finding,) = explain(changed("<MsgInfo>", "<MsgInfo><Tull><Mer/></Tull>"))
    assert finding.path == "/MsgHead/MsgInfo/Tull"


def test_the_same_document_is_always_explained_the_same_way(explain: Explain) -> None:
    text = WISH.text.replace("<date-time>", "<date-time>x").replace('<Ack V="J"', '<Ack X="1" Y="2"')
    assert explain(text) == explain(text)
    assert len(explain(text)) > 2


def test_a_place_is_told_once_and_with_the_word_that_says_most(explain: Explain) -> None:
    (finding,) = explain(changed("<date-time>", "<date-time>x"))
    assert finding.english == "is not a valid dateTime"


def test_of_thousands_of_errors_only_the_first_are_explained(explain: Explain) -> None:
    findings = explain(changed("<Ident>", "<Ident><Q/></Ident>" * 2_000 + "<Ident>"))
    assert 0 < len(findings) <= 20


def test_a_verdict_stands_where_the_second_opinion_sees_nothing_wrong(explain: Explain) -> None:
    (finding,) = explain(changed("<Content>", "<Content>hei"))
    assert (finding.code, finding.english) == ("T02", "does not follow its schema")


# --- never a value

PLACES = [
    WISH.generated,
    "v1.2 2006-05-24",
    "2027-03-05T09:10:00",
    "<MsgInfo>",
    "<vevent>",
    "<Content>",
    "</contact>",
    'V="J"',
]
AROUND = [
    "{}",
    "attribute '{}' missing",
    "attribute '{}'",
    "attribute {}='x'",
    "'{}'",
    "must have the fixed value '{}'",
    "character data '{}' not found abstract",
]


def planted(place: str, value: str) -> str:
    extra = {
        "<MsgInfo>": f"<MsgInfo>{value}",
        "<vevent>": f"<vevent>{value}",
        "<Content>": f"<Content>{value}",
        "</contact>": f"</contact><x-cancellation-reason><text>{value}</text></x-cancellation-reason>",
        'V="J"': f'S="{value}" V="J"',
    }
    return changed(place, extra.get(place, value))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("around", AROUND)
def test_no_value_of_a_document_is_ever_in_a_finding(explain: Explain, place: str, around: str) -> None:
    findings = explain(planted(place, around.format(CANARY)))
    assert findings
    assert CANARY not in repr(findings)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    place=st.sampled_from(PLACES),
    before=st.text("a'\"= :{}attribute", max_size=12),
    after=st.text("'\" }", max_size=3),
)
def test_no_value_of_any_shape_is_ever_in_a_finding(
    explain: Explain, place: str, before: str, after: str
) -> None:
    value = f"{before}{CANARY}{after}".replace('"', "&quot;")
    assert CANARY not in repr(explain(planted(place, value)))


# --- nothing is fetched


def test_no_schema_is_loaded_because_a_document_asks_for_it(explain: Explain) -> None:
    hint = (
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x file:///nowhere.xsd"'
    )
    assert explain(changed("<MsgHead ", f"<MsgHead {hint} ")) == ()
    assert explain(changed("<MsgHead ", f"<MsgHead {hint} ").replace("v1.2 2006-05-24", "v1.0"))
