"""A weekly rule on the clock: only within its hours and days, never in a break, the same every time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.calendars.entries import WeeklyEntry
from handlers.calendars.weekly import occurrences, slot_id, to_utc, utc_span

OSLO = ZoneInfo("Europe/Oslo")
Drawn = tuple[WeeklyEntry, timedelta, date]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def a_rule(**keys: object) -> WeeklyEntry:
    usual = {"days": DAYS, "from": "08:00", "to": "16:00", "type": "t", "until": "2027-12-31"}
    return WeeklyEntry.model_validate(usual | keys)


def wall_end(end: datetime) -> time:
    # At the moment the clock jumps it already shows the hour after; the slot ended at the hour before.
    second = timedelta(seconds=1)
    return ((end - second).astimezone(OSLO).replace(tzinfo=None) + second).time()


def walls(rule: WeeklyEntry, minutes: int, day: date) -> list[str]:
    slots = occurrences(rule, timedelta(minutes=minutes), day, OSLO)
    local = [(start.astimezone(OSLO), end.astimezone(OSLO)) for start, end in slots]
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in local]


@st.composite
def rules(draw: st.DrawFn) -> Drawn:
    minutes = st.integers(0, 24 * 60 - 1)

    def hours() -> dict[str, str]:
        low, high = sorted(draw(st.lists(minutes, min_size=2, max_size=2, unique=True)))
        return {"from": f"{low // 60:02}:{low % 60:02}", "to": f"{high // 60:02}:{high % 60:02}"}

    first = draw(st.dates(date(2027, 3, 20), date(2027, 11, 5)))
    until = first + timedelta(days=draw(st.integers(-3, 20)))
    rule = a_rule(
        **hours(),
        breaks=[hours() for _ in range(draw(st.integers(0, 3)))],
        days=draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True)),
        until=str(until),
        **{"except": [str(draw(st.dates(first, first + timedelta(days=9))))]},
    )
    return rule, timedelta(minutes=draw(st.integers(5, 200))), first


@given(rules())
def test_every_slot_keeps_to_the_rule(drawn: Drawn) -> None:
    rule, duration, first = drawn
    before: datetime | None = None
    for start, end in occurrences(rule, duration, first, OSLO):
        begins, ends = start.astimezone(OSLO), wall_end(end)
        assert start.tzinfo is UTC
        assert end - start == duration or (end - start > duration and begins.date() == AUTUMN)
        assert first <= begins.date() <= rule.until
        assert DAYS[begins.weekday()] in rule.days
        assert begins.date() not in rule.except_
        assert rule.from_ <= begins.time()
        assert ends <= rule.to
        assert not any(pause.from_ < ends and begins.time() < pause.to for pause in rule.breaks)
        assert before is None or before <= start
        before = end


@given(rules())
def test_slots_are_back_to_back_up_to_a_break_or_the_end(drawn: Drawn) -> None:
    rule, duration, _ = drawn
    day = date(2027, 6, 7) + timedelta(days=DAYS.index(rule.days[0]))
    whole = rule.model_copy(update={"until": day, "except_": ()})
    edges = {pause.to for pause in rule.breaks} | {rule.from_}
    last: time | None = None
    for start, end in occurrences(whole, duration, day, OSLO):
        begins = start.astimezone(OSLO).time()
        assert begins == last or begins in edges
        last = end.astimezone(OSLO).time()


@given(rules())
def test_the_same_rule_gives_the_same_slots_and_ids(drawn: Drawn) -> None:
    rule, duration, first = drawn
    once, again = (
        [slot_id("c", start, rule.type) for start, _ in occurrences(rule, duration, first, OSLO)]
        for _ in "12"
    )
    assert once == again
    assert len(set(once)) == len(once)


def test_an_id_is_stable_across_versions() -> None:
    start = datetime(2027, 3, 5, 8, 10, tzinfo=UTC)
    assert slot_id("korona-1", start, "test") == "250E559820F7644EEB8F6834"
    assert slot_id("korona-1", start.astimezone(OSLO), "test") == slot_id("korona-1", start, "test")
    others = [
        slot_id("korona-2", start, "test"),
        slot_id("korona-1", start + timedelta(seconds=1), "test"),
        slot_id("korona-1", start, "rask"),
    ]
    assert len({*others, slot_id("korona-1", start, "test")}) == 4


def test_work_goes_on_right_after_a_break() -> None:
    rule = a_rule(
        **{"from": "08:00", "to": "10:30"}, breaks=[{"from": "08:50", "to": "09:05"}], until="2027-06-07"
    )
    assert walls(rule, 20, date(2027, 6, 7)) == [
        "08:00-08:20",
        "08:20-08:40",
        "09:05-09:25",
        "09:25-09:45",
        "09:45-10:05",
        "10:05-10:25",
    ]


def test_a_rule_runs_from_since_to_until_both_included() -> None:
    rule = a_rule(since="2027-06-03", until="2027-06-05", **{"from": "08:00", "to": "09:00"})
    starts = [start.date().day for start, _ in occurrences(rule, timedelta(hours=1), date(2027, 6, 1), OSLO)]
    assert starts == [3, 4, 5]


def test_the_missing_hour_gives_no_slots() -> None:
    rule = a_rule(**{"from": "01:00", "to": "04:00"}, until=str(SPRING))
    assert walls(rule, 30, SPRING) == ["01:00-01:30", "01:30-03:00", "03:00-03:30", "03:30-04:00"]
    slots = list(occurrences(rule, timedelta(minutes=30), SPRING, OSLO))
    assert {end - start for start, end in slots} == {timedelta(minutes=30)}
    assert walls(rule, 50, SPRING) == ["01:00-01:50"]


def test_a_slot_that_the_clock_would_cut_short_is_left_out() -> None:
    rule = a_rule(**{"from": "01:30", "to": "05:30"}, until=str(SPRING))
    assert walls(rule, 120, SPRING) == ["03:30-05:30"]


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    rule = a_rule(**{"from": "01:00", "to": "04:00"}, until=str(AUTUMN))
    slots = list(occurrences(rule, timedelta(minutes=30), AUTUMN, OSLO))
    starts = [start for start, _ in slots]
    assert [f"{start.astimezone(OSLO):%H:%M}" for start in starts] == [
        "01:00",
        "01:30",
        "02:00",
        "02:30",
        "03:00",
        "03:30",
    ]
    assert starts[2] == datetime(2027, 10, 31, 0, 0, tzinfo=UTC)
    assert starts[4] == datetime(2027, 10, 31, 2, 0, tzinfo=UTC)


@given(st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001 - wall-clock times
def test_a_wall_clock_time_comes_back_as_it_was(local: datetime) -> None:
    moment = to_utc(local, OSLO)
    if moment is None:
        assert local.date() == SPRING
        assert local.hour == 2
    else:
        assert moment.astimezone(OSLO).replace(tzinfo=None) == local


@pytest.mark.parametrize(
    ("start", "end", "exists"),
    [
        ("01:50", "02:00", True),
        ("01:50", "02:10", False),
        ("02:00", "03:00", False),
        ("01:50", "03:00", True),
        ("03:00", "03:10", True),
    ],
)
def test_a_span_needs_both_its_ends_on_the_clock(start: str, end: str, exists: bool) -> None:
    begins, ends = (datetime.combine(SPRING, time.fromisoformat(wall)) for wall in (start, end))
    assert (utc_span(begins, ends, OSLO) is not None) is exists
