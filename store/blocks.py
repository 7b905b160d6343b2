"""Blocks made by command: availability taken away from the company, a group or an agent."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, insert, or_, select

from store.database import Tx
from store.lengths import REPEATS, class_of
from store.model import MadeBlock
from store.schema import blocks as _blocks
from store.statements import listed, one_of_named


def blocks(tx: Tx) -> list[MadeBlock]:
    """All of them, by number."""
    return _read(tx, _found())


def repeating(tx: Tx) -> list[MadeBlock]:
    """Those that repeat, by number."""
    return _read(tx, _found(_blocks.c.duration_class == REPEATS))


def around(tx: Tx, start: datetime, end: datetime, scopes: Collection[str]) -> list[MadeBlock]:
    """Those of these scopes that stand within [start, end), and those that repeat, by number."""
    dialect = tx.dialect.name
    return _read(tx, _around(dialect), {"since": start, "until": end, "scopes": listed(dialect, scopes)})


@cache
def _around(dialect: str) -> Select[Any]:
    rows = _blocks.c
    within = and_(rows.start < bindparam("until"), rows.end > bindparam("since"))
    return _found(one_of_named(dialect, rows.scope, "scopes"), or_(rows.repeat.is_not(None), within))


def _found(*wanted: ColumnElement[bool]) -> Select[Any]:
    return select(*_COLUMNS).where(*wanted).order_by(_blocks.c.id)


def _read(tx: Tx, query: Select[Any], asked: Mapping[str, object] | None = None) -> list[MadeBlock]:
    rows = tx.execute(query, asked).mappings()
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
