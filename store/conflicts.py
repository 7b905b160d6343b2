"""Late conflicts: busy slots beside coming meetings of the same agent, and which of them were told.

Which slots block, and which were known when the meeting was planned, is decided by rules from what is found here.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    bindparam,
    delete,
    insert,
    select,
    text,
    type_coerce,
    union_all,
)

from store import schema
from store.database import Tx, serialise
from store.lengths import DAY, WHOLE
from store.model import MeetingStatus, Slot
from store.slots import slot_of
from store.statements import listed, one_of_named

_meetings, _agents, _pieces, _told = schema.meetings, schema.agents, schema.pieces, schema.conflicts
_IS_LONG = text(schema.IS_LONG)
_FOUND = [_pieces.c[name] for name in ("calendar_id", "object_id", "whole_start", "whole_end", "kind")]
A_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class ToldConflict:
    """A conflict that was told: an event of this calendar and time, beside a meeting of this agent."""

    meeting: str
    agent: str
    calendar: str
    start: datetime
    end: datetime


def beside(
    tx: Tx, now: datetime, margin: timedelta, *, only: Collection[str] | None = None
) -> dict[str, list[Slot]]:
    """Scheduled meeting whose end lies ahead -> the slots of its agent that overlap it, or come as near as `margin`.

    `only`: of these meetings. Meetings beside which there is nothing are absent.
    """
    dialect = tx.dialect.name
    asked: dict[str, object] = {"now": now, "margin": int(margin.total_seconds()) + 1}
    if only is not None:
        asked["meetings"] = listed(dialect, only)
    rows = tx.execute(_beside(dialect, only is not None), asked)
    found: dict[str, list[Slot]] = {}
    for meeting, *row in dict.fromkeys(tuple(row) for row in rows):
        found.setdefault(meeting, []).append(slot_of(*row))
    return found


@cache
def _beside(dialect: str, some: bool) -> Select[Any]:
    wanted = [_meetings.c.status == MeetingStatus.SCHEDULED.value, _meetings.c.end > bindparam("now")]
    if some:
        wanted.append(one_of_named(dialect, _meetings.c.id, "meetings"))
    hit = union_all(*_hits(wanted)).subquery("hit")
    columns = (hit.c.calendar_id, schema.objects.c.href, hit.c.whole_start, hit.c.whole_end, hit.c.kind)
    query = select(hit.c.meeting, hit.c.agent, *columns)
    return query.join_from(hit, schema.objects, hit.c.object_id == schema.objects.c.id)


def _hits(wanted: list[ColumnElement[bool]]) -> list[Select[Any]]:
    """Two short looks for each meeting, as `slots` has them for each agent; in whole seconds, rather too many than too few."""
    margin = bindparam("margin", type_=BigInteger())
    since, until = _second(_meetings.c.start) - margin, _second(_meetings.c.end) + 1 + margin
    rows = _pieces.c
    began = and_(rows.start > since - DAY, rows.start < until, rows.end > since, rows.length_class != WHOLE)
    return [_hit(wanted, began), _hit(wanted, and_(_IS_LONG, rows.start < until, rows.end > since))]


def _hit(wanted: list[ColumnElement[bool]], beside: ColumnElement[bool]) -> Select[Any]:
    query = select(_meetings.c.id.label("meeting"), _agents.c.id.label("agent"), *_FOUND)
    query = query.join_from(_meetings, _agents, _meetings.c.agent == _agents.c.id)
    return query.join(_pieces, and_(_pieces.c.agent == _agents.c.number, beside)).where(*wanted)


def _second(moment: ColumnElement[datetime]) -> ColumnElement[int]:
    return type_coerce(moment, BigInteger) // A_SECOND


# ---------------------------------------------------------------------------------------------------------------------


def take_turn(tx: Tx) -> None:
    """Wait until nobody else tells of conflicts, and keep the turn until the transaction ends."""
    serialise(tx, "late conflicts")


def told(tx: Tx) -> set[ToldConflict]:
    """Every conflict that was told and was still there at the last look."""
    columns = [column for column in _told.c if column.name != "found_at"]
    return {ToldConflict(*row) for row in tx.execute(select(*columns))}


def note(tx: Tx, new: Collection[ToldConflict], now: datetime) -> None:
    """Keep that these are told now. The caller has taken the turn."""
    if new:
        tx.execute(insert(_told), [{**asdict(one), "found_at": now} for one in new])


def forget(tx: Tx, over: Collection[ToldConflict]) -> None:
    """These are there no more: should one come back, it is told again."""
    for one in over:
        tx.execute(delete(_told).where(*(_told.c[name] == value for name, value in asdict(one).items())))
