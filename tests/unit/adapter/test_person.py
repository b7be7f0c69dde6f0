"""A patient never comes from a command's arguments; what is wrong is named, and nothing of it repeated."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapter.cli.person import PersonFault, read_national_id, read_person
from tests.support.clinic import fill
from tests.support.people import LINE, PARENT

PERSON = {"national_id": LINE.national_id, "family_name": "Danseskår", "given_name": "Line"}
ACTING = {"relation": "FO", "national_id": PARENT.national_id, "family_name": "X", "given_name": "Y"}
SOMEBODY = "Hemmelige Hansen"
OTHER_NUMBER = LINE.national_id[:-1] + str((int(LINE.national_id[-1]) + 1) % 10)


def written(tmp_path: Path, said: Any) -> Path:
    file = tmp_path / "person.json"
    text = said if isinstance(said, str) else json.dumps(said)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_says_who_it_is_who_acts_and_why(tmp_path: Path) -> None:
    said = PERSON | {"phone": " +4799999901 ", "reason": "Hoste", "representative": ACTING}
    person = read_person(written(tmp_path, said))
    assert person.patient == LINE
    assert person.reason == "Hoste"
    assert person.representative is not None
    assert person.representative.relation.value == "FO"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (f'{{"national_id": {SOMEBODY}', ":1:17: this is no JSON"),
        ([PERSON], "Input should be a valid dictionary"),
        (PERSON | {"national_id": OTHER_NUMBER}, "national_id: is no national identity number or D-number"),
        (PERSON | {"family_name": ""}, "family_name: String should have at least 1 character"),
        (PERSON | {"given_name": 5}, "given_name: Input should be a valid string"),
        ({"national_id": LINE.national_id}, "family_name: Field required; given_name: Field required"),
        (PERSON | {SOMEBODY: 1}, "there is a field that is none; there are national_id, family_name"),
        (
            PERSON | {"representative": ACTING | {"relation": SOMEBODY}},
            "representative.relation: Input should be 'FO', 'VE' or 'FU'",
        ),
        (
            PERSON | {"representative": ACTING | {SOMEBODY: 1}},
            "there is a field that is none; there are relation",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_not_repeated(
    tmp_path: Path, said: Any, words: str
) -> None:
    with pytest.raises(PersonFault) as refused:
        read_person(written(tmp_path, said))
    complaint = str(refused.value)
    assert words in complaint
    for secret in (LINE.national_id, OTHER_NUMBER, SOMEBODY, "Danseskår"):
        assert secret not in complaint


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff", "is not UTF-8 text"), (None, "cannot be read: No such file")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "person.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PersonFault, match=words) as refused:
        read_person(file)
    assert str(file) in str(refused.value)


def test_where_only_the_number_is_asked_for_nothing_else_is_looked_at(tmp_path: Path) -> None:
    assert read_national_id(written(tmp_path, PERSON | {"shoe": 43})) == LINE.national_id
    with pytest.raises(PersonFault, match="national_id: Field required"):
        read_national_id(written(tmp_path, {}))


def test_at_a_terminal_the_patient_is_asked_for(tmp_path: Path) -> None:
    from adapter.database import open_engine

    url = f"sqlite:///{tmp_path}/timebok.db"
    with open_engine(url).begin() as connection:
        fill(connection)
    settings = {"TIMEBOK_DATABASE_URL": url, "TIMEBOK_NOW": "2027-03-01T08:00"}
    ours, theirs = pty.openpty()
    command = [Path(sys.executable).with_name("timebok"), "appointment", "book", "K2", "--json"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | settings
    )
    os.close(theirs)
    os.write(ours, f"{LINE.national_id}\nDanseskår\nLine\n\n\n".encode())
    stdout, stderr = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["state"] == "booked"
    for question in (b"National identity number", b"Family name", b"Given name", b"Phone", b"Reason"):
        assert question in stderr
