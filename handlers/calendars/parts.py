"""What the entries of a calendar file are made of: their base, and the kinds of values that they share.

It must never know any key of the file: which keys there are is for ``entries`` and ``rule_entries``.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, StringConstraints

from handlers.calendars.values import (
    between_a_minute_and_a_day,
    date_and_time_of,
    date_of,
    duration_of,
    her_id_of,
    hpr_of,
    id_of,
    number_of,
    time_of,
    truth_of,
)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[Text, AfterValidator(id_of)]
HerId = Annotated[Text, AfterValidator(her_id_of)]
Hpr = Annotated[Text, AfterValidator(hpr_of)]
LocalDate = Annotated[date, PlainValidator(date_of)]
LocalTime = Annotated[time, PlainValidator(time_of)]
LocalDateTime = Annotated[datetime, PlainValidator(date_and_time_of)]
Ahead = Annotated[timedelta, PlainValidator(duration_of)]
Duration = Annotated[Ahead, AfterValidator(between_a_minute_and_a_day)]
Number = Annotated[int, PlainValidator(number_of)]
Truth = Annotated[bool, PlainValidator(truth_of)]


class Entry(BaseModel):
    """What all entries have in common: they never change, and they know all their keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
