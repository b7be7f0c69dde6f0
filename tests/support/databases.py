"""Fresh databases: a SQLite file, or a schema of its own in the PostgreSQL of the machine."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES = os.environ.get("TIMEBOK_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@localhost:5432/test")


@contextmanager
def empty_schema(*options: str) -> Iterator[str]:
    """A URL into an empty schema of the PostgreSQL, which is dropped in the end, with options of a session.

    Raises SQLAlchemy's ``OperationalError`` when no PostgreSQL answers.
    """
    schema = f"timebok_test_{uuid4().hex}"
    admin = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        every = " ".join([f"-csearch_path={schema}", *options])
        try:
            yield (
                make_url(POSTGRES).update_query_dict({"options": every}).render_as_string(hide_password=False)
            )
        finally:
            with admin.begin() as connection:
                connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    finally:
        admin.dispose()


@contextmanager
def postgres_url() -> Iterator[str]:
    """A URL into an empty schema, which is dropped in the end.

    Without a PostgreSQL the test is skipped, or fails where nothing may be skipped (CI).
    """
    quick = "-csynchronous_commit=off"  # what a crash of the machine would lose is not what is tested
    with ExitStack() as stack:
        try:
            url = stack.enter_context(empty_schema(quick))
        except OperationalError as error:
            why = f"no PostgreSQL answers at {make_url(POSTGRES)!r}: {error.orig}"
            if os.environ.get("CI"):
                pytest.fail(why)
            pytest.skip(why)
        yield url
