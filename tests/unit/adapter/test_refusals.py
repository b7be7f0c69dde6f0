"""Why the desk declines, as the hub and the citizen read it: a code and a sentence for every reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapter.dialects.helsenorge.texts import BOKMAL, as_running_text, title_of
from handlers.desk.model import Appointment, Calendar, State
from handlers.desk.reasons import Reason
from handlers.desk.replies import Declined
from tests.support import letters
from tests.support.clinic import END, OWNER, START
from tests.support.people import LINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml import etree

    from handlers.desk.replies import Reply

    Say = Callable[[Reply, letters.Parts], etree._Element]

HBT, HB = letters.planned_appointments(), letters.practitioner_overview()
HR, HLT = letters.resource_overview(), letters.slot_query()
RT, BOOK, ERT, ART = letters.reserve(), letters.book(), letters.change(), letters.cancel()
HALL = Calendar(OWNER, "hall", "Hall 1", organisation="Beste kommune")
TAKEN = Appointment(
    "a1", OWNER, "hall", "K1", State.BOOKED, START, END, "Koronatest", None, None, LINE, calendar=HALL
)


def tema(root: etree._Element) -> str:
    return root.find(".//{*}TemaKodet").get("V")


WHO = {
    Reason.BLOCKED,
    Reason.NOT_IN_GROUP,
    Reason.TOO_YOUNG,
    Reason.TOO_OLD,
    Reason.OTHER_SEX,
    Reason.NOT_LISTED_WITH_PRACTITIONER,
    Reason.REPRESENTATIVE_REQUIRED,
    Reason.REPRESENTATIVE_REFUSED,
}
CAME_WITH_IT = {
    reason
    for reason in Reason
    if reason.value.startswith(("reason-", "phone-", "answer", "referral-", "message-", "conditions-"))
} | {Reason.TOO_MANY_OPEN}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_that_says_what_to_do_or_why(reason: Reason) -> None:
    plain, with_detail = BOKMAL.why_declined(reason, None), BOKMAL.why_declined(reason, "17")
    for sentence in (plain, with_detail):
        assert sentence.endswith(".")
        assert "{" not in sentence
    assert ("17" in with_detail) is (reason in BOKMAL.declined_with)


def test_no_two_reasons_have_the_same_sentence() -> None:
    assert len(set(BOKMAL.declined.values())) == len(Reason)


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize(
    ("parts", "no"), [(RT, "06"), (BOOK, "06"), (ERT, "34"), (ART, "09")], ids=["RT", "book", "ERT", "ART"]
)
def test_a_refusal_has_the_code_of_what_is_in_the_way_and_repeats_the_time(
    say: Say, parts: letters.Parts, no: str, reason: Reason
) -> None:
    root = say(Declined(reason, "17"), parts)
    assert tema(root) == ("30" if reason in WHO else "26" if reason in CAME_WITH_IT else no)
    assert root.findtext(".//{*}TekstNotatInnhold") == BOKMAL.why_declined(reason, "17")
    asked = "K2" if parts is ERT else "K1"
    assert root.findtext(".//{*}vevent//{*}uid/{*}text") == asked


@pytest.mark.parametrize("parts", [HR, HLT, HBT, HB], ids=["HR", "HLT", "HBT", "HB"])
def test_whoever_waits_is_refused_with_30_or_26_and_no_list(say: Say, parts: letters.Parts) -> None:
    blocked = say(Declined(Reason.BLOCKED), parts)
    assert tema(blocked) == "30"
    assert len(blocked.findall("{*}Document")) == 1
    assert tema(say(Declined(Reason.ANSWER_UNKNOWN, "q1"), parts)) == "26"


# --- titles


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Koronatest", "koronatest"),
        ("Årskontroll", "årskontroll"),
        ("Lang samtale", "lang samtale"),
        ("24-timers blodtrykk", "24-timers blodtrykk"),
        ("HPV-vaksine", "HPV-vaksine"),
        ("INR", "INR"),
        ("Covid-19", "Covid-19"),
        ("", ""),
    ],
)
def test_a_plain_word_is_written_small_in_a_sentence(name: str, said: str) -> None:
    assert as_running_text(name) == said


def test_a_title_leaves_out_what_is_not_known_or_said_already() -> None:
    assert title_of(replace(TAKEN, calendar=None)) == "Time til koronatest"
    named = replace(HALL, name="Hall 1 i Beste kommune")
    assert title_of(replace(TAKEN, calendar=named)) == "Time til koronatest hos Hall 1 i Beste kommune"
    nobody = replace(HALL, organisation="")
    assert title_of(replace(TAKEN, calendar=nobody)) == "Time til koronatest hos Hall 1"


def test_another_language_says_what_it_says_differently_and_the_rest_in_bokmal() -> None:
    swedish = replace(BOKMAL, title="Tid för {kind}", at=" hos {where}")
    assert swedish.title_of(TAKEN) == "Tid för koronatest hos Hall 1 Beste kommune"
    assert swedish.why_declined(Reason.BLOCKED, None) == BOKMAL.why_declined(Reason.BLOCKED, None)
