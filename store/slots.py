"""Busy slots, stored so that «who is busy between these two moments» is a few short scans of an index, for any number of agents.

Intervals are kept by length (`lengths`). Longer ones than a day are cut into pieces of 24 h, each carrying its whole interval;
and beyond `LONG` (or a stranger's invitation from 1900 to 9999 would become three million rows) they are kept whole, in a class
of their own.

Slots count whole seconds: starts are rounded down and ends up, so rounding never frees anybody.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    select,
    text,
    union_all,
    update,
)

from store import schema
from store.cohorts import by_class
from store.database import Tx
from store.errors import Fenced
from store.lengths import DAY, WHOLE
from store.model import Slot, StoredObject
from store.pieces import KEPT, STATUSES, ObjectRows, Piece, rows_of
from store.statements import add_many, listed, one_of, one_of_named, put_many, written
from store.values import moment_of, second_at_or_after, second_at_or_before, storable

FEW_AGENTS = 2_000
"""Up to so many agents each one is looked up; beyond, everybody's slots at that time are read."""

BATCH = 500
"""Objects saved with one statement."""

_objects, _pieces = schema.objects, schema.pieces
_IS_LONG = text(schema.IS_LONG)
Item = TypeVar("Item")

# ---------------------------------------------------------------------------------------------------------------------
# Saving


def save_objects(
    tx: Tx, calendar_id: int, agent: str, upserts: Iterable[StoredObject], gone: Collection[str]
) -> None:
    """Save changed objects, each with its intervals in the place of those it had, and drop the ones that are `gone`.

    Raises `Fenced` if the calendar is no longer the agent's, ValueError for a kind that is never stored.
    """
    save_rows(tx, calendar_id, agent, rows_of(upserts), gone)


def save_rows(
    tx: Tx, calendar_id: int, agent: str, objects: Sequence[ObjectRows], gone: Collection[str]
) -> None:
    """Likewise, of objects whose rows were made before the transaction, for which others wait."""
    number = _number(tx, calendar_id, agent)
    for hrefs in _batches(sorted(gone)):
        tx.execute(
            delete(_objects).where(_objects.c.calendar_id == calendar_id, one_of(tx, _objects.c.href, hrefs))
        )
    for batch in _batches(objects):
        _save_batch(tx, calendar_id, number, batch)


def note_unread(tx: Tx, calendar_id: int, unread: Iterable[StoredObject]) -> None:
    """Say of known objects what was wrong with them this time. What is known of their intervals stays."""
    for one in unread:
        at = (_objects.c.calendar_id == calendar_id, _objects.c.href == storable(one.href))
        tx.execute(update(_objects).where(*at).values(etag=one.etag, problem=one.problem))


def _number(tx: Tx, calendar_id: int, agent: str) -> int:
    """The agent's number; the calendar stays until the transaction ends."""
    number = tx.execute(_OWNER, {"calendar": calendar_id, "named": agent}).scalar()
    if number is None:
        raise Fenced(f"calendar {calendar_id} of {agent!r} was removed while it was read")
    return int(number)


_OWNER = (
    select(schema.agents.c.number)
    .join_from(schema.calendars, schema.logins)
    .join(schema.agents)
    .where(schema.calendars.c.id == bindparam("calendar"), schema.agents.c.id == bindparam("named"))
    .with_for_update(of=schema.calendars, read=True, key_share=True)
)


def _save_batch(tx: Tx, calendar_id: int, number: int, batch: Sequence[ObjectRows]) -> None:
    kept = [(calendar_id, one.href, *one.kept) for one in batch]
    rows = put_many(
        tx, _objects, ("calendar_id", "href", *KEPT), kept, instead_of=("calendar_id", "href"), returning=("href", "id")
    )  # fmt: skip
    ids: dict[str, int] = dict(rows)
    dialect = tx.dialect.name
    tx.execute(_theirs(dialect), {"ids": listed(dialect, list(ids.values()))})
    pieces = [(ids[one.href], calendar_id, number, *piece) for one in batch for piece in one.pieces]
    add_many(tx, _pieces, ("object_id", "calendar_id", "agent", *Piece._fields), pieces)


@cache
def _theirs(dialect: str) -> Delete:
    """What removes the pieces of a batch: built once, for building it takes longer than it runs."""
    return delete(_pieces).where(one_of_named(dialect, _pieces.c.object_id, "ids"))


def drop_before(tx: Tx, calendar_id: int, moment: datetime) -> None:
    """Drop the calendar's slots that had ended by `moment`; the objects stay known."""
    owner = select(schema.logins.c.agent).join_from(schema.calendars, schema.logins)
    number = owner.where(schema.calendars.c.id == calendar_id).scalar_subquery()
    past = second_at_or_before(moment)
    rows = _pieces.c
    ended = and_(
        rows.agent == number, rows.start < past, rows.calendar_id == calendar_id, rows.whole_end <= past
    )
    tx.execute(delete(_pieces).where(ended))


# ---------------------------------------------------------------------------------------------------------------------
# Asking


def overlapping(tx: Tx, start: datetime, end: datetime, agents: Collection[str] | None = None) -> list[Slot]:
    """Every slot that overlaps the half-open [start, end), whole and once, of all agents or some; by start.

    Nothing overlaps an empty interval (end at or before start).
    """
    if end <= start:
        return []
    dialect, few = tx.dialect.name, agents is not None and len(agents) <= FEW_AGENTS
    asked: dict[str, object] = {"since": second_at_or_before(start), "until": second_at_or_after(end)}
    if few:
        asked["agents"] = listed(dialect, agents or ())
    wanted = None if agents is None or few else set(agents)
    # A slot cut into pieces comes once for each piece that overlaps: the same row, for all carry the whole interval.
    rows = dict.fromkeys(tuple(row) for row in tx.execute(_overlapping(dialect, few), asked))
    return sorted(
        (slot_of(*row) for row in rows if wanted is None or row[0] in wanted),
        key=attrgetter("start", "end", "agent", "calendar_id", "href", "status", "all_day"),
    )


def objects_of(tx: Tx, uids: Collection[str], agents: Collection[str]) -> set[tuple[str, str]]:
    """(agent, href) of the objects with one of these UIDs in the calendars of these few agents."""
    query = (
        select(schema.agents.c.id, _objects.c.href)
        .join_from(schema.agents, schema.logins)
        .join(schema.calendars)
        .join(_objects, _objects.c.calendar_id == schema.calendars.c.id)
        .where(one_of(tx, schema.agents.c.id, agents), one_of(tx, _objects.c.uid, uids))
    )
    return {(row.id, row.href) for row in tx.execute(query)}


@cache
def _overlapping(dialect: str, few: bool) -> Select[Any]:
    return _whole(_by_agent(dialect) if few else by_class(_hit(), _SINCE))


def _by_agent(dialect: str) -> list[Select[Any]]:
    """Two short looks for each agent: what may have started within the last day, and what is kept whole."""
    rows, numbers = _pieces.c, select(schema.agents.c.number)
    theirs = rows.agent.in_(numbers.where(one_of_named(dialect, schema.agents.c.id, "agents")))
    # «+ 0» keeps SQLite from looking by `start`, through everything that the agent ever had.
    began = rows.start + written(0) < _UNTIL
    return [
        _hit(theirs, rows.start > _SINCE - written(DAY), rows.length_class != WHOLE),
        select(*_HIT).where(theirs, _IS_LONG, began, rows.end > _SINCE),
    ]


def _hit(*bounds: ColumnElement[bool]) -> Select[Any]:
    return select(*_HIT).where(*bounds, _pieces.c.start < _UNTIL, _pieces.c.end > _SINCE)


_SINCE, _UNTIL = bindparam("since", type_=BigInteger()), bindparam("until", type_=BigInteger())
_HIT = [_pieces.c[name] for name in ("agent", "calendar_id", "object_id", "whole_start", "whole_end", "kind")]


def _whole(hits: Sequence[Select[Any]]) -> Select[Any]:
    """The hits with the agent's id and the object's href: looked up for what was found, not for what was searched."""
    hit = union_all(*hits).subquery("hit")
    columns = (
        hit.c.calendar_id,
        _objects.c.href,
        hit.c.whole_start,
        hit.c.whole_end,
        hit.c.kind,
        _objects.c.uid,
    )
    return (
        select(schema.agents.c.id, *columns)
        .join_from(hit, schema.agents, hit.c.agent == schema.agents.c.number)
        .join(_objects, hit.c.object_id == _objects.c.id)
    )


def slot_of(agent: str, calendar_id: int, href: str, start: int, end: int, kind: int, uid: str = "") -> Slot:
    """The slot that a row of these columns means."""
    status, all_day = STATUSES[kind // 2], bool(kind % 2)
    return Slot(agent, calendar_id, href, moment_of(start), moment_of(end), status, all_day, uid)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))
