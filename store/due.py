"""Which logins and deliveries are due, who may work on them, and the fence against a second worker.

The pattern is a lease with a fencing token: a claim hands a row to one worker for `LEASE` and raises its `epoch`; whatever
that worker wants to save is saved only while the epoch is still its own. A worker that was paused or cut off longer than
its lease finds the epoch changed, and its results are dropped. Being claimed twice is thereby a no-op, never a second write.

Nothing here waits for a row that another worker has locked (SKIP LOCKED on PostgreSQL), so workers can't block each other.
"""

import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    TextClause,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    text,
    union,
    update,
)

from store import calendars, deliveries
from store.database import Tx
from store.deliveries import owed_to
from store.errors import Fenced
from store.meetings import take_turn
from store.model import Delivery, DeliveryTarget, Login, Target
from store.schema import OWED, agents, logins
from store.schema import calendars as calendar_rows
from store.schema import deliveries as delivery_rows
from store.statements import one_of
from store.values import Moment, Words

SHARDS = 256
"""Into how many shards the agents are divided: enough that a few nodes share them evenly."""

LEASE = timedelta(seconds=10)
"""How long a claim holds unless renewed: the longest that a dead worker's work waits."""


Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A login's round in which nothing changed: when it is due next, and that it and these calendars were seen.

    `states`: calendar id -> the sync state with which it goes on, where that moved on although nothing changed.
    """

    login_id: int
    epoch: int
    due_at: datetime
    seen_at: datetime
    calendars: tuple[int, ...]
    states: tuple[tuple[int, str], ...] = ()


def shard_of(agent: str) -> int:
    """The shard of an agent's logins and deliveries: the same on every node and in every version (CRC-32, RFC 1952)."""
    return zlib.crc32(agent.encode()) % SHARDS


def due_shards(tx: Tx, now: datetime) -> list[int]:
    """The shards in which a login or a delivery is due and nobody is at it, in ascending order."""
    rows = union(
        select(logins.c.shard).where(_due(logins, now)),
        select(delivery_rows.c.shard).where(_due(delivery_rows, now), _owed()),
    )
    return sorted(tx.execute(rows).scalars())


def claim_logins(
    tx: Tx,
    now: datetime,
    *,
    shards: Collection[int] | None = None,
    agent: str | None = None,
    only: Collection[int] | None = None,
    but_not: Collection[str] = (),
    even_if_early: bool = False,
    limit: int = 64,
) -> list[Login]:
    """Hand at most `limit` due logins to the caller, the longest due first; None = of any shard, agent or id.

    None of the accounts in `but_not`. `even_if_early` takes also what is not yet due, but never what another worker holds.
    """
    wanted = [_due(logins, now, even_if_early)]
    if shards is not None:
        wanted.append(one_of(tx, logins.c.shard, shards))
    if agent is not None:
        wanted.append(logins.c.agent == select(agents.c.number).where(agents.c.id == agent).scalar_subquery())
    if only is not None:
        wanted.append(one_of(tx, logins.c.id, only))
    if but_not:
        wanted.append(not_(one_of(tx, logins.c.account, but_not)))
    return calendars.logins_by_id(tx, _claim(tx, logins, wanted, now, limit))


def claim_deliveries(
    tx: Tx,
    now: datetime,
    *,
    shards: Collection[int] | None = None,
    meeting: str | None = None,
    agent: str | None = None,
    target: DeliveryTarget | None = None,
    but_not: Collection[str] = (),
    even_if_early: bool = False,
    limit: int = 64,
) -> list[Delivery]:
    """Hand at most `limit` due deliveries to the caller, the longest due first; None = of any shard, meeting, agent, target.

    Nothing to calendars at the accounts in `but_not`. `even_if_early` takes also what is not yet due, but never what another
    worker holds.
    """
    rows = delivery_rows.c
    wanted: list[Condition] = [_due(delivery_rows, now, even_if_early), _owed()]
    if shards is not None:
        wanted.append(one_of(tx, rows.shard, shards))
    if meeting is not None:
        wanted.append(rows.meeting == meeting)
    if agent is not None:
        wanted.append(rows.agent == agent)
    if target is not None:
        wanted.append(rows.target == target)
    if but_not:
        wanted.append(or_(rows.target != "calendar", rows.agent.not_in(_written_at(tx, but_not))))
    return deliveries.by_ids(tx, _claim(tx, delivery_rows, wanted, now, limit))


def _written_at(tx: Tx, accounts: Collection[str]) -> Select[tuple[str]]:
    """The agents whose meetings are shown at one of these accounts."""
    found = select(agents.c.id).join_from(logins, agents)
    return found.where(logins.c.write.is_not(None), one_of(tx, logins.c.account, accounts))


def _claim(tx: Tx, table: Table, wanted: Iterable[Condition], now: datetime, limit: int) -> list[int]:
    """Raise the epoch of what is free and start the lease, in one statement; the ids claimed."""
    rows = table.c
    # A CTE with a row lock runs once; a plain sub-select could be run again and lock more than `limit` rows.
    free = select(rows.id).where(*wanted).order_by(rows.due_at, rows.id).limit(limit)
    chosen = free.with_for_update(skip_locked=True).cte("chosen")
    claim = (
        update(table)
        .where(rows.id.in_(select(chosen.c.id)))
        .values(epoch=rows.epoch + 1, leased_until=now + LEASE)
        .returning(rows.id)
    )
    return list(tx.execute(claim).scalars())


def _due(table: Table, now: datetime, even_if_early: bool = False) -> ColumnElement[bool]:
    free = or_(table.c.leased_until.is_(None), table.c.leased_until <= now)
    return free if even_if_early else and_(table.c.due_at <= now, free)


def _owed() -> TextClause:
    return text(OWED)


# ---------------------------------------------------------------------------------------------------------------------
# The fence


def hold_login(tx: Tx, login_id: int, epoch: int) -> None:
    """Make sure until the transaction ends that the login is still ours; raises `Fenced` if it is not."""
    held = select(logins.c.epoch).where(logins.c.id == login_id).with_for_update()
    if tx.execute(held).scalar() != epoch:
        raise Fenced(f"login {login_id} was taken over, changed or removed while it was read")


def hold_delivery(tx: Tx, delivery_id: int, epoch: int) -> None:
    """Make sure until the transaction ends that the delivery is still ours and still wanted; else raises `Fenced`.

    Takes the meeting's turn first (`meetings.take_turn`): whoever saves about a meeting does so one after
    another, so two deliveries that wake each other can't wait for each other.
    """
    rows = delivery_rows.c
    meeting = tx.execute(select(rows.meeting).where(rows.id == delivery_id)).scalar()
    if meeting is not None:
        take_turn(tx, meeting)
    row = tx.execute(
        select(rows.epoch, rows.state).where(rows.id == delivery_id).with_for_update()
    ).one_or_none()
    if row is None or row.epoch != epoch or row.state in deliveries.NO_LONGER_WANTED:
        raise Fenced(f"delivery {delivery_id} was taken over or is no longer wanted")


def renew(
    tx: Tx,
    now: datetime,
    *,
    logins: Collection[tuple[int, int]] = (),
    deliveries: Collection[tuple[Target, int]] = (),
) -> None:
    """Let leases that are still ours run `LEASE` from now: logins by id and epoch, deliveries by target and epoch.

    A row that is being saved at this moment is passed over.
    """
    ours = [{"_id": login_id, "_epoch": epoch} for login_id, epoch in sorted(logins)]
    if ours:
        tx.execute(_RENEW_LOGIN.values(leased_until=now + LEASE), ours)
    targets = [
        {"_meeting": whom.meeting, "_target": whom.kind, "_agent": whom.agent, "_guest": whom.guest, "_epoch": epoch}
        for whom, epoch in sorted(deliveries, key=lambda one: one[0].meeting)
    ]  # fmt: skip
    if targets:
        tx.execute(_RENEW_TARGET.values(leased_until=now + LEASE), targets)


def release_target(tx: Tx, whom: Target, epoch: int) -> None:
    """Let go of a target: what superseded our delivery inherited our lease and waits for it."""
    ours = (owed_to(whom), delivery_rows.c.epoch == epoch)
    tx.execute(update(delivery_rows).where(*ours).values(leased_until=None))


def _leased(table: Table, *ours: ColumnElement[bool]) -> ColumnElement[bool]:
    """The rows of `table` that are ours and leased, except those that are locked."""
    held = select(table.c.id).where(
        *ours, table.c.leased_until.is_not(None), table.c.epoch == bindparam("_epoch")
    )
    return table.c.id.in_(held.with_for_update(skip_locked=True))


_RENEW_LOGIN = update(logins).where(_leased(logins, logins.c.id == bindparam("_id")))
_RENEW_TARGET = update(delivery_rows).where(
    _leased(
        delivery_rows,
        delivery_rows.c.meeting == bindparam("_meeting"),
        delivery_rows.c.target == bindparam("_target"),
        delivery_rows.c.agent.is_not_distinct_from(bindparam("_agent", type_=Words())),
        delivery_rows.c.guest.is_not_distinct_from(bindparam("_guest", type_=Words())),
    )
)

# ---------------------------------------------------------------------------------------------------------------------
# Rounds


def save_unchanged(tx: Tx, rounds: Collection[Unchanged]) -> None:
    """Save many rounds in which nothing changed, in two statements; those of logins taken over meanwhile are dropped."""
    ordered = sorted(rounds, key=lambda one: one.login_id)
    if not ordered:
        return
    tx.execute(
        _SAVE_LOGIN,
        [
            {"_id": one.login_id, "_epoch": one.epoch, "_due": one.due_at, "_seen": one.seen_at}
            for one in ordered
        ],
    )
    seen = [
        {"_id": calendar_id, "_login": one.login_id, "_epoch": one.epoch, "_seen": one.seen_at}
        for one in ordered
        for calendar_id in sorted(one.calendars)
    ]
    if seen:
        tx.execute(_SAVE_CALENDAR, seen)
    moved = [
        {"_id": calendar_id, "_login": one.login_id, "_epoch": one.epoch, "_state": state}
        for one in ordered
        for calendar_id, state in sorted(one.states)
    ]
    if moved:
        tx.execute(_SAVE_STATE, moved)


_SAVE_LOGIN = (
    update(logins)
    .where(logins.c.id == bindparam("_id"), logins.c.epoch == bindparam("_epoch"))
    .values(
        due_at=func.coalesce(logins.c.called_at, bindparam("_due", type_=Moment())),
        seen_at=bindparam("_seen", type_=Moment()),
        failures=0,
        state="ok",
        error="",
        hint="",
        leased_until=None,
        called_at=None,
    )
)
_OURS = update(calendar_rows).where(
    calendar_rows.c.id == bindparam("_id"),
    calendar_rows.c.login_id.in_(
        select(logins.c.id).where(logins.c.id == bindparam("_login"), logins.c.epoch == bindparam("_epoch"))
    ),
)
_SAVE_CALENDAR = _OURS.values(seen_at=bindparam("_seen", type_=Moment()))
_SAVE_STATE = _OURS.values(sync_state=bindparam("_state"))


def make_login_due(tx: Tx, login_id: int, now: datetime) -> None:
    """Have the login looked at now; if a worker is at it, once more when that one is done."""
    called = case((logins.c.leased_until.is_not(None), literal(now, Moment())), else_=null())
    tx.execute(update(logins).where(logins.c.id == login_id).values(due_at=now, called_at=called))
