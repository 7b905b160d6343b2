"""Deeds: what was written into calendars and mailed because of a meeting, in the order in which it was done."""

from dataclasses import asdict

from sqlalchemy import insert, select

from store.database import Tx
from store.model import Deed
from store.schema import deeds as _deeds


def append(tx: Tx, deed: Deed) -> None:
    """Keep what was just done."""
    tx.execute(insert(_deeds).values(**asdict(deed)))


def deeds(tx: Tx, meeting: str) -> list[Deed]:
    """Everything that was done because of one meeting, oldest first."""
    columns = [column for column in _deeds.c if column.name != "id"]
    query = select(*columns).where(_deeds.c.meeting == meeting).order_by(_deeds.c.id)
    return [Deed(**row) for row in tx.execute(query).mappings()]
