"""The few statements on the road of every message, compiled once and run on the driver's own cursor.

SQLAlchemy words them, for whichever database it is; executing them through it would cost three times what the
database takes. What goes in and comes out is as the driver has it, so a moment is whole seconds since 1970
(see ``tables.Instant``). It must never begin or end a transaction.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import BindParameter, Connection, Dialect, Executable
    from sqlalchemy.engine.interfaces import DBAPICursor

Row = tuple[Any, ...]


class Compiled:
    """A statement whose values all have names."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._wordings: dict[str, _Wording] = {}

    def all(self, connection: Connection, **values: object) -> list[Row]:
        """Execute it within the connection's transaction, and give its rows.

        Raises SQLAlchemy's ``DBAPIError``, as any statement would.
        """
        cursor = self._execute(connection, values)
        rows = cast("list[Row]", cursor.fetchall())
        cursor.close()
        return rows

    def first(self, connection: Connection, **values: object) -> Row | None:
        """The same for a statement that gives one row at most, or of which no more than one is wanted."""
        cursor = self._execute(connection, values)
        row = cast("Row | None", cursor.fetchone())
        cursor.close()
        return row

    def run(self, connection: Connection, **values: object) -> None:
        """The same for a statement that gives no rows."""
        self._execute(connection, values).close()

    def run_many(self, connection: Connection, rows: Sequence[dict[str, object]]) -> None:
        """The same, once for each row of values."""
        wording = self._wording(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(wording.sql, [wording.arrange(values) for values in rows])
        except wording.errors as error:
            raise wording.failed(error) from error
        cursor.close()

    def _execute(self, connection: Connection, values: dict[str, object]) -> DBAPICursor:
        wording = self._wording(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(wording.sql, wording.arrange(values))
        except wording.errors as error:
            raise wording.failed(error) from error
        return cursor

    def _wording(self, dialect: Dialect) -> _Wording:
        wording = self._wordings.get(dialect.name)
        if wording is None:
            wording = self._wordings[dialect.name] = _Wording(self._statement, dialect)
        return wording


def numbered(name: str, count: int) -> list[BindParameter[str]]:
    """The values ``name_0``, ``name_1`` and so on, for a list in a statement."""
    return [bindparam(f"{name}_{number}") for number in range(count)]


def numbered_values(name: str, values: Iterable[str]) -> dict[str, str]:
    """What to give for ``numbered``: the first value is ``name_0``, and so on."""
    return {f"{name}_{number}": value for number, value in enumerate(values)}


class _Wording:
    """A statement in the words of one database."""

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined] # of all that is executable
        self.sql = str(compiled)
        self.errors: type[Exception] = dialect.loaded_dbapi.Error
        self._dialect = dialect
        order: list[str] | None = compiled.positiontup
        # One name alone would give its value, not a row of it.
        self._in_order = itemgetter(*order) if order and len(order) > 1 else None
        self._order = order
        self._given = {name: value for name, value in compiled.params.items() if value is not None}

    def failed(self, error: Exception) -> DBAPIError:
        """The driver's error as SQLAlchemy tells it, without the values, which may be a patient's."""
        told: Any = DBAPIError.instance(
            self.sql, None, error, self.errors, hide_parameters=True, dialect=self._dialect
        )
        return cast("DBAPIError", told)

    def arrange(self, values: dict[str, object]) -> Any:  # noqa: ANN401 - what the driver takes
        everything = self._given | values if self._given else values
        if self._in_order is not None:
            return self._in_order(everything)
        return everything if self._order is None else [everything[name] for name in self._order]
