"""The clinic's rules as they stand in a calendar file: the keys under which a calendar or a type has some.

Each entry becomes a value of ``handlers.desk.policies``, which says what it means. What makes no sense
within one entry is refused here; what makes none together with other entries, in ``sense``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from handlers.calendars.parts import Ahead, Entry, Hpr, Id, Number, Text, Truth
from handlers.desk.groups import group_of, without_noughts
from handlers.desk.policies import Ask, Audience, Choice, Question, Sex, Undoing

OLDEST = 130
LONGEST_REASON = 10_000
MOST_CHANGES = 1_000


def at_least_one(number: int, otherwise: str) -> int:
    if number < 1:
        raise ValueError(f"must be at least 1; {otherwise}")
    return number


class RuleEntry(Entry):
    """An entry that is there to say something."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            keys = ", ".join(field.alias or name for name, field in type(self).model_fields.items())
            raise ValueError(f"says nothing; write one of {keys}, or remove it")
        return self


class AgeEntry(RuleEntry):
    """Full years on the day of the appointment, both included."""

    from_: Number | None = Field(default=None, alias="from")
    to: Number | None = None

    @field_validator("from_", "to")
    @classmethod
    def _an_age(cls, years: int) -> int:
        if years > OLDEST:
            raise ValueError(f"must be an age in years, from 0 to {OLDEST}")
        return years

    @field_validator("to")
    @classmethod
    def _from_before_to(cls, years: int, info: ValidationInfo) -> int:
        youngest = info.data.get("from_")
        if youngest is not None and years < youngest:
            raise ValueError(f"{years} is below from, {youngest}, so nobody has the age; swap the two")
        return years


class AudienceEntry(RuleEntry):
    """Whom a calendar is for."""

    group: Annotated[Text, AfterValidator(group_of)] | None = None
    age: AgeEntry | None = None
    sex: Sex | None = None
    listed_with: Annotated[Hpr, AfterValidator(without_noughts)] | None = None

    @property
    def audience(self) -> Audience:
        """The same as the desk knows it."""
        return Audience(
            group=self.group,
            youngest=self.age.from_ if self.age else None,
            oldest=self.age.to if self.age else None,
            sex=self.sex,
            listed_with=self.listed_with,
        )


class ChoiceEntry(Entry):
    """An answer, and the time types that it leaves."""

    code: Id
    text: Text
    types: tuple[Text, ...]


class QuestionEntry(Entry):
    """A question of a guided booking."""

    id: Id
    text: Text
    choices: tuple[ChoiceEntry, ...]

    @property
    def question(self) -> Question:
        """The same as the desk knows it."""
        choices = (Choice(choice.code, choice.text, choice.types) for choice in self.choices)
        return Question(self.id, self.text, tuple(choices))


class LeadEntry(RuleEntry):
    """How long before its start a time may be booked: at the earliest, and at the latest."""

    earliest: Ahead | None = None
    latest: Ahead = timedelta()

    @field_validator("latest")
    @classmethod
    def _opens_before_it_closes(cls, latest: timedelta, info: ValidationInfo) -> timedelta:
        earliest = info.data.get("earliest")
        if earliest is not None and latest >= earliest:
            raise ValueError(
                f"must be shorter than earliest, which is {earliest}: a time would close before it opens"
            )
        return latest


class ReasonEntry(RuleEntry):
    """Whether one says what the appointment is about, and in how many characters at most."""

    ask: Ask = Ask.OPTIONAL
    longest: Number | None = None

    @field_validator("longest")
    @classmethod
    def _some_characters(cls, longest: int, info: ValidationInfo) -> int:
        if info.data.get("ask") is Ask.REFUSED:
            raise ValueError("means nothing where no reason is taken; remove it, or ask for a reason")
        if longest > LONGEST_REASON:
            raise ValueError(f"must be at most {LONGEST_REASON} characters")
        return at_least_one(longest, "to take no reason, write reason: refused")


class CancelEntry(RuleEntry):
    """Whether the citizen may cancel, until how long before the start, and with a message or not."""

    allowed: Truth = True
    until: Ahead = timedelta()
    message: Ask = Ask.OPTIONAL

    @field_validator("until", "message", "most", check_fields=False)
    @classmethod
    def _where_it_is_allowed(cls, value: object, info: ValidationInfo) -> object:
        if info.data.get("allowed") is False:
            raise ValueError("means nothing beside allowed: false; remove one of the two")
        return value

    @property
    def undoing(self) -> Undoing:
        """The same as the desk knows it."""
        return Undoing(self.allowed, self.until, self.message)


class ChangeEntry(CancelEntry):
    """The same for moving an appointment to another time, and how often."""

    most: Number | None = None

    @field_validator("most")
    @classmethod
    def _some_changes(cls, most: int) -> int:
        if most > MOST_CHANGES:
            raise ValueError(f"must be at most {MOST_CHANGES}")
        return at_least_one(most, "for appointments that cannot be changed, write allowed: false")

    @property
    def undoing(self) -> Undoing:
        """The same as the desk knows it."""
        return Undoing(self.allowed, self.until, self.message, self.most)
