"""Numbers and times without end, in other scripts or from no calendar: an error in the message, not in us."""

# ruff: noqa: RUF001 - digits of other scripts are what it is about

from __future__ import annotations

import pytest

from adapter.message import ATTEMPT, Lane
from tests.security.road import Road, said
from tests.support import letters
from tests.support.envelopes import inbound

NOT_DATES = [
    *("2027-02-30", "2027-13-01", "2027-00-10", "0000-01-01", "9999-12-31", "12027-03-01", "-2027-03-01"),
    *("٢٠٢٧-٠٣-٠١", "２０２７-03-01", "2027-W10-1", "20270301", "2027-060", "2027-3-1", "1e3-01-01", "NaN"),
    *("2027-03-01T00:00:00", "2027-03-01+99:00", "9" * 5_000, "2027-03-01" * 500, "today", "1772323200"),
]
NOT_MOMENTS = [
    *("2027-03-05T25:10:00", "2027-03-05T09:60:00", "2027-03-05T09:10:61", "2027-02-30T09:10:00"),
    *("9999-03-05T09:10:00", "0000-03-05T09:10:00", "-2027-03-05T09:10:00", "99999999999-03-05T09:10:00"),
    *("٢٠٢٧-03-05T09:10:00", "２０２７-03-05T09:10:00", "2027-03-05T９:10:00", "2027-03-05t09:10:00"),
    *("2027-03-05 09:10:00", "2027-03-05", "20270305T091000", "2027-W09-5T09:10:00", "9" * 5_000),
    *("2027-03-28T02:30:00", "2027-03-05T09:10:00+99:99", "2027-03-05T09:10:00 Europe/Oslo"),
]
HUGE = [
    "9" * 20,
    "9" * 400,
    "9" * 5_000,
    "-1",
    "1" + "0" * 300,
    "2147483648",
    "4294967296",
    "18446744073709551616",
]


@pytest.mark.parametrize("value", NOT_DATES)
def test_what_is_no_date_is_refused(road: Road, value: str) -> None:
    for query in (letters.slot_query(first=value), letters.slot_query(last=value)):
        assert said(road.send(inbound(query.body, lane=Lane.SYNC))) == "answered 26"


@pytest.mark.parametrize("value", NOT_MOMENTS)
def test_what_is_no_time_is_refused(road: Road, value: str) -> None:
    times = ("2027-03-05T09:10:00", "2027-03-05T09:15:00")
    for start, end in ((value, times[1]), (times[0], value)):
        body = letters.reserve().but(event=letters.event("K1", start, end)).body
        assert said(road.send(inbound(body))) == "answered 2 T02"


@pytest.mark.parametrize(
    "value", ["2027-03-05T09:10:00.0", "2027-03-05T09:10:00." + "0" * 5_000, "2027-03-05T08:10:00Z"]
)
def test_the_same_time_written_otherwise_is_the_same_time(road: Road, value: str) -> None:
    body = letters.reserve().but(event=letters.event("K1", value, "2027-03-05T09:15:00")).body
    assert said(road.send(inbound(body))) == "answered 1 05"


@pytest.mark.parametrize("value", ["2027-03-05T09:10:00.1", "2027-03-05T09:10:00." + "1" * 5_000])
def test_a_fraction_of_a_second_is_another_time(road: Road, value: str) -> None:
    body = letters.reserve().but(event=letters.event("K1", value, "2027-03-05T09:15:00")).body
    assert said(road.send(inbound(body))) == "answered 1 06"


@pytest.mark.parametrize("first", ["0002-01-01", "9998-12-01"])
def test_a_period_at_the_ends_of_time_has_no_slots(road: Road, first: str) -> None:
    last = first[:8] + "28"
    assert said(road.send(inbound(letters.slot_query(first, last).body, lane=Lane.SYNC))) == "answered 04"


@pytest.mark.parametrize("value", ["0001-01-01", "9998-12-31", "9999-12-31"])
def test_a_period_past_the_ends_of_time_does_not_overflow(road: Road, value: str) -> None:
    outcome = said(road.send(inbound(letters.slot_query(value, value).body, lane=Lane.SYNC)))
    assert outcome in {"answered 26", "answered 04"}


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "x" * 5_000, *HUGE])
def test_a_strange_time_of_writing_leaves_the_receipt_readable(road: Road, value: str) -> None:
    outcome = road.send(inbound(letters.reserve().but(generated=value).body))
    assert said(outcome) in {"answered 1 05", "answered 2 T02"}


@pytest.mark.parametrize("value", [*HUGE, "0x10", "1e3", "١"])
def test_numbers_without_end_in_the_head_are_refused(road: Road, value: str) -> None:
    for old in ("8093240", "91095"):
        body = letters.reserve().text.replace(f"<Id>{old}</Id>", f"<Id>{value}</Id>").encode()
        assert said(road.send(inbound(body))) in {"refused abuse:spoofing-attack", "answered 2 E10"}


@pytest.mark.parametrize("value", [*HUGE, "0", "", "x", "٣"])
def test_a_strange_count_of_tries_is_no_count(value: str) -> None:
    message = inbound(headers={ATTEMPT: value})
    assert 1 <= message.attempt < 1_000_000


@pytest.mark.parametrize(
    "value", [*HUGE, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "٢٠٢٧-03-01", "x" * 70_000]
)
def test_a_strange_time_stamp_on_the_envelope_is_refused_or_read(road: Road, value: str) -> None:
    outcome = said(road.send(inbound(letters.reserve().body, application_timestamp=value)))
    assert outcome in {"refused transport:invalid-field-value", "answered 1 05"}
