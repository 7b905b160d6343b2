"""Meetings as the platform plans them, and the journal of their accepted changes."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from store import schema
from store.database import Tx, serialise
from store.errors import Fenced
from store.lengths import class_of
from store.model import Change, Guest, Meeting, MeetingStatus, Override
from store.statements import listed, one_of, one_of_named
from store.values import EPOCH, MICROSECOND, Moment, microseconds

_meetings, _journal = schema.meetings, schema.changes
_COLUMNS = [column for column in _meetings.c if column.name != "duration_class"]

COMING = (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)

# ---------------------------------------------------------------------------------------------------------------------
# One meeting


def take_turn(tx: Tx, meeting_id: str) -> None:
    """Wait until nobody else saves anything about this meeting, and keep the turn until the transaction ends.

    What has to take several rows of a meeting (a change, a delivery that wakes others) takes its turn before the first,
    so no two transactions can each hold what the other waits for. It is `database.serialise` by the
    meeting's id: whoever calls that takes the same turn.
    """
    serialise(tx, meeting_id)


def meeting(tx: Tx, meeting_id: str) -> Meeting | None:
    """The meeting as it stands, None if there is none."""
    return next(iter(_read(tx, _ONE, {"named": meeting_id})), None)


_ONE = sa.select(*_COLUMNS).where(_meetings.c.id == sa.bindparam("named"))


def insert(tx: Tx, meeting: Meeting) -> None:
    """Keep a new meeting. Raises IntegrityError if somebody planned one with this id just now."""
    tx.execute(sa.insert(_meetings).values(**_row(meeting)))


def update(tx: Tx, meeting: Meeting) -> None:
    """Keep the meeting's next version. Raises `Fenced` unless the stored one is exactly the version before it."""
    before = sa.update(_meetings).where(
        _meetings.c.id == meeting.id, _meetings.c.version == meeting.version - 1
    )
    if tx.execute(before.values(**_row(meeting))).rowcount != 1:
        raise Fenced(f"meeting {meeting.id!r} was changed by somebody else just now")


def _row(meeting: Meeting) -> dict[str, Any]:
    overrides = [{**asdict(one), "at": one.at.isoformat()} for one in meeting.overrides]
    length = class_of(meeting.start, meeting.end)
    return {
        **asdict(meeting),
        "status": meeting.status.value,
        "overrides": overrides,
        "duration_class": length,
    }


def _read(tx: Tx, query: sa.Select[Any], asked: Mapping[str, object] | None = None) -> list[Meeting]:
    return [_meeting(row) for row in tx.execute(query, asked).mappings()]


def _meeting(row: Mapping[Any, Any]) -> Meeting:
    return Meeting(
        **{
            **row,
            "status": MeetingStatus(row["status"]),
            "guests": tuple(Guest(**guest) for guest in row["guests"]),
            "overrides": tuple(_override(**override) for override in row["overrides"]),
        }
    )


def _override(agent: str, at: str, by: str, reasons: list[dict[str, Any]]) -> Override:
    return Override(agent, datetime.fromisoformat(at), by, tuple(reasons))


# ---------------------------------------------------------------------------------------------------------------------
# Many meetings


def meetings(
    tx: Tx,
    *,
    status: Collection[MeetingStatus] | None = None,
    agent: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> list[Meeting]:
    """Meetings by start and id: of these statuses, of this agent, overlapping the half-open [start, end).

    `after` is the `cursor` of the last one already had. Raises ValueError for a cursor that is none.
    """
    rows = _meetings.c
    wanted: list[sa.ColumnElement[bool]] = []
    if status is not None:
        wanted.append(_in(status))
    if agent is not None:
        wanted.append(rows.agent == agent)
    if start is not None:
        wanted.append(rows.end > start)
    if end is not None:
        wanted.append(rows.start < end)
    if after is not None:
        wanted.append(_beyond(after))
    return _read(tx, sa.select(*_COLUMNS).where(*wanted).order_by(rows.start, rows.id).limit(limit))


def cursor(meeting: Meeting) -> str:
    """Where `meetings` goes on after this one."""
    return f"{microseconds(meeting.start)}|{meeting.id}"


def _beyond(after: str) -> sa.ColumnElement[bool]:
    moment, bar, meeting_id = after.partition("|")
    if not bar:
        raise ValueError("this cursor was not given out here")
    try:
        start = EPOCH + int(moment) * MICROSECOND
    except OverflowError as error:
        raise ValueError("this cursor was not given out here") from error
    rows = _meetings.c
    return sa.or_(rows.start > start, sa.and_(rows.start == start, rows.id > meeting_id))


def overlapping(
    tx: Tx,
    start: datetime,
    end: datetime,
    *,
    agents: Collection[str] | None,
    statuses: Collection[MeetingStatus],
) -> list[Meeting]:
    """The meetings in these statuses that overlap the half-open [start, end), of some agents or (None) of all.

    A live one goes on since its agent entered, which may have been before its planned start.
    """
    dialect = tx.dialect.name
    asked: dict[str, object] = {"since": start, "until": end}
    if agents is not None:
        asked["agents"] = listed(dialect, agents)
    return _read(tx, _overlapping(dialect, agents is not None, tuple(statuses)), asked)


@cache
def _overlapping(dialect: str, some: bool, statuses: tuple[MeetingStatus, ...]) -> sa.Select[Any]:
    rows, since, until = _meetings.c, _moment("since"), _moment("until")
    entered = sa.and_(rows.status == MeetingStatus.LIVE.value, rows.live_at < until)
    query = sa.select(*_COLUMNS).where(_in(statuses), rows.end > since, sa.or_(rows.start < until, entered))
    if some:
        query = query.where(one_of_named(dialect, rows.agent, "agents"))
    return query.order_by(rows.start, rows.id)


def overdue(tx: Tx, before: datetime) -> list[Meeting]:
    """Scheduled or live meetings whose end was at or before this moment, by end."""
    rows = _meetings.c
    return _read(tx, sa.select(*_COLUMNS).where(_in(COMING), rows.end <= before).order_by(rows.end, rows.id))


def by_ids(tx: Tx, ids: Collection[str]) -> list[Meeting]:
    """Those of these meetings that there are, by start and id."""
    rows = _meetings.c
    return _read(tx, sa.select(*_COLUMNS).where(one_of(tx, rows.id, ids)).order_by(rows.start, rows.id))


def counts(tx: Tx, agents: Collection[str] | None, start: datetime, end: datetime) -> dict[str, int]:
    """Agent -> how many of their meetings start within [start, end), held or to be held; of some agents or (None) of all.

    Agents with none are absent.
    """
    dialect = tx.dialect.name
    asked: dict[str, object] = {"since": start, "until": end}
    if agents is not None:
        asked["agents"] = listed(dialect, agents)
    return {row[0]: row[1] for row in tx.execute(_counted(dialect, agents is not None), asked)}


@cache
def _counted(dialect: str, some: bool) -> sa.Select[Any]:
    rows = _meetings.c
    query = sa.select(rows.agent, sa.func.count()).group_by(rows.agent)
    query = query.where(
        rows.status != MeetingStatus.CANCELLED.value,
        rows.start >= _moment("since"),
        rows.start < _moment("until"),
    )
    return query.where(one_of_named(dialect, rows.agent, "agents")) if some else query


def _moment(name: str) -> sa.BindParameter[datetime]:
    return sa.bindparam(name, type_=Moment())


def _in(statuses: Collection[MeetingStatus]) -> sa.ColumnElement[bool]:
    # As constants: values in an IN are written into the statement anew each time it runs.
    return _meetings.c.status.in_([sa.literal_column(f"'{status.value}'") for status in statuses])


# ---------------------------------------------------------------------------------------------------------------------
# The journal


def append(tx: Tx, change: Change) -> None:
    """Write a line. Raises IntegrityError if its idempotency key was used before."""
    tx.execute(sa.insert(_journal).values(**asdict(change)))


def changes(tx: Tx, meeting_id: str) -> list[Change]:
    """The journal of one meeting, oldest line first."""
    return _lines(tx, _OF_MEETING, meeting_id)


def change_by_key(tx: Tx, key: str) -> Change | None:
    """The change that was accepted under this idempotency key, None if none was."""
    return next(iter(_lines(tx, _OF_KEY, key)), None)


def _lines(tx: Tx, query: sa.Select[Any], named: str) -> list[Change]:
    return [Change(**row) for row in tx.execute(query, {"named": named}).mappings()]


_LINES = sa.select(*(column for column in _journal.c if column.name != "id")).order_by(_journal.c.id)
_OF_MEETING = _LINES.where(_journal.c.meeting == sa.bindparam("named"))
_OF_KEY = _LINES.where(_journal.c.key == sa.bindparam("named"))
