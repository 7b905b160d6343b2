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
    calendars,
    changes,
    conflicts,
    copies,
    deeds,
    deliveries,
    half_told,
    logins,
    meetings,
    objects,
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


@dataclass(frozen=True, slots=True)
class KnownObject:
    """An object of one of the agent's calendars, whatever it means: where it stands, its UID, and what is wrong with it."""

    calendar_id: int
    href: str
    uid: str
    problem: str


def objects_of(tx: Tx, agent: str) -> list[KnownObject]:
    """Everything that is known to stand in an agent's calendars, by calendar and href."""
    rows = objects.c
    query = select(rows.calendar_id, rows.href, rows.uid, rows.problem).join_from(objects, calendars)
    query = query.join(logins).join(agents).where(agents.c.id == agent)
    return [KnownObject(*row) for row in tx.execute(query.order_by(rows.calendar_id, rows.href))]


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
        select(changes.c.meeting).where(or_(in_journal, one_of(tx, changes.c.by, signatures(tx, agent)))),
    )
    return sorted({name for query in queries for name in tx.execute(query).scalars()})


def signatures(tx: Tx, agent: str) -> list[str]:
    """By what the store says that this agent did something, as it is spelt there: their id, an address, or their own token's name.

    Who comes through a proxy is said to be whom it names, in any case (syncd.actions.sessions).
    """
    row = tx.execute(select(agents.c.email, agents.c.aliases).where(agents.c.id == agent)).one_or_none()
    own = tx.execute(select(tokens.c.name).where(tokens.c.agent == agent, tokens.c.name.is_not(None)))
    names = {
        *map(roster.folded, (agent, row.email, *row.aliases) if row else ()),
        *map(roster.folded, own.scalars()),
    }
    said = (changes.c.by, blocks.c.made_by, tokens.c.made_by, agents.c.provisioned_by)
    found = {one for column in said for one in tx.execute(select(column).distinct()).scalars() if one}
    return sorted(one for one in found if roster.folded(one) in names)


def erase(tx: Tx, agent: str) -> Erased:
    """Take an agent who is no longer configured out of everything that is kept. ValueError if there is none of this id."""
    number = tx.execute(select(agents.c.number).where(agents.c.id == agent)).scalar()
    if number is None:
        raise ValueError(f"there is no agent {agent!r}")
    called, signed, concerned = f"erased-{number}", signatures(tx, agent), meetings_of(tx, agent)
    new = Renaming(agent, called, frozenset(signed))
    roster.erase(tx, number, called)
    tx.execute(update(meetings).where(meetings.c.agent == agent).values(agent=called))
    _rewrite(tx, meetings, ("overrides",), meetings.c.id, concerned, new)
    lines = _rewrite(tx, changes, ("body", "detail", "by"), changes.c.meeting, concerned, new)
    for column in (blocks.c.made_by, tokens.c.made_by, agents.c.provisioned_by):
        tx.execute(update(column.table).where(one_of(tx, column, signed)).values({column: called}))
    _forget_beside(tx, agent, called)
    return Erased(
        called,
        meetings=len(concerned),
        changes=lines,
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


@dataclass(frozen=True, slots=True)
class Renaming:
    """Another id for an agent, and what they signed by: names under which the store says that they did something."""

    agent: str
    called: str
    signed: frozenset[str] = frozenset()


def _rewrite(
    tx: Tx, table: Table, columns: Sequence[str], meeting: ColumnElement[str], concerned: Sequence[str], new: Renaming
) -> int:  # fmt: skip
    """Say the new id instead of the old one in these columns; in how many rows it was said."""
    query = select(table.c.id, *(table.c[name] for name in columns)).where(one_of(tx, meeting, concerned))
    touched = 0
    for row in tx.execute(query).mappings().all():
        after = {
            name: new.called if name == "by" and row[name] in new.signed else renamed(row[name], new)
            for name in columns
        }
        if any(after[name] != row[name] for name in columns):
            tx.execute(update(table).where(table.c.id == row["id"]).values(**after))
            touched += 1
    return touched


def renamed(value: Any, new: Renaming) -> Any:  # noqa: ANN401 - JSON
    """The JSON value with another name for the agent, and without what their calendars and blocks were called."""
    if isinstance(value, list):
        return [renamed(one, new) for one in value]
    if not isinstance(value, dict):
        return value
    after: dict[str, Any] = {
        name: new.called if name in _NAMING and one == new.agent else renamed(one, new)
        for name, one in value.items()
    }
    if "reasons" in value:
        after |= _override(value, after, new)
    return after


def _override(before: dict[str, Any], after: dict[str, Any], new: Renaming) -> dict[str, Any]:
    """What becomes of a record that somebody was chosen all the same: who chose, and what stood in the agent's way."""
    chose = {"by": new.called} if before.get("by") in new.signed else {}
    if before.get("agent") != new.agent:
        return chose
    return {**chose, "reasons": [_told_less(reason) for reason in after["reasons"]]}


def _told_less(reason: dict[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in reason.items() if name not in _OWN}
