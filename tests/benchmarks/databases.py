"""The machine's PostgreSQL, where there is one, as the tests find it; but durable, since that is measured."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from tests.support.databases import POSTGRES

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres() -> Iterator[str | None]:
    """A URL into an empty schema, which is dropped in the end; ``None`` when no PostgreSQL answers."""
    schema = f"timebok_bench_{uuid4().hex}"
    admin = create_engine(POSTGRES, connect_args={"connect_timeout": 3})
    try:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    except OperationalError:
        admin.dispose()
        yield None
        return
    url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
        admin.dispose()
