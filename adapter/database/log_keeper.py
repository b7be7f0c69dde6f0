"""Brings SQLite's log into its file, on a thread of its own, so that no commit has to.

By itself SQLite does it inside whichever commit has made the log 4 MB long, and the whole batch waits for it.
Here it is done beside the writing, by a checkpoint that waits for nobody. It must never hold up who writes.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

log = structlog.get_logger(__name__)

# Pages, 64 MB of them: under full load the log never rests long enough to begin anew, so in the end a commit
# has to see to it, with the little that is left.
_LONGEST = 16_000
_EVERY = 0.25  # seconds
_AFTER_A_FAILURE = 10.0
_PATIENCE = 5.0


@contextmanager
def log_brought_in(engine: Engine) -> Iterator[None]:
    """Bring what is committed from SQLite's log into its file for as long as the context lasts.

    Other processes may do the same on the same file. On PostgreSQL and in memory there is nothing to do.
    """
    if engine.dialect.name != "sqlite" or engine.url.database in (None, "", ":memory:"):
        yield
        return
    event.listen(engine, "connect", _let_grow)
    engine.dispose()  # the connections that there are have not heard of it
    over = Event()
    keeper = Thread(target=_keep, args=(engine, over), name="timebok log", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(_PATIENCE)  # a disk that hangs must not keep us


def _let_grow(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA wal_autocheckpoint={_LONGEST}")
    cursor.close()


def _keep(engine: Engine, over: Event) -> None:
    # A connection that the worker never gets: its cache stays its own.
    with closing(engine.raw_connection()) as connection:
        cursor, pause = connection.cursor(), _EVERY
        while not over.wait(pause):
            pause = _EVERY if bring_in(cursor) else _AFTER_A_FAILURE


def bring_in(cursor: DBAPICursor) -> bool:
    """Bring in what can be, in no transaction and without waiting for anybody. ``False`` when it failed."""
    try:
        # The second is so short that it mostly ends before another commit: only then the log begins anew.
        for _ in range(2):
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            cursor.fetchall()
    except sqlite3.Error as error:
        log.warning("the store's log cannot be brought into its file", error=type(error).__name__)
        return False
    return True
