"""How the tables came to be, step by step (Alembic). `run` brings a store to this version; `versions` holds the steps."""
