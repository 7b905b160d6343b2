"""Blocks made by command: availability taken away from the company, a group or an agent."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select

from store.database import Tx
from store.lengths import REPEATS, class_of
from store.model import MadeBlock
from store.schema import blocks as _blocks
from store.statements import one_of


def blocks(tx: Tx) -> list[MadeBlock]:
    """All of them, by number."""
    return _read(tx)


def repeating(tx: Tx) -> list[MadeBlock]:
    """Those that repeat, by number."""
    return _read(tx, _blocks.c.duration_class == REPEATS)


def around(tx: Tx, start: datetime, end: datetime, scopes: Collection[str]) -> list[MadeBlock]:
    """Those of these scopes that stand within [start, end), and those that repeat, by number."""
    within = and_(_blocks.c.start < end, _blocks.c.end > start)
    return _read(tx, one_of(tx, _blocks.c.scope, scopes), or_(_blocks.c.repeat.is_not(None), within))


def _read(tx: Tx, *wanted: ColumnElement[bool]) -> list[MadeBlock]:
    rows = tx.execute(select(*_COLUMNS).where(*wanted).order_by(_blocks.c.id)).mappings()
    return [
        MadeBlock(**{**row, "exceptions": tuple(map(date.fromisoformat, row["exceptions"].split()))})
        for row in rows
    ]


_COLUMNS = [column for column in _blocks.c if column.name != "duration_class"]


def add(tx: Tx, block: MadeBlock) -> MadeBlock:
    """Keep a new block; returned with its number."""
    values = {name: value for name, value in asdict(block).items() if name != "id"}
    values["exceptions"] = " ".join(day.isoformat() for day in block.exceptions)
    values["duration_class"] = REPEATS if block.repeat is not None else class_of(block.start, block.end)
    return replace(
        block, id=tx.execute(insert(_blocks).values(**values).returning(_blocks.c.id)).scalar_one()
    )


def remove(tx: Tx, number: int) -> bool:
    """Take a block away; False if there is none of this number."""
    return tx.execute(delete(_blocks).where(_blocks.c.id == number)).rowcount == 1
