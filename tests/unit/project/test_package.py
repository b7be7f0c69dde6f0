"""What pyproject.toml says of the package is so."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
FLOORS = ("adapter", "handlers", "schemas")
NEVER_IMPORTED = {
    "psycopg": "SQLAlchemy imports it when a database URL asks for it",
    "tzdata": "zoneinfo reads it where the system has no time zones",
}
COMES_WITH = {  # layers of a dependency that show through it, at the versions that it wants
    "aiormq": "aio-pika",
    "pamqp": "aio-pika",
    "yarl": "aio-pika",
    "pydantic-core": "pydantic",
}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The top-level names that the package imports."""
    names: set[str] = set()
    for floor in FLOORS:
        for file in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.partition(".")[0])
    return names


def test_the_command_says_the_version_of_the_project(project: dict[str, Any]) -> None:
    command = [str(Path(sys.executable).with_name("timebok")), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == project["version"]


def test_every_dependency_is_used(project: dict[str, Any], imported: set[str]) -> None:
    used = {canonicalize_name(name) for one in imported for name in packages_distributions().get(one, ())}
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert declared - used == set(NEVER_IMPORTED)


def test_everything_that_is_imported_is_a_dependency(project: dict[str, Any], imported: set[str]) -> None:
    foreign = imported - sys.stdlib_module_names - set(FLOORS)
    names = {canonicalize_name(name) for one in foreign for name in packages_distributions()[one]}
    needed = {COMES_WITH.get(name, name) for name in names}
    declared = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    assert needed <= declared


def test_each_supported_python_is_named(project: dict[str, Any]) -> None:
    assert project["requires-python"] == ">=3.11"
    named = [line.rpartition(" ")[2] for line in project["classifiers"] if "Python :: 3." in line]
    assert named[0] == "3.11"
