"""Agents whom the platform makes over HTTP, in the same tables as the configuration's, who are the configuration's alone.

One at a time, so that ten thousand of them make neither a start nor a change of one any slower. What follows from a change is
what follows from one in the configuration: the choice of calendars runs again, and a worker who is at it by what held before
finds its epoch changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from store import roster, schema
from store.database import Tx, serialise
from store.following import follow_logins, give_up, read_differently, relist
from store.model import Agent, LoginPlan

_agents = schema.agents


@dataclass(frozen=True, slots=True)
class Provisioned:
    """The agent as kept. `made`: there was none before, or no longer; `changed`: something is otherwise than it was."""

    agent: Agent
    made: bool
    changed: bool


class OfConfiguration(ValueError):
    """The agent stands in the configuration."""


def provision(tx: Tx, agent: Agent, logins: Sequence[LoginPlan], now: datetime) -> Provisioned:
    """Make the agent, or make them what is given. The same again changes nothing, not even by whom it was.

    Raises `OfConfiguration`.
    """
    number, before = _known(tx, agent.id)
    wanted = replace(agent, removed_at=None)
    made = before is None or before.removed_at is not None
    moved = made or before != replace(wanted, provisioned_by=before.provisioned_by if before else None)
    if before is None:
        number = roster.add(tx, [wanted])[agent.id]
    elif moved:
        roster.change(tx, {number: wanted})
    plans = {(number, plan.account, plan.login): plan for plan in logins}
    other = follow_logins(tx, plans, now, whose=_agents.c.number == number)
    if other and not moved:
        roster.change(tx, {number: wanted})
    if before is not None and read_differently(before, wanted):
        relist(tx, [number], everyone=False, now=now)
    kept = wanted if moved or other or before is None else before
    return Provisioned(kept, made=made, changed=bool(moved or other))


def withdraw(tx: Tx, agent: str, by: str, now: datetime) -> Agent | None:
    """Take the agent away, as if out of the configuration; returns them as they were, None if there are none.

    Raises `OfConfiguration`.
    """
    number, before = _known(tx, agent)
    if before is None or before.removed_at is not None:
        return None
    follow_logins(tx, {}, now, whose=_agents.c.number == number)
    roster.change(tx, {number: replace(before, provisioned_by=by)})
    give_up(tx, {agent: number}, now, f"the agent was taken away by {by}")
    return before


def _known(tx: Tx, agent: str) -> tuple[int, Agent | None]:
    """The number and the agent of this id; (0, None) if there never was one. Raises `OfConfiguration`."""
    serialise(tx, "directory")
    found = roster.numbered(tx, _agents.c.id == agent)
    number, known = next(iter(found.items()), (0, None))
    if known is not None and known.provisioned_by is None and known.removed_at is None:
        raise OfConfiguration(agent)
    return number, known
