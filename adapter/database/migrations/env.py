"""Runs the migrations on the connection it is handed; there is no alembic.ini and no other way in."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
