"""One slow or dead server never delays the logins and deliveries of others, however much of it is due."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

import pytest
from stores import sqlite_only
from test_actions_refresh import Stuck
from worlds import ELEVEN, HEAD, TEN, World

from connectors.account import Account, Connections
from connectors.interface import Connector
from store import calendars, due
from store.model import Meeting, MeetingStatus
from syncd.actions import changes
from syncd.executor import READERS, WRITERS, LocalExecutor
from syncd.meter import Meter
from syncd.threads import ThreadsByAccount
from syncd.web.counting import Counting

MANY = 2 * 64 + 8
"""More logins than the batches of two accounts take at once, if each account has one."""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
[[agents.calendars]]
account = "{account}"
login = "{id}"
password = {{ env = "SYNCD_TEST_SECRET" }}
check = ["Work"]
write = "Work"
"""

SLOW = '[accounts.slow]\nkind = "caldav"\nurl = "https://slow.example.com/"\n'


@dataclass
class Town:
    """A world in which the server of the account `slow` takes every question and answers none, and the daemon's executor."""

    world: World
    executor: LocalExecutor

    def until(self, there: Callable[[], bool]) -> None:
        """Let the clock tick, as the daemon does, until it is so."""
        deadline = time.monotonic() + 60
        while not there():
            assert time.monotonic() < deadline, "it waits for the slow server"
            self.executor.submit(range(due.SHARDS))
            time.sleep(0.02)

    def seen(self, agent: str) -> datetime | None:
        with self.world.store.reading() as tx:
            return next(one.seen_at for one in calendars.logins(tx) if one.agent == agent)


@contextmanager
def town(world: World, *at_slow: str, elsewhere: str, meter: Meter | None = None) -> Iterator[Town]:
    """These agents at the slow server; and one, configured last, at another."""
    answer = Event()
    lines = [AGENT.format(id=agent, account="slow") for agent in at_slow]
    world.configure(HEAD + SLOW + "".join(lines) + AGENT.format(id=elsewhere, account="memory"))
    usual = world.ctx.opener

    def opener(account: Account, login: str, secret: str, connections: Connections) -> Connector:
        slow = "slow" in account.url
        return Stuck(world, login, answer) if slow else usual(account, login, secret, connections)

    world.ctx = replace(world.ctx, opener=opener, meter=meter or world.ctx.meter)
    executor = LocalExecutor(world.ctx)
    try:
        yield Town(world, executor)
    finally:
        answer.set()
        assert executor.stop(60)


@pytest.fixture
def crowd(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """More at the slow server than all batches take."""
    monkeypatch.setattr("syncd.executor.BATCHES", 1)
    with town(world, *(f"slow{number}" for number in range(MANY)), elsewhere="anna") as made:
        yield made


@sqlite_only
def test_a_login_is_read_while_many_wait_for_a_server_that_is_silent(crowd: Town) -> None:
    before = crowd.seen("anna")
    crowd.world.now += timedelta(minutes=2)
    crowd.until(lambda: crowd.seen("anna") != before)


@sqlite_only
def test_a_meeting_is_delivered_while_more_wait_for_a_silent_server_than_there_are_threads(
    world: World,
) -> None:
    slow = [f"slow{number}" for number in range(WRITERS + 1)]
    with town(world, *slow, elsewhere="anna") as both:
        for agent in (*slow, "anna"):
            meeting = Meeting(agent, 1, MeetingStatus.SCHEDULED, agent, TEN, ELEVEN, "Talk")
            world.accept(changes.plan(meeting, by="test"))
        both.until(lambda: not world.owed("anna"))
        assert world.ours("anna")


@sqlite_only
def test_what_waits_for_a_silent_server_is_counted_by_its_lane(world: World) -> None:
    counting = Counting()

    def under_way(lane: str) -> float | None:
        return counting.registry.get_sample_value("syncd_executor_inflight", {"lane": lane})

    with town(world, "slow", elsewhere="anna", meter=counting) as both:
        assert [under_way(lane) for lane in ("read", "deliver", "mail")] == [0, 0, 0]
        world.now += timedelta(minutes=2)
        both.until(lambda: both.seen("anna") == world.now and under_way("read") == 1)
        assert (under_way("deliver"), under_way("mail")) == (0, 0)
    assert under_way("read") == 0


@sqlite_only
def test_a_round_without_changes_is_saved_although_others_of_its_batch_still_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saved together does not mean to wait for one another: what was seen would grow stale meanwhile."""
    monkeypatch.setattr("syncd.actions.work.RENEW_EVERY", 0.05)
    with town(world, "slow", elsewhere="anna") as both:
        world.now += timedelta(minutes=2)
        both.until(lambda: both.seen("anna") == world.now)


def test_threads_are_each_accounts_own_and_a_crowd_is_told() -> None:
    go, began = Event(), Event()

    def wait(account: str) -> str:
        began.set()
        assert go.wait(60)
        return account

    pool = ThreadsByAccount("test", READERS, lambda account: account)
    held = [pool.submit(wait, "slow") for _ in range(READERS)]
    assert pool.crowded() == frozenset()
    held.append(pool.submit(wait, "slow"))
    assert pool.crowded() == {"slow"}
    assert pool.submit(str.upper, "quick").result(60) == "QUICK"
    assert pool.under_way() == READERS + 1
    go.set()
    assert {one.result(60) for one in held} == {"slow"}
    pool.shutdown()
    assert pool.crowded() == frozenset()
    assert pool.under_way() == 0
    for account in ("slow", "another"):
        with pytest.raises(RuntimeError):
            pool.submit(str.upper, account)
