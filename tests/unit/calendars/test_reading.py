"""A calendar file is understood as it was written, or everything that is wrong with it is told at once."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handlers.calendars import tree
from handlers.calendars.faults import CalendarFileError
from handlers.calendars.file import read_calendar_file


def faults_of(text: str) -> list[str]:
    with pytest.raises(CalendarFileError) as caught:
        read_calendar_file(text, "a.yaml")
    return [str(fault) for fault in caught.value.faults]


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


# --- what is understood


def test_every_key_of_the_contract_is_read() -> None:
    text = """
owner: {her_id: "91095", name: Vaksinasjonstjenesten, parent: {her_id: "1234", name: Beste kommune}}
calendars:
  - id: korona-1
    name: Koronatest1
    category: Koronatest
    text: Drive-in ved Hall 1
    place: Hall 1
    conditions: {version: "1", text: "Du må ikke ha feber."}
    booking: two-step
    hold: PT15M
    types: [{code: test, name: Koronatest, duration: PT5M}]
    slots: [{id: 4088E990AD89CB3DBB484909, start: "2027-03-05T09:10", end: "2027-03-05T09:15", type: test}]
    weekly:
      - {days: [mon, fri], from: "08:30", to: "15:00", type: test, breaks: [{from: "11:30", to: "12:00"}],
         since: "2027-03-01", until: "2027-06-30", except: ["2027-05-17"]}
  - id: linn
    name: Legesen Linn
    practitioner: {hpr: "9141200", family_name: Linn, given_name: Legesen}
"""
    (document,) = read_calendar_file(text, "a.yaml").documents
    first, second = document.calendars
    assert (document.owner.her_id, document.owner.parent.name) == ("91095", "Beste kommune")
    assert (first.place, first.conditions.text, first.holds_for) == (
        "Hall 1",
        "Du må ikke ha feber.",
        timedelta(minutes=15),
    )
    assert first.slots[0].start == datetime(2027, 3, 5, 9, 10)  # noqa: DTZ001 - local, by contract
    rule = first.weekly[0]
    assert (rule.from_, rule.to, rule.until) == (time(8, 30), time(15), date(2027, 6, 30))
    assert (rule.breaks[0].to, rule.except_, rule.since) == (time(12), (date(2027, 5, 17),), date(2027, 3, 1))
    assert (second.practitioner.hpr, second.category, second.holds_for) == ("9141200", None, None)


def test_two_steps_without_a_hold_hold_for_ten_minutes(small: str) -> None:
    text = changed(small, "category: Koronatest", "category: Koronatest\n    booking: two-step")
    assert read_calendar_file(text, "a").documents[0].calendars[0].holds_for == timedelta(minutes=10)


@pytest.mark.parametrize("written", ["08:30", '"08:30"', "8:30", "'08:30:00'"])
def test_a_time_of_day_needs_no_quotes(small: str, written: str) -> None:
    text = changed(small, 'from: "08:30"', f"from: {written}")
    assert read_calendar_file(text, "a").documents[0].calendars[0].weekly[0].from_ == time(8, 30)


def test_dates_and_numbers_need_no_quotes(small: str) -> None:
    text = small.replace('"', "").replace("name: Koronatest\n", "name: 2027\n")
    calendar = read_calendar_file(text, "a").documents[0].calendars[0]
    assert calendar.weekly[0].until == date(2027, 3, 31)
    assert calendar.slots[0].end == datetime(2027, 3, 5, 9, 15)  # noqa: DTZ001 - local, by contract
    assert calendar.name == "2027"


@pytest.mark.parametrize("word", ["no", "off", "0123", "1_000", "1e3", "0x1F", "12:30:45"])
def test_a_text_stays_the_text_that_was_written(small: str, word: str) -> None:
    text = small.replace("code: test", f"code: {word}").replace("type: test", f"type: {word}")
    assert read_calendar_file(text, "a").documents[0].calendars[0].types[0].code == word


@pytest.mark.parametrize("parser", ["C", "Python"])
def test_json_is_the_same_file(small: str, monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    # In YAML the dates and times of this file are quoted, so PyYAML gives plain texts and numbers.
    data = yaml.safe_load(small)
    data["calendars"][0]["name"] = "Smil 😀 på \t Høyden"
    if parser == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    for text in (json.dumps(data), json.dumps(data, indent="\t"), json.dumps(data, ensure_ascii=False)):
        file = read_calendar_file(text, "a.json")
        assert file.documents[0].calendars[0].name == "Smil 😀 på \t Høyden"
        assert file.documents[0].owner == read_calendar_file(small, "a.yaml").documents[0].owner


def test_a_file_may_have_several_owners(small: str) -> None:
    text = small + "---\n" + small.replace("91095", "91096")
    assert [d.owner.her_id for d in read_calendar_file(text, "a").documents] == ["91095", "91096"]


def test_an_alias_repeats_what_was_named(small: str) -> None:
    text = (
        changed(small, "days: [mon, fri]", "days: &days [mon, fri]").replace("---", "")
        + "      - {days: *days, from: 10:00, to: 11:00, type: test, until: 2027-03-31}\n"
    )
    rules = read_calendar_file(text, "a").documents[0].calendars[0].weekly
    assert rules[0].days == rules[1].days == ("mon", "fri")


def test_a_key_with_nothing_behind_it_counts_as_not_written(small: str) -> None:
    text = changed(small, "category: Koronatest", "category: Koronatest\n    practitioner:\n    place: ~")
    assert read_calendar_file(text, "a").documents[0].calendars[0].place is None


# --- what is refused, where and how


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("her_id: 91095", "her_id: x1", "1:9: owner.her_id: 'x1' is not a HER-id"),
        ("category: Koronatest", "category: Test", "5:5: calendars[0].category: must be one of 'Koronatest'"),
        ("category: Koronatest", "", "3:5: calendars[0]: says neither category"),
        (
            "category: Koronatest",
            "category: Lab\n    practitioner: {hpr: 1, family_name: A, given_name: B}",
            "6:5: calendars[0].practitioner: a calendar is a resource's (category) or a practitioner's,",
        ),
        (
            "category: Koronatest",
            "category: Lab\n    hold: PT5M",
            "6:5: calendars[0].hold: only booking: two-step",
        ),
        ("duration: PT5M", "duration: 5", "7:40: calendars[0].types[0].duration: '5' is not a duration"),
        ("duration: PT5M", "duration: PT1S", "7:40: calendars[0].types[0].duration: must be from a minute"),
        ("id: A1, start", "id: A1, begin", "9:18: calendars[0].slots[0].begin: is not a key of this place"),
        ("id: A1, start", "id: A1, begin", "9:9: calendars[0].slots[0].start: is missing or empty"),
        ("T09:15", "T09:10", "9:45: calendars[0].slots[0].end: the end 2027-03-05T09:10 must be after"),
        (
            "T09:15",
            "T09:15Z",
            "9:45: calendars[0].slots[0].end: '2027-03-05T09:15Z' has more than a local time",
        ),
        ("T09:15", "T09:15+01:00", 'has more than a local time; write it as "2027-03-05T09:15"'),
        ("type: test}", "type: tost}", "9:70: calendars[0].slots[0].type: 'tost' is not the code of one"),
        ("type: test\n", "type: tost\n", "14:9: calendars[0].weekly[0].type: 'tost' is not the code of one"),
        ("[mon, fri]", "[mon, fredag]", "11:21: calendars[0].weekly[0].days[1]: must be one of 'mon'"),
        ("[mon, fri]", "mon", "11:9: calendars[0].weekly[0].days: must be a list"),
        ("[mon, fri]", "[]", "11:9: calendars[0].weekly[0].days: must have at least one item"),
        (
            'from: "08:30"',
            "from: 510",
            "12:9: calendars[0].weekly[0].from: '510' is not a time of day; a bare",
        ),
        ('from: "08:30"', "from: 24:30", "12:9: calendars[0].weekly[0].from: '24:30' is not on any clock"),
        ('to: "09:00"', "to: 08:00", "13:9: calendars[0].weekly[0].to: 08:00 must be after 08:30"),
        (
            '"2027-03-31"',
            "2027-02-30",
            "15:9: calendars[0].weekly[0].until: '2027-02-30' is not in any calendar",
        ),
        ('until: "2027-03-31"', "", "11:9: calendars[0].weekly[0].until: is missing or empty"),
        ("until:", "since: 2027-04-01\n        until:", "weekly[0].since: 2027-04-01 is after until"),
        ("name: Koronatest\n", "name: [x]\n", "4:5: calendars[0].name: must be a text"),
        ("name: Koronatest\n", 'name: " "\n', "4:5: calendars[0].name: must not be empty"),
        ("id: korona-1", "id: korona 1", "3:5: calendars[0].id: 'korona 1' is not an id"),
        (
            "id: korona-1",
            "id: korona-1\n    id: b",
            "4:5: calendars[0].id: this key is here twice (first on line 3)",
        ),
        ("id: korona-1", "id: korona-1\n    <<: {a: b}", "4:5: calendars[0].<<: merging (<<) is not read"),
        ("name: Koronatest\n", "name: *x\n", "calendars[0].name: *x refers to nothing"),
        ("name: Koronatest\n", "name: !!python/name:os.system x\n", "python/name:os.system is not allowed"),
        ("name: Koronatest\n", 'name: "a\\0b"\n', "4:11: calendars[0].name: holds the character U+0000"),
        ("name: Koronatest\n", "name: a\x01b\n", "4:12: file: the character U+0001 cannot stand"),
        ("name: Koronatest\n", "name: a: b\n", "4:12: file: cannot be read from here on: mapping values"),
        ("name: Koronatest\n", "name: [a\n", "file: cannot be read from here on"),
        ("  - id", "\t- id", "indent with spaces"),
    ],
)
def test_a_fault_says_where_it_is_and_what_to_do(small: str, old: str, new: str, expected: str) -> None:
    found = faults_of(changed(small, old, new))
    assert any(expected in fault for fault in found), found
    assert all(fault.startswith("a.yaml:") for fault in found)


def test_all_faults_of_a_file_are_told_at_once(small: str) -> None:
    text = small
    for old, new in [
        ("her_id: 1234", "her_id: -"),
        ("id: korona-1\n", "id: korona-1\n    id: korona-1\n"),
        ("category: Koronatest", "category: Test\n    hold: PT5"),
        ("duration: PT5M", "duration: 5"),
        ("type: test}", "type: tost}"),
        ("[mon, fri]", "[monday]"),
    ]:
        text = changed(text, old, new)
    text += "---\nowner: {}\n"
    found = faults_of(text)
    assert [fault.split(": ")[1] for fault in found] == [
        "owner.parent.her_id",
        "calendars[0].id",
        "calendars[0].category",
        "calendars[0].hold",
        "calendars[0].hold",
        "calendars[0].types[0].duration",
        "calendars[0].slots[0].type",
        "calendars[0].weekly[0].days[0]",
        "calendars",
        "owner.her_id",
        "owner.name",
        "owner.parent",
    ]
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines)


def test_what_is_there_twice_is_told_with_the_place_of_the_other(small: str) -> None:
    calendar = small[small.index("  - id") :]
    found = faults_of(small + calendar)
    assert any("calendars[1].id: 'korona-1' is also the id of calendars[0]" in fault for fault in found)
    assert any("calendars[1].slots[0].id: 'A1' is also the id of calendars[0].slots[0]" in f for f in found)
    twice = small.replace("PT5M}\n", "PT5M}\n      - {code: test, name: B, duration: PT5M}\n")
    assert (
        "calendars[0].types[1].code: 'test' is also the code of calendars[0].types[0]" in faults_of(twice)[0]
    )
    assert "owner.her_id: 91095 is the owner of document 1" in faults_of(small + "---\n" + small)[0]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "42\n", "[]\n", "owner: {}\n"])
def test_what_is_no_calendar_file_is_refused(text: str) -> None:
    assert faults_of(text)


# --- what is kept within limits


def test_a_billion_laughs_are_refused(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "aliases repeat more than 100000 values" in faults_of("\n".join(lines) + "\n" + small)[-1]


def test_deep_nesting_is_refused() -> None:
    assert "nested more than 20 deep" in faults_of("[" * 100_000)[0]
    assert "nested more than 20 deep" in faults_of("a: " + "{a: " * 100_000)[0]


def test_a_file_that_is_too_large_is_refused(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_CHARACTERS", len(small) - 1)
    assert "is larger than" in faults_of(small)[0]


def test_a_file_of_too_many_values_is_refused(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_VALUES", 40)
    assert "the file has more than 40 values" in faults_of(small)[0]


@pytest.mark.parametrize("key", ["[a, b]: c\n", "{a: b}: c\n", "? [x]\n: y\n", "a: &a x\n*a : y\n"])
def test_a_key_is_a_plain_word(key: str) -> None:
    assert "a key must be a plain word" in faults_of(key)[0]


def test_without_the_c_parser_it_reads_the_same(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_calendar_file(small, "a")
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert read_calendar_file(small, "a") == expected


@given(
    st.text() | st.lists(st.sampled_from([*"[]{}:,-&*!|>?#'\"%@\n \t\\", "a", "owner", "---\n"])).map("".join)
)
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    with pytest.raises(CalendarFileError):
        read_calendar_file(text, "a")


def test_a_text_that_a_comma_has_cut_is_not_taken_for_the_whole() -> None:
    text = """
owner: {her_id: "91095", name: V, parent: {her_id: "1234", name: B}}
calendars:
  - {id: a, name: A, category: Lab, conditions: {version: "1", text: Er du syk, må du ringe}}
"""
    (fault,) = faults_of(text)
    assert "må du ringe: has no value; between { and } a text with a comma in it needs quotes" in fault
