"""What is kept of one agent outside the directory, and taking their name out of it.

Meetings and their journal are also others' history, so they stay; who held them is then told by a word that names nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, case, cast, delete, or_, select, update

from store import roster
from store.database import Tx
from store.deliveries import OPEN
from store.schema import (
    agents,
    blocks,
    changes,
    conflicts,
    copies,
    deeds,
    deliveries,
    half_told,
    meetings,
    tokens,
    told,
)
from store.statements import one_of

_NAMING = ("agent", "to")
"""The keys under which the journal and overrides name an agent."""

_OWN = ("calendar", "title", "policy")
"""What a reason tells of its agent's calendars and blocks."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What the agent is called now, and how many meetings, lines of the journal and other rows said it otherwise."""

    called: str
    meetings: int
    changes: int
    copies: int
    deliveries: int
    told: int
    blocks: int


def meetings_of(tx: Tx, agent: str) -> list[str]:
    """The ids of all meetings that name the agent anywhere: had, handed over, written, told of, or in the journal."""
    in_journal = or_(_names(changes.c.body, agent), _names(changes.c.detail, agent))
    queries = (
        select(meetings.c.id).where(or_(meetings.c.agent == agent, _names(meetings.c.overrides, agent))),
        select(copies.c.meeting).where(copies.c.agent == agent),
        select(deliveries.c.meeting).where(deliveries.c.agent == agent),
        *(
            select(table.c.meeting).where(or_(table.c.agent == agent, _is_told(table, agent)))
            for table in (told, half_told)
        ),
        select(deeds.c.meeting).where(deeds.c.agent == agent),
        select(changes.c.meeting).where(in_journal),
    )
    return sorted({name for query in queries for name in tx.execute(query).scalars()})


def erase(tx: Tx, agent: str) -> Erased:
    """Take an agent who is no longer configured out of everything that is kept. ValueError if there is none of this id."""
    number = tx.execute(select(agents.c.number).where(agents.c.id == agent)).scalar()
    if number is None:
        raise ValueError(f"there is no agent {agent!r}")
    called, concerned = f"erased-{number}", meetings_of(tx, agent)
    roster.erase(tx, number, called)
    tx.execute(update(meetings).where(meetings.c.agent == agent).values(agent=called))
    _rewrite(tx, meetings, ("overrides",), meetings.c.id, concerned, agent, called)
    _forget_beside(tx, agent, called)
    return Erased(
        called,
        meetings=len(concerned),
        changes=_rewrite(tx, changes, ("body", "detail"), changes.c.meeting, concerned, agent, called),
        copies=_forget_copies(tx, agent, called),
        deliveries=_forget_deliveries(tx, agent, called),
        told=_forget_mails(tx, agent, called),
        blocks=tx.execute(delete(blocks).where(blocks.c.scope == f"agent:{agent}")).rowcount,
    )


def _forget_beside(tx: Tx, agent: str, called: str) -> None:
    """What was done for them, what came in their way, and the tokens that were theirs."""
    nowhere = case((deeds.c.calendar.is_(None), None), else_="")
    tx.execute(update(deeds).where(deeds.c.agent == agent).values(agent=called, calendar=nowhere))
    tx.execute(delete(conflicts).where(conflicts.c.agent == agent))
    tx.execute(update(tokens).where(tokens.c.agent == agent).values(agent=called, name=None))


def _forget_copies(tx: Tx, agent: str, called: str) -> int:
    """Where their events stood is theirs: an account's login, a calendar's name, an address with both in it."""
    over = case((copies.c.state == "gone", "gone"), else_="abandoned")
    nowhere = {
        "login": called, "calendar": "", "href": "", "etag": "", "drift": "", "state": over, "duplicates": None,
    }  # fmt: skip
    return tx.execute(update(copies).where(copies.c.agent == agent).values(agent=called, **nowhere)).rowcount


def _forget_deliveries(tx: Tx, agent: str, called: str) -> int:
    given_up = case((deliveries.c.state.in_(OPEN), "abandoned"), else_=deliveries.c.state)
    calendar = case((deliveries.c.calendar.is_(None), None), else_="")
    values = {"agent": called, "calendar": calendar, "error": "", "hint": "", "state": given_up}
    return tx.execute(update(deliveries).where(deliveries.c.agent == agent).values(**values)).rowcount


def _forget_mails(tx: Tx, agent: str, called: str) -> int:
    own = 0
    for table in (told, half_told):
        own += tx.execute(update(table).where(_is_told(table, agent)).values(who=called)).rowcount
        tx.execute(update(table).where(table.c.agent == agent).values(agent=called))
    return own


def _is_told(table: Table, agent: str) -> ColumnElement[bool]:
    return and_(table.c.role == "agent", table.c.who == agent)


# ---------------------------------------------------------------------------------------------------------------------
# Inside of JSON


def _names(column: ColumnElement[Any], agent: str) -> ColumnElement[bool]:
    """May this JSON name the agent? (Whether it does, `renamed` finds out.)"""
    return cast(column, Text).contains(f'"{agent}"', autoescape=True)


def _rewrite(
    tx: Tx, table: Table, columns: Sequence[str], meeting: ColumnElement[str], concerned: Sequence[str], agent: str,
    called: str,
) -> int:  # fmt: skip
    """Say `called` instead of `agent` in these columns; in how many rows it was said."""
    query = select(table.c.id, *(table.c[name] for name in columns)).where(one_of(tx, meeting, concerned))
    touched = 0
    for row in tx.execute(query).mappings().all():
        new = {name: renamed(row[name], agent, called) for name in columns}
        if any(new[name] != row[name] for name in columns):
            tx.execute(update(table).where(table.c.id == row["id"]).values(**new))
            touched += 1
    return touched


def renamed(value: Any, agent: str, called: str) -> Any:  # noqa: ANN401 - JSON
    """The JSON value with another name for the agent, and without what their calendars and blocks were called."""
    if isinstance(value, list):
        return [renamed(one, agent, called) for one in value]
    if not isinstance(value, dict):
        return value
    new: dict[str, Any] = {
        name: called if name in _NAMING and one == agent else renamed(one, agent, called)
        for name, one in value.items()
    }
    if value.get("agent") == agent and "reasons" in new:
        new["reasons"] = [_told_less(reason) for reason in new["reasons"]]
    return new


def _told_less(reason: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in reason.items() if name not in _OWN}
