"""Stores of millions of slots, filled by the database itself, since a row at a time would take an hour.

One clinic has them all, in fifty calendars: for an index that begins with the clinic nothing is worse. One in
ten is taken. Those who have them get numbers that nobody can have: there is no 99th of a month.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from adapter.database import open_engine
from handlers.desk import tables
from tests.benchmarks.stores import enter, open_clinic
from tests.benchmarks.traffic import Place, moment, slot_id

if TYPE_CHECKING:
    from sqlalchemy import Engine

CALENDARS = 50
ONE, MANY = 1, 500
"""Free slots on the first and on the second day; all others come later."""
_DAY = 96
_FIRST = 40 * _DAY  # the number of the first slot of the bulk, in its calendar
_TAKEN = 3  # of every ten, the one that is taken
_SCATTER, _SPAN = 2_654_435_761, 4_294_967_296  # ids in no order, each of them once

_ID_SQLITE = f"printf('%08X%016X', (i * {_SCATTER}) % {_SPAN}, i)"
_ID_POSTGRES = f"upper(lpad(to_hex((i * {_SCATTER}) % {_SPAN}), 8, '0') || lpad(to_hex(i), 16, '0'))"
_NUMBERS_SQLITE = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) "
_NUMBERS_POSTGRES = "WITH n AS (SELECT i::bigint FROM generate_series(0, {count} - 1) AS i) "
_START = f"{{first}} + (i / {CALENDARS} / {_DAY}) * 86400 + (i / {CALENDARS} % {_DAY}) * 300"
_SLOTS = (
    'INSERT INTO slot (her_id, id, calendar_id, type_code, start, "end") {numbers}'
    "SELECT '{her_id}', {id}, 'c' || (i % {calendars}), 'time', {start}, {start} + 300 FROM n "
    "ORDER BY 2"  # by id: an index that grows at its end grows quickly
)
_APPOINTMENTS = (
    'INSERT INTO appointment (id, her_id, calendar_id, slot_id, state, start, "end", title, '
    "national_id, family_name, given_name, created_at, changed_at) {numbers}"
    "SELECT 'a-' || {id}, '{her_id}', 'c' || (i % {calendars}), {id}, 'booked', {start}, {start} + 300, "
    "'Vaksine', '99' || substr('000000000' || i, -9), 'Prøvesen', 'Ada', {first}, {first} FROM n "
    "WHERE i % 10 = {taken}"
)


def place(number: int) -> Place:
    """A slot of the bulk, as the database has made it."""
    digits = f"{number * _SCATTER % _SPAN:08X}{number:016X}"
    day, in_day = divmod(number // CALENDARS, _DAY)
    start = _first() + timedelta(days=day, minutes=5 * in_day)
    return Place(digits, f"c{number % CALENDARS}", start)


def is_free(number: int) -> bool:
    """Whether nobody had that slot in the beginning."""
    return number % 10 != _TAKEN


def answer_days() -> dict[int, datetime]:
    """On which day how many slots are free."""
    return {ONE: moment(0), MANY: moment(_DAY)}


def fill(url: str, her_id: str, slots: int) -> Engine:
    """Make a store with that many slots, and give it open."""
    engine = open_engine(url)
    shown = [Place(slot_id(0), "c0", moment(0))]
    for number in range(MANY):
        calendar, of_day = number % CALENDARS, number // CALENDARS
        shown.append(Place(slot_id(number + 1), f"c{calendar}", moment(_DAY + of_day)))
    with engine.begin() as connection:
        open_clinic(connection, her_id, CALENDARS)
        enter(connection, her_id, tuple(shown))
        for index in tables.slot.indexes:  # made anew when all is in, which is quicker
            index.drop(connection)
    if engine.dialect.name == "postgresql":
        _fill_postgres(engine, _statements(her_id, slots, _NUMBERS_POSTGRES, _ID_POSTGRES))
    else:
        engine.dispose()
        _fill_sqlite(make_url(url).database or "", _statements(her_id, slots, _NUMBERS_SQLITE, _ID_SQLITE))
    _finish(engine)
    engine.dispose()
    return open_engine(url)


def _fill_postgres(engine: Engine, statements: list[str]) -> None:
    with engine.begin() as connection:
        with suppress(ProgrammingError), connection.begin_nested():  # not everybody may
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no foreign keys
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def _finish(engine: Engine) -> None:
    with engine.begin() as connection:
        for index in tables.slot.indexes:
            index.create(connection)
    if engine.dialect.name == "postgresql":  # as its autovacuum would, sooner or later
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("slot", "appointment"):
                connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


def _fill_sqlite(file: str, statements: list[str]) -> None:
    connection = sqlite3.connect(file)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000"):
        connection.execute(f"PRAGMA {pragma}")  # as quick as can be: when it fails it is thrown away
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _statements(her_id: str, slots: int, numbers: str, id_: str) -> list[str]:
    first = int(_first().timestamp())
    given = {
        "her_id": her_id,
        "id": id_,
        "calendars": CALENDARS,
        "numbers": numbers.format(count=slots),
        "start": _START.format(first=first),
        "first": first,
        "taken": _TAKEN,
    }
    return [statement.format(**given) for statement in (_SLOTS, _APPOINTMENTS)]


def _first() -> datetime:
    return moment(_FIRST)
