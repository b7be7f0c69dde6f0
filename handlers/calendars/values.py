"""Single values of a calendar file, from the text that was written to what it means.

Each either understands a text beyond doubt or says in plain words what to write instead. Times are local
wall-clock times without a zone. Nothing is guessed: where two readings are possible, neither is taken.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_DATE = re.compile(r"20\d\d-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d?\d:\d\d(?::\d\d)?", re.ASCII)
_DATE_AND_TIME = re.compile(r"(20\d\d-\d\d-\d\d)[T ](\d?\d:\d\d(?::\d\d)?)", re.ASCII)
_DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?", re.ASCII)
_HER_ID = re.compile(r"[1-9][0-9]{0,9}")
_HPR = re.compile(r"[0-9]{1,9}")
_ID = re.compile(r"\S{1,100}")
_NUMBER = re.compile(r"[0-9]{1,6}")


def _shown(value: object) -> str:
    longest = 40
    if not isinstance(value, str):
        return "this"
    return repr(value if len(value) <= longest else value[: longest - 1] + "…")


def date_of(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{_shown(value)} is not in any calendar; check the day and the month") from None
    raise ValueError(f'{_shown(value)} is not a date; write it as "2027-03-05"')


def time_of(value: object) -> time:
    if isinstance(value, str) and _TIME.fullmatch(value.strip()):
        try:
            hour, minute, *second = map(int, value.split(":"))
            return time(hour, minute, second[0] if second else 0)
        except ValueError:
            raise ValueError(f"{_shown(value)} is not on any clock; hours go from 00 to 23") from None
    if isinstance(value, str) and value.strip().isdecimal():
        hint = 'a bare number may be what another program made of 08:30; write it as "08:30", in quotes'
        raise ValueError(f"{_shown(value)} is not a time of day; {hint}")
    raise ValueError(f'{_shown(value)} is not a time of day; write it as "08:30", local time')


def date_and_time_of(value: object) -> datetime:
    if isinstance(value, str):
        if match := _DATE_AND_TIME.fullmatch(value.strip()):
            return datetime.combine(date_of(match[1]), time_of(match[2]))
        if match := _DATE_AND_TIME.match(value.strip()):
            raise ValueError(
                f'{_shown(value)} has more than a local time; write it as "{match[0]}", without a zone'
            )
    raise ValueError(f'{_shown(value)} is not a date and time; write it as "2027-03-05T09:10", local time')


def duration_of(value: object) -> timedelta:
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or not any(match.groups()):
        raise ValueError(
            f"{_shown(value)} is not a duration; write 5 minutes as PT5M, an hour and a half as PT1H30M"
        )
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def between_a_minute_and_a_day(value: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= value <= timedelta(days=1):
        raise ValueError("must be from a minute (PT1M) to a day (P1D)")
    return value


def her_id_of(value: str) -> str:
    if not _HER_ID.fullmatch(value):
        raise ValueError(f"{_shown(value)} is not a HER-id; write its digits, as in 91095, and nothing else")
    return value


def hpr_of(value: str) -> str:
    if not _HPR.fullmatch(value):
        raise ValueError(
            f"{_shown(value)} is not an HPR number; write its up to nine digits and nothing else"
        )
    return value


def id_of(value: str) -> str:
    if not _ID.fullmatch(value):
        raise ValueError(f"{_shown(value)} is not an id; write 1 to 100 characters without blanks")
    return value


def number_of(value: object) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    raise ValueError(f"{_shown(value)} is not a whole number; write its digits, as in 3, and nothing else")


def truth_of(value: object) -> bool:
    if isinstance(value, str) and value.strip() in ("true", "false"):
        return value.strip() == "true"
    raise ValueError(f"{_shown(value)} is neither true nor false; write one of the two")
