"""docs/rules.md says what there is: each reason, each key, and cases that are among the fixtures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handlers.calendars import entries, rule_entries
from handlers.calendars.file import read_calendar_file
from handlers.desk.reasons import Reason

if TYPE_CHECKING:
    from handlers.calendars.parts import Entry

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
FUNCTIONS = "|".join(folder.name for folder in (ROOT / "fixtures").iterdir() if folder.is_dir())
#: Only staff say that somebody did not come, so no citizen reads this.
OF_STAFF = {"appointment-not-begun"}


def test_every_reason_is_on_the_page() -> None:
    assert {reason.value for reason in Reason} - OF_STAFF - set(re.findall(r"`([a-z-]+)`", PAGE)) == set()


@pytest.mark.parametrize("case", sorted(set(re.findall(rf"(?<![\w/])(?:{FUNCTIONS})/[a-z-]+", PAGE))))
def test_every_case_on_the_page_is_there(case: str) -> None:
    assert (ROOT / "fixtures" / case / "request.xml").is_file()


@pytest.mark.parametrize(
    ("entry", "known"),
    [
        (entries.CalendarEntry, "id name category practitioner text place booking hold types slots weekly"),
        (entries.TypeEntry, "code name duration"),
        (entries.SlotEntry, "id start end type"),
        (entries.ConditionsEntry, ""),
        (rule_entries.AudienceEntry, ""),
        (rule_entries.LeadEntry, ""),
        (rule_entries.ChangeEntry, ""),
        (rule_entries.ReasonEntry, ""),
        (rule_entries.QuestionEntry, ""),
        (rule_entries.ChoiceEntry, ""),
    ],
)
def test_every_key_of_a_rule_is_on_the_page(entry: type[Entry], known: str) -> None:
    reference = PAGE[PAGE.index("## The keys") : PAGE.index("## What is refused")]
    assert [key for key in entry.model_fields if key not in known.split() and key not in reference] == []


def test_the_example_can_be_imported() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    types = "types: [{code: blod, name: B, duration: PT5M}]"
    nord = f"  - id: lab-nord\n    name: N\n    category: Lab\n    {types}\n"
    owner = "owner: {her_id: 1, name: A, parent: {her_id: 2, name: B}}\ncalendars:\n"
    assert read_calendar_file(owner + example + nord, "rules.md").documents
