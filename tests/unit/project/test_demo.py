"""`make demo` is what a stranger sees first. Here it plays on a broker that is not its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handlers.calendars.files import read_files
from tools.demo_queues import demo_queues, existing

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "options",
    [pytest.param((), id="plain"), pytest.param(("--sealed",), id="sealed", marks=pytest.mark.slow)],
)
def test_the_demo_shows_that_all_is_well_and_leaves_nothing_behind(
    amqp_url: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", *options],
        cwd=ROOT,
        env=os.environ | {"TIMEBOK_AMQP_URL": amqp_url, "TMPDIR": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for function in ("RESSURSOVERSIKT", "TIMERESERVASJON", "TIMEBESTILLING", "AVTALEAVBESTILLING"):
        assert function in done.stdout
    assert "All of it was as it has to be" in done.stdout
    assert ("is sealed" in done.stdout) is bool(options)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    files = read_files((FIXTURES / "calendars").iterdir())
    parties = {document.owner.her_id for file in files for document in file.documents}
    assert asyncio.run(existing(amqp_url, demo_queues(FIXTURES, parties))) == []


def test_the_demo_keeps_away_from_a_broker_that_does_not_answer(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env=os.environ | {"TIMEBOK_AMQP_URL": "amqp://guest:guest@127.0.0.1:1/", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "does not answer" in done.stdout
    assert "guest" not in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
