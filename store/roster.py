"""Agents as rows: each has a number beside its id, its groups in the order in which they were configured, and its addresses."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, insert, select, update

from store.database import Tx
from store.meta import set_meta
from store.model import Agent
from store.schema import addresses as _addresses
from store.schema import agents as _agents
from store.schema import logins as _logins
from store.schema import memberships as _memberships
from store.statements import listed, one_of, one_of_named

CONFIGURED = _agents.c.provisioned_by.is_(None)
"""The condition of agents who stand in the configuration, or did when they went."""

DIRECTORY = "directory"
"""The meta key under which it is kept which directory this is: another word whenever agents or logins have become others."""


def revision(tx: Tx) -> str | None:
    """Which directory this is; whoever keeps what they read of it keeps it for as long as this stays."""
    # Asked by every question about everybody: as plain text, for SQLAlchemy takes longer to say it than SQLite to answer.
    found: str | None = tx.exec_driver_sql(_REVISION).scalar()
    return found


_REVISION = f"SELECT value FROM meta WHERE key = '{DIRECTORY}'"  # noqa: S608 - a constant


def renew(tx: Tx) -> None:
    """Say that the directory is another one now; whatever here or in `following` changes rows of agents or logins says so."""
    set_meta(tx, DIRECTORY, uuid.uuid4().hex)


def owners(tx: Tx) -> tuple[dict[int, int], frozenset[int]]:
    """login -> the number of its agent; and the logins in which calendars are to be checked."""
    rows = tx.execute(select(_logins.c.id, _logins.c.agent, _logins.c.check)).all()
    reading = frozenset(row.id for row in rows if row.check is None or row.check)
    return {row.id: row.agent for row in rows}, reading


def numbered(tx: Tx, *wanted: ColumnElement[bool]) -> dict[int, Agent]:
    """number -> agent, of all for whom the conditions on the table `agents` hold; also those no longer configured."""
    rows = tx.execute(select(_agents).where(*wanted)).mappings().all()
    groups = _groups(tx, [row["number"] for row in rows])
    return {row["number"]: _agent(dict(row), groups) for row in rows}


def _groups(tx: Tx, numbers: list[int]) -> dict[int, tuple[str, ...]]:
    rows = _memberships.c
    query = (
        select(rows.agent, rows.group)
        .where(one_of(tx, rows.agent, numbers))
        .order_by(rows.agent, rows.position)
    )
    found: dict[int, tuple[str, ...]] = {}
    for number, group in tx.execute(query):
        found[number] = (*found.get(number, ()), group)
    return found


def _agent(row: dict[Any, Any], groups: Mapping[int, tuple[str, ...]]) -> Agent:
    number = row.pop("number")
    return Agent(**{**row, "aliases": tuple(row["aliases"]), "groups": groups.get(number, ())})


def add(tx: Tx, agents: Iterable[Agent]) -> dict[str, int]:
    """Keep new agents; id -> the number each got."""
    added = list(agents)
    if not added:
        return {}
    new = insert(_agents).returning(_agents.c.id, _agents.c.number)
    numbers = {row.id: row.number for row in tx.execute(new, [_row(agent) for agent in added])}
    _join(tx, {numbers[agent.id]: agent for agent in added})
    renew(tx)
    return numbers


def change(tx: Tx, agents: Mapping[int, Agent]) -> None:
    """Make the agents with these numbers what is given."""
    if not agents:
        return
    for number, agent in agents.items():
        tx.execute(update(_agents).where(_agents.c.number == number).values(**_row(agent)))
    for table in (_memberships, _addresses):
        tx.execute(delete(table).where(one_of(tx, table.c.agent, list(agents))))
    _join(tx, agents)
    renew(tx)


def remove(tx: Tx, numbers: Iterable[int], now: datetime) -> None:
    """Mark agents as there no longer; they stay for history, without logins."""
    tx.execute(update(_agents).where(one_of(tx, _agents.c.number, list(numbers))).values(removed_at=now))
    renew(tx)


def erase(tx: Tx, number: int, called: str) -> None:
    """Make a removed agent nobody, under another id."""
    nobody = {
        "name": "erased", "email": "", "aliases": [], "timezone": "UTC", "language": "en", "active": False,
    }  # fmt: skip
    tx.execute(update(_agents).where(_agents.c.number == number).values(id=called, **nobody))
    for table in (_memberships, _addresses):
        tx.execute(delete(table).where(table.c.agent == number))
    renew(tx)


def _row(agent: Agent) -> dict[str, Any]:
    return {name: value for name, value in asdict(agent).items() if name != "groups"}


def _join(tx: Tx, agents: Mapping[int, Agent]) -> None:
    rows = [
        {"agent": number, "position": position, "group": group}
        for number, agent in agents.items()
        for position, group in enumerate(agent.groups)
    ]
    if rows:
        tx.execute(insert(_memberships), rows)
    known = [
        {"agent": number, "address": address}
        for number, agent in agents.items()
        for address in dict.fromkeys(map(folded, agent.addresses))
    ]
    if known:
        tx.execute(insert(_addresses), known)


def folded(address: str) -> str:
    """A mail address as it is compared: whatever its case."""
    return address.strip().casefold()


def meant_by(tx: Tx, addresses: Collection[str]) -> dict[str, list[str]]:
    """Mail address in small letters -> the ids of the agents there are whom it means; the others are absent."""
    found: dict[str, list[str]] = {}
    if not addresses:
        return found
    dialect = tx.dialect.name
    asked = {"addresses": listed(dialect, list(map(folded, addresses)))}
    for address, agent in tx.execute(_meant(dialect), asked):
        found.setdefault(address, []).append(agent)
    return found


@cache
def _meant(dialect: str) -> Select[Any]:
    return (
        select(_addresses.c.address, _agents.c.id)
        .join_from(_addresses, _agents)
        .where(one_of_named(dialect, _addresses.c.address, "addresses"), _agents.c.removed_at.is_(None))
        .order_by(_agents.c.id)
    )
