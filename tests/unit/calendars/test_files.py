"""Files are read and told of together; none can undo another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.calendars import files
from handlers.calendars.faults import CalendarFileError
from handlers.calendars.files import read_files

if TYPE_CHECKING:
    from pathlib import Path


def faults_of(*paths: Path) -> list[str]:
    with pytest.raises(CalendarFileError) as caught:
        read_files(paths)
    return [str(fault) for fault in caught.value.faults]


def test_an_owner_in_two_files_is_refused_lest_one_close_the_others_calendars(
    small: str, tmp_path: Path
) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(small, encoding="utf-8")
    (fault,) = faults_of(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert fault.startswith(
        f"{tmp_path}/b.yaml:1:9: owner.her_id: 91095 is the owner in {tmp_path}/a.yaml too"
    )
    assert len(read_files([tmp_path / "a.yaml", tmp_path / "a.yaml"])) == 1


def test_faults_of_all_files_are_told_together(small: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        small.replace("Koronatest\n    types", "Test\n    types"), encoding="utf-8"
    )
    (tmp_path / "b.yaml").write_bytes(b"owner: x\nname: bl\xe5\n")
    found = faults_of(tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml")
    assert [fault.removeprefix(f"{tmp_path}/")[:10] for fault in found] == [
        "a.yaml:5:5",
        "b.yaml:2:9",
        "c.yaml:1:1",
    ]
    assert "the byte 0xe5 is not UTF-8" in found[1]
    assert "cannot be opened: No such file" in found[2]


def test_a_file_that_is_too_large_is_not_even_read(
    small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(small, encoding="utf-8")
    monkeypatch.setattr(files, "MAX_CHARACTERS", 100)
    monkeypatch.setattr(type(tmp_path), "read_bytes", None)
    assert "is larger than" in faults_of(tmp_path / "a.yaml")[0]


def test_a_byte_order_mark_is_no_part_of_the_file(small: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(small, encoding="utf-8-sig")
    assert read_files([tmp_path / "a.yaml"])
