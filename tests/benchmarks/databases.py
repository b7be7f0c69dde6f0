"""The machine's PostgreSQL, where there is one, as the tests find it; but durable, since that is measured."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from tests.support.databases import empty_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres() -> Iterator[str | None]:
    """A URL into an empty schema, which is dropped in the end; ``None`` when no PostgreSQL answers."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(empty_schema())
        except OperationalError:
            url = None
        yield url
