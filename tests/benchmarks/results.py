"""What is left of a run: a file of figures, and where it was measured; and the pictures of the docs.

The folder ``.bench`` keeps itself out of version control. Nothing personal of the machine is written down.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from tests.benchmarks import plots

if TYPE_CHECKING:
    from tests.benchmarks.bench import Bench

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".bench"
DOCS = ROOT / "docs" / "performance"
_LIBRARIES = ("aio-pika", "faststream", "lxml", "psycopg", "sqlalchemy", "timebok")


def save(bench: Bench) -> Path:
    """Write down, where only this machine has it, what was measured and what was said; and give where."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / ".gitignore").write_text("*\n", encoding="utf-8")
    file = RESULTS / f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}.json"
    _write(bench, file)
    return file


def publish(bench: Bench) -> None:
    """Write them down where docs/performance.md shows them."""
    DOCS.mkdir(exist_ok=True)
    _write(bench, DOCS / "figures.json")


def _write(bench: Bench, file: Path) -> None:
    found = {"measured_on": machine(bench), **bench.found}
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    said = bench.console.export_text(clear=False)
    file.with_suffix(".txt").write_text(said, encoding="utf-8")
    for picture, text in plots.draw(found).items():
        (file.parent / picture).write_text(text, encoding="utf-8")


def machine(bench: Bench) -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processors": f"{os.cpu_count()} of {_processor()}",
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "broker": bench.broker.node.version if bench.broker.node else "not ours",
        "libraries": {name: version(name) for name in _LIBRARIES},
        "load_before": bench.load_before,
        "rounds": bench.rounds,
        "scale": bench.scale,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")
