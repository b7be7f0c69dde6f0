"""A calendar's rules in a few words, for whoever looks at a list of them. What goes anyway is not said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.policies import Ask, CalendarPolicy, DeskKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handlers.desk.policies import Audience


def brief(policy: CalendarPolicy) -> list[str]:
    """What ``policy`` says that does not go without saying, a few words for each rule."""
    return list(_words(policy))


def _words(policy: CalendarPolicy) -> Iterator[str]:
    if policy.desk is not DeskKind.BOOKING:
        yield policy.desk
    if policy.protected:
        yield "protected"
    yield from _audience(policy.audience)
    if policy.accept_conditions:
        yield "accept conditions"
    if policy.representation is not Ask.OPTIONAL:
        yield f"representation {policy.representation}"
    if policy.questions:
        yield f"{len(policy.questions)} questions" if len(policy.questions) > 1 else "1 question"
    if not policy.overlaps:
        yield "no overlaps"
    if policy.moves_to:
        yield f"moves to {' '.join(policy.moves_to)}"
    if not policy.shows_appointments:
        yield "appointments not shown"


def _audience(audience: Audience) -> Iterator[str]:
    if audience.group is not None:
        yield f"group {audience.group}"
    if audience.listed_with is not None:
        yield f"listed with {audience.listed_with}"
    if audience.sex is not None:
        yield audience.sex
    if (audience.youngest, audience.oldest) != (None, None):
        ages = ("" if age is None else str(age) for age in (audience.youngest, audience.oldest))
        yield f"age {'-'.join(ages)}"
