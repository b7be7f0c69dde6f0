"""``timebok patients`` keeps lists of patients, and shows and takes no number where it might be seen."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from adapter.cli.app import app
from adapter.database import open_engine
from adapter.errors import KeysUnavailable
from adapter.service import check_lists, make_batches, make_office
from adapter.settings import Settings
from handlers.desk.groups import fingerprint_with
from handlers.desk.tables import group_member
from tests.support.clinic import OTHER_OWNER, OWNER, fill
from tests.support.people import KARI, LINE

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

KEY = b"0123456789abcdef0123456789abcdef"
KARIS, LINES = (fingerprint_with(KEY)(one.national_id) for one in (KARI, LINE))


class Timebok(Protocol):
    def __call__(self, *arguments: str, given: str = "") -> Result: ...


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/timebok.db"
    engine = open_engine(url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    return url


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "patients.key").write_bytes(KEY + b"\n")
    return tmp_path / "patients.key"


@pytest.fixture
def timebok(monkeypatch: pytest.MonkeyPatch, url: str, key_file: Path) -> Timebok:
    """The command in a clinic of two owners, with a key. Whatever it says is looked through for numbers."""
    for name in [name for name in os.environ if name.startswith("TIMEBOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TIMEBOK_DATABASE_URL", url)
    monkeypatch.setenv("TIMEBOK_PATIENTS_KEY_FILE", str(key_file))

    def run(*arguments: str, given: str = "") -> Result:
        result = CliRunner().invoke(app, ["patients", *arguments], input=given)
        assert not re.search(r"\d{11}", result.output)
        assert result.exception is None or isinstance(result.exception, SystemExit | KeysUnavailable)
        return result

    return run


def rows(url: str) -> set[tuple[str, str, str]]:
    engine = open_engine(url)
    c = group_member.c
    with engine.begin() as connection:
        found = {tuple(row) for row in connection.execute(select(c.her_id, c.group_name, c.member))}
    engine.dispose()
    return found


def test_a_file_becomes_the_list(timebok: Timebok, url: str, tmp_path: Path) -> None:
    file = tmp_path / "risiko.txt"
    file.write_text(f"# de\n{KARI.national_id}\n{LINE.national_id}\n")
    said = timebok("import", "risiko", str(file), "--her-id", OWNER)
    assert said.output == f"{OWNER} risiko: 2 patients now, 2 added, 0 removed\n"
    assert rows(url) == {(OWNER, "risiko", KARIS), (OWNER, "risiko", LINES)}
    file.write_text(KARI.national_id)
    said = timebok("import", "risiko", str(file), "--her-id", OWNER)
    assert said.output == f"{OWNER} risiko: 1 patient now, 0 added, 1 removed\n"
    assert rows(url) == {(OWNER, "risiko", KARIS)}


def test_those_listed_with_a_practitioner_are_a_list_too(timebok: Timebok, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(KARI.national_id)
    timebok("import", str(tmp_path / "a.txt"), "--listed-with", "0123", "--her-id", OWNER)
    timebok("add", "--listed-with", "123", "--her-id", OWNER, given=LINE.national_id)
    assert rows(url) == {(OWNER, "listed:123", KARIS), (OWNER, "listed:123", LINES)}


def test_one_is_added_removed_blocked_and_let_in_again(timebok: Timebok, url: str) -> None:
    said = [
        timebok(*command, "--her-id", OWNER, given=KARI.national_id + "\n").output.partition(": ")[2].strip()
        for command in (
            ["add", "risiko"],
            ["add", "risiko"],
            ["block"],
            ["remove", "risiko"],
            ["unblock"],
            ["unblock"],
        )
    ]
    assert said == ["added", "was there already", "added", "removed", "removed", "was not there"]
    assert rows(url) == set()


def test_lists_are_told_by_name_and_count(timebok: Timebok) -> None:
    assert "There is nobody in any list" in timebok("list").output
    timebok("add", "risiko", "--her-id", OWNER, given=KARI.national_id)
    timebok("block", "--her-id", OTHER_OWNER, given=LINE.national_id)
    assert [
        line.split() for line in timebok("list").output.splitlines() if "risiko" in line or "bl" in line
    ] == [
        [OWNER, "risiko", "1"],
        [OTHER_OWNER, "blocked", "1"],
    ]
    assert [
        json.loads(line) for line in timebok("list", "--json", "--her-id", OWNER).output.splitlines()
    ] == [{"her_id": OWNER, "group": "risiko", "members": 1}]


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        (["import", "risiko", "nowhere.txt"], "", "nowhere.txt cannot be opened: No such file"),
        (["import", "risiko", "b", "c"], "", "give one group and one file"),
        (["import", "a.txt"], "", "name the list: either GROUP, or --listed-with HPR"),
        (["add"], "", "name the list: either GROUP, or --listed-with HPR"),
        (["add", KARI.national_id], "", "that looks like an identity number"),
        (["add", "--listed-with", KARI.national_id], "", "that is not an HPR number; write its up to nine"),
        (["add", "a b"], "", "'a b' is no name of a group"),
        (["add", "risiko"], "", "standard input holds 0 identity numbers; give one"),
        (
            ["add", "risiko"],
            f"{KARI.national_id}\n{LINE.national_id}",
            "standard input holds 2 identity numbers",
        ),
        (
            ["block"],
            KARI.national_id[:-1],
            "standard input:1: is no national identity number; write its eleven",
        ),
        (
            ["block"],
            KARI.national_id,
            "Say whose list it is: --her-id with one of 91095 Vaksinasjonstjenesten, 9",
        ),
        (["block", "--her-id", "1"], KARI.national_id, "1 owns no calendars: --her-id with one of 91095"),
    ],
)
def test_what_is_wrong_is_told(
    timebok: Timebok, url: str, arguments: list[str], given: str, expected: str
) -> None:
    result = timebok(*arguments, given=given)
    assert expected in result.output
    assert result.exit_code in {1, 2}
    assert rows(url) == set()


def test_a_number_in_a_file_that_is_wrong_changes_nothing(timebok: Timebok, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{KARI.national_id}\n{LINE.national_id[::-1]}\n")
    result = timebok("import", "risiko", str(tmp_path / "a.txt"), "--her-id", OWNER)
    assert f"{tmp_path / 'a.txt'}:2: is no national identity number" in result.output
    assert rows(url) == set()
    (tmp_path / "a.txt").write_bytes(b"\xe6")
    assert "is not UTF-8" in timebok("import", "risiko", str(tmp_path / "a.txt"), "--her-id", OWNER).output


def test_without_a_key_it_says_how_to_make_one(timebok: Timebok, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIMEBOK_PATIENTS_KEY_FILE")
    said = timebok("block", "--her-id", OWNER, given=KARI.national_id).output
    assert "TIMEBOK_PATIENTS_KEY_FILE names none. Make one with: openssl rand -hex 32 > patients.key" in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "which cannot be read: No such file"),
        (b"", "which is empty"),
        (b"\xff" * 40, "which is no text in UTF-8"),
        (b"hemmelig" * 3 + b"\n" * 9, "a key of 24 bytes is too short; it takes at least 32"),
    ],
)
def test_a_key_that_is_none_is_told_and_not_shown(
    key_file: Path, content: bytes | None, expected: str
) -> None:
    key_file.unlink() if content is None else key_file.write_bytes(content)
    with pytest.raises(KeysUnavailable, match=re.escape(expected)) as caught:
        make_office(Settings(patients_key_file=key_file))
    assert "Make one with: openssl rand" in str(caught.value)
    assert "hemmelig" not in str(caught.value)


def test_the_desk_gets_the_key_and_nothing_shows_it(url: str, key_file: Path) -> None:
    settings = Settings(patients_key_file=key_file)
    office = make_office(settings)
    assert office.fingerprint is not None
    assert office.fingerprint(KARI.national_id) == KARIS
    assert KEY.decode() not in repr((office, settings))
    assert make_office(Settings(patients_key_file=None)).fingerprint is None
    engine = open_engine(url)
    assert make_batches(settings, engine, [OWNER])
    engine.dispose()


def test_a_service_with_lists_and_no_key_does_not_start(timebok: Timebok, url: str, key_file: Path) -> None:
    engine = open_engine(url)
    without, with_key = Settings(patients_key_file=None), Settings(patients_key_file=key_file)
    check_lists(without, engine)
    timebok("block", "--her-id", OWNER, given=KARI.national_id)
    check_lists(with_key, engine)
    with pytest.raises(KeysUnavailable, match=r"lists of patients \(blocked\).*TIMEBOK_PATIENTS_KEY_FILE"):
        check_lists(without, engine)
    engine.dispose()
