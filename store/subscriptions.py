"""Subscriptions: which logins' servers tell us of changes, until when, and by which secret we know that it is they.

One for each login whose server can push (Microsoft Graph: resource type subscription). They are due like logins are: a
claim hands a row to one worker for a while and raises its epoch, and what that worker learned is saved only while the epoch
is its own. What the server says meanwhile of the subscription itself (`notice`) survives that saving.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, insert, literal, not_, or_, select, update

from store import schema
from store.database import Tx
from store.errors import Fenced
from store.statements import one_of

_agents, _logins, _rows = schema.agents, schema.logins, schema.subscriptions

LEASE = timedelta(minutes=5)
"""How long a claim holds: longer than making a batch of subscriptions takes."""

Notice = Literal["", "removed", "reauthorize"]
"""What the server said of the subscription itself: that it is gone, or that it wants a sign of life."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one login's server was asked to tell us of.

    `subscription`: the server's id, None as long as there is none; `url`: where it sends to; `client_state`: the secret
    that comes with every notification. `due_at`: when to make or renew it. States: new (never tried), ok, failing (tried
    again soon), refused (this mailbox is polled; tried again rarely).
    """

    login_id: int
    agent: str
    account: str
    login: str
    resource: str
    url: str
    subscription: str | None
    client_state: str
    expires_at: datetime | None
    due_at: datetime
    notice: Notice
    failures: int
    epoch: int
    leased_until: datetime | None
    state: Literal["new", "ok", "failing", "refused"]
    error: str
    hint: str


def add_missing(tx: Tx, kind: str, now: datetime) -> None:
    """Give every login of this kind that has none a subscription that is due now."""
    fresh = {
        "login_id": _logins.c.id, "resource": literal(""), "url": literal(""), "client_state": literal(""),
        "due_at": literal(now, _rows.c.due_at.type), "notice": literal(""), "failures": literal(0), "epoch": literal(0),
        "state": literal("new"), "error": literal(""), "hint": literal(""),
    }  # fmt: skip
    made = insert(_rows).from_select(list(fresh), _without(kind).with_only_columns(*fresh.values()))
    tx.execute(made)


def any_missing(tx: Tx, kind: str) -> bool:
    """Has a login of this kind no subscription row yet?"""
    return bool(tx.execute(select(_without(kind).exists())).scalar())


def _without(kind: str) -> Any:  # noqa: ANN401 - a select over columns that SQLAlchemy can't name
    return select(_logins.c.id).where(_logins.c.kind == kind, _logins.c.id.not_in(select(_rows.c.login_id)))


def subscriptions(tx: Tx, *, agents: Collection[str] | None = None) -> list[Subscription]:
    """All of them, or those of some agents' logins, by login."""
    return _read(tx, *([] if agents is None else [one_of(tx, _agents.c.id, agents)]))


def known(tx: Tx, ids: Collection[str]) -> list[Subscription]:
    """Those of these ids (the server's) that are ours."""
    return _read(tx, one_of(tx, _rows.c.subscription, list(ids))) if ids else []


def due(tx: Tx, url: str, now: datetime) -> bool:
    """Is one to be made, renewed or looked after, or does one send elsewhere than to `url`, and is nobody at it?"""
    return tx.execute(select(_rows.c.login_id).where(_is_due(url, now)).limit(1)).first() is not None


def claim(tx: Tx, url: str, now: datetime, *, limit: int = 32) -> list[Subscription]:
    """Hand at most `limit` of those that are due to the caller, the longest due first."""
    free = (
        select(_rows.c.login_id)
        .where(_is_due(url, now))
        .order_by(_rows.c.due_at, _rows.c.login_id)
        .limit(limit)
    )
    chosen = free.with_for_update(skip_locked=True).cte("chosen")
    taken = (
        update(_rows)
        .where(_rows.c.login_id.in_(select(chosen.c.login_id)))
        .values(epoch=_rows.c.epoch + 1, leased_until=now + LEASE)
        .returning(_rows.c.login_id)
    )
    ids = list(tx.execute(taken).scalars())
    return _read(tx, one_of(tx, _rows.c.login_id, ids)) if ids else []


def save(tx: Tx, row: Subscription) -> None:
    """Save what a claim came to, and give it back. `row.notice` is the one that was dealt with; a later one stays.

    Raises `Fenced` when somebody else has claimed it since.
    """
    values = {name: getattr(row, name) for name in _LEARNED}
    later = case((_rows.c.notice == row.notice, ""), else_=_rows.c.notice)
    ours = and_(_rows.c.login_id == row.login_id, _rows.c.epoch == row.epoch)
    saved = tx.execute(update(_rows).where(ours).values(notice=later, leased_until=None, **values))
    if saved.rowcount != 1:
        raise Fenced(f"the subscription of login {row.login_id} was taken over or removed")


_LEARNED = (
    "resource", "url", "subscription", "client_state", "expires_at", "due_at", "failures", "state", "error", "hint",
)  # fmt: skip


def take_notice(tx: Tx, login_id: int, notice: Notice) -> None:
    """The server said something of the subscription itself: it is due at once. That it is gone outweighs the rest."""
    said = case((_rows.c.notice == "removed", "removed"), else_=notice)
    tx.execute(update(_rows).where(_rows.c.login_id == login_id).values(notice=said))


def unaware(tx: Tx, login_ids: Collection[int], by: datetime) -> set[int]:
    """Those of these logins that nobody is going to look at by then, or only by a look that has begun already."""
    if not login_ids:
        return set()
    at, called = _logins.c.due_at, _logins.c.called_at
    comes = case((_logins.c.leased_until.is_(None), at <= by), else_=and_(called.is_not(None), called <= by))
    query = select(_logins.c.id).where(one_of(tx, _logins.c.id, list(login_ids)), not_(comes))
    return set(tx.execute(query).scalars())


def working(tx: Tx, login_ids: Collection[int], url: str, now: datetime) -> set[int]:
    """Those of these logins of whose changes the server will tell us, at this address, as far as we know."""
    rows = _rows.c
    ours = select(rows.login_id).where(
        one_of(tx, rows.login_id, list(login_ids)), rows.url == url, rows.state == "ok", rows.notice != "removed",
        rows.subscription.is_not(None), rows.expires_at > now,
    )  # fmt: skip
    return set(tx.execute(ours).scalars())


def _is_due(url: str, now: datetime) -> ColumnElement[bool]:
    rows = _rows.c
    astray = and_(rows.state == "ok", rows.url != url)
    free = or_(rows.leased_until.is_(None), rows.leased_until <= now)
    return and_(or_(rows.due_at <= now, rows.notice != "", astray), free)


def _read(tx: Tx, *wanted: ColumnElement[bool]) -> list[Subscription]:
    query = select(_agents.c.id.label("agent"), _logins.c.account, _logins.c.login, *_rows.c)
    query = query.join_from(_rows, _logins).join(_agents).where(*wanted)
    return [Subscription(**row) for row in tx.execute(query.order_by(_rows.c.login_id)).mappings()]
