"""What is kept for the next question: of blocks by the day, of agents by who is asked about, however many ask at once."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from worlds import World

from syncd.actions.lately import Lately
from syncd.actions.standing import MOST_DAYS, Standing
from syncd.rules.blocks import Block

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LUNCH = Block("1", "company", "Lunch", NOON, NOON + HOUR, "UTC", "daily", None)


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_what_is_kept_is_what_takes_place_and_no_more_than_so_many_days() -> None:
    kept = Standing([LUNCH])
    for number in (*range(2 * MOST_DAYS), 0, 1):
        start = NOON + number * DAY
        assert kept.around(start, start + HOUR) == [(LUNCH, start, start + HOUR)]
        assert kept.around(start - HOUR, start) == kept.around(start + HOUR, start + 2 * HOUR) == []
    assert len(kept._days) == MOST_DAYS


def test_many_may_ask_at_once_for_other_days_each(hurried: None) -> None:
    kept = Standing([])

    def ask(first: int) -> None:
        for number in range(5000):
            start = NOON + (first + number) * DAY
            kept.around(start, start + HOUR)

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(ask, 10_000 * number) for number in range(8)]:
            one.result()
    assert len(kept._days) <= MOST_DAYS + 8


def test_many_may_ask_at_once_about_other_agents_each(world: World, hurried: None) -> None:
    with world.store.reading() as tx:
        found = world.ctx.shelf.directory_in(tx, world.ctx.config)
    sets = [list(those) for size in (1, 2, 3) for those in permutations(range(len(found.people)), size)]
    found._few = Lately(2)

    def ask(first: int) -> None:
        for number in range(3000):
            asked = sets[(first + number) % len(sets)]
            few = found.asked(asked, few=True).few
            assert few is not None
            assert few.ids == sorted(found.people[place].id for place in asked)

    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(ask, number) for number in range(8)]:
            one.result()
    assert len(found._few) <= 2 + 8
