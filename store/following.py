"""Making the directory what the configuration says: agents and logins that are new, changed or gone.

Agents who were provisioned over HTTP (`store.provisioning`) are left alone, unless the configuration takes them over.

What was said about the past stays; what only makes sense for a configured agent goes. A worker that is in the middle of
something that this touches finds its epoch changed, so that it can't save what it decided by the old configuration.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, insert, or_, select, update

from store import roster, schema
from store.database import Tx, serialise
from store.deliveries import OPEN
from store.due import shard_of
from store.meetings import take_turn
from store.meta import get_meta, set_meta
from store.model import Agent, LoginPlan
from store.statements import one_of
from store.values import Moment

RELIST_OVER = timedelta(hours=1)
"""Over how long re-reading is spread when everything would now be read differently."""

READER = "reader"
"""The meta key under which the version of the calendar reader is kept."""

_agents, _logins, _calendars = schema.agents, schema.logins, schema.calendars
_copies, _deliveries = schema.copies, schema.deliveries
Place = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Followed:
    """What following the configuration changed: ids of agents, sorted. One that came back counts as added."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def follow(
    tx: Tx, agents: Sequence[Agent], logins: Sequence[LoginPlan], now: datetime, *, reader: str = ""
) -> Followed:
    """Make agents and logins what the configuration says, and tell what that changed.

    `reader` names how calendars are understood ("" = not said); when it changes, or an agent's zone or addresses do, the
    calendars concerned get a `relist_at` within the next hour.
    """
    serialise(tx, "directory")
    ours = or_(roster.CONFIGURED, one_of(tx, _agents.c.id, [agent.id for agent in agents]))
    stored = roster.numbered(tx, ours)
    numbers = {agent.id: number for number, agent in stored.items()}
    before = {agent.id: agent for agent in stored.values()}
    wanted = {agent.id: replace(agent, removed_at=None) for agent in agents}
    new, moved, gone = _compare(before, wanted)
    numbers |= roster.add(tx, [wanted[name] for name in new])
    roster.change(tx, {numbers[name]: wanted[name] for name in moved})
    touched = follow_logins(
        tx, {(numbers[plan.agent], plan.account, plan.login): plan for plan in logins}, now, whose=ours
    )
    give_up(tx, {name: numbers[name] for name in gone}, now)
    differ = [numbers[name] for name in moved if read_differently(before[name], wanted[name])]
    relist(tx, differ, _reader_changed(tx, reader), now)
    back = {name for name in moved if before[name].removed_at is not None}
    other = {name for name in wanted if numbers[name] in touched}
    if roster.revision(tx) is None:
        roster.renew(tx)
    return Followed(
        added=tuple(sorted({*new, *back})),
        changed=tuple(sorted({*moved, *other} - {*new, *back})),
        removed=tuple(sorted(gone)),
    )


def _compare(
    before: Mapping[str, Agent], wanted: Mapping[str, Agent]
) -> tuple[list[str], list[str], list[str]]:
    """The ids of agents that are new, that differ, and that are no longer configured."""
    new = [name for name in wanted if name not in before]
    moved = [name for name, agent in wanted.items() if name in before and before[name] != agent]
    gone = [name for name, agent in before.items() if name not in wanted and agent.removed_at is None]
    return new, moved, gone


# ---------------------------------------------------------------------------------------------------------------------
# Logins


def follow_logins(
    tx: Tx, plans: Mapping[Place, LoginPlan], now: datetime, *, whose: ColumnElement[bool]
) -> set[int]:
    """Make the logins of the agents for whom `whose` holds these; the numbers of the agents whose logins changed."""
    rows = _logins.c
    query = select(rows.id, rows.agent, rows.account, rows.login, rows.kind, rows.check, rows.write)
    query = query.join_from(_logins, _agents).where(whose)
    stored = {(row.agent, row.account, row.login): row for row in tx.execute(query.order_by(rows.id))}
    gone = [place for place in stored if place not in plans]
    changed = [place for place, row in stored.items() if place in plans and _differs(row, plans[place])]
    new = [place for place in plans if place not in stored]
    tx.execute(delete(_logins).where(one_of(tx, rows.id, [stored[place].id for place in gone])))
    for place in changed:
        _change(tx, stored[place], plans[place], now)
    if new:
        tx.execute(insert(_logins), [_login(place, plans[place], now) for place in new])
    if gone or changed or new:
        roster.renew(tx)
    return {place[0] for place in (*gone, *changed, *new)}


def _differs(row: Any, plan: LoginPlan) -> bool:  # noqa: ANN401 - a row of the columns selected above
    check = None if row.check is None else tuple(row.check)
    return (row.kind, check, row.write) != (plan.kind, plan.check, plan.write)


def _change(tx: Tx, row: Any, plan: LoginPlan, now: datetime) -> None:  # noqa: ANN401 - a row of the columns selected above
    """The choice of calendars runs again, now; whoever is at it by the old configuration is fenced."""
    values: dict[str, Any] = {"kind": plan.kind, "check": plan.check, "write": plan.write, "due_at": now}
    if row.kind != plan.kind:
        values["memo"] = None
    again = update(_logins).where(_logins.c.id == row.id)
    tx.execute(again.values(listed_at=None, epoch=_logins.c.epoch + 1, leased_until=None, **values))


def _login(place: Place, plan: LoginPlan, now: datetime) -> dict[str, Any]:
    agent, account, login = place
    return {
        "agent": agent, "account": account, "login": login, "kind": plan.kind, "check": plan.check,
        "write": plan.write, "shard": shard_of(plan.agent), "due_at": now, "failures": 0, "epoch": 0,
        "state": "never-seen", "error": "", "hint": "",
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Agents who are there no longer


def give_up(
    tx: Tx, agents: Mapping[str, int], now: datetime, why: str = "the agent is no longer in the configuration"
) -> None:
    """History stays; what is owed to their calendars and what stands there is given up (their logins went already)."""
    if not agents:
        return
    roster.remove(tx, agents.values(), now)
    owed = and_(
        _deliveries.c.target == "calendar",
        _deliveries.c.state.in_(OPEN),
        one_of(tx, _deliveries.c.agent, list(agents)),
    )
    for meeting in sorted(set(tx.execute(select(_deliveries.c.meeting).where(owed)).scalars())):
        take_turn(tx, meeting)
    given_up = {
        "state": "abandoned",
        "error": why,
        "hint": "an event that stands in the agent's calendar has to be removed there by hand",
    }
    tx.execute(update(_deliveries).where(owed).values(**given_up))
    standing = (
        _copies.c.state.in_(("intended", "present", "leaving")),
        one_of(tx, _copies.c.agent, list(agents)),
    )
    tx.execute(update(_copies).where(*standing).values(state="abandoned", drift="", drift_at=None))


# ---------------------------------------------------------------------------------------------------------------------
# What would now be read differently


def read_differently(before: Agent, after: Agent) -> bool:
    """Did the agent's zone or addresses change?"""
    return before.timezone != after.timezone or set(before.addresses) != set(after.addresses)


def _reader_changed(tx: Tx, reader: str) -> bool:
    if not reader or get_meta(tx, READER) == reader:
        return False
    set_meta(tx, READER, reader)
    return True


def relist(tx: Tx, numbers: Collection[int], everyone: bool, now: datetime) -> None:
    """Spread the calendars concerned evenly over `RELIST_OVER`; those already waiting for it keep their moment."""
    if not numbers and not everyone:
        return
    query = select(_calendars.c.id, _calendars.c.login_id).join_from(_calendars, _logins)
    query = query.where(_calendars.c.relist_at.is_(None)).order_by(_calendars.c.id)
    if not everyone:
        query = query.where(one_of(tx, _logins.c.agent, numbers))
    rows = list(tx.execute(query))
    if not rows:
        return
    fenced = sorted({row.login_id for row in rows})
    tx.execute(update(_logins).where(one_of(tx, _logins.c.id, fenced)).values(epoch=_logins.c.epoch + 1))
    moments = [
        {"_id": row.id, "_at": now + RELIST_OVER * place / len(rows)} for place, row in enumerate(rows)
    ]
    tx.execute(_RELIST, moments)


_RELIST = (
    update(_calendars)
    .where(_calendars.c.id == bindparam("_id"))
    .values(relist_at=bindparam("_at", type_=Moment()))
)
