"""The locks hold everything that is asked for, by hash, and say nothing about where they were made."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LOCKS = {file.stem: file for file in sorted((ROOT / "requirements").glob("*.lock"))}
PIN = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][^\\\n]*?)(?: \\\n    --hash=sha256:[0-9a-f]{64})+$", re.MULTILINE
)


def pins(name: str) -> dict[str, list[Requirement]]:
    """What a lock holds. A name may have several pins, for several Pythons or systems."""
    found: dict[str, list[Requirement]] = {}
    for match in PIN.finditer(LOCKS[name].read_text(encoding="utf-8")):
        requirement = Requirement(match["requirement"])
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def asked_for() -> dict[str, list[str]]:
    """What pyproject.toml asks for, by the lock that has to hold it."""
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups: dict[str, list[Any]] = content["dependency-groups"]
    run, build = content["project"]["dependencies"], groups["build"]
    dev = [line for line in groups["dev"] if isinstance(line, str)]
    return {
        "run": run,
        "build": build,
        "dev": [*run, *build, *dev],
        "peer": groups["peer"],
        "bench": groups["bench"],
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_all_that_is_asked_for(name: str) -> None:
    held = pins(name)
    for line in asked_for()[name]:
        wanted = Requirement(line)
        versions = [next(iter(pin.specifier)).version for pin in held.get(canonicalize_name(wanted.name), ())]
        assert versions, f"{wanted} is in no lock: run make lock"
        assert all(version in wanted.specifier for version in versions), f"{wanted}: run make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_everything_in_a_lock_has_a_version_and_a_hash(name: str) -> None:
    lines = LOCKS[name].read_text(encoding="utf-8").splitlines()
    assert sum(len(pin) for pin in pins(name).values()) == sum("==" in line for line in lines) > 0


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_does_not_say_where_it_was_made(name: str) -> None:
    text = LOCKS[name].read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.MULTILINE), "an option of pip that has no place here"


@pytest.mark.parametrize("name", ["run", "build"])
def test_what_is_tested_is_what_is_shipped(name: str) -> None:
    dev = pins("dev")
    for package, requirements in pins(name).items():
        assert [str(one) for one in requirements] == [str(one) for one in dev[package]]
