"""Moves to other calendars that could never come about, although the file allows them.

An appointment may move to any calendar of its owner that is named, a resource's or a practitioner's, as long
as that has times of the same type: a type of the same code, which may be changed here and booked there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.desk.policies import Ask, DeskKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from handlers.calendars.agreement import Finding
    from handlers.calendars.entries import CalendarEntry
    from handlers.calendars.faults import Path

_ALONE = {Ask.REQUIRED: "for who has somebody to act for them", Ask.REFUSED: "for who acts alone"}


def impossible_moves(
    path: Path, calendar: CalendarEntry, calendars: Mapping[str, CalendarEntry]
) -> Iterator[Finding]:
    """The calendars that ``calendar`` names under moves_to in vain; ``calendars`` are the owner's, by id."""
    movable = {kind.code for kind in calendar.types if kind.policy.change.allowed}
    if calendar.moves_to and not movable:
        message = "no type of this calendar may be changed, so nothing can move; allow change, or remove it"
        yield (*path, "moves_to"), message
        return
    for number, name in enumerate(calendar.moves_to):
        if name != calendar.id and (target := calendars.get(name)) is not None:
            why = _why_not(calendar, movable, target)
            if why is not None:
                yield (*path, "moves_to", number), why


def _why_not(calendar: CalendarEntry, movable: set[str], target: CalendarEntry) -> str | None:
    if target.desk is not DeskKind.BOOKING:
        return f"{target.id!r} is at a desk that is {target.desk}, where nothing is booked online; remove it"
    if target.protected:
        return f"{target.id!r} is a protected unit, where a citizen would lose sight of the time; remove it"
    common = {kind.code for kind in calendar.types} & {kind.code for kind in target.types}
    if not common:
        return f"{target.id!r} has no type of the same code as one here; give a common type the same code"
    if not common & movable:
        return f"none of the types that {target.id!r} has too may be changed ({', '.join(sorted(common))})"
    if not common & movable & {kind.code for kind in target.types if not kind.hidden}:
        return f"the types that could move there are hidden in {target.id!r}; show one of them there"
    return _apart(calendar, target)


def _apart(calendar: CalendarEntry, target: CalendarEntry) -> str | None:
    """Why nobody whom one calendar is for could use the other, if so."""
    if {calendar.representation, target.representation} == {Ask.REQUIRED, Ask.REFUSED}:
        return f"{target.id!r} is {_ALONE[target.representation]}, unlike here, so nobody can move; remove it"
    here, there = calendar.policy.audience, target.policy.audience
    if here.sex and there.sex and here.sex is not there.sex:
        return f"{target.id!r} is for the other sex, so nobody can move there; remove it"
    for one, other in ((here, there), (there, here)):
        if one.oldest is not None and other.youngest is not None and one.oldest < other.youngest:
            return f"{target.id!r} is for people of another age, so nobody can move there; remove it"
    return None
