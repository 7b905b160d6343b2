"""The few statements that SQLite and PostgreSQL spell differently, so that no query module needs to know which it is."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Insert,
    Join,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from store.values import storable

Item = TypeVar("Item")


def one_of(
    tx: Connection, column: ColumnElement[Any], values: Collection[str] | Collection[int]
) -> ColumnElement[bool]:
    """`column` is one of `values`, as ONE parameter however many they are: the statement stays the same, and short.

    (An expanding IN would be parsed anew for each number of values, and SQLite allows 32,766 parameters.)
    """
    dialect = tx.dialect.name
    return _among(dialect, column, bindparam(None, listed(dialect, values), type_=_kind(dialect, column)))


def one_of_named(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Likewise, for a statement that is built once: the values are given to it as the parameter `name`, `listed`."""
    return _among(dialect, column, bindparam(name, type_=_kind(dialect, column)))


def written(value: int) -> ColumnElement[int]:
    """A number that is no parameter but written out, so that the planner knows it."""
    return literal_column(str(value), BigInteger())


def of_each(dialect: str, query: Select[Any], column: Column[Any], name: str) -> Select[Any]:
    """Of the query's rows, from the column's table alone, those where it is one of the values given as `name`, each of them once.

    On SQLite the list leads: each value is looked up as it is read. `IN` would sort them into a table first, and take twice as long.
    """
    if dialect != "sqlite":
        return query.where(one_of_named(dialect, column, name))
    each = func.json_each(bindparam(name, type_=Text())).table_valued("value")
    return query.select_from(_InOrder(each, column.table, true())).where(column == each.c.value)


class _InOrder(Join):
    """SQLite joins with CROSS in the order as written (https://sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join);
    else a store that was analyzed when it was small would be read as a whole, and asked whether each row is listed."""

    inherit_cache = True


@compiles(_InOrder)
def _in_order(join: _InOrder, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    left, right = (compiler.process(side, **{**kwargs, "asfrom": True}) for side in (join.left, join.right))
    return f"{left} CROSS JOIN {right}"


def listed(dialect: str, values: Collection[str] | Collection[int]) -> object:
    """Any number of values as the one parameter that they are asked for with."""
    kept = _storable(list(values))
    return json.dumps(kept) if dialect == "sqlite" else kept


def _storable(values: list[Any]) -> list[Any]:
    """One look at them all: nearly always nothing has to be replaced."""
    words = "".join(value for value in values if isinstance(value, str))
    if storable(words) is words:
        return values
    return [storable(value) if isinstance(value, str) else value for value in values]


def _kind(dialect: str, column: ColumnElement[Any]) -> TypeEngine[Any]:
    return Text() if dialect == "sqlite" else ARRAY(column.type)


def _among(dialect: str, column: ColumnElement[Any], values: BindParameter[Any]) -> ColumnElement[bool]:
    if dialect == "sqlite":
        return column.in_(select(func.json_each(values).table_valued("value").c.value))
    return column == any_(values)


def add_many(tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """INSERT rows whose values stand as the database keeps them.

    Handed to the driver as they are: for thousands of rows SQLAlchemy would take longer to prepare them than SQLite to keep them.
    """
    for some in _powers_of_two(rows):
        said = _adding(tx.dialect.name, table.name, tuple(columns), len(some))
        tx.exec_driver_sql(said, tuple(chain.from_iterable(some)))


def put_many(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]], *, instead_of: Sequence[str],
    returning: Sequence[str],
) -> list[Any]:  # fmt: skip
    """Likewise; where `instead_of` exists, its other columns are set. Gives the columns `returning` of each row, in any order."""
    found: list[Any] = []
    for some in _powers_of_two(rows):
        said = _putting(
            tx.dialect.name, table.name, tuple(columns), len(some), tuple(instead_of), tuple(returning)
        )
        found += tx.exec_driver_sql(said, tuple(chain.from_iterable(some))).all()
    return found


MOST_ROWS = 128
"""Rows of one statement. Many, for at each one SQLite looks for the last number and writes it down (AUTOINCREMENT), and Python lets
another thread in, which it may have to wait for; and always a power of two, so that few different statements are prepared.
"""


def _powers_of_two(rows: Sequence[Item]) -> Iterator[Sequence[Item]]:
    first = 0
    while rest := len(rows) - first:
        size = min(MOST_ROWS, 1 << (rest.bit_length() - 1))
        yield rows[first : first + size]
        first += size


@cache
def _adding(dialect: str, table: str, columns: tuple[str, ...], rows: int) -> str:
    mark = "?" if dialect == "sqlite" else "%s"
    marks = f"({', '.join([mark] * len(columns))})"
    return f'INSERT INTO "{table}" ({_names(columns)}) VALUES {", ".join([marks] * rows)}'  # noqa: S608 - names of our own tables and columns


@cache
def _putting(
    dialect: str, table: str, columns: tuple[str, ...], rows: int, key: tuple[str, ...], returning: tuple[str, ...]
) -> str:  # fmt: skip
    new = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    instead = f"ON CONFLICT ({_names(key)}) DO UPDATE SET {new} RETURNING {_names(returning)}"
    return f"{_adding(dialect, table, columns, rows)} {instead}"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


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
