"""Style, types and floors are tests like any other: one command runs all, and one line sums them up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECKS = {
    "ruff": [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "."],
    "ruff-format": [sys.executable, "-m", "ruff", "format", "--check", "--output-format", "concise", "."],
    "mypy": [sys.executable, "-m", "mypy"],
    "floors": [str(Path(sys.executable).with_name("lint-imports"))],
}


@pytest.mark.timeout(300)  # the first mypy of a checkout reads everything
@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_the_code_passes(command: list[str]) -> None:
    environment = os.environ | {"NO_COLOR": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command[1:] or command)}\n{done.stdout}{done.stderr}"
