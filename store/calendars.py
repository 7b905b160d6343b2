"""Logins and their calendars, and which calendar objects are known of them (hrefs and etags as in RFC 4791, section 5.3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, literal, select, update

from store import schema
from store.database import Tx
from store.errors import Fenced
from store.model import Calendar, Login, Place
from store.statements import listed, one_of, one_of_named
from store.values import Moment

_agents, _logins, _calendars, _objects = schema.agents, schema.logins, schema.calendars, schema.objects


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A calendar object that could not be read whole, and why; never its content."""

    agent: str
    calendar_id: int
    href: str
    uid: str
    problem: str


# ---------------------------------------------------------------------------------------------------------------------
# Logins


def logins(tx: Tx, *, agents: Collection[str] | None = None) -> list[Login]:
    """All logins, or those of some agents, by id."""
    dialect = tx.dialect.name
    asked = {} if agents is None else {"agents": listed(dialect, agents)}
    return _read_logins(tx, _logins_of(dialect, frozenset(asked)), asked)


def login(tx: Tx, login_id: int) -> Login | None:
    """One login, None if it is gone."""
    return next(iter(_read_logins(tx, _of_logins().where(_logins.c.id == login_id))), None)


def logins_by_id(tx: Tx, ids: Collection[int]) -> list[Login]:
    """These logins, the longest due first."""
    rows = _read_logins(tx, _of_logins().where(one_of(tx, _logins.c.id, ids))) if ids else []
    return sorted(rows, key=lambda row: (row.due_at, row.id))


def places(tx: Tx, agents: Collection[str]) -> dict[str, Place]:
    """Agent -> where that agent's meetings are shown; those without a written calendar are absent."""
    rows = _logins.c
    query = select(_agents.c.id, rows.account, rows.login, rows.write).join_from(_logins, _agents)
    written = query.where(one_of(tx, _agents.c.id, agents), rows.write.is_not(None))
    return {agent: Place(*where) for agent, *where in tx.execute(written)}


def save_login(tx: Tx, login: Login) -> None:
    """Save what a round learned and give the lease back. What the configuration says (agent, account, check ...) stays.

    Raises `Fenced` unless the login's epoch is still this one. Somebody who called meanwhile (`due.make_login_due`) is
    heard: the login is then due at once.
    """
    saved = update(_logins).where(_logins.c.id == login.id, _logins.c.epoch == login.epoch)
    due_at = func.coalesce(_logins.c.called_at, literal(login.due_at, Moment()))
    new = {name: getattr(login, name) for name in _LEARNED}
    result = tx.execute(saved.values(due_at=due_at, leased_until=None, called_at=None, **new))
    if result.rowcount != 1:
        raise Fenced(f"login {login.id} was taken over, changed or removed while it was read")


_LEARNED = ("failures", "memo", "seen_at", "listed_at", "state", "error", "hint")


@cache
def _logins_of(dialect: str, asked: frozenset[str]) -> Select[Any]:
    return _of_logins().where(one_of_named(dialect, _agents.c.id, "agents")) if asked else _of_logins()


def _of_logins() -> Select[Any]:
    columns = [column for column in _logins.c if column.name not in ("agent", "called_at")]
    return select(_agents.c.id.label("agent"), *columns).join_from(_logins, _agents).order_by(_logins.c.id)


def _read_logins(tx: Tx, query: Select[Any], asked: Mapping[str, object] | None = None) -> list[Login]:
    return [
        Login(**{**row, "check": None if row["check"] is None else tuple(row["check"])})
        for row in tx.execute(query, asked).mappings()
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Calendars


def calendars(
    tx: Tx,
    *,
    logins: Collection[int] | None = None,
    agent: str | None = None,
    agents: Collection[str] | None = None,
) -> list[Calendar]:
    """The calendars of some logins, of an agent or of some agents, or all, by id."""
    dialect, asked = tx.dialect.name, dict[str, object]()
    if logins is not None:
        asked["logins"] = listed(dialect, logins)
    if agent is not None:
        asked["named"] = agent
    if agents is not None:
        asked["agents"] = listed(dialect, agents)
    query = _calendars_of(dialect, frozenset(asked))
    return [Calendar(**row) for row in tx.execute(query, asked).mappings()]


@cache
def _calendars_of(dialect: str, asked: frozenset[str]) -> Select[Any]:
    joined = (_agents.c.id.label("agent"), _logins.c.account, _logins.c.login)
    query = select(*_calendars.c, *joined).join_from(_calendars, _logins).join(_agents)
    wanted = {
        "logins": one_of_named(dialect, _calendars.c.login_id, "logins"),
        "named": _agents.c.id == bindparam("named"),
        "agents": one_of_named(dialect, _agents.c.id, "agents"),
    }
    return query.where(*(wanted[name] for name in sorted(asked))).order_by(_calendars.c.id)


def save_calendar(tx: Tx, calendar: Calendar) -> Calendar:
    """Save the calendar, as a new one if its id is 0; returned with its id. Raises `Fenced` if it is gone meanwhile."""
    values = {name: getattr(calendar, name) for name in _KEPT}
    if not calendar.id:
        new = tx.execute(insert(_calendars).values(**values).returning(_calendars.c.id)).scalar_one()
        return replace(calendar, id=new)
    if tx.execute(_SAVE, {"_id": calendar.id, **values}).rowcount != 1:
        raise Fenced(f"calendar {calendar.id} of {calendar.agent!r} was removed while it was read")
    return calendar


_KEPT = tuple(column.name for column in _calendars.c if column.name != "id")
_SAVE = update(_calendars).where(_calendars.c.id == bindparam("_id"))


def relist(tx: Tx, ids: Collection[int], moment: datetime) -> None:
    """Have everything in these calendars fetched anew from that moment on; whoever reads them just now begins again."""
    if not ids:
        return
    theirs = select(_calendars.c.login_id).where(one_of(tx, _calendars.c.id, ids))
    tx.execute(update(_logins).where(_logins.c.id.in_(theirs)).values(epoch=_logins.c.epoch + 1))
    tx.execute(update(_calendars).where(one_of(tx, _calendars.c.id, ids)).values(relist_at=moment))


def drop_calendar(tx: Tx, calendar_id: int) -> None:
    """Forget a calendar with its objects and slots."""
    tx.execute(delete(_calendars).where(_calendars.c.id == calendar_id))


# ---------------------------------------------------------------------------------------------------------------------
# What is known of a calendar


def known(tx: Tx, calendar_id: int) -> dict[str, str]:
    """href -> etag of every object of the calendar (etag "" where the server gave none)."""
    query = select(_objects.c.href, _objects.c.etag).where(_objects.c.calendar_id == calendar_id)
    return {href: etag for href, etag in tx.execute(query)}  # noqa: C416 - a Row is no pair for dict()'s types


def reduced(tx: Tx, calendar_id: int) -> list[tuple[str, str, str, bytes]]:
    """(href, etag, uid, reduced form) of the objects that have occurrences beyond the window, by href."""
    rows = _objects.c
    query = select(rows.href, rows.etag, rows.uid, rows.reduced).order_by(rows.href)
    query = query.where(rows.calendar_id == calendar_id, rows.reduced.is_not(None))
    return [(row.href, row.etag, row.uid, bytes(row.reduced)) for row in tx.execute(query)]


def count_objects(tx: Tx, calendar_id: int) -> tuple[int, int]:
    """How many objects the calendar has, and how many of them could not be read whole."""
    row = tx.execute(_COUNT, {"calendar": calendar_id}).one()
    return row[0], row[1]


_COUNT = select(func.count(), func.count().filter(_objects.c.problem != "")).where(
    _objects.c.calendar_id == bindparam("calendar")
)


def unreadable(tx: Tx, *, agents: Collection[str] | None = None) -> list[Unreadable]:
    """The objects that could not be read whole, of all agents or some, by agent, calendar and href."""
    rows = _objects.c
    query = select(_agents.c.id, rows.calendar_id, rows.href, rows.uid, rows.problem).where(
        rows.problem != ""
    )
    query = query.join_from(_objects, _calendars).join(_logins).join(_agents)
    if agents is not None:
        query = query.where(one_of(tx, _agents.c.id, agents))
    found = [Unreadable(*row) for row in tx.execute(query)]
    return sorted(found, key=lambda one: (one.agent, one.calendar_id, one.href))
