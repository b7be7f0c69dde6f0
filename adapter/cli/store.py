"""The booking store, as the parts of the command open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.service import make_engine
from adapter.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine


def open_store() -> tuple[Settings, Engine]:
    """The settings, and an engine on the store that they name."""
    settings = Settings()
    return settings, make_engine(settings)
