"""Copies: a meeting's event in one agent's calendar, and what was last seen of it there."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, TextClause, bindparam, insert, or_, select, text, update

from store.database import Tx
from store.model import Copy, Duplicate, MeetingStatus, Place
from store.schema import DRIFTED, DUPLICATED
from store.schema import copies as _copies
from store.schema import meetings as _meetings

_PLACE = ("account", "login", "calendar")


def copies(tx: Tx, *, meeting: str | None = None, agent: str | None = None) -> tuple[Copy, ...]:
    """The copies of a meeting, of an agent, of both or all; those of a meeting and agent by generation."""
    asked = {"meeting": meeting, "agent": agent}
    asked = {name: value for name, value in asked.items() if value is not None}
    return _read(tx, _of(*asked), asked)


@cache
def _of(*names: str) -> Select[Any]:
    return _found(*(_copies.c[name] == bindparam(name) for name in names))


def copies_at(tx: Tx, account: str, login: str) -> tuple[Copy, ...]:
    """The copies that stand, may stand or once stood in this login's calendars; abandoned ones are no longer looked for."""
    return _read(tx, _AT, {"account": account, "login": login})


def drifted(tx: Tx) -> list[Copy]:
    """The copies of scheduled or live meetings that are not what was written, in order of their id.

    Once a meeting is over, its agent may tidy up as they like.
    """
    return sorted(_read(tx, _OF_COMING), key=lambda copy: copy.id)


def duplicated(tx: Tx) -> list[Copy]:
    """The copies of scheduled or live meetings whose mark something else carries that nobody has accepted, by their id."""
    found = _read(tx, _found(_DUPLICATED, _of_coming))
    return sorted((copy for copy in found if copy.open_duplicates), key=lambda copy: copy.id)


def strayed(tx: Tx, start: datetime, end: datetime) -> list[Copy]:
    """The copies of meetings that are over, or cancelled, that their agents changed and that stand within [start, end)."""
    return list(_read(tx, _STRAYED, {"since": start, "until": end}))


def count_drift(tx: Tx) -> int:
    """How many copies of scheduled or live meetings are not what was written, or were duplicated."""
    changed = set(tx.execute(select(_copies.c.id).where(_DRIFTED, _of_coming)).scalars())
    return len(changed | {copy.id for copy in duplicated(tx)})


_DRIFTED, _DUPLICATED = text(DRIFTED), text(DUPLICATED)
# Looked up for each copy found, which are few; as a list of all coming meetings it would be made anew for every question.
_of_coming = (
    select(_meetings.c.id)
    .where(
        _meetings.c.id == _copies.c.meeting,
        or_(
            _meetings.c.status == MeetingStatus.SCHEDULED.value,
            _meetings.c.status == MeetingStatus.LIVE.value,
        ),
    )
    .exists()
)


def _found(*wanted: ColumnElement[bool] | TextClause) -> Select[Any]:
    rows = _copies.c
    return select(_copies).where(*wanted).order_by(rows.meeting, rows.agent, rows.generation)


_AT = _found(
    _copies.c.account == bindparam("account"), _copies.c.login == bindparam("login"), _copies.c.state != "abandoned"
)  # fmt: skip
_OF_COMING = _found(_DRIFTED, _of_coming)
_STRAYED = _found(
    _DRIFTED, _copies.c.state == "present", ~_of_coming,
    _copies.c.found_start < bindparam("until"), _copies.c.found_end > bindparam("since"),
)  # fmt: skip


def save_copy(tx: Tx, copy: Copy) -> Copy:
    """Save a copy, as a new one if its id is 0; returned with its id.

    Raises IntegrityError if this generation of the meeting's copy for the agent exists already.
    """
    values = {name: value for name, value in asdict(copy).items() if name not in ("id", "place")}
    values |= asdict(copy.place) | {"duplicates": [_kept(one) for one in copy.duplicates] or None}
    if copy.id:
        tx.execute(update(_copies).where(_copies.c.id == copy.id).values(**values))
        return copy
    return replace(copy, id=tx.execute(insert(_copies).values(**values).returning(_copies.c.id)).scalar_one())


def _read(tx: Tx, query: Select[Any], asked: Mapping[str, object] | None = None) -> tuple[Copy, ...]:
    return tuple(_copy(dict(row)) for row in tx.execute(query, asked).mappings())


def _copy(row: dict[Any, Any]) -> Copy:
    place = Place(*(row.pop(name) for name in _PLACE))
    duplicates = tuple(_duplicate(**one) for one in row.pop("duplicates") or ())
    return Copy(place=place, duplicates=duplicates, **row)


_MOMENTS = ("found_at", "start", "end")


def _kept(one: Duplicate) -> dict[str, Any]:
    values = asdict(one)
    return values | {name: values[name].isoformat() for name in _MOMENTS}


def _duplicate(**kept: Any) -> Duplicate:  # noqa: ANN401 - as it stands in the column
    return Duplicate(**{**kept, **{name: datetime.fromisoformat(kept[name]) for name in _MOMENTS}})
