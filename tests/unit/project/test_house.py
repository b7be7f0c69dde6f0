"""The house rules that no linter knows."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
MODULES = [file for floor in ("adapter", "handlers", "schemas") for file in (ROOT / floor).rglob("*.py")]
LONGEST = 350
# Folders that are on one machine only. Written in parts, so that this file may be looked at too.
OF_ONE_MACHINE = re.compile("|".join(f"(?<![\\w.])/{folder}/" for folder in ("work", "root", "home")))
GENERATED = {"__pycache__", "build", "dist", "replies"}


def files() -> Iterator[Path]:
    """Every file of the project, and none that was made from it or belongs to a tool."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name == ".ci" or not (name.startswith(".") or name in GENERATED)
        ]
        yield from (Path(folder, name) for name in names)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_is_a_small_room_with_a_sign_on_its_door(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST, "this wants to be two modules"
    assert ast.get_docstring(ast.parse(text)), "a module opens by saying why it is there"


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in files()
        if file.suffix not in {".db", ".pyc", ".png"}
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    ]
    assert found == []


def test_ci_runs_what_a_developer_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make test"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
