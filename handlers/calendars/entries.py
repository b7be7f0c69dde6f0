"""What may stand in a calendar file, as pydantic models: the file's keys are these models' fields.

The keys are a contract with those who write the files. Every value comes in as the text that was written
(``tree``); nothing here guesses, and nothing here looks further than one entry: what must agree across
entries is for ``agreement``. Times are local wall-clock times without a zone, which the file does not know.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from handlers.calendars.values import (
    between_a_minute_and_a_day,
    date_and_time_of,
    date_of,
    duration_of,
    her_id_of,
    hpr_of,
    id_of,
    time_of,
)

DEFAULT_HOLD = timedelta(minutes=10)

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[Text, AfterValidator(id_of)]
HerId = Annotated[Text, AfterValidator(her_id_of)]
Hpr = Annotated[Text, AfterValidator(hpr_of)]
LocalDate = Annotated[date, PlainValidator(date_of)]
LocalTime = Annotated[time, PlainValidator(time_of)]
LocalDateTime = Annotated[datetime, PlainValidator(date_and_time_of)]
Duration = Annotated[timedelta, PlainValidator(duration_of), AfterValidator(between_a_minute_and_a_day)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Category = Literal["Koronatest", "Koronavaksine", "Lab", "Vaksine", "Annen"]


class Entry(BaseModel):
    """What all entries have in common: they never change, and they know all their keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ParentEntry(Entry):
    """The organisation that the owner belongs to."""

    her_id: HerId
    name: Text


class OwnerEntry(Entry):
    """The communication party whose calendars stand in the document: all of them."""

    her_id: HerId
    name: Text
    parent: ParentEntry


class ConditionsEntry(Entry):
    """What a citizen is told before booking; a new text has a new version."""

    version: Text
    text: Text


class PractitionerEntry(Entry):
    """The health professional whose calendar it is."""

    hpr: Hpr
    family_name: Text
    given_name: Text


class TypeEntry(Entry):
    """A kind of time, and how long it lasts."""

    code: Id
    name: Text
    duration: Duration


class SlotEntry(Entry):
    """One time. Without ``end`` it lasts as long as its type says."""

    id: Id | None = None
    start: LocalDateTime
    end: LocalDateTime | None = None
    type: Text

    @field_validator("end")
    @classmethod
    def _end_after_start(cls, end: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("start")
        if start is not None and end is not None and end <= start:
            raise ValueError(f"the end {end:%Y-%m-%dT%H:%M} must be after the start {start:%Y-%m-%dT%H:%M}")
        return end


class HoursEntry(Entry):
    """From one time of day to another, on the same day: a break, or a weekly rule's hours."""

    from_: LocalTime = Field(alias="from")
    to: LocalTime

    @field_validator("to")
    @classmethod
    def _to_after_from(cls, to: time, info: ValidationInfo) -> time:
        start = info.data.get("from_")
        if start is not None and to <= start:
            raise ValueError(f"{to:%H:%M} must be after {start:%H:%M}, on the same day")
        return to


class WeeklyEntry(HoursEntry):
    """Times one after another on some days of each week, from ``since`` to ``until``, both included."""

    days: tuple[Weekday, ...]
    type: Text
    breaks: tuple[HoursEntry, ...] = ()
    until: LocalDate
    except_: tuple[LocalDate, ...] = Field(default=(), alias="except")
    since: LocalDate | None = None

    @field_validator("days")
    @classmethod
    def _on_some_day(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        # Field(min_length=1) would also complain when there is an item and it is wrong.
        if not days:
            raise ValueError("must have at least one item")
        return days

    @field_validator("since")
    @classmethod
    def _since_before_until(cls, since: date | None, info: ValidationInfo) -> date | None:
        until = info.data.get("until")
        if since is not None and until is not None and since > until:
            raise ValueError(f"{since} is after until, {until}; the rule would never begin")
        return since


class CalendarEntry(Entry):
    """A resource's calendar (it has a category) or a practitioner's."""

    id: Id
    name: Text
    category: Category | None = None
    practitioner: PractitionerEntry | None = None
    text: Text | None = None
    place: Text | None = None
    conditions: ConditionsEntry | None = None
    booking: Literal["one-step", "two-step"] = "one-step"
    hold: Duration | None = None
    types: tuple[TypeEntry, ...] = ()
    slots: tuple[SlotEntry, ...] = ()
    weekly: tuple[WeeklyEntry, ...] = ()

    @property
    def holds_for(self) -> timedelta | None:
        """How long a reservation waits to be confirmed; ``None`` when it books at once."""
        return None if self.booking == "one-step" else self.hold or DEFAULT_HOLD


class CalendarDocument(Entry):
    """An owner and all of its calendars."""

    owner: OwnerEntry
    calendars: tuple[CalendarEntry, ...]
