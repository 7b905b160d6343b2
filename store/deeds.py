"""Deeds: what was written into calendars and mailed because of a meeting, in the order in which it was done."""

from dataclasses import asdict

from sqlalchemy import bindparam, insert, select

from store.database import Tx
from store.model import Deed
from store.schema import deeds as _deeds


def append(tx: Tx, deed: Deed) -> None:
    """Keep what was just done."""
    tx.execute(insert(_deeds).values(**asdict(deed)))


def deeds(tx: Tx, meeting: str) -> list[Deed]:
    """Everything that was done because of one meeting, oldest first."""
    return [Deed(**row) for row in tx.execute(_OF_MEETING, {"meeting": meeting}).mappings()]


_COLUMNS = [column for column in _deeds.c if column.name != "id"]
_OF_MEETING = select(*_COLUMNS).where(_deeds.c.meeting == bindparam("meeting")).order_by(_deeds.c.id)
