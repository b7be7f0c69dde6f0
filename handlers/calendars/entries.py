"""What may stand in a calendar file, as pydantic models: the file's keys are these models' fields.

The keys are a contract with those who write the files. Every value comes in as the text that was written
(``tree``); nothing here guesses, and nothing here looks further than one entry: what must agree across
entries is for ``agreement``. Times are local wall-clock times without a zone, which the file does not know.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from handlers.calendars.parts import (
    Duration,
    Entry,
    HerId,
    Hpr,
    Id,
    LocalDate,
    LocalDateTime,
    LocalTime,
    Number,
    Text,
    Truth,
)
from handlers.calendars.rule_entries import (
    AudienceEntry,
    CancelEntry,
    ChangeEntry,
    LeadEntry,
    QuestionEntry,
    ReasonEntry,
    at_least_one,
)
from handlers.desk.policies import (
    AS_USUAL,
    FOR_EVERYONE,
    Ask,
    CalendarPolicy,
    DeskKind,
    TimeCategory,
    TypePolicy,
)

DEFAULT_HOLD = timedelta(minutes=10)
MOST_SEATS = 10_000

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Category = Literal["Koronatest", "Koronavaksine", "Lab", "Vaksine", "Annen"]


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
    must_accept: Truth = False


class PractitionerEntry(Entry):
    """The health professional whose calendar it is."""

    hpr: Hpr
    family_name: Text
    given_name: Text


class TypeEntry(Entry):
    """A kind of time, how long it lasts, and what the clinic asks of those who book it."""

    code: Id
    name: Text
    duration: Duration
    category: TimeCategory | None = None
    hidden: Truth = False
    lead: LeadEntry | None = None
    reason: ReasonEntry | None = None
    phone: Ask = Ask.OPTIONAL
    cancel: CancelEntry | None = None
    change: ChangeEntry | None = None
    most_open: Number | None = None

    @field_validator("reason", mode="before")
    @classmethod
    def _word_or_group(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.strip() not in tuple(Ask):
            raise ValueError("must be one of 'required', 'optional' or 'refused', spelt just so")
        return {"ask": value.strip()}

    @field_validator("most_open")
    @classmethod
    def _some(cls, most: int) -> int:
        return at_least_one(most, "for times that no citizen may book, write hidden: true")

    @property
    def policy(self) -> TypePolicy:
        """What goes for the times of the type."""
        usual = AS_USUAL
        return TypePolicy(
            category=self.category,
            hidden=self.hidden,
            earliest=self.lead.earliest if self.lead else usual.earliest,
            latest=self.lead.latest if self.lead else usual.latest,
            reason=self.reason.ask if self.reason else usual.reason,
            longest_reason=self.reason.longest if self.reason else usual.longest_reason,
            phone=self.phone,
            cancel=self.cancel.undoing if self.cancel else usual.cancel,
            change=self.change.undoing if self.change else usual.change,
            most_open=self.most_open,
        )


class OfferEntry(Entry):
    """How times are offered: to how many at once, from when on, and whether one must call instead."""

    type: Text
    capacity: Number = 1
    must_call: Truth = False
    available_at: LocalDateTime | None = None

    @field_validator("capacity")
    @classmethod
    def _some_seats(cls, capacity: int) -> int:
        if capacity > MOST_SEATS:
            raise ValueError(f"must be at most {MOST_SEATS}")
        return at_least_one(capacity, "to offer a time to nobody, remove it")

    @field_validator("available_at")
    @classmethod
    def _bookable_some_day(cls, moment: datetime | None, info: ValidationInfo) -> datetime | None:
        if moment is not None and info.data.get("must_call"):
            raise ValueError(
                "a time with must_call is never bookable online, and the portal ignores available_at; "
                "remove one of the two"
            )
        return moment


class SlotEntry(OfferEntry):
    """One time. Without ``end`` it lasts as long as its type says."""

    id: Id | None = None
    start: LocalDateTime
    end: LocalDateTime | None = None

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


class WeeklyEntry(HoursEntry, OfferEntry):
    """Times one after another on some days of each week, from ``since`` to ``until``, both included."""

    days: tuple[Weekday, ...]
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
    audience: AudienceEntry | None = None
    representation: Ask = Ask.OPTIONAL
    desk: DeskKind = DeskKind.BOOKING
    protected: Truth = False
    overlaps: Truth = True
    moves_to: tuple[Text, ...] = ()
    questions: tuple[QuestionEntry, ...] = ()
    shows_appointments: Truth = True
    types: tuple[TypeEntry, ...] = ()
    slots: tuple[SlotEntry, ...] = ()
    weekly: tuple[WeeklyEntry, ...] = ()

    @property
    def holds_for(self) -> timedelta | None:
        """How long a reservation waits to be confirmed; ``None`` when it books at once."""
        return None if self.booking == "one-step" else self.hold or DEFAULT_HOLD

    @property
    def policy(self) -> CalendarPolicy:
        """What goes for all of the calendar."""
        return CalendarPolicy(
            audience=self.audience.audience if self.audience else FOR_EVERYONE.audience,
            accept_conditions=self.conditions is not None and self.conditions.must_accept,
            representation=self.representation,
            desk=self.desk,
            protected=self.protected,
            overlaps=self.overlaps,
            moves_to=self.moves_to,
            questions=tuple(entry.question for entry in self.questions),
            shows_appointments=self.shows_appointments,
        )


class CalendarDocument(Entry):
    """An owner and all of its calendars."""

    owner: OwnerEntry
    calendars: tuple[CalendarEntry, ...]
