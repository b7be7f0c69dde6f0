"""Fresh databases: a SQLite file, or a schema of its own in the PostgreSQL of the machine."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTGRES = os.environ.get("TIMEBOK_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@localhost:5432/test")


@contextmanager
def postgres_url() -> Iterator[str]:
    """A URL into an empty schema, which is dropped in the end.

    Without a PostgreSQL the test is skipped, or fails where nothing may be skipped (CI).
    """
    schema = f"timebok_store_{uuid4().hex}"
    admin = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    except OperationalError as error:
        admin.dispose()
        why = f"no PostgreSQL answers at {admin.url!r}: {error.orig}"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    quick = "-csynchronous_commit=off"  # what a crash of the machine would lose is not what is tested
    url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema} {quick}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        admin.dispose()
