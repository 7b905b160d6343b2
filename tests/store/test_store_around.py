"""What stands around a time comes with one statement that reads what is found, not what is stored."""

import json
import sqlite3
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from store_things import HOUR, NOW, SECOND, add_calendar, meeting, plan_meeting, settle, thing

from store import blocks, meetings, slots
from store.around import Around, Few, around, beginning
from store.database import Store, Tx
from store.model import MadeBlock, MeetingStatus

DAY = timedelta(days=1)
START = NOW + 30 * DAY
FEW = Few([2], ["ben"], [2], ["company", "agent:ben"])
PEOPLE = [f"agent-{number}" for number in range(20)]
NUMBERS = range(1, len(PEOPLE) + 1)
EACH = Few(list(NUMBERS), PEOPLE, list(NUMBERS), ["company", *(f"agent:{name}" for name in PEOPLE)])


def ask(tx: Tx, few: Few | None = None) -> Around:
    return around(
        tx, START, START + HOUR, widened=timedelta(0), grace=2 * HOUR, fresh_since=NOW, about="asked", few=few
    )


def fill(store: Store, first: int, number: int) -> None:
    """So many slots, meetings and blocks for each agent, on other days than the one that is asked about."""
    with store.writing() as tx:
        for place, name in enumerate(PEOPLE):
            spans = [
                (NOW + one * DAY, NOW + one * DAY + HOUR, "busy", False) for one in range(number) if one % 30
            ]
            things = [thing(f"/{first + at}.ics", span) for at, span in enumerate(spans)]
            slots.save_objects(tx, place + 1, name, things, ())
            for at, (start, end, *_) in enumerate(spans[::10]):
                meetings.insert(tx, meeting(f"{name}-{first + at}", agent=name, start=start, end=end))
                blocks.add(tx, MadeBlock(0, f"agent:{name}", "Away", start, end, "UTC", None, None, "x", NOW))


def one_of_each(store: Store) -> None:
    for name in PEOPLE[:5]:
        plan_meeting(store, f"{name}-now", agent=name, start=START, end=START + HOUR)
    plan_meeting(store, "asked", agent=PEOPLE[0], start=START, end=START + HOUR)
    with store.writing() as tx:
        span = (START - HOUR / 2, START + HOUR / 2, "busy", False)
        slots.save_objects(tx, 1, PEOPLE[0], [thing("/now.ics", span)], ())
        blocks.add(tx, MadeBlock(0, "company", "Party", START, START + HOUR, "UTC", None, None, "x", NOW))


@pytest.mark.parametrize("few", [None, EACH], ids=["of all", "of each"])
def test_what_is_read_does_not_grow_with_what_is_stored(store: Store, dialect: str, few: Few | None) -> None:
    for login in settle(store, *PEOPLE):
        add_calendar(store, login, seen_at=NOW, window_start=NOW - DAY, window_end=NOW + 400 * DAY)
    one_of_each(store)
    fill(store, 0, 60)
    before = effort(store, dialect, few)
    fill(store, 1000, 360)
    after = effort(store, dialect, few)
    assert after <= before * 1.1 + 20, (before, after)


def effort(store: Store, dialect: str, few: Few | None) -> float:
    """Instructions of SQLite's machine, or rows that PostgreSQL's scans looked at."""
    if dialect == "sqlite":
        return _instructions(store, few)
    with store.writing() as tx:
        tx.execute(text("ANALYZE"))
        tx.execute(text("SET LOCAL enable_seqscan = off"))
        tx.execute(text("SET LOCAL enable_bitmapscan = off"))
        statements: list[float] = []

        class Explaining:
            dialect = tx.dialect

            @staticmethod
            def exec_driver_sql(statement: str, params: dict[str, object]) -> object:
                found = tx.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, params).scalar_one()
                statements.append(_looked_at(found if isinstance(found, list) else json.loads(found)))
                return tx.exec_driver_sql(statement, params)

        ask(Explaining(), few)  # type: ignore[arg-type]  # what `around` needs of a transaction
    return statements[0]


def _looked_at(plan: object) -> float:
    """The rows of all scans, those included that a filter removed."""
    if isinstance(plan, list):
        return sum(map(_looked_at, plan))
    if not isinstance(plan, dict):
        return 0
    mine = 0.0
    if "Scan" in plan.get("Node Type", "") and "Relation Name" in plan:
        loops = plan["Actual Loops"]
        mine = loops * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return mine + sum(_looked_at(value) for value in plan.values())


def _instructions(store: Store, few: Few | None) -> int:
    count = 0

    def counting() -> int:
        nonlocal count
        count += 1
        return 0

    with store.reading() as tx:
        ask(tx, few)
        link = tx.connection.driver_connection
        assert isinstance(link, sqlite3.Connection)
        link.set_progress_handler(counting, 10)
        ask(tx, few)
        link.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize("few", [None, FEW], ids=["of all", "of a few"])
def test_everything_that_stands_there(store: Store, few: Few | None) -> None:
    logins = settle(store, "anna", "ben")
    seen = {"seen_at": NOW, "window_start": NOW - DAY, "window_end": NOW + 40 * DAY}
    row = add_calendar(store, logins[1], **seen)
    stale = add_calendar(store, logins[1], **{**seen, "seen_at": NOW - HOUR})
    unchecked = add_calendar(store, logins[1], checked=False)
    spans = {
        "short": (START - HOUR, START + HOUR / 2),
        "long": (START - 3 * DAY, START + DAY),
        "endless": (NOW - 900 * DAY, NOW + 900 * DAY),
    }
    beside = (START - HOUR, START), (START + HOUR, START + 2 * HOUR)
    with store.writing() as tx:
        things = [thing(f"/{name}.ics", (*span, "busy", False)) for name, span in spans.items()]
        things += [thing(f"/beside{at}.ics", (*span, "busy", False)) for at, span in enumerate(beside)]
        slots.save_objects(tx, row.id, "ben", things, ())
        for name, status, start, live in (
            ("planned", MeetingStatus.SCHEDULED, START, None), ("over", MeetingStatus.SCHEDULED, START - 2 * HOUR, None),
            ("early", MeetingStatus.LIVE, START + HOUR, START), ("done", MeetingStatus.COMPLETED, START, None),
            ("asked", MeetingStatus.SCHEDULED, START, None),
        ):  # fmt: skip
            meetings.insert(
                tx, meeting(name, agent="ben", status=status, start=start, end=start + HOUR, live_at=live)
            )
        meetings.insert(tx, meeting("days", agent="ben", start=START - 3 * DAY, end=START + DAY))
        days = (NOW.date(),)
        for scope, repeat, but in (
            ("agent:ben", None, days), ("agent:ben", None, ()), ("company", "daily", days), ("company", None, days)
        ):  # fmt: skip
            end = START + 2 * DAY
            blocks.add(tx, MadeBlock(0, scope, "Away", START, end, "UTC", repeat, None, "x", NOW, None, but))
    with store.reading() as tx:
        found = ask(tx, few)
    found_spans = {tuple(slot) for slot in found.slots}
    assert {(number, calendar, kind) for number, calendar, kind, *_ in found_spans} == {(2, row.id, 0)}
    assert len(found_spans) == len(spans)
    assert sorted((begins, live is not None) for _, begins, _, live in found.meetings) == sorted(
        (stored(moment), live)
        for moment, live in (
            (START, False),
            (START - 2 * HOUR, False),
            (START + HOUR, True),
            (START - 3 * DAY, False),
        )
    )
    assert {agent for agent, *_ in found.meetings} == {"ben"}
    assert [(one.scope, one.start, one.exceptions) for one in sorted(found.blocks, key=lambda one: one.scope)] == [
        ("agent:ben", START, (NOW.date(),)), ("company", START, (NOW.date(),))
    ]  # fmt: skip
    assert found.away == [("ben", stored(START), stored(START + 2 * DAY))]
    assert (found.unchecked, set(json.loads(found.listed))) == ({unchecked.id}, {logins[1].id})
    assert [(login, at) for login, at, *_ in found.doubtful] == [(stale.login_id, stored(NOW - HOUR))]
    assert found.repeating == "1/3"


def stored(moment) -> int:
    return int(moment.timestamp()) * 1_000_000


def test_the_meetings_that_begin(store: Store) -> None:
    for at, (start, status) in enumerate(
        ((NOW, "scheduled"), (NOW, "completed"), (NOW, "cancelled"), (NOW + DAY, "live"), (NOW - HOUR, "scheduled"))
    ):  # fmt: skip
        plan_meeting(
            store, f"m{at}", status=MeetingStatus(status), start=start, end=start + (at + 1) * 7 * HOUR
        )
    with store.reading() as tx:
        assert beginning(tx, NOW, NOW + DAY) == ["anna", "anna"]


def test_a_block_without_length_is_left_to_the_rules_which_say_that_it_blocks_nothing(store: Store) -> None:
    settle(store, "ben")
    with store.writing() as tx:
        blocks.add(tx, MadeBlock(0, "agent:ben", "Away", START, START, "UTC", None, None, "x", NOW))
    with store.reading() as tx:
        found = around(
            tx, START - HOUR, START + HOUR, widened=timedelta(0), grace=2 * HOUR, fresh_since=NOW, about="asked", few=None
        )  # fmt: skip
    assert found.away == []
    assert [(one.start, one.end) for one in found.blocks] == [(START, START)]


@pytest.mark.parametrize("few", [None, FEW], ids=["of all", "of a few"])
@pytest.mark.parametrize("hours", [1, 4, 24])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_meetings_and_blocks_are_found_up_to_their_end_at_every_limit_of_a_class(
    store: Store, few: Few | None, hours: int, more: int
) -> None:
    """Each as long as the longest of its class, or a second more or less; asked about in its last second, and right after it."""
    settle(store, "anna", "ben")
    start = START - hours * HOUR - more * SECOND
    plan_meeting(store, "m", agent="ben", start=start, end=START)
    with store.writing() as tx:
        blocks.add(tx, MadeBlock(0, "agent:ben", "Away", start, START, "UTC", None, None, "x", NOW))

    def there(moment: datetime) -> tuple[int, int]:
        with store.reading() as tx:
            found = around(
                tx, moment, moment + SECOND, widened=timedelta(0), grace=timedelta(0), fresh_since=NOW, about="asked", few=few
            )  # fmt: skip
        return len(set(map(tuple, found.meetings))), len(set(map(tuple, found.away)))

    assert [there(start - SECOND), there(start), there(START - SECOND), there(START)] == [
        (0, 0), (1, 1), (1, 1), (0, 0),
    ]  # fmt: skip
