"""A few facts about the store itself, by name: for instance which reader understood the calendars last."""

from sqlalchemy import select, text

from store import schema
from store.database import Tx
from store.statements import insert_or_replace


def get_meta(tx: Tx, key: str) -> str | None:
    """The value kept under `key`, None if there is none."""
    return tx.execute(select(schema.meta.c.value).where(schema.meta.c.key == key)).scalar()


def set_meta(tx: Tx, key: str, value: str) -> None:
    """Keep `value` under `key`, in the place of what was there."""
    tx.execute(insert_or_replace(tx, schema.meta, ["key"], ["value"]), {"key": key, "value": value})


def size(tx: Tx) -> int:
    """How large the store is on disk, in bytes; on SQLite without its write-ahead log."""
    if tx.dialect.name == "sqlite":
        pages, each = (
            tx.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")
        )
        return int(pages * each)
    return int(tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
