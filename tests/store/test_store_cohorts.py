"""Everybody's slots are found by the indexes, whichever cohort an agent is in."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, text
from store_things import HOUR, NOW, add_calendar, settle, thing
from stores import sqlite_only

from store import schema, slots
from store.around import Around, around
from store.database import Store, Tx
from store.model import Calendar

DAY = timedelta(days=1)
LENGTHS = (HOUR, 3 * HOUR, 20 * HOUR, 5 * DAY, 40 * DAY)
"""One of each class, and one that is cut."""


def save(store: Store, row: Calendar, *spans: tuple[datetime, datetime, str, bool]) -> None:
    with store.writing() as tx:
        slots.save_objects(tx, row.id, row.agent, [thing("/1.ics", *spans)], ())


def around_now(tx: Tx) -> Around:
    return around(
        tx, NOW + HOUR / 2, NOW + HOUR, widened=timedelta(0), grace=HOUR, fresh_since=NOW, about="", few=None
    )


def test_agents_of_every_cohort_are_found_first_and_last_included(store: Store) -> None:
    size = 1 << schema.COHORT_BITS
    names = [f"agent-{number}" for number in range(1, 2 * size + 2)]
    logins = settle(store, *names)
    busy = [1, 2, size - 1, size, size + 1, 2 * size - 1, 2 * size, 2 * size + 1]
    for number in busy:
        row = add_calendar(store, logins[number - 1])
        save(store, row, *((NOW, NOW + length, "busy", False) for length in LENGTHS))
    with store.reading() as tx:
        found = slots.overlapping(tx, NOW + HOUR / 2, NOW + HOUR)
        seen = around_now(tx).slots
    assert sorted((slot.agent, slot.end) for slot in found) == sorted(
        (names[number - 1], NOW + length) for number in busy for length in LENGTHS
    )
    assert sorted(number for number, *_ in seen) == sorted(busy * len(LENGTHS))


@sqlite_only
def test_no_index_is_left_aside_once_the_store_was_analyzed(store: Store) -> None:
    """Joined with the cohorts, SQLite read all slots of a small store into a Bloom filter first: 42 ms for 1,000 agents instead of 1."""
    scatter(store)
    with store.writing() as tx:
        tx.execute(text("ANALYZE"))
    store.dispose()
    plan = plans(store, around_now)
    assert "BLOOM" not in plan
    assert plan.count("pieces_by_time (length_class=? AND <expr>=? AND start") == 4


def test_without_agents_nobody_is_found(store: Store) -> None:
    with store.reading() as tx:
        assert slots.overlapping(tx, NOW, NOW + HOUR) == []


def test_the_indexes_answer(store: Store, dialect: str) -> None:
    """Neither question reads the table from end to end, at a size where the planner has a choice."""
    scatter(store)
    start, end = NOW + 30 * DAY, NOW + 30 * DAY + HOUR
    few = plans(store, lambda tx: slots.overlapping(tx, start, end, ["agent-1", "agent-2"]))
    all_ = plans(store, lambda tx: slots.overlapping(tx, start, end))
    if dialect == "postgresql":
        assert "Seq Scan on pieces" not in few + all_
        assert "pieces_by_time" in all_
        assert "pieces_by_agent" in few
    else:
        assert "SCAN pieces" not in few + all_
        assert (
            all_.count(
                "SEARCH pieces USING INDEX pieces_by_time (length_class=? AND <expr>=? AND start>? AND start<?)"
            )
            == 3
        )
        assert "SEARCH pieces USING INDEX pieces_by_agent (agent=? AND start>? AND start<?)" in few
        assert "SEARCH pieces USING INDEX pieces_long (agent=? AND end>?)" in few


def scatter(store: Store) -> None:
    """100 agents with 100 slots each over 90 days, some of them long."""
    for login in settle(store, *(f"agent-{number}" for number in range(100))):
        row = add_calendar(store, login)
        spread = [NOW + 90 * DAY * place / 100 for place in range(100)]
        spans = [
            (start, start + (40 * DAY if place == 7 else HOUR), "busy", False)
            for place, start in enumerate(spread)
        ]
        save(store, row, *spans)
    if store.url.startswith("postgresql"):
        with store.writing() as tx:
            tx.execute(text("ANALYZE pieces"))
            tx.execute(text("ANALYZE agents"))


def plans(store: Store, asking: Callable[[Tx], object]) -> str:
    """How the database goes about the very statements that this runs."""
    found: list[str] = []

    def explain(tx: Tx, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if not statement.startswith("EXPLAIN"):
            prefix = "EXPLAIN " if tx.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
            found.extend(str(row[-1]) for row in tx.exec_driver_sql(prefix + statement, parameters))

    with store.reading() as tx:
        event.listen(tx, "before_cursor_execute", explain)
        asking(tx)
        event.remove(tx, "before_cursor_execute", explain)
    return "\n".join(found)
