"""Agents: who there is, who there was, and which meetings are left without one.

`follow` makes the store say what the configuration says; `provision` and `withdraw` are for those it does not know.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from store import schema
from store.database import Tx
from store.following import Followed, follow
from store.meetings import COMING
from store.model import Agent
from store.provisioning import OfConfiguration, Provisioned, provision, withdraw
from store.roster import meant_by, numbered
from store.statements import one_of

__all__ = [
    "Followed",
    "OfConfiguration",
    "Provisioned",
    "agent",
    "agents",
    "by_id",
    "count",
    "follow",
    "known_as",
    "meant_by",
    "order",
    "orphaned_meetings",
    "provision",
    "withdraw",
]

_agents, _memberships, _meetings = schema.agents, schema.memberships, schema.meetings


def agents(
    tx: Tx, *, active: bool | None = None, group: str | None = None, removed: bool = False, configured: bool = False
) -> list[Agent]:  # fmt: skip
    """All agents, or the (in)active ones, or those of a group, by name; with `removed` also those who were.

    `configured`: only those who stand in the configuration.
    """
    wanted: list[ColumnElement[bool]] = []
    if active is not None:
        wanted.append(_agents.c.active == active)
    if group is not None:
        members = select(_memberships.c.agent).where(_memberships.c.group == group)
        wanted.append(_agents.c.number.in_(members))
    if not removed:
        wanted.append(_agents.c.removed_at.is_(None))
    if configured:
        wanted.append(_agents.c.provisioned_by.is_(None))
    # Sorted here, because each database would sort names by a collation of its own.
    return sorted(numbered(tx, *wanted).values(), key=order)


def order(one: Agent) -> tuple[str, str]:
    """By what agents are sorted: the name, then the id."""
    return one.name.casefold(), one.id


def agent(tx: Tx, agent_id: str) -> Agent | None:
    """One agent, also one that is no longer configured; None if there never was one."""
    return next(iter(numbered(tx, _agents.c.id == agent_id).values()), None)


def known_as(tx: Tx, name: str) -> Agent | None:
    """The agent of this id, or else of this mail address, whatever its case; None if there is none now."""
    found = agent(tx, name)
    if found is not None and found.removed_at is None:
        return found
    others = [one for ids in meant_by(tx, [name]).values() for one in ids]
    return agent(tx, others[0]) if others else None


def count(tx: Tx) -> int:
    """How many agents there are."""
    there = select(func.count()).select_from(_agents).where(_agents.c.removed_at.is_(None))
    return int(tx.execute(there).scalar_one())


def by_id(tx: Tx, ids: Collection[str]) -> dict[str, Agent]:
    """Those of these agents that there are or were, by id."""
    return {one.id: one for one in numbered(tx, one_of(tx, _agents.c.id, ids)).values()}


def orphaned_meetings(tx: Tx, now: datetime, *, of: str | None = None) -> list[str]:
    """The ids of coming meetings (scheduled or live, not yet over) whose agent is gone (`of`: is this one), by start."""
    rows = _meetings.c
    query = (
        select(rows.id)
        .join_from(_meetings, _agents, rows.agent == _agents.c.id)
        .where(_agents.c.removed_at.is_not(None), rows.status.in_(COMING), rows.end > now)
        .order_by(rows.start, rows.id)
    )
    if of is not None:
        query = query.where(rows.agent == of)
    return list(tx.execute(query).scalars())
