"""Local time on the wire, aware UTC inside, and what the clock does twice a year."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from adapter.dialects.helsenorge.times import (
    day_after,
    is_moment,
    read_date,
    read_local,
    start_of,
    write_local,
    write_utc,
)

OSLO = ZoneInfo("Europe/Oslo")


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-05T09:10:00", utc(2027, 3, 5, 8, 10)),
        ("2027-07-05T09:10:00", utc(2027, 7, 5, 7, 10)),
        (" 2027-03-05T09:10:00\n", utc(2027, 3, 5, 8, 10)),
        ("2027-03-05T09:10:00Z", utc(2027, 3, 5, 9, 10)),
        ("2027-03-05T09:10:00+05:30", utc(2027, 3, 5, 3, 40)),
        ("2027-03-05T09:10:00.0", utc(2027, 3, 5, 8, 10)),
        # the night when the clock goes forward
        ("2027-03-28T01:59:59", utc(2027, 3, 28, 0, 59, 59)),
        ("2027-03-28T03:00:00", utc(2027, 3, 28, 1, 0, 0)),
        ("2027-03-28T02:30:00Z", utc(2027, 3, 28, 2, 30)),
        # the night when it goes back: the hour that exists twice means its first occurrence
        ("2027-10-31T01:59:59", utc(2027, 10, 30, 23, 59, 59)),
        ("2027-10-31T02:00:00", utc(2027, 10, 31, 0, 0, 0)),
        ("2027-10-31T02:59:59", utc(2027, 10, 31, 0, 59, 59)),
        ("2027-10-31T03:00:00", utc(2027, 10, 31, 2, 0, 0)),
    ],
)
def test_a_local_time_is_read_as_the_moment_it_means(text: str, moment: datetime) -> None:
    assert read_local(text, OSLO) == moment
    assert read_local(text, OSLO).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-28T02:00:00",
        "2027-03-28T02:30:00",
        "2027-03-28T02:59:59",
        "2027-02-29T09:00:00",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "0000-01-01T00:00:00",
        "12027-01-01T00:00:00",
        "-2027-01-01T00:00:00",
        "2027-03-05T25:00:00",
        "i morgen",
        "",
    ],
)
def test_a_time_that_the_clock_skips_and_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are nobody's business
        read_local(text, OSLO)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_what_is_written_is_read_as_the_same_moment_but_for_the_hour_that_exists_twice(
    when: datetime,
) -> None:
    moment = when.replace(microsecond=0, tzinfo=UTC)
    read = read_local(write_local(moment, OSLO), OSLO)
    assert read == moment or (moment - read == timedelta(hours=1) and moment.astimezone(OSLO).fold)


@given(st.text(max_size=30))
def test_no_text_makes_reading_raise_anything_else(text: str) -> None:
    for read in (lambda: read_local(text, OSLO), lambda: read_date(text)):
        with suppress(ValueError):
            read()
    assert is_moment(text) in (True, False)


def test_a_moment_is_written_as_the_clock_on_the_wall_shows_it() -> None:
    assert write_local(utc(2027, 3, 5, 8, 10), OSLO) == "2027-03-05T09:10:00"
    assert write_local(utc(2027, 10, 31, 0, 30), OSLO) == "2027-10-31T02:30:00"
    assert write_local(utc(2027, 10, 31, 1, 30), OSLO) == "2027-10-31T02:30:00"
    assert write_local(utc(2027, 3, 5, 8, 10).replace(microsecond=999_999), OSLO) == "2027-03-05T09:10:00"


def test_a_moment_is_written_in_utc_whatever_zone_it_is_told_in() -> None:
    assert write_utc(utc(2027, 3, 5, 8, 10)) == "2027-03-05T08:10:00Z"
    assert write_utc(utc(2027, 3, 5, 8, 10).astimezone(OSLO)) == "2027-03-05T08:10:00Z"


@pytest.mark.parametrize(
    "text", ["2027-03-05", " 2027-03-05 ", "2027-03-05Z", "2027-03-05+01:00", "2027-03-05-05:00"]
)
def test_a_date_is_read_and_its_zone_means_nothing(text: str) -> None:
    assert read_date(text) == date(2027, 3, 5)


@pytest.mark.parametrize(
    "text", ["", "2027-02-30", "9999-12-31", "0001-01-01", "12027-01-01", "-2027-01-01", "05.03.2027"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are nobody's business
        read_date(text)


def test_a_day_begins_at_midnight_in_oslo_also_when_the_clock_changes() -> None:
    assert start_of(date(2027, 3, 28), OSLO) == utc(2027, 3, 27, 23)
    assert start_of(day_after(date(2027, 3, 28)), OSLO) == utc(2027, 3, 28, 22)
    assert start_of(date(2027, 10, 31), OSLO) == utc(2027, 10, 30, 22)
    assert start_of(day_after(date(2027, 10, 31)), OSLO) == utc(2027, 10, 31, 23)


MOMENT = etree.XMLSchema(
    etree.fromstring(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        '<xs:element name="a" type="xs:dateTime"/></xs:schema>'
    )
)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("2027-03-01T08:00:00", True),
        ("2027-03-01T08:00:00Z", True),
        ("2027-03-01T08:00:00.0Z", True),
        ("2027-03-01T08:00:00.1234567890Z", True),
        ("2027-03-01T08:00:00-14:00", True),
        ("2027-03-01T08:00:00+15:00", False),
        ("2027-03-01T08:00:00+00:60", False),
        ("2027-W10-1T08:00:00", False),
        ("20270301T080000", False),
        ("2027-03-01T08:00", False),
        ("2027-03-01T08", False),
        ("2027-03-01 08:00:00", False),
        ("2027-03-01T08:00:00,5", False),
        ("2027-03-01T08:00:00+01", False),
        ("2027-02-30T08:00:00", False),
        ("٢٠٢٧-03-01T08:00:00", False),
        ("", False),
    ],
)
def test_a_moment_that_can_be_quoted_is_one_that_a_schema_takes(text: str, good: bool) -> None:
    element = etree.Element("a")
    element.text = text
    assert is_moment(text) is good
    assert MOMENT.validate(element) is good


@given(
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]*)?(Z|[+-][01][0-9]:[0-9]{2})?",
        fullmatch=True,
    )
)
def test_whatever_is_called_a_moment_is_one_to_a_schema(text: str) -> None:
    element = etree.Element("a")
    element.text = text
    assert MOMENT.validate(element) or not is_moment(text)
