"""What must agree across the entries of a calendar file: who refers to whom, and what is there twice.

It looks at what was written rather than at the models, so that it finds its faults also in a file in
which an entry is broken, and all faults can be told at once. What it does not understand it skips: that
is the models' to complain of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.calendars.faults import Path, written

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from handlers.calendars.tree import Plain

Finding = tuple[Path, str]


def disagreements(document: Plain) -> Iterator[Finding]:
    """Where the entries of one document contradict each other, and what to do about it."""
    calendars = list(_entries(document, "calendars"))
    yield from _twice(calendars, "id", "every calendar of an owner needs an id of its own")
    slots = [entry for path, calendar in calendars for entry in _entries(calendar, "slots", path)]
    yield from _twice(slots, "id", "every slot of an owner needs an id of its own")
    ids = _texts(calendars, "id")
    for path, calendar in calendars:
        yield from _kind(path, calendar)
        yield from _booking(path, calendar)
        yield from _types(path, calendar)
        yield from _moves(path, calendar, ids)
        yield from _questions(path, calendar)


def repeated_owners(documents: list[Plain]) -> Iterator[tuple[int, Finding]]:
    """The documents, by number, whose owner an earlier document has."""
    seen: dict[str, int] = {}
    for number, document in enumerate(documents):
        owner = document.get("owner") if isinstance(document, dict) else None
        her_id = owner.get("her_id") if isinstance(owner, dict) else None
        if not isinstance(her_id, str):
            continue
        if seen.setdefault(her_id.strip(), number) != number:
            first = f"document {seen[her_id.strip()] + 1} of this file"
            yield (
                number,
                (("owner", "her_id"), f"{her_id} is the owner of {first} too; put its calendars together"),
            )


def _entries(holder: Plain, key: str, path: Path = ()) -> Iterator[tuple[Path, dict[str, Plain]]]:
    entries = holder.get(key) if isinstance(holder, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield (*path, key, number), entry


def _twice(entries: list[tuple[Path, dict[str, Plain]]], key: str, rule: str) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for path, entry in entries:
        value = entry.get(key)
        if isinstance(value, str) and seen.setdefault(value.strip(), path) != path:
            yield (*path, key), f"{value!r} is also the {key} of {written(seen[value.strip()])}; {rule}"


def _kind(path: Path, calendar: dict[str, Plain]) -> Iterator[Finding]:
    if "category" in calendar and "practitioner" in calendar:
        message = (
            "a calendar is a resource's (category) or a practitioner's, never both; remove one of the two"
        )
        yield (*path, "practitioner"), message
    if "category" not in calendar and "practitioner" not in calendar:
        message = (
            "says neither category (a resource's calendar) nor practitioner (theirs); write one of the two"
        )
        yield path, message


def _booking(path: Path, calendar: dict[str, Plain]) -> Iterator[Finding]:
    if "hold" in calendar and calendar.get("booking", "one-step") == "one-step":
        message = "only booking: two-step holds a time; remove hold, or make the booking two-step"
        yield (*path, "hold"), message


def _types(path: Path, calendar: dict[str, Plain]) -> Iterator[Finding]:
    types = list(_entries(calendar, "types", path))
    yield from _twice(types, "code", "every type of a calendar needs a code of its own")
    codes = _texts(types, "code")
    known = ", ".join(codes) or "none yet"
    for key in ("slots", "weekly"):
        for place, entry in _entries(calendar, key, path):
            code = entry.get("type")
            if isinstance(code, str) and code.strip() not in codes:
                yield (*place, "type"), f"{code!r} is not the code of one of this calendar's types ({known})"


def _moves(path: Path, calendar: dict[str, Plain], ids: Collection[str]) -> Iterator[Finding]:
    own = calendar.get("id")
    seen: set[str] = set()
    for place, target in _listed(calendar, "moves_to", path):
        if isinstance(own, str) and target == own.strip():
            yield place, f"{target!r} is this calendar itself, where appointments may move anyway; remove it"
        elif target not in ids:
            others = ", ".join(one for one in ids if one != own) or "none yet"
            yield place, f"{target!r} is not the id of another calendar of this owner ({others})"
        elif target in seen:
            yield place, f"{target!r} stands here twice; remove one of the two"
        seen.add(target)


def _questions(path: Path, calendar: dict[str, Plain]) -> Iterator[Finding]:
    codes = _texts(list(_entries(calendar, "types", path)), "code")
    questions = list(_entries(calendar, "questions", path))
    yield from _twice(questions, "id", "every question of a calendar needs an id of its own")
    for place, question in questions:
        choices = list(_entries(question, "choices", place))
        yield from _twice(choices, "code", "every choice of a question needs a code of its own")
        for step, choice in choices:
            seen: set[str] = set()
            for where, code in _listed(choice, "types", step):
                if code not in codes:
                    known = ", ".join(codes) or "none yet"
                    yield where, f"{code!r} is not the code of one of this calendar's types ({known})"
                elif code in seen:
                    yield where, f"{code!r} stands here twice; remove one of the two"
                seen.add(code)


def _texts(entries: list[tuple[Path, dict[str, Plain]]], key: str) -> dict[str, None]:
    return {value.strip(): None for _, entry in entries if isinstance(value := entry.get(key), str)}


def _listed(holder: dict[str, Plain], key: str, path: Path) -> Iterator[tuple[Path, str]]:
    values = holder.get(key)
    for number, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str):
            yield (*path, key, number), value.strip()
