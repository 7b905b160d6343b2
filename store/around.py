"""What stands around a time, of all agents or of a few: ONE statement that answers with one row, for any number of agents.

Each part is read from an index that holds all it asks for, by length class (`lengths`): so the rows read are those that stand
there, not those that are stored. They come as JSON texts, a text a part, because a row each would cost more than finding it,
and on SQLite a switch of threads. Times are whole seconds for slots and microseconds for everything else, as stored.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from store.around_parts import beginnings, statement_of
from store.database import Tx
from store.model import MadeBlock
from store.statements import listed
from store.values import EPOCH, MICROSECOND, microseconds, second_at_or_after, second_at_or_before


@dataclass(frozen=True)
class Few:
    """The agents of a question that is not about all: their numbers, ids, logins, and the scopes of blocks that hit them, each once."""

    numbers: Sequence[int]
    ids: Sequence[str]
    logins: Sequence[int]
    scopes: Collection[str]
    _listed: dict[str, dict[str, object]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def listed(self, dialect: str) -> dict[str, object]:
        """As parameters of the statement; made once for all questions about the same agents."""
        if dialect not in self._listed:
            names = ("numbers", "ids", "logins", "scopes")
            self._listed[dialect] = {name: listed(dialect, getattr(self, name)) for name in names}
        return self._listed[dialect]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands there. Rather too much than too little: rules decide what of it matters.

    `slots`: (agent's number, calendar, kind, start, end), a long one in pieces. `meetings`: (agent, start, end, since when it is live),
    those scheduled or live. `away`: (agent, start, end), blocks of single agents that are nothing but that; `blocks`: others that take
    place once. `special`: agents in whose calendar an event of ours stands there otherwise than it was written, or repeats the meeting `about`.
    `unchecked`: calendars that are not checked. `listed`: the logins with a checked one, as a JSON text that is the same as long as they are.
    `doubtful`: (login, seen at, window's start, its end) of checked calendars that are not fresh or not read that far.
    `repeating` differs whenever the blocks that repeat have become others.
    """

    slots: list[tuple[int, int, int, int, int]]
    meetings: list[tuple[str, int, int, int | None]]
    away: list[tuple[str, int, int]]
    blocks: list[MadeBlock]
    special: frozenset[str]
    unchecked: frozenset[int]
    listed: str
    doubtful: list[tuple[int, int | None, int | None, int | None]]
    repeating: str


def around(
    tx: Tx, start: datetime, end: datetime, *, widened: timedelta, grace: timedelta, fresh_since: datetime, about: str, few: Few | None
) -> Around:  # fmt: skip
    """What stands within `widened` of [start, end), without the meeting `about`; of `few` agents or (None) of all.

    `grace`: so long after its end a meeting may still be going on. Calendars seen before `fresh_since` are doubtful.
    """
    statement, params = statement_of(tx.dialect.name, few is None)
    since, until = start - widened, end + widened
    asked = {
        "since": second_at_or_before(since), "until": second_at_or_after(until), "since_moment": microseconds(since),
        "until_moment": microseconds(until), "going": microseconds(since - grace), "start": microseconds(start),
        "end": microseconds(end), "fresh_since": microseconds(fresh_since), "about": about,
    }  # fmt: skip
    if few is not None:
        asked |= few.listed(tx.dialect.name)
    row = tx.exec_driver_sql(statement, {**params, **asked}).one()
    *found, listed_logins, doubtful, unchecked, repeating = row
    slots, meetings, blocks, special = map(json.loads, found)
    away = [(one[1].removeprefix(AGENT), one[3], one[4]) for one in blocks if _is_away(*one)]
    others = [_block(*one) for one in blocks if not _is_away(*one)]
    return Around(
        slots, meetings, away, others, frozenset(special), frozenset(json.loads(unchecked)), listed_logins, json.loads(doubtful), repeating
    )  # fmt: skip


def beginning(tx: Tx, start: datetime, end: datetime) -> list[str]:
    """Of each meeting that starts within [start, end), held or to be held, its agent."""
    statement, params = beginnings(tx.dialect.name)
    asked = {"start": microseconds(start), "end": microseconds(end)}
    found: list[str] = json.loads(tx.exec_driver_sql(statement, {**params, **asked}).scalar_one())
    return found


AGENT = "agent:"
"""What the scope of a single agent's block begins with."""


def _is_away(_number: int, scope: str, _title: str, start: int, end: int, _zone: str, until: int | None, _count: int | None, exceptions: str) -> bool:  # fmt: skip
    """Does its agent miss exactly this time, by nothing that is left to rules? (What has no length blocks nothing, as they say.)"""
    return scope.startswith(AGENT) and start < end and until is None and not exceptions


def _block(
    number: int, scope: str, title: str, start: int, end: int, timezone: str, until: int | None, count: int | None, exceptions: str
) -> MadeBlock:  # fmt: skip
    last = None if until is None else EPOCH + until * MICROSECOND
    days = tuple(map(date.fromisoformat, exceptions.split()))
    times = EPOCH + start * MICROSECOND, EPOCH + end * MICROSECOND
    return MadeBlock(number, scope, title, *times, timezone, None, last, "", EPOCH, count, days)
