"""The service carries nothing that it has no use for: each of these would take megabytes in every clinic."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from adapter.database import open_engine

if TYPE_CHECKING:
    from pathlib import Path

# What migrates, seals, explains, reads calendar files, speaks to PostgreSQL, and counts.
IDLE = ("alembic", "cryptography", "xmlschema", "yaml", "icalendar", "psycopg", "prometheus_client")


def test_the_service_on_sqlite_loads_none_of_what_it_does_not_use(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'timebok.db'}"
    open_engine(url).dispose()
    program = f"""
import sys
from adapter.cli.app import app
from adapter.cli.serve import make_engine, make_service
from adapter.settings import Settings
settings = Settings(database_url={url!r}, her_ids="91095")
make_service(settings, make_engine(settings), ["91095"])
print(*sorted(sys.modules.keys() & {set(IDLE)!r}))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
