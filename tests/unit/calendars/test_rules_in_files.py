"""The rules of a calendar file are understood as they were written; what is wrong in itself is refused."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file
from handlers.calendars.layout import lay_out
from handlers.desk.policies import (
    AS_USUAL,
    FOR_EVERYONE,
    Ask,
    Audience,
    CalendarPolicy,
    Choice,
    DeskKind,
    Question,
    Sex,
    TimeCategory,
    TypePolicy,
    Undoing,
)
from tests.support.ruled import RULED, calendars_of, changed, faults_of

# --- what is understood


def test_every_rule_of_a_calendar_is_read() -> None:
    calendars = calendars_of(RULED)
    assert calendars["lab"].policy == CalendarPolicy(
        audience=Audience(group="risiko", youngest=18, oldest=64, sex=Sex.FEMALE, listed_with="123"),
        accept_conditions=True,
        overlaps=False,
        moves_to=("nord",),
        questions=(
            Question(
                "hva",
                "Hva skal du?",
                (Choice("a", "Det ene", ("blod", "rask")), Choice("b", "Det andre", ("blod",))),
            ),
        ),
    )
    assert calendars["bakke"].policy == CalendarPolicy(shows_appointments=False)
    assert calendars["nord"].policy == FOR_EVERYONE


def test_every_rule_of_a_type_is_read() -> None:
    blod, rask, skjult = calendars_of(RULED)["lab"].types
    assert blod.policy == TypePolicy(
        category=TimeCategory.VIDEO,
        earliest=timedelta(days=90),
        latest=timedelta(hours=2),
        reason=Ask.REQUIRED,
        longest_reason=500,
        phone=Ask.REQUIRED,
        cancel=Undoing(until=timedelta(hours=24), message=Ask.REQUIRED),
        change=Undoing(until=timedelta(hours=12), message=Ask.REFUSED, most=2),
        most_open=1,
    )
    assert rask.policy == AS_USUAL
    assert skjult.policy == TypePolicy(hidden=True)


def test_json_says_the_same() -> None:
    # In JSON the numbers and the truths of this file are no texts.
    said = calendars_of(json.dumps(yaml.safe_load(RULED)))
    assert said == calendars_of(RULED)


@pytest.mark.parametrize("word", ["required", "optional", "refused"])
def test_a_reason_may_be_a_word_alone(word: str) -> None:
    text = changed(RULED, "{ask: required, longest: 500}", word)
    policy = calendars_of(text)["lab"].types[0].policy
    assert (policy.reason, policy.longest_reason) == (Ask(word), None)


def test_a_calendar_says_where_no_citizen_books() -> None:
    text = changed(RULED, "moves_to: [nord]", "").replace("desk: booking", "desk: drop-in")
    text = changed(text, "shows_appointments: false", "protected: true")
    calendars = calendars_of(text)
    assert calendars["nord"].policy.desk is DeskKind.DROP_IN
    assert calendars["bakke"].policy.protected


def test_how_a_time_is_offered_is_laid_out(oslo: ZoneInfo) -> None:
    now = datetime(2027, 3, 1, 7, tzinfo=UTC)
    (drawn,) = lay_out(read_calendar_file(RULED, "a.yaml"), now, oslo)
    assert (drawn.slots["A1"].capacity, drawn.slots["A2"].capacity) == (3, 1)
    assert drawn.slots["A2"].available_at == datetime(2027, 3, 3, 11, tzinfo=UTC)
    assert [slot.must_call for slot in map(drawn.slots.get, ("A2", "A3")) if slot] == [False, True]
    mondays = [slot for slot in drawn.slots.values() if slot.start.astimezone(oslo).weekday() == 0]
    assert {slot.capacity for slot in mondays} == {2}
    assert len(mondays) == 5 * 3


# --- what is refused in one entry, where and how


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # who may use a calendar
        ("{from: 18, to: 64}", "{from: 64, to: 18}", "7:47: calendars[0].audience.age.to: 18 is below from"),
        ("{from: 18, to: 64}", "{}", "7:31: calendars[0].audience.age: says nothing; write one of from, to"),
        ("to: 64", "to: 200", "7:47: calendars[0].audience.age.to: must be an age in years, from 0 to 130"),
        ("from: 18", "from: atten", "7:37: calendars[0].audience.age.from: 'atten' is not a whole number"),
        ("from: 18", "from: -1", "audience.age.from: '-1' is not a whole number; write its digits"),
        ("group: risiko", "group: blocked", "7:16: calendars[0].audience.group: 'blocked' is a name that"),
        ("group: risiko", 'group: "listed:123"', "7:16: calendars[0].audience.group: 'listed:123' is a name"),
        ("group: risiko", "group: de gamle", "calendars[0].audience.group: 'de gamle' is no name of a group"),
        ("sex: female", "sex: kvinne", "calendars[0].audience.sex: must be one of 'female' or 'male', spelt"),
        ('listed_with: "0123"', "listed_with: Bakke", "audience.listed_with: 'Bakke' is not an HPR number"),
        ("group: risiko", "groups: risiko", "the keys here are group, age, sex, listed_with"),
        (
            "representation: optional",
            "representation: maybe",
            "8:5: calendars[0].representation: must be one",
        ),
        ("desk: booking", "desk: akutt", "calendars[1].desk: must be one of 'booking', 'acute' or 'drop-in'"),
        ("overlaps: false", "overlaps: no", "9:5: calendars[0].overlaps: 'no' is neither true nor false"),
        # conditions
        ('version: "1", ', "", "6:5: calendars[0].conditions.version: is missing or empty; write it"),
        ("text: Du må faste., ", "", "6:5: calendars[0].conditions.text: is missing or empty; write it"),
        ("must_accept: true", "must_accept: 1", "conditions.must_accept: '1' is neither true nor false"),
        # questions
        ("id: hva", "", "calendars[0].questions[0].id: is missing or empty; write it"),
        ("code: a,", "", "calendars[0].questions[0].choices[0].code: is missing or empty; write it"),
        # what a type asks
        ("category: Video", "category: video", "calendars[0].types[0].category: must be one of 'Hastetime'"),
        ("hidden: true", "hidden: ja", "types[2].hidden: 'ja' is neither true nor false; write one of the"),
        (
            "{ask: required, longest",
            "{ask: refused, longest",
            "23:32: calendars[0].types[0].reason.longest: means",
        ),
        (
            "longest: 500",
            "longest: 0",
            "23:33: calendars[0].types[0].reason.longest: must be at least 1; to take",
        ),
        ("longest: 500", "longest: 10001", "types[0].reason.longest: must be at most 10000 characters"),
        (
            "{ask: required, longest: 500}",
            "maybe",
            "23:9: calendars[0].types[0].reason: must be one of 'required'",
        ),
        (
            "{ask: required, longest: 500}",
            "{}",
            "23:9: calendars[0].types[0].reason: says nothing; write one of ask",
        ),
        (
            "phone: required",
            "phone: always",
            "24:9: calendars[0].types[0].phone: must be one of 'required', 'opt",
        ),
        (
            "most_open: 1",
            "most_open: 0",
            "27:9: calendars[0].types[0].most_open: must be at least 1; for times",
        ),
        # lead
        (
            "latest: PT2H",
            "latest: P90D",
            "22:32: calendars[0].types[0].lead.latest: must be shorter than earliest",
        ),
        ("latest: PT2H", "latest: 2h", "22:32: calendars[0].types[0].lead.latest: '2h' is not a duration"),
        (
            "{earliest: P90D, latest: PT2H}",
            "{}",
            "22:9: calendars[0].types[0].lead: says nothing; write one of",
        ),
        (
            "{earliest: P90D, latest: PT2H}",
            "PT2H",
            "22:9: calendars[0].types[0].lead: must be a group of keys and",
        ),
        # undoing
        (
            "{until: PT24H,",
            "{allowed: false, until: PT24H,",
            "25:34: calendars[0].types[0].cancel.until: means nothing",
        ),
        (
            "{until: PT24H,",
            "{allowed: false,",
            "25:34: calendars[0].types[0].cancel.message: means nothing beside all",
        ),
        (
            "{until: PT12H, most: 2, message: refused}",
            "{allowed: false, most: 2}",
            "26:34: calendars[0].types[0].change.most: m",
        ),
        (
            "most: 2",
            "most: 0",
            "26:32: calendars[0].types[0].change.most: must be at least 1; for appointments that",
        ),
        (
            "message: required}",
            "most: 2}",
            "25:32: calendars[0].types[0].cancel.most: is not a key of this place",
        ),
        (
            "{until: PT24H, message: required}",
            "{}",
            "25:9: calendars[0].types[0].cancel: says nothing; write one",
        ),
        (
            "{until: PT24H, message: required}",
            "false",
            "25:9: calendars[0].types[0].cancel: must be a group of keys",
        ),
        # times
        (
            "capacity: 3",
            "capacity: 0",
            "slots[0].capacity: must be at least 1; to offer a time to nobody, remove",
        ),
        ("capacity: 3", "capacity: 10001", "31:57: calendars[0].slots[0].capacity: must be at most 10000"),
        ("capacity: 2", "capacity: to", "35:63: calendars[0].weekly[0].capacity: 'to' is not a whole number"),
        (
            "must_call: true",
            "must_call: x",
            "33:57: calendars[0].slots[2].must_call: 'x' is neither true nor false",
        ),
        (
            "available_at:",
            "must_call: true, available_at:",
            "32:74: calendars[0].slots[1].available_at: a time with must_call is never bookable online",
        ),
        (
            "T12:00",
            "T12:00Z",
            "32:57: calendars[0].slots[1].available_at: '2027-03-03T12:00Z' has more than a",
        ),
    ],
)
def test_a_rule_that_is_wrong_in_itself_is_refused(old: str, new: str, expected: str) -> None:
    found = faults_of(changed(RULED, old, new))
    assert any(expected in fault for fault in found), found


# --- whatever is written


def _places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in items for place in _places(below, (*path, key)))]


DATA = yaml.safe_load(RULED)
STRANGE = st.recursive(
    st.sampled_from(
        ["", "blod", "nord", "true", "P1D", "0", "7", "refused", "2027-03-05T09:00", "acute", "🙂"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "types", "ask"]), inner)
    ),
    max_leaves=4,
)


@settings(max_examples=150)
@given(st.sampled_from(_places(DATA)[1:]), STRANGE)
def test_nothing_in_the_place_of_anything_makes_it_raise_anything_else(
    place: tuple[str | int, ...], strange: object
) -> None:
    data = json.loads(json.dumps(DATA))
    holder = data
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = strange
    with suppress(CalendarFileError):
        file = read_calendar_file(json.dumps(data), "a.json")
        lay_out(file, datetime(2027, 3, 1, 7, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
