"""SQLite's log is brought into its file beside the writing, and no commit has to do it."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapter.database import open_engine
from adapter.database.log_keeper import bring_in, log_brought_in

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

_SQLITES_OWN = 1000  # pages
_PATIENCE = 30.0


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "timebok.db"


def write(engine: Engine, value: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS written (value TEXT)"))
        connection.execute(text("INSERT INTO written VALUES (:value)"), {"value": value})


def in_file_alone(file: Path) -> list[str]:
    """What has been written to the file itself; its log is not looked at."""
    copy = shutil.copyfile(file, file.with_suffix(".copy"))
    connection = sqlite3.connect(copy)
    try:
        return [value for (value,) in connection.execute("SELECT value FROM written ORDER BY value")]
    except sqlite3.OperationalError:  # not even the table is there yet
        return []
    finally:
        connection.close()


def wait_for(file: Path, values: list[str]) -> None:
    until = time.monotonic() + _PATIENCE
    while in_file_alone(file) != values:
        assert time.monotonic() < until, "it never came into the file"
        time.sleep(0.02)


def keepers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "timebok log"]


def test_what_is_committed_comes_into_the_file_while_others_write(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")
    write(engine, "before")
    assert in_file_alone(file) == []
    with log_brought_in(engine), engine.begin() as writing:
        writing.execute(text("INSERT INTO written VALUES ('not yet')"))
        wait_for(file, ["before"])
    assert keepers() == []
    engine.dispose()
    assert in_file_alone(file) == ["before", "not yet"]
    assert not file.with_name("timebok.db-wal").exists()


def test_two_of_them_on_one_file(file: Path) -> None:
    one, other = open_engine(f"sqlite:///{file}"), open_engine(f"sqlite:///{file}")
    with log_brought_in(one), log_brought_in(other):
        for number in range(20):
            write((one, other)[number % 2], f"{number:02}")
        wait_for(file, [f"{number:02}" for number in range(20)])
    one.dispose()
    other.dispose()


def test_a_commit_brings_it_in_sooner_where_nobody_else_does(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")

    def most() -> int:
        with engine.begin() as connection:
            return int(connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())

    assert most() == _SQLITES_OWN
    with log_brought_in(engine):
        assert most() > _SQLITES_OWN, "else commits still do it"
    engine.dispose()


def test_what_cannot_be_brought_in_is_told(file: Path) -> None:
    engine = open_engine(f"sqlite:///{file}")
    with engine.begin() as connection, capture_logs() as logs:
        driver = connection.connection.cursor()
        assert not bring_in(driver), "within a transaction SQLite refuses it"
    assert [entry["log_level"] for entry in logs] == ["warning"]
    driver = engine.raw_connection().cursor()
    assert bring_in(driver)
    engine.dispose()


def test_in_memory_there_is_nothing_to_bring_in() -> None:
    engine = open_engine("sqlite://")
    write(engine, "there")
    with log_brought_in(engine), engine.begin() as connection:
        assert keepers() == []
        assert connection.execute(text("SELECT value FROM written")).scalar_one() == "there"
    engine.dispose()


def test_postgresql_has_no_such_log(postgres: Engine) -> None:
    with log_brought_in(postgres), postgres.begin() as connection:
        assert keepers() == []
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
