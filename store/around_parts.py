"""The parts of the one statement of `around`, on both databases: each a few short scans of an index that holds all it asks for.

Written with SQLAlchemy, spoken once for each database, and from then on handed to the driver as text.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    ColumnElement,
    CompoundSelect,
    Dialect,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite

from store import schema
from store.cohorts import by_class
from store.lengths import CLASSES, DAY, REPEATS, WHOLE
from store.statements import of_each, written

SECOND = 1_000_000

_pieces, _meetings, _blocks = schema.pieces.c, schema.meetings.c, schema.blocks.c
_calendars, _copies = schema.calendars.c, schema.copies.c
Query = Select[Any] | CompoundSelect[Any]


@cache
def statement_of(dialect: str, everybody: bool) -> tuple[str, dict[str, Any]]:
    """Its text and the parameters that are always the same; built once, for building it takes longer than it runs."""
    parts: list[Query] = [
        _slots(dialect, everybody), _standing_meetings(dialect, everybody), _standing_blocks(dialect, everybody),
        _special(dialect),
    ]  # fmt: skip
    found = [_as_json(dialect, part) for part in parts]
    if everybody:
        fresh = (_as_json(dialect, part) for part in _freshness())
        return _spoken(dialect, select(*found, *fresh, _repeating()))
    known = _freshness_of_few(dialect).subquery()
    return _spoken(dialect, select(*found, *known.c, _repeating()).select_from(known))


@cache
def beginnings(dialect: str) -> tuple[str, dict[str, Any]]:
    held = select(_meetings.agent).where(
        _meetings.status != literal_column("'cancelled'"), _meetings.start >= _at("start"), _meetings.start < _at("end")
    )  # fmt: skip
    by_length = [held.where(_meetings.duration_class == written(name)) for name in range(WHOLE + 1)]
    return _spoken(dialect, select(_as_json(dialect, union_all(*by_length))))


def _spoken(dialect: str, query: ClauseElement) -> tuple[str, dict[str, Any]]:
    """The statement as the database's driver takes it, and the parameters that are always the same."""
    spoken = _SPOKEN[dialect]()
    compiled = query.compile(dialect=spoken)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


_SPOKEN: dict[str, Callable[[], Dialect]] = {
    "sqlite": lambda: sqlite.dialect(paramstyle="named"),
    "postgresql": postgresql.psycopg.dialect,
}


def _at(name: str) -> ColumnElement[int]:
    return bindparam(name, type_=BigInteger())


def _slots(dialect: str, everybody: bool) -> Query:
    found = select(_pieces.agent, _pieces.calendar_id, _pieces.kind, _pieces.start, _pieces.end)
    hit = found.where(_pieces.start < _at("until"), _pieces.end > _at("since"))
    if everybody:
        return union_all(*by_class(hit, _at("since")))
    began = _pieces.start + written(0) < _at("until")
    long = found.where(text(schema.IS_LONG), began, _pieces.end > _at("since"))
    within = hit.where(_pieces.start > _at("since") - written(DAY))
    return union_all(*(of_each(dialect, one, _pieces.agent, "numbers") for one in (within, long)))


def _standing_meetings(dialect: str, everybody: bool) -> Query:
    rows = _meetings
    live = rows.status == literal_column("'live'")
    found = select(rows.agent, rows.start, rows.end, case((live, rows.live_at)).label("live_at")).where(
        rows.status.in_((literal_column("'scheduled'"), literal_column("'live'"))), rows.id != bindparam("about", type_=Text()),
        rows.end > _at("going"),
    )  # fmt: skip
    planned = found.where(rows.start < _at("until_moment"))
    # «+ 0» keeps SQLite from looking by `start`, through everything that is planned for later: few are live.
    later = rows.start + written(0) >= _at("until_moment")
    early = found.where(live, later, rows.live_at < _at("until_moment"))
    long = planned.where(rows.duration_class == written(WHOLE))
    if everybody:
        return union_all(*_by_length(planned, rows, _at("going")), long, early)
    within = planned.where(rows.start > _at("going") - written(DAY * SECOND))
    return union_all(of_each(dialect, within, rows.agent, "ids"), long, early)


def _standing_blocks(dialect: str, everybody: bool) -> Query:
    rows = _blocks
    names = ("id", "scope", "title", "start", "end", "timezone", "until", "count", "exceptions")
    found = select(*(rows[name] for name in names)).where(rows.end > _at("since_moment"))
    hit = found.where(rows.start < _at("until_moment"))
    if everybody:
        return union_all(
            *_by_length(hit, rows, _at("since_moment")), hit.where(rows.duration_class == written(WHOLE))
        )
    began = rows.start + written(0) < _at("until_moment")
    long = found.where(text(schema.LASTS), began, rows.repeat.is_(None))
    within = hit.where(
        rows.start > _at("since_moment") - written(DAY * SECOND), rows.duration_class < written(WHOLE)
    )
    return union_all(*(of_each(dialect, one, rows.scope, "scopes") for one in (within, long)))


def _by_length(query: Select[Any], rows: Any, since: ColumnElement[int]) -> list[Select[Any]]:  # noqa: ANN401 - a table's columns
    """One scan for each length class, bounded by the longest interval there is in it."""
    return [
        query.where(rows.duration_class == written(name), rows.start > since - written(longest * SECOND))
        for name, longest in CLASSES
    ]


def _freshness() -> list[Query]:
    """The logins with a checked calendar; what is doubtful of checked calendars; and those that are not checked.

    What is doubtful comes from indexes of its own: all but a few are fresh, and looking at them all would cost as much as
    finding the slots.
    """
    doubtful = union(*(select(*_MOMENTS).where(_calendars.checked, doubt) for doubt in _doubts()))
    listed, beside = select(_calendars.login_id), select(_calendars.id)
    return [listed.where(_calendars.checked), doubtful, beside.where(~_calendars.checked)]


def _freshness_of_few(dialect: str) -> Select[Any]:
    """The same as one row, by one look at the calendars of the logins asked for: to find them is most of the work."""
    checked = _calendars.checked
    kinds: tuple[tuple[str, tuple[ColumnElement[Any], ...], ColumnElement[bool]], ...] = (
        ("listed", (_calendars.login_id,), checked),
        ("doubtful", _MOMENTS, and_(checked, or_(*_doubts()))),
        ("beside", (_calendars.id,), ~checked),
    )
    found: list[Any] = [_gathered(dialect, columns, only).label(name) for name, columns, only in kinds]
    return of_each(dialect, select(*found), _calendars.login_id, "logins")


_MOMENTS = (_calendars.login_id, _calendars.seen_at, _calendars.window_start, _calendars.window_end)


def _doubts() -> tuple[ColumnElement[bool], ...]:
    seen, first, last = (
        literal_column(said, BigInteger()) for said in (schema.SEEN, schema.WINDOW_START, schema.WINDOW_END)
    )
    return seen < _at("fresh_since"), first > _at("start"), last < _at("end")


def _special(dialect: str) -> Query:
    """The agents in whose calendar an event of ours stands there that is no longer as it was written, or one that may come back as
    somebody else's (`actions.itself`) and is of this very meeting."""
    moved = (
        text(schema.DRIFTED),
        _copies.found_start < _at("until_moment"),
        _copies.found_end > _at("since_moment"),
    )
    parts = _copies.found_parts
    repeats: ColumnElement[Any]
    if dialect == "sqlite":
        repeats = func.json_extract(parts, literal_column("'$.repeats'"))
    else:
        repeats = parts.op("->>")(literal_column("'repeats'"))
    back = or_(repeats == literal_column("'yes'"), _copies.state == literal_column("'abandoned'"), ~_served())
    own = (_copies.meeting == bindparam("about", type_=Text()), back)
    return union_all(select(_copies.agent).where(*moved), select(_copies.agent).where(*own))


def _served() -> ColumnElement[bool]:
    """Is the login still there in which the copy stands?"""
    people, logins = schema.agents.c, schema.logins.c
    its = select(logins.id).join_from(schema.logins, schema.agents, people.number == logins.agent)
    same = (people.id == _copies.agent, logins.account == _copies.account, logins.login == _copies.login)
    return its.where(*same).correlate(schema.copies).exists()


def _repeating() -> ScalarSelect[str]:
    """How many there are and the last of their numbers, which never come again (AUTOINCREMENT, sequence)."""
    last = func.coalesce(func.max(_blocks.id), 0)
    said = cast(func.count(), Text) + literal_column("'/'", Text()) + cast(last, Text)
    return select(said).where(_blocks.duration_class == written(REPEATS)).scalar_subquery()


def _as_json(dialect: str, query: Query) -> ScalarSelect[str]:
    """The rows as one JSON text."""
    rows = query.subquery()
    return select(_gathered(dialect, tuple(rows.c))).select_from(rows).scalar_subquery()


def _gathered(
    dialect: str, columns: Sequence[ColumnElement[Any]], only: ColumnElement[bool] | None = None
) -> ColumnElement[str]:
    """All rows, or those that fulfil `only`, as one JSON text: a list of lists, or of values where there is one column."""
    group, one = _functions(dialect)
    found = group(one(*columns) if len(columns) > 1 else columns[0])
    found = found if only is None else found.filter(only)
    return found if dialect == "sqlite" else cast(func.coalesce(found, literal_column("'[]'")), Text)


def _functions(dialect: str) -> tuple[Any, Any]:
    """What makes a list of all rows, and of one row's values."""
    if dialect == "sqlite":
        return func.json_group_array, func.json_array
    return func.json_agg, func.json_build_array
