"""Alembic's way in. Run by `migrations.run` only, which hands over an open transaction: nothing is committed here."""

from alembic import context

from store import schema

tx = context.config.attributes["tx"]

# Batch mode: SQLite changes a table by making it anew, which Alembic then does by itself.
context.configure(connection=tx, target_metadata=schema.metadata, render_as_batch=True)
context.run_migrations()
