"""Candidates no older than asked for: what is behind is read first, and what is not read in time is not believed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from worlds import AGENT, AGENTS, ELEVEN, HEAD, TEN, World

from connectors.interface import Connector, Listing, Throttled
from connectors.memory import MemoryConnector
from store import due
from syncd.actions.refresh import fresh_candidates
from syncd.actions.suggest import Candidate
from syncd.rules.availability import Mark

SECOND = timedelta(seconds=1)
LONG = 60 * SECOND
"""A deadline that no healthy run comes near."""


def asked(
    world: World, *, max_age: timedelta = 30 * SECOND, within: timedelta = LONG, limit: int = 50
) -> tuple[dict[str, Candidate], bool]:
    pool = ThreadPoolExecutor(4)
    try:
        found, done = fresh_candidates(world.ctx, "m1", pool, max_age=max_age, within=within, limit=limit)
    finally:
        pool.shutdown(wait=False)
    return {one.agent.id: one for one in found.page}, done


def marks(found: dict[str, Candidate]) -> dict[str, Mark]:
    return {name: one.verdict.mark for name, one in found.items()}


class Stuck(MemoryConnector):
    """A connector whose server takes the question, and answers when told to."""

    def __init__(self, world: World, login: str, answer: Event) -> None:
        super().__init__(world.server, login, "secret")
        self.answer = answer

    def calendars(self, memo: str | None) -> Listing:
        assert self.answer.wait(60)
        return super().calendars(memo)


@contextmanager
def stuck(world: World, login: str) -> Iterator[Event]:
    """This login's server does not answer within the block, or until told to."""
    answer, usual = Event(), world.ctx.opener

    def opener(account, name, secret, connections) -> Connector:  # type: ignore[no-untyped-def] # as Opener has it
        return Stuck(world, name, answer) if name == login else usual(account, name, secret, connections)

    before = world.ctx
    world.ctx = replace(world.ctx, opener=opener)
    try:
        yield answer
    finally:
        answer.set()
        world.ctx = before


@pytest.fixture
def behind(world: World) -> Iterator[World]:
    """A meeting of anna's at ten; everything was seen 40 seconds ago; since then ben has entered an appointment."""
    world.plan()
    assert world.sync().failed == ()
    world.now += 40 * SECOND
    world.enter("ben", "dentist", TEN, ELEVEN)
    world.server.calls.clear()
    yield world
    for thread in threading.enumerate():
        if thread.name == "refresh":
            thread.join(60)


def test_what_was_seen_too_long_ago_is_read_first(behind: World) -> None:
    assert marks(behind.candidates()) == dict.fromkeys(("anna", "ben", "cleo"), Mark.AVAILABLE)
    found, done = asked(behind)
    assert done
    assert marks(found) == {"anna": Mark.AVAILABLE, "ben": Mark.NOT_AVAILABLE, "cleo": Mark.AVAILABLE}
    assert all(one.known.seen_at == behind.now for one in found.values())


def test_what_is_young_enough_is_not_asked_again(behind: World) -> None:
    found, done = asked(behind, max_age=40 * SECOND)
    assert (done, behind.server.calls) == (True, [])
    assert marks(found)["ben"] is Mark.AVAILABLE
    behind.sync("ben")
    behind.server.calls.clear()
    asked(behind)
    assert {call.login for call in behind.server.calls} == {"anna", "cleo"}


def test_who_was_never_read_is_read(behind: World) -> None:
    """An agent of whom it is not even known which calendars there are."""
    behind.server.add_login("dora")
    behind.server.add_calendar("dora", "Work")
    behind.configure(HEAD + "".join(AGENT.format(id=name) for name in (*AGENTS, "dora")))
    assert marks(behind.candidates())["dora"] is Mark.UNKNOWN
    found, done = asked(behind)
    assert (done, marks(found)["dora"]) == (True, Mark.AVAILABLE)


def test_only_the_page_is_read(behind: World) -> None:
    found, _ = asked(behind, limit=1)
    assert set(found) == {"anna"}
    assert {call.login for call in behind.server.calls} == {"anna"}


def test_whom_the_page_was_read_for_stays_on_it(behind: World) -> None:
    """Others would come in unread, in the place of those of whom it is now known."""
    behind.enter("anna", "dentist", TEN, ELEVEN)
    found, _ = asked(behind, limit=1)
    assert marks(found) == {"anna": Mark.NOT_AVAILABLE}


def test_what_is_left_out_of_the_page_is_counted_all_the_same(behind: World) -> None:
    with ThreadPoolExecutor(2) as pool:
        found, _ = fresh_candidates(behind.ctx, "m1", pool, max_age=timedelta(seconds=30), limit=1)
    assert (len(found.page), found.total) == (1, 3)


def test_what_is_not_read_in_time_is_stale_and_says_so(behind: World) -> None:
    with stuck(behind, "ben"):
        found, done = asked(behind, within=SECOND / 10)
        assert not done
        ben = found["ben"].verdict
        assert (ben.mark, [reason.kind for reason in ben.reasons]) == (Mark.UNKNOWN, ["stale"])
        assert ben.reasons[0].seen_at == behind.now - 40 * SECOND


def test_a_blocking_overlap_in_what_was_last_known_still_blocks(behind: World) -> None:
    behind.sync("ben")
    behind.now += 40 * SECOND
    with stuck(behind, "ben"):
        found, _ = asked(behind, within=SECOND / 10)
        assert found["ben"].verdict.mark is Mark.NOT_AVAILABLE


def test_nobody_waits_for_the_slowest(behind: World) -> None:
    """Anna and cleo are saved as they come, though nothing changed there and ben's server still owes an answer."""
    with stuck(behind, "ben") as answer, ThreadPoolExecutor(1) as aside:
        answered = aside.submit(asked, behind)
        end = time.monotonic() + 60
        while {behind.row(name).seen_at for name in ("anna", "cleo")} != {behind.now}:
            assert time.monotonic() < end
            time.sleep(0.01)
        answer.set()
        found, done = answered.result()
    assert done
    assert marks(found)["ben"] is Mark.NOT_AVAILABLE


def test_reading_that_is_late_helps_the_next_question(behind: World) -> None:
    with stuck(behind, "ben") as answer:
        assert not asked(behind, within=SECOND / 10)[1]
        answer.set()
        end = time.monotonic() + 60
        while behind.row("ben").seen_at != behind.now:
            assert time.monotonic() < end
            time.sleep(0.01)
    behind.server.calls.clear()
    assert marks(asked(behind)[0])["ben"] is Mark.NOT_AVAILABLE
    assert "ben" not in {call.login for call in behind.server.calls}


def test_what_another_process_is_just_reading_is_waited_for_and_not_read_twice(behind: World) -> None:
    with behind.store.writing() as tx:
        (held,) = due.claim_logins(tx, behind.now, agent="ben", even_if_early=True)
    found, done = asked(behind, within=SECOND / 10)
    assert (found["ben"].verdict.mark, "ben" in {call.login for call in behind.server.calls}) == (
        Mark.UNKNOWN,
        False,
    )
    with behind.store.writing() as tx:
        due.save_unchanged(
            tx, [due.Unchanged(held.id, held.epoch, behind.now, behind.now, (behind.row("ben").id,))]
        )
    found, done = asked(behind)
    assert (done, found["ben"].verdict.mark) == (True, Mark.AVAILABLE)
    assert "ben" not in {call.login for call in behind.server.calls}


def test_a_server_that_asked_for_peace_has_it(behind: World) -> None:
    behind.server.fail_next("ben", "calendars", Throttled("slow down", "later", retry_after=600 * SECOND))
    behind.sync("ben")
    behind.now += 40 * SECOND
    behind.server.calls.clear()
    found, done = asked(behind)
    assert done
    assert found["ben"].verdict.mark is Mark.UNKNOWN
    assert "ben" not in {call.login for call in behind.server.calls}


def test_what_only_the_service_can_read_is_made_due_for_it(
    behind: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    text = HEAD + "".join(AGENT.format(id=name) for name in AGENTS)
    behind.configure(text.replace('env = "SYNCD_TEST_SECRET"', 'credential = "x"'))
    with behind.store.reading() as tx:
        assert due.due_shards(tx, behind.now) == []
    found, _done = asked(behind, within=SECOND / 10)
    assert marks(found) == dict.fromkeys(AGENTS, Mark.UNKNOWN)
    with behind.store.reading() as tx:
        assert due.due_shards(tx, behind.now) == sorted(due.shard_of(name) for name in AGENTS)
