"""Deliveries: what is still owed to a calendar or a mailbox. To a calendar one thing is owed at a time.

What an accepted change makes out of date is superseded, not removed: the rows are also the record of what happened.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, text, update

from store.database import Tx
from store.errors import Fenced
from store.meetings import take_turn
from store.model import Delivery, DeliveryState, Target
from store.schema import OWED
from store.schema import deliveries as _deliveries
from store.statements import one_of

OPEN: tuple[DeliveryState, ...] = ("pending", "failed")
NO_LONGER_WANTED: tuple[DeliveryState, ...] = ("superseded", "abandoned")

_rows = _deliveries.c


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many deliveries are owed, by state, and since when the oldest that should have happened by now is."""

    pending: int
    failed: int
    oldest_pending: datetime | None


# ---------------------------------------------------------------------------------------------------------------------
# Owing


def owe(tx: Tx, delivery: Delivery) -> Delivery:
    """Add a delivery; returned with its id. Raises IntegrityError if its calendar is owed something already: `supersede`."""
    values = {name: value for name, value in asdict(delivery).items() if name != "id"}
    new = tx.execute(insert(_deliveries).values(**values).returning(_rows.id)).scalar_one()
    return replace(delivery, id=new)


def supersede(tx: Tx, whom: Target) -> tuple[int, datetime | None]:
    """What was owed there is out of date; the epoch and lease its successor must inherit.

    A worker may be at the superseded delivery right now. With the same lease the successor is not begun before that one
    lets go (`due.release_target`) or its lease ends. (0, None) if nothing was ever owed there.
    """
    take_turn(tx, whom.meeting)
    theirs = owed_to(whom)
    tx.execute(update(_deliveries).where(theirs, _rows.state.in_(OPEN)).values(state="superseded"))
    newest = select(_rows.epoch, _rows.leased_until).where(theirs).order_by(_rows.id.desc()).limit(1)
    row = tx.execute(newest).one_or_none()
    return (0, None) if row is None else (row.epoch, row.leased_until)


# ---------------------------------------------------------------------------------------------------------------------
# Looking


def delivery(tx: Tx, delivery_id: int) -> Delivery | None:
    """One delivery, None if there is none."""
    return next(iter(_read(tx, _query(_rows.id == delivery_id))), None)


def deliveries(
    tx: Tx,
    *,
    meeting: str | None = None,
    states: Collection[str] | None = None,
    limit: int | None = None,
    after: int | None = None,
) -> list[Delivery]:
    """Deliveries by id: of a meeting, in some states, after the one with the id `after`."""
    wanted: list[ColumnElement[bool]] = []
    if meeting is not None:
        wanted.append(_rows.meeting == meeting)
    if states is not None:
        wanted.append(_rows.state.in_(list(states)))
    if after is not None:
        wanted.append(_rows.id > after)
    return _read(tx, _query(*wanted).limit(limit))


def of_meetings(tx: Tx, ids: Collection[str]) -> list[Delivery]:
    """Everything that is, or was, owed because of these meetings, by id."""
    return _read(tx, _query(one_of(tx, _rows.meeting, ids))) if ids else []


def by_ids(tx: Tx, ids: Collection[int]) -> list[Delivery]:
    """These deliveries, the longest due first."""
    rows = _read(tx, _query(one_of(tx, _rows.id, ids))) if ids else []
    return sorted(rows, key=lambda row: (row.due_at, row.id))


def backlog(tx: Tx, now: datetime) -> Backlog:
    """What is owed. `oldest_pending` leaves out what only waits for its time (as a removal waits for its successor)."""
    late = and_(_rows.state == "pending", or_(_rows.due_at <= now, _rows.failures > 0))
    query = select(
        func.count().filter(_rows.state == "pending"),
        func.count().filter(_rows.state == "failed"),
        func.min(_rows.created_at).filter(late),
    ).where(text(OWED))
    return Backlog(*tx.execute(query).one())


def owed_to(whom: Target) -> ColumnElement[bool]:
    """Is the row owed to this target?"""
    return and_(
        _rows.meeting == whom.meeting, _rows.target == whom.kind,
        _rows.agent.is_not_distinct_from(whom.agent), _rows.guest.is_not_distinct_from(whom.guest),
    )  # fmt: skip


def _query(*wanted: ColumnElement[bool]) -> Select[Any]:
    return select(_deliveries).where(*wanted).order_by(_rows.id)


def _read(tx: Tx, query: Select[Any]) -> list[Delivery]:
    return [Delivery(**row) for row in tx.execute(query).mappings()]


# ---------------------------------------------------------------------------------------------------------------------
# What became of it


def save(tx: Tx, delivery: Delivery) -> None:
    """Save the outcome of a try and give the lease back. Raises `Fenced` if it was taken over or is no longer wanted."""
    ours = (_rows.id == delivery.id, _rows.epoch == delivery.epoch, _rows.state.not_in(NO_LONGER_WANTED))
    told = ("version", "kind", "state", "attempts", "failures", "due_at", "error", "hint", "done_at")
    new = {name: getattr(delivery, name) for name in told}
    if tx.execute(update(_deliveries).where(*ours).values(leased_until=None, **new)).rowcount != 1:
        raise Fenced(f"delivery {delivery.id} was taken over or is no longer wanted")


def wake(tx: Tx, meeting: str, now: datetime) -> None:
    """Something happened that others may have waited for: the meeting's deliveries that wait for it are due now.

    Those that failed keep their back-off: what happened is no reason for their server to answer. Whoever decides to wait does so in the meeting's turn (`due.hold_delivery`), so this is never overlooked.
    """
    take_turn(tx, meeting)
    waiting = (
        _rows.meeting == meeting,
        _rows.state == "pending",
        _rows.failures == 0,
        _rows.due_at > now,
    )
    tx.execute(update(_deliveries).where(*waiting).values(due_at=now))


def retry(tx: Tx, delivery_id: int, now: datetime) -> bool:
    """Try it now, also if it was given up. False if there is nothing to try: delivered, superseded, or no such delivery."""
    owed = delivery(tx, delivery_id)
    if owed is None or owed.state not in (*OPEN, "abandoned"):
        return False
    take_turn(tx, owed.meeting)
    newer = select(_rows.id).where(owed_to(owed.whom), _rows.id > delivery_id)
    wanted = and_(_rows.id == delivery_id, _rows.state.in_((*OPEN, "abandoned")), ~newer.exists())
    again = update(_deliveries).where(wanted).values(state="pending", failures=0, due_at=now)
    return tx.execute(again).rowcount == 1


def abandon(tx: Tx, delivery_id: int) -> bool:
    """Give it up: nobody tries it again by itself. False if it was not owed any more."""
    owed = update(_deliveries).where(_rows.id == delivery_id, _rows.state.in_(OPEN)).values(state="abandoned")
    return tx.execute(owed).rowcount == 1
