"""A crowd for questions about availability: agents with 200 busy slots, 5 blocks and 20 meetings each, over 90 days.

A company block every night, a training a week for each of 20 groups, one of which has buffers. Rows are put in in bulk, by
executemany or COPY, with the indexes made afterwards: how quickly the product saves them is another figure (`firstload`).
"""

import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

from sqlalchemy import Table, make_url, text

from store import agents, calendars, schema, slots, sqlite
from store.database import Store, Tx
from store.lengths import class_of
from store.model import StoredObject
from store.pieces import pieces_of, rows_of
from store.together import MOST
from store.values import microseconds
from syncd.actions.context import Context
from syncd.config import Config, to_agents, to_logins
from syncd.executor import READERS

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; the 90 days begin a day before."""

ASKED, ASKED_AT = "asked", NOW + timedelta(days=30, hours=2)
"""The meeting that is asked about, and when it begins: at ten on a Wednesday."""

SLOTS, BLOCKS, MEETINGS = 200, 5, 20
GROUPS = 20
DAYS = 90
STEP = timedelta(minutes=5)
Row = dict[str, object]
Adding = tuple[str, list[tuple[Any, ...]]]

BATCH = 2_000
"""Agents whose rows are made and put in together."""

LENGTHS = (15, 30, 30, 30, 60, 60, 60, 60, 90, 120, 180, 480)
"""Minutes."""


def settings(number: int) -> Config:
    """The configuration of so many agents."""
    return Config.model_validate({
        "timezone": "Europe/Amsterdam",
        "accounts": {"lab": {"kind": "caldav", "url": "https://lab.example.com/"}},
        "groups": {f"g{one}": {"policy": {"buffer_before": "10m"}} if one == 0 else {} for one in range(GROUPS)},
        "agents": [_agent(one) for one in range(number)],
        "blocks": [
            _block("company", "Night", "2026-01-01T19:00", "2026-01-02T07:00", "daily"),
            *(
                _block(f"group:g{one}", "Training", f"2026-01-0{1 + one % 5}T{9 + one % 8:02}:00", f"2026-01-0{1 + one % 5}T{10 + one % 8}:00", "weekly")
                for one in range(GROUPS)
            ),
        ],
    })  # fmt: skip


def _agent(number: int) -> dict[str, object]:
    name = f"agent{number}"
    login = {"account": "lab", "login": name, "password": {"env": "NONE"}, "check": ["Work"], "write": "Work"}
    return {
        "id": name, "name": f"Agent {number}", "email": f"{name}@example.com", "groups": [f"g{number % GROUPS}"],
        "calendars": [login],
    }  # fmt: skip


def _block(scope: str, title: str, start: str, end: str, repeat: str) -> dict[str, str]:
    return {"scope": scope, "title": title, "start": start, "end": end, "repeat": repeat}


def gather(ctx: Context) -> None:
    """Make an empty, migrated store hold all agents of the configuration, with all that is theirs."""
    with ctx.store.writing() as tx:
        agents.follow(tx, to_agents(ctx.config), to_logins(ctx.config), NOW)
    number = len(ctx.config.agents)
    with ctx.store.writing() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        tables = (schema.objects, schema.pieces, schema.meetings, schema.blocks)
        indexes = [index for table in tables for index in table.indexes]
        for index in indexes:
            index.drop(tx)
        for first in range(0, number, BATCH):
            _put_in(tx, range(first, min(first + BATCH, number)))
        _insert(tx, schema.meetings, [_meeting(ASKED, 0, ASKED_AT, 60)])
        for index in indexes:
            index.create(tx)
        tx.execute(text("ANALYZE"))


def load_first(ctx: Context, number: int) -> float:
    """Save the slots of so many agents as a first sync does, by as many threads as read calendars; agents a second."""
    _chosen(ctx, number)
    dice, took = Random(0), 0.0

    def save(place: int, found: list[StoredObject]) -> None:
        objects = rows_of(found)

        def kept(tx: Tx) -> None:
            slots.save_rows(tx, place + 1, f"agent{place}", objects, ())
            calendars.count_objects(tx, place + 1)

        ctx.store.save(kept)

    with ThreadPoolExecutor(READERS) as pool:
        for first in range(0, number, BATCH):
            places = range(first, min(first + BATCH, number))
            read = [
                [_as_read(one, *span, dice) for one, span in enumerate(_spans(dice, SLOTS))] for _ in places
            ]
            began = perf_counter()
            for _ in pool.map(save, places, read):
                pass
            took += perf_counter() - began
    return number / took


def _chosen(ctx: Context, number: int) -> None:
    """All agents, each with a calendar of which nothing is known."""
    with ctx.store.writing() as tx:
        agents.follow(tx, to_agents(ctx.config), to_logins(ctx.config), NOW)
        _insert(tx, schema.calendars, [_calendar(one + 1) for one in range(number)])


def load_bare(ctx: Context, number: int) -> float:
    """The floor under `load_first`: such rows, ready-made, by executemany of sqlite3, as many agents a transaction; agents a second."""
    _chosen(ctx, number)
    link, took = sqlite3.connect(make_url(ctx.store.url).database or "", isolation_level=None), 0.0
    for line in (*sqlite.PRAGMAS, *sqlite.WRITING, "PRAGMA synchronous=NORMAL"):
        link.execute(line)
    for first in range(0, number, BATCH):
        ready = [
            _ready(range(some, min(some + MOST, number)))
            for some in range(first, min(first + BATCH, number), MOST)
        ]
        began = perf_counter()
        for objects, pieces in ready:
            link.execute("BEGIN IMMEDIATE")
            link.executemany(*objects)
            link.executemany(*pieces)
            link.execute("COMMIT")
        took += perf_counter() - began
    link.close()
    return number / took


def _ready(agents: Sequence[int]) -> tuple[Adding, Adding]:
    things = [thing for one in agents for thing in _slots(Random(one), one + 1)]
    pieces = [row for _, rows in things for row in rows]
    return _adding(schema.objects, [row for row, _ in things]), _adding(schema.pieces, pieces)


def _as_read(place: int, start: datetime, minutes: int, dice: Random) -> StoredObject:
    name = f"{dice.getrandbits(64):x}"
    interval = (start, start + minutes * timedelta(minutes=1), "busy", False)
    return StoredObject(f"/calendar/{name}-{place}.ics", '"1"', name, (interval,))


def clear(store: Store) -> None:
    """Leave an empty database behind."""
    with store.writing() as tx:
        schema.metadata.drop_all(tx)
        tx.execute(text("DROP TABLE alembic_version"))


def _put_in(tx: Tx, numbers: Sequence[int]) -> None:
    """Agents and logins are numbered by the store in the order of the configuration, from 1 on."""
    dice = Random(numbers[0])
    _insert(tx, schema.calendars, [_calendar(one + 1) for one in numbers])
    things = [thing for one in numbers for thing in _slots(dice, one + 1)]
    _insert(tx, schema.objects, [row for row, _ in things])
    _insert(tx, schema.pieces, [row for _, rows in things for row in rows])
    _insert(tx, schema.blocks, [
        {"scope": f"agent:agent{one}", "title": "Away", "timezone": "UTC", "made_by": "bench", "exceptions": "",
         **_times(start, minutes), "duration_class": _class(minutes), "made_at": microseconds(NOW)}
        for one in numbers for start, minutes in _spans(dice, BLOCKS)
    ])  # fmt: skip
    _insert(tx, schema.meetings, [
        _meeting(f"m{one}-{place}", one, start, min(minutes, 60))
        for one in numbers for place, (start, minutes) in enumerate(_spans(dice, MEETINGS))
    ])  # fmt: skip


def _calendar(number: int) -> dict[str, object]:
    seen = {"seen_at": NOW, "window_start": NOW - timedelta(days=2), "window_end": NOW + timedelta(days=181)}
    return {
        "id": number, "login_id": number, "wanted": "Work", "href": f"/agent{number - 1}/calendar/", "name": "Work", "checked": True,
        "written": True, "revision": "1", "sync_state": "https://lab.example.com/sync/1", "objects": SLOTS, "unreadable": 0,
        "state": "ok", "error": "", "hint": "", "read_by": "token",
        **{name: microseconds(moment) for name, moment in seen.items()},
    }  # fmt: skip


def _slots(dice: Random, number: int) -> Iterator[tuple[Row, list[Row]]]:
    for place, (start, minutes) in enumerate(_spans(dice, SLOTS)):
        name = (number - 1) * SLOTS + place + 1
        thing = {
            "id": name, "calendar_id": number, "href": f"/agent{number}/calendar/{place}.ics", "etag": '"1"', "uid": f"uid-{name}",
            "problem": "",
        }  # fmt: skip
        kind = dice.choice(("busy", "busy", "busy", "tentative", "out_of_office", "working_elsewhere"))
        whole = (start, start + minutes * timedelta(minutes=1), kind, False)
        pieces: list[Row] = [
            {"object_id": name, "calendar_id": number, "agent": number, **piece._asdict()}
            for piece in pieces_of([whole])
        ]
        yield thing, pieces


def _spans(dice: Random, count: int) -> Iterator[tuple[datetime, int]]:
    first = NOW - timedelta(days=1)
    for _ in range(count):
        yield first + dice.randrange(DAYS * 288) * STEP, dice.choice(LENGTHS)


def _class(minutes: int) -> int:
    return class_of(NOW, NOW + minutes * timedelta(minutes=1))


def _times(start: datetime, minutes: int) -> dict[str, int]:
    return {"start": microseconds(start), "end": microseconds(start + minutes * timedelta(minutes=1))}


def _meeting(name: str, agent: int, start: datetime, minutes: int) -> dict[str, object]:
    return {
        "id": name, "version": 1, "status": "scheduled", "agent": f"agent{agent}", "title": "Mortgage talk", "link": "", "agent_link": "",
        "guests": "[]", "reason": "", "overrides": "[]", **_times(start, minutes), "duration_class": _class(minutes),
    }  # fmt: skip


def _insert(tx: Tx, table: Table, rows: Sequence[Row]) -> None:
    """By COPY on PostgreSQL, by executemany on SQLite: values as they stand in the columns."""
    if not rows:
        return
    adding, values = _adding(table, rows)
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql(adding, values)
        return
    link: Any = tx.connection.driver_connection
    columns = ", ".join(f'"{name}"' for name in rows[0])
    with link.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copying:
        for value in values:
            copying.write_row(value)


def _adding(table: Table, rows: Sequence[Row]) -> Adding:
    """The statement and its values, for SQLite."""
    names = list(rows[0])
    columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    said = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'
    return said, [tuple(row[name] for name in names) for row in rows]
