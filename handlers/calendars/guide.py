"""Questions of a guided booking that would lead astray: to nothing, to what nobody may book, or past a type.

Every answer leaves some types, and the types that fit are those that all answers leave. A citizen must get
somewhere whatever they answer, and every type that they may book must be within reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.calendars.agreement import Finding
    from handlers.calendars.entries import CalendarEntry
    from handlers.calendars.faults import Path
    from handlers.calendars.rule_entries import QuestionEntry

FEWEST_CHOICES = 2
_MOST_ROADS = 10_000  # kinds of answers so far that are told apart, by the types that they leave


def misleading_questions(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    """What is wrong with the questions of ``calendar``, which stands at ``path``, and what to do about it."""
    hidden = {kind.code for kind in calendar.types if kind.hidden}
    open_ = [kind.code for kind in calendar.types if not kind.hidden]
    for number, question in enumerate(calendar.questions):
        place = (*path, "questions", number)
        yield from _choices(place, question, hidden)
        led_to = {code for choice in question.choices for code in choice.types}
        for code in open_:
            if code not in led_to:
                message = f"no choice leads to the type {code!r}; name it under a choice, or make it hidden"
                yield (*place, "choices"), message
    yield from _dead_ends(path, calendar)


def _choices(place: Path, question: QuestionEntry, hidden: set[str]) -> Iterator[Finding]:
    if len(question.choices) < FEWEST_CHOICES:
        message = (
            f"has {len(question.choices)} of at least {FEWEST_CHOICES}; add a choice, or remove the question"
        )
        yield (*place, "choices"), message
    for number, choice in enumerate(question.choices):
        types = (*place, "choices", number, "types")
        if not choice.types:
            yield types, "leads to nothing; name the codes of the types that are left after this answer"
        for position, code in enumerate(choice.types):
            if code in hidden:
                message = f"{code!r} is hidden, so whoever answers this could not book it; name another type"
                yield (*types, position), message


def _dead_ends(path: Path, calendar: CalendarEntry) -> Iterator[Finding]:
    """The first answers, question by question, after which nothing is left of what others left."""
    roads: dict[frozenset[str], str] = {frozenset(kind.code for kind in calendar.types): ""}
    for number, question in enumerate(calendar.questions):
        further: dict[frozenset[str], str] = {}
        for left, answers in roads.items():
            for position, choice in enumerate(question.choices):
                rest = left.intersection(choice.types)
                if not rest and choice.types:
                    place = (*path, "questions", number, "choices", position, "types")
                    yield place, f"nothing is left of it after {answers}; every road has to lead to some type"
                    return
                so_far = f"{answers} and " if answers else ""
                further.setdefault(rest, f"{so_far}{question.id}: {choice.code}")
        roads = further
        if len(roads) > _MOST_ROADS:
            message = "there are too many questions to see where they lead; ask fewer"
            yield (*path, "questions", number), message
            return
