"""``timebok calendar``: what it says is what happened, to a person and to a program."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Protocol

import pytest
from rich.console import Console
from sqlalchemy import insert
from typer.testing import CliRunner

from adapter.cli import calendar as command
from adapter.cli import console
from adapter.database import open_engine
from handlers.desk import tables
from tests.support.ruled import RULED

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


LATER_THAT_DAY = """\
      - {id: 4088E990AD89CB3DBB484909, start: "2027-03-05T09:15", type: test}
      - {id: 6B1F04D27A93C58E10D7A2B6, start: "2027-03-05T09:20", type: test}
"""

TWO_MORE = """\
  - id: koronavaksine-1
    name: Koronavaksine, [Hall 1]
    category: Koronavaksine
    place: Hall 1, Fjordgata 12
    booking: two-step
    types: [{code: dose, name: Koronavaksine, duration: PT10M}]
    slots: [{id: D1, start: 2027-03-08T12:00, type: dose}, {id: D2, start: 2027-03-29T12:00, type: dose}]
---
owner: {her_id: 91206, name: Furuly legekontor, parent: {her_id: 91200, name: Furuly legesenter AS}}
calendars:
  - {id: fastlege-linn, name: Fastlege, practitioner: {hpr: 9141200, family_name: Linn, given_name: Legesen}}
"""


class Timebok(Protocol):
    def __call__(self, *arguments: str | Path) -> Result: ...


@pytest.fixture
def municipality(small: str, tmp_path: Path) -> Path:
    """A file with three calendars; in korona-1 there are 57 slots, nine of them on 5 March."""
    text = small.replace("    weekly:", LATER_THAT_DAY + "    weekly:") + TWO_MORE
    (tmp_path / "municipality.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "municipality.yaml"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/timebok.db"


@pytest.fixture
def timebok(monkeypatch: pytest.MonkeyPatch, url: str) -> Timebok:
    """The command on a store of its own, on 1 March 2027."""
    for name in [name for name in os.environ if name.startswith("TIMEBOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    monkeypatch.setenv("TIMEBOK_NOW", "2027-03-01T08:00")
    # Some machines that run tests ask every program for colours.
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(command.app, [str(argument) for argument in arguments])


def book(url: str, slot_id: str, seat: int = 0) -> None:
    moment = datetime(2027, 3, 5, 8, 10, tzinfo=UTC)
    names = ("id", "her_id", "calendar_id", "title", "national_id", "family_name", "given_name")
    times = ("start", "end", "created_at", "changed_at")
    row = dict.fromkeys(names, "secret") | dict.fromkeys(times, moment)
    row |= {"her_id": "91095", "slot_id": slot_id, "state": "booked", "seat": seat, "id": f"secret-{seat}"}
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(tables.appointment), row)
    engine.dispose()


def test_import_says_what_it_did(timebok: Timebok, municipality: Path) -> None:
    result = timebok("import", municipality)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "91095 Vaksinasjonstjenesten: 2 calendars, 59 slots added, 0 changed, 0 removed",
        "91206 Furuly legekontor: 1 calendar, 0 slots added, 0 changed, 0 removed",
    ]
    text = municipality.read_text(encoding="utf-8")
    text = text.replace("id: D1, start: 2027-03-08", "id: D1, start: 2027-03-09").replace("id: D2", "id: D3")
    municipality.write_text(text, encoding="utf-8")
    again = timebok("import", municipality).stdout.splitlines()
    assert again[0] == "91095 Vaksinasjonstjenesten: 2 calendars, 1 slot added, 1 changed, 1 removed"


def test_import_warns_of_every_booked_slot_that_it_left_as_it_was(
    timebok: Timebok, url: str, small: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(small, encoding="utf-8")
    timebok("import", file)
    book(url, "A1")
    file.write_text(small.replace("T09:1", "T09:2"), encoding="utf-8")
    assert timebok("import", file).stdout.splitlines()[1:] == [
        (
            "  warning: slot A1 of korona-1, 2027-03-05 09:10, is booked and was left as it was; "
            "the file has it in korona-1, 2027-03-05 09:20-09:25 (test)"
        )
    ]
    file.write_text(small[: small.index("calendars:")] + "calendars: []\n", encoding="utf-8")
    result = timebok("import", file)
    assert result.stdout.splitlines()[1:] == [
        "  closed: calendar korona-1 is no longer in the file",
        (
            "  warning: slot A1 of korona-1, 2027-03-05 09:10, is booked and was left as it was; "
            "the file no longer has it"
        ),
    ]
    assert "secret" not in result.output


def test_a_broken_file_is_told_line_by_line_and_nothing_is_imported(
    timebok: Timebok, municipality: Path, small: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(small.replace("91095", "x").replace("PT5M", "5"), encoding="utf-8")
    result = timebok("import", municipality, bad)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        [f"{bad}:1:9", "owner.her_id"],
        [f"{bad}:7:40", "calendars[0].types[0].duration"],
    ]
    assert result.stdout == ""
    assert timebok("list", "--json").stdout == ""


def test_a_fault_that_only_the_day_reveals_undoes_the_other_files_too(
    timebok: Timebok, municipality: Path, small: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(small.replace("91095", "91097").replace('"2027-03-31"', "2035-01-01"), encoding="utf-8")
    result = timebok("import", municipality, bad)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{bad}:15:9: calendars[0].weekly[0].until: ")
    assert timebok("list", "--json").stdout == ""


def test_list_gives_one_object_a_line(timebok: Timebok, municipality: Path) -> None:
    timebok("import", municipality)
    found = [json.loads(line) for line in timebok("list", "--json").stdout.splitlines()]
    assert [calendar["id"] for calendar in found] == ["korona-1", "koronavaksine-1", "fastlege-linn"]
    assert found[1] == {
        "her_id": "91095",
        "owner": "Vaksinasjonstjenesten",
        "id": "koronavaksine-1",
        "name": "Koronavaksine, [Hall 1]",
        "category": "Koronavaksine",
        "practitioner": None,
        "place": "Hall 1, Fjordgata 12",
        "booking": "two-step",
        "hold_seconds": 600,
        "open": True,
        "rules": {},
        "places": 2,
        "free": 2,
        "first": "2027-03-08T12:00:00+01:00",
        "last": "2027-03-29T12:00:00+02:00",
    }
    assert (found[2]["practitioner"], found[2]["free"], found[2]["first"]) == ("Legesen Linn", 0, None)


def test_list_counts_what_is_free(timebok: Timebok, municipality: Path, url: str) -> None:
    timebok("import", municipality)
    book(url, "D1")
    found = [json.loads(line) for line in timebok("list", "--json").stdout.splitlines()]
    assert [calendar["free"] for calendar in found] == [57, 1, 0]
    assert found[1]["first"] == found[1]["last"] == "2027-03-29T12:00:00+02:00"


def test_slots_shows_the_days_that_were_asked_for(timebok: Timebok, municipality: Path, url: str) -> None:
    timebok("import", municipality)
    book(url, "A1")
    days = ("--calendar", "korona-1", "--from", "2027-03-05", "--to", "2027-03-05")
    found = [json.loads(line) for line in timebok("slots", *days, "--json").stdout.splitlines()]
    assert len(found) == 9
    assert [(slot["start"], slot["state"]) for slot in found[6:]] == [
        ("2027-03-05T09:10:00+01:00", "booked"),
        ("2027-03-05T09:15:00+01:00", "free"),
        ("2027-03-05T09:20:00+01:00", "free"),
    ]
    free = timebok("slots", *days, "--free", "--json").stdout.splitlines()
    assert [json.loads(line) for line in free] == found[:6] + found[7:]
    assert "secret" not in timebok("slots", *days).output


def test_rules_are_told_in_a_few_words_and_whole_to_a_program(timebok: Timebok, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RULED, encoding="utf-8")
    said = timebok("import", tmp_path / "a.yaml").stdout.splitlines()
    assert said[1] == (
        "  warning: nobody sees calendar lab: it is for risiko, and nobody is on that list; "
        "see: timebok patients import risiko FILE --her-id 92301 "
        "(for which TIMEBOK_PATIENTS_KEY_FILE has to name a key)"
    )
    told = timebok("list").stdout
    assert (
        "group risiko, listed with 123, female, age 18-64, accept conditions, 1 question, no overlaps" in told
    )
    found = [json.loads(line) for line in timebok("list", "--json").stdout.splitlines()]
    assert found[0]["rules"]["audience"]["youngest"] == 18
    assert found[2]["rules"] == {"shows_appointments": False}


def test_slots_say_how_they_are_offered(timebok: Timebok, tmp_path: Path, url: str) -> None:
    (tmp_path / "a.yaml").write_text(RULED.replace("her_id: 92301", "her_id: 91095"), encoding="utf-8")
    timebok("import", tmp_path / "a.yaml")
    book(url, "A1")
    found = {slot["id"]: slot for slot in map(json.loads, timebok("slots", "--json").stdout.splitlines())}
    names = ("taken", "capacity", "state", "must_call", "available_at", "hidden")
    assert [found["A1"][name] for name in names] == [1, 3, "free", False, None, False]
    assert [found["A2"][name] for name in names] == [0, 1, "free", False, "2027-03-03T12:00:00+01:00", False]
    shown = {line.split()[-1]: line for line in timebok("slots").stdout.splitlines() if " A" in line}
    assert "1/3" in shown["A1"]
    assert "from 2027-03-03 12:00" in shown["12:00"]
    assert "by phone only" in shown["only"]


def test_import_tells_of_fewer_places_than_are_taken(
    timebok: Timebok, tmp_path: Path, small: str, url: str
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(small.replace("type: test}", "type: test, capacity: 2}"), encoding="utf-8")
    timebok("import", file)
    book(url, "A1")
    book(url, "A1", seat=1)
    file.write_text(small, encoding="utf-8")
    assert timebok("import", file).stdout.splitlines()[1:] == [
        "  warning: slot A1 of korona-1, 2027-03-05 09:10, is booked by 2; the file has room for 1"
    ]


def test_a_table_in_a_pipe_has_no_colours_and_cuts_nothing_off(timebok: Timebok, municipality: Path) -> None:
    timebok("import", municipality)
    shown = timebok("list").stdout + timebok("slots").stdout
    assert "\x1b" not in shown
    assert "…" not in shown
    assert "Koronavaksine, [Hall 1]" in shown
    assert "4088E990AD89CB3DBB484909" in shown


def test_a_long_table_says_what_it_does_not_show(
    timebok: Timebok, municipality: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timebok("import", municipality)
    monkeypatch.setattr(command, "ROWS_SHOWN", 10)
    assert timebok("slots").stdout.splitlines()[-1].startswith("and 49 more; ")


def test_an_empty_store_and_an_unknown_calendar_are_told(timebok: Timebok) -> None:
    assert "There are no calendars yet" in timebok("list").stdout
    assert "There are no such slots from 2027-03-01 on" in timebok("slots").stdout
    result = timebok("slots", "--calendar", "x")
    assert (result.exit_code, "There is no calendar x" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("terminal", "patience", "shown"), [(True, 0, True), (True, 9, False), (False, 0, False)]
)
def test_a_bar_is_shown_to_a_person_who_has_waited(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, patience: float, shown: bool
) -> None:
    screen = StringIO()
    window = Console(file=screen, force_terminal=terminal, width=80)
    monkeypatch.setattr(console, "Console", lambda **_: window)
    monkeypatch.setattr(console, "PATIENCE_SECONDS", patience)
    with console.in_progress("Importing"):
        time.sleep(0.3)
    assert ("Importing" in screen.getvalue()) is shown
