"""The schema that migrating makes is the schema that the code knows, and opening is safe to repeat."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, event, inspect, select, text

from adapter import database
from adapter.database import open_engine
from adapter.errors import StoreUnavailable
from adapter.ledger.tables import metadata as ledger
from handlers.desk import tables
from tests.support.clinic import fill

if TYPE_CHECKING:
    from sqlalchemy import Engine

CASTS = {"text", "character", "varying", "IN", "ANY", "ARRAY"}
EVERY_TABLE = {*tables.metadata.tables, *ledger.tables, "alembic_version"}


def test_the_migrated_schema_is_the_one_that_the_tables_describe(fresh_engine: Engine) -> None:
    with fresh_engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [tables.metadata, ledger]) == []


def partial_indexes(database: str, *described: MetaData) -> dict[str | None, set[str]]:
    """Which rows each index holds for, as the words of its condition: databases write it in their own way."""
    found = {}
    for metadata in described:
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            where = index.dialect_kwargs.get(f"{database}_where")
            if where is not None:
                found[index.name] = set(re.findall(r"\w+", str(where))) - CASTS
    return found


def test_the_indexes_that_hold_for_some_rows_only_hold_for_the_same_rows(fresh_engine: Engine) -> None:
    database = fresh_engine.dialect.name
    migrated = MetaData()
    with fresh_engine.begin() as connection:
        migrated.reflect(connection)
    assert partial_indexes(database, migrated) == partial_indexes(database, tables.metadata, ledger)
    assert len(partial_indexes(database, migrated)) >= 3


def test_the_newest_revision_is_the_last_step() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [database.NEWEST]


def test_opening_a_fresh_database_makes_every_table(fresh_engine: Engine) -> None:
    assert set(inspect(fresh_engine).get_table_names()) == EVERY_TABLE


def test_opening_again_changes_nothing(fresh_url: str, fresh_engine: Engine) -> None:
    with fresh_engine.begin() as connection:
        fill(connection)
    statements: list[str] = []
    again = open_engine(fresh_url)
    event.listen(again, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with again.begin() as connection:
        assert len(connection.execute(select(tables.owner)).all()) == 2
    again.dispose()
    assert set(inspect(fresh_engine).get_table_names()) == EVERY_TABLE


def test_a_database_of_a_newer_timebok_is_refused_in_plain_words(
    fresh_url: str, fresh_engine: Engine
) -> None:
    with fresh_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match=r"revision 9999.*newer version") as refused:
        open_engine(fresh_url)
    assert "restore a copy" in str(refused.value)


def test_many_threads_that_open_a_fresh_database_at_once_all_succeed(fresh_url: str) -> None:
    barrier = Barrier(6)

    def open_it(_number: int) -> set[str]:
        barrier.wait(30)
        engine = open_engine(fresh_url)
        try:
            return set(inspect(engine).get_table_names())
        finally:
            engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_it, range(6))) == [EVERY_TABLE] * 6


def test_two_processes_that_open_a_fresh_database_at_once_both_succeed(fresh_url: str) -> None:
    program = "import sys; from adapter.database import open_engine; open_engine(sys.argv[1]).dispose()"
    started = [
        subprocess.Popen([sys.executable, "-c", program, fresh_url], stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0], said


def test_sqlite_is_opened_the_durable_way(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'timebok.db'}")
    with engine.begin() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    engine.dispose()
    assert pragmas == ["wal", 2, 1]


def test_a_store_in_memory_keeps_what_is_written(tmp_path: Path) -> None:
    engine = open_engine("sqlite://")
    with engine.begin() as connection:
        fill(connection)
    with engine.begin() as connection:
        assert len(connection.execute(select(tables.owner)).all()) == 2
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "no url at all",
        "nosuchdatabase://somewhere/x",
        "sqlite:////no/such/folder/timebok.db",
        "postgresql+psycopg://nobody@localhost:1/nothing?connect_timeout=2",
    ],
)
def test_a_database_that_cannot_be_opened_is_unavailable(url: str) -> None:
    with pytest.raises(StoreUnavailable):
        open_engine(url)


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "timebok.db").write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(StoreUnavailable):
        open_engine(f"sqlite:///{tmp_path / 'timebok.db'}")


def test_a_password_in_the_url_is_in_no_error(tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://me:hemmelig@localhost:1/x?connect_timeout=2", "hemmelig:x:y@z"):
        with pytest.raises(StoreUnavailable) as refused:
            open_engine(url)
        assert "hemmelig" not in str(refused.value)
