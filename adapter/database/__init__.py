"""The booking store's database: opened the durable way, and brought to the schema that this version knows.

One history of migrations for the whole database, since the ledger's tables and the desk's are written in
the same transaction; that is why it lives up here, where both are known.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from adapter.errors import StoreUnavailable
from adapter.secret_file import SecretUnavailable, read_secret
from handlers.desk.compiled import Compiled

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Connection, Dialect, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

#: The revision of the schema that this version knows.
NEWEST = "0002"

_BEGIN = Compiled(text("BEGIN IMMEDIATE"))
_LOCK = 7_463_921  # any number, as long as every replica takes the same
_PATIENCE_SECONDS = 30


def open_engine(url: str, password_file: Path | None = None) -> Engine:
    """An engine for ``url`` (``sqlite:///file.db``, ``sqlite://`` for memory, ``postgresql+psycopg://…``).

    SQLite is opened with WAL and synchronous=FULL, and every transaction begins with the write lock, so
    that a commit is on disk and nobody decides on what another is changing. The schema is migrated to the
    newest that this version knows. With ``password_file`` the password is read from there at each connect.

    Raises ``StoreUnavailable`` when there is no such database, or it was made by a newer timebok.
    """
    try:
        engine = _create(make_url(url))
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise StoreUnavailable(f"The database URL is not one that timebok can use: {error}") from None
    except ValueError:  # its words may be the half of a password
        raise StoreUnavailable(
            "The database URL is not one that timebok can use: where its port should be is no number. "
            "In user and password each of / ? # @ : % is written as %2F %3F %23 %40 %3A %25"
        ) from None
    if password_file is not None:
        event.listen(engine, "do_connect", partial(_take_password, password_file))
    try:
        migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        raise StoreUnavailable(f"The database cannot be opened: {error.orig}") from error
    except StoreUnavailable:
        engine.dispose()
        raise
    return engine


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema, one process at a time.

    Raises ``StoreUnavailable`` when the database is at a revision that this version does not know.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        current = _revision_of(connection)
        if current == NEWEST:
            return
        # Only now: Alembic takes ten megabytes, and hardly any start has anything to migrate.
        from adapter.database.migrating import upgrade  # noqa: PLC0415

        upgrade(connection, current)


def _revision_of(connection: Connection) -> str | None:
    """The revision that Alembic has written down, if it ever has."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _create(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, isolation_level="READ COMMITTED", pool_pre_ping=True)
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE_SECONDS, "check_same_thread": False}}
    if url.database in (None, "", ":memory:"):
        options["poolclass"] = StaticPool
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _take_password(
    file: Path, _dialect: Dialect, _record: object, _arguments: object, parameters: dict[str, Any]
) -> None:
    """Puts the password in just before a connection is made. Without it, it is the database that is away."""
    try:
        parameters["password"] = read_secret(file, "TIMEBOK_DATABASE_PASSWORD_FILE")
    except SecretUnavailable as error:
        raise OperationalError(None, None, error) from None


def _set_up_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own
    cursor = connection.cursor()
    _switch_to_wal(cursor)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor) -> None:
    """SQLite does not wait for another that opens a fresh file at the same moment, so it is done here."""
    patience = monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > patience:
                raise
            sleep(0.02)
        else:
            return


def _begin_immediate(connection: Connection) -> None:
    _BEGIN.run(connection)
