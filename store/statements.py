"""The few statements that SQLite and PostgreSQL spell differently, so that no query module needs to know which it is."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Insert, Table, any_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store.values import storable


def one_of(
    tx: Connection, column: ColumnElement[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """`column` is one of `values`, as ONE parameter however many they are: the statement stays the same, and short.

    (An expanding IN would be parsed anew for each number of values, and SQLite allows 32,766 parameters.)
    """
    if tx.dialect.name == "sqlite":
        texts = json.dumps([storable(value) if isinstance(value, str) else value for value in values])
        listed = func.json_each(bindparam(None, texts)).table_valued("value")
        return column.in_(select(listed.c.value))
    return column == any_(bindparam(None, list(values), type_=ARRAY(column.type)))


def insert_or_replace(
    tx: Connection, table: Table, key: Collection[str], columns: Collection[str], *,
    where: ColumnElement[bool] | None = None,
) -> Insert:  # fmt: skip
    """INSERT of a row that, where its `key` exists, sets `columns` instead (the same ON CONFLICT on both).

    `where`: only if the row that is there fulfils this.
    """
    insert = sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)
    new = {name: insert.excluded[name] for name in columns}
    return insert.on_conflict_do_update(index_elements=list(key), set_=new, where=where)
