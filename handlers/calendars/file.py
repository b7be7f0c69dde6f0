"""From the text of a calendar file to calendars that can be relied upon, or to all that is wrong with it.

A file that comes out of here has been understood as far as a file can be without knowing the day and the
time zone. It must never give less than the whole file: one fault, and there is no ``CalendarFile``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from handlers.calendars import entries, rule_entries
from handlers.calendars.agreement import disagreements, repeated_owners
from handlers.calendars.faults import CalendarFileError, FileFault, Path, written
from handlers.calendars.sense import nonsense
from handlers.calendars.tree import Node, read_trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from handlers.calendars.parts import Entry
    from handlers.calendars.tree import Plain

# Which entry stands under which key: for telling what may be written there.
_ENTRIES: dict[str | None, type[Entry]] = {
    None: entries.CalendarDocument,
    "owner": entries.OwnerEntry,
    "parent": entries.ParentEntry,
    "calendars": entries.CalendarEntry,
    "conditions": entries.ConditionsEntry,
    "practitioner": entries.PractitionerEntry,
    "types": entries.TypeEntry,
    "slots": entries.SlotEntry,
    "weekly": entries.WeeklyEntry,
    "breaks": entries.HoursEntry,
    "audience": rule_entries.AudienceEntry,
    "age": rule_entries.AgeEntry,
    "questions": rule_entries.QuestionEntry,
    "choices": rule_entries.ChoiceEntry,
    "lead": rule_entries.LeadEntry,
    "reason": rule_entries.ReasonEntry,
    "cancel": rule_entries.CancelEntry,
    "change": rule_entries.ChangeEntry,
}

_WORDS = {
    "missing": "is missing or empty; write it",
    "tuple_type": "must be a list: between [ and ], or one item a line after a dash",
    "string_type": "must be a text",
    "string_too_short": "must not be empty",
}


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar file that has been read: one document for each owner, and where everything in it stands."""

    source: str
    documents: tuple[entries.CalendarDocument, ...]
    _trees: tuple[Node, ...] = field(repr=False, compare=False)

    def place(self, document: int, path: Path) -> tuple[int, int]:
        """The line and column that ``path`` in the numbered document leads to, counted from 1."""
        return self._trees[document].place(path)

    def fault(self, document: int, path: Path, message: str) -> FileFault:
        """A fault at the place in the file that ``path`` in the numbered document leads to."""
        return _fault(self.source, self._trees[document], path, message)


def read_calendar_file(text: str, source: str) -> CalendarFile:
    """Read YAML or JSON; ``source`` is what the file is called in what is said of it.

    Raises ``CalendarFileError`` with everything that is wrong.
    """
    trees, faults = read_trees(text, source)
    if not trees:
        raise CalendarFileError(
            [FileFault(source, 1, 1, "file", "is empty; write an owner and its calendars")]
        )
    written_down = [tree.plain() for tree in trees]
    documents = []
    for tree, plain in zip(trees, written_down, strict=True):
        faults += [_fault(source, tree, path, message) for path, message in disagreements(plain)]
        try:
            document = entries.CalendarDocument.model_validate(plain)
        except ValidationError as error:
            faults += [_fault(source, tree, path, message) for path, message in _explained(error)]
            calendars = _understood(plain)
        else:
            documents.append(document)
            calendars = dict(enumerate(document.calendars))
        faults += [_fault(source, tree, path, message) for path, message in nonsense(calendars)]
    for number, (path, message) in repeated_owners(written_down):
        faults.append(_fault(source, trees[number], path, message))
    if faults:
        raise CalendarFileError(faults)
    return CalendarFile(source, tuple(documents), tuple(trees))


def _understood(document: Plain) -> dict[int, entries.CalendarEntry]:
    """Those calendars of a broken document that are right but for their times, by their place in it."""
    found: dict[int, entries.CalendarEntry] = {}
    calendars = document.get("calendars") if isinstance(document, dict) else None
    for number, calendar in enumerate(calendars if isinstance(calendars, list) else ()):
        if isinstance(calendar, dict):
            timeless = {key: value for key, value in calendar.items() if key not in ("slots", "weekly")}
            with suppress(ValidationError):  # it has been told of already
                found[number] = entries.CalendarEntry.model_validate(timeless)
    return found


def _fault(source: str, tree: Node, path: Path, message: str) -> FileFault:
    line, column = tree.place(path)
    return FileFault(source, line, column, written(path), message)


def _explained(error: ValidationError) -> Iterator[tuple[Path, str]]:
    for detail in error.errors(include_url=False, include_input=False):
        yield detail["loc"], _in_plain_words(detail)


def _in_plain_words(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(detail["loc"])
        case "value_error":
            return str(detail["ctx"]["error"])
        case "literal_error" | "enum":
            return f"must be one of {detail['ctx']['expected']}, spelt just so"
        case "model_type":
            return f"must be a group of keys and values: {_keys(detail['loc'])}"
        case kind:
            return _WORDS.get(kind, detail["msg"])


def _unknown_key(path: Path) -> str:
    if path[-1] == "<<":
        return "merging (<<) is not read; repeat the keys, or use an alias (*name) for a whole value"
    return f"is not a key of this place; the keys here are {_keys(path[:-1])}"


def _keys(path: Path) -> str:
    holder = next((step for step in reversed(path) if isinstance(step, str)), None)
    fields = _ENTRIES[holder].model_fields
    return ", ".join(details.alias or name for name, details in fields.items())
