"""The steps from one schema of the database to the next, taken by Alembic. Only imported to take one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from adapter.errors import StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(connection: Connection, current: str | None) -> None:
    """Bring the database from the revision ``current`` to the newest, within the connection's transaction.

    Raises ``StoreUnavailable`` when this version does not know that revision.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise StoreUnavailable(
            f"The database is at revision {current}, which this version of timebok does not know. "
            "It was opened by a newer version; run that one, or restore a copy from before."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
