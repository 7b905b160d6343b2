"""Everybody's mark and first reason, computed in numbers for all at once, are those of the thorough judge, one by one.

The judge itself is held to a naive reference in `test_actions_reference`; here the quick way is held to the judge, over the same
random worlds and around many times in each, asked of all and of a few.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from types import FrameType

import pytest
from randomworlds import ASKED, HOLIDAY, MINUTE, STEP, RandomWorld, keep
from sqlalchemy import select
from sqlalchemy.sql import coercions
from stores import counted, sqlite_only
from worlds import AGENT, HEAD, TEN, World

from store import agents, meetings, schema
from store.database import Store, Tx
from store.model import Meeting
from syncd.actions import directory, knowledge
from syncd.actions import marks as quickly
from syncd.actions.blocking import add_block, remove_block
from syncd.actions.context import Context
from syncd.actions.suggest import candidates
from syncd.rules import availability, quick
from syncd.rules.blocks import expand

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOON = TEN + timedelta(hours=1)
"""In Amsterdam."""


def thoroughly(ctx: Context, tx: Tx, meeting: Meeting, stale_after: timedelta) -> dict[str, int]:
    """Agent -> the first reason, by the judge."""
    people = agents.agents(tx, active=True)
    now = ctx.clock()
    known = knowledge.load(tx, ctx.config, people, meeting.start, meeting.end, now=now, about=meeting)
    found = {}
    for name, one in known.items():
        verdict = availability.judge(
            meeting.start, meeting.end, busy=one.busy, obstacles=one.obstacles, fresh=one.fresh, policy=one.policy,
            now=now, stale_after=stale_after, exclude=meeting.id,
        )  # fmt: skip
        found[name] = quick.first_of(reason.kind for reason in verdict.reasons)
        assert quick.mark_of(found[name]) is verdict.mark
    return found


def at_once(ctx: Context, tx: Tx, meeting: Meeting, stale_after: timedelta, every: int = 1) -> dict[str, int]:
    """Likewise, by the one statement, of everybody or of every so many."""
    everybody = ctx.shelf.directory_in(tx, ctx.config)
    places: Sequence[int] = range(0, len(everybody.people), every)
    found = quickly.marks(ctx, tx, everybody, places, meeting, now=ctx.clock(), stale_after=stale_after)
    return {everybody.people[place].id: found.codes[place] for place in places}


def compare(world: RandomWorld, store: Store, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """All times of a world; which first reasons there were."""
    keep(world, store)
    ctx = Context(world.config, store, clock=lambda: world.now)
    seen = set[int]()
    with store.reading() as tx:
        asked = meetings.meeting(tx, ASKED)
        assert asked is not None
        for number in range(6):
            odd = world.pick((timedelta(0), timedelta(0), SECOND / 2, -SECOND / 3))
            start = (world.near() if number else asked.start) + odd
            end = start + world.pick((asked.end - asked.start, STEP, 300 * STEP))
            stale_after = world.pick((10 * MINUTE, 5 * MINUTE))
            meeting = replace(asked, start=start, end=end)
            expected = thoroughly(ctx, tx, meeting, stale_after)
            for part in (5, 0):  # of all, and each looked up
                monkeypatch.setattr(quickly, "PART", part)
                assert at_once(ctx, tx, meeting, stale_after) == expected, (world.seed, number, part)
                some = at_once(ctx, tx, meeting, stale_after, every=2)
                assert some.items() <= expected.items(), (world.seed, number, part)
            seen |= set(expected.values())
    return seen


@sqlite_only
def test_they_are_those_of_the_judge(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set[int]()
    for seed in range(30):
        seen |= compare(RandomWorld(seed), store, monkeypatch)
    assert seen == set(range(len(quick.KINDS) + 1)), "every first reason there is, and none"


def test_on_both_databases(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(1000, 1010):
        compare(RandomWorld(seed), store, monkeypatch)


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("hundred", range(5))
def test_in_five_hundred_worlds(store: Store, monkeypatch: pytest.MonkeyPatch, hundred: int) -> None:
    for seed in range(2000 + hundred * 100, 2100 + hundred * 100):
        compare(RandomWorld(seed), store, monkeypatch)


HALLS = """
timezone = "Europe/Amsterdam"
[groups.a]
[groups.b]
[groups.c]
holidays = "feast.ics"
[groups.d]
working_hours = ["mon-fri 10:00-12:00"]
[groups.e]
policy = { buffer_after = "90m" }
[[blocks]]
scope = "group:b"
start = "2026-03-03T13:00"
end = "2026-03-03T14:00"
repeat = "daily"
[[blocks]]
scope = "company"
start = "2026-03-03T07:00"
end = "2026-03-03T08:00"
"""
FEAST = "BEGIN:VCALENDAR\r\n" + HOLIDAY.format(number=1, day=TEN + timedelta(days=2)) + "END:VCALENDAR\r\n"
DIFFERENT = {
    "none": "", "group": 'groups = ["a"]', "block": 'groups = ["b"]', "feast": 'groups = ["c"]', "hours": 'groups = ["d"]',
    "buffer": 'groups = ["e"]', "own-hours": 'working_hours = ["mon-sun 07:00-09:00"]', "zone": 'timezone = "Asia/Tokyo"',
    "zone-hours": 'groups = ["d"]\ntimezone = "Asia/Tokyo"', "zone-feast": 'groups = ["c"]\ntimezone = "Asia/Tokyo"',
    "own-buffer": 'policy = { buffer_before = "90m" }',
}  # fmt: skip
"""What one agent has otherwise than the first."""


@sqlite_only
def test_who_differs_in_one_thing_is_not_judged_like_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is judged once for all who are alike must not be said of who is not."""
    (world.folder / "feast.ics").write_text(FEAST)
    people = "".join(
        f'[[agents]]\nid = "{name}"\nname = "{name}"\nemail = "{name}@example.com"\n{more}\n'
        for name, more in DIFFERENT.items()
    )
    world.configure(HALLS + people)
    meeting, said = world.plan(agent="none"), {name: list[int]() for name in DIFFERENT}
    with world.store.reading() as tx:
        for number in range(48):
            start = TEN + number * timedelta(hours=1)
            asked = replace(meeting, start=start, end=start + timedelta(hours=1))
            expected = thoroughly(world.ctx, tx, asked, 10 * MINUTE)
            for part in (5, 0):
                monkeypatch.setattr(quickly, "PART", part)
                assert at_once(world.ctx, tx, asked, 10 * MINUTE) == expected, start
            for name, code in expected.items():
                said[name].append(code)
    alike = [name for name in said if said[name] == said["none"]]
    assert alike == ["none", "group", "zone"], "the others are told apart by the judge"


# ---------------------------------------------------------------------------------------------------------------------
# What it costs


def many(number: int) -> str:
    return HEAD + "".join(AGENT.format(id=f"agent{one:03}") for one in range(number))


def test_fifty_agents_cost_no_more_statements_than_two(world: World) -> None:
    costs = []
    for number in (2, 50):
        world.configure(many(number))
        if number == 2:
            world.plan("m1", "agent000")
        candidates(world.ctx, "m1")
        with counted(world.store) as made:
            found = candidates(world.ctx, "m1")
        assert (found.total, len(found.page)) == (number, number)
        costs.append(len(made))
    assert costs[0] == costs[1]


def test_the_marks_are_one_statement_after_a_look_whether_the_directory_is_the_same(world: World) -> None:
    world.plan()
    candidates(world.ctx, "m1")
    with world.store.reading() as tx:
        meeting = meetings.meeting(tx, "m1")
        assert meeting is not None
        with counted(world.store) as made:
            at_once(world.ctx, tx, meeting, 10 * MINUTE)
    assert len(made) == 2, "which directory this is, and what stands around the meeting's time"


def built(ask: Callable[[], object]) -> int:
    """How often a part of a statement was put together meanwhile, as SQLAlchemy does by `coercions`."""
    calls = 0

    def note(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename == coercions.__file__

    sys.setprofile(note)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return calls


def test_the_statements_of_a_question_are_built_once(world: World) -> None:
    world.enter("ben", "1", TEN, TEN + timedelta(hours=1))
    world.sync()
    world.plan()
    candidates(world.ctx, "m1")
    assert built(lambda: select(schema.agents)) > 0
    assert built(lambda: candidates(world.ctx, "m1")) == 0, "building them takes longer than they take"


def expansions(ask: Callable[[], object]) -> int:
    """How often a block was expanded meanwhile."""
    calls = 0

    def note(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code is expand.__code__

    sys.setprofile(note)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return calls


def test_a_block_is_expanded_once_for_all_whom_it_hits(world: World) -> None:
    blocks = "".join(
        f'[[blocks]]\nscope = "{scope}"\ntitle = "{scope}"\nrepeat = "daily"\n'
        'start = "2026-01-01T12:00"\nend = "2026-01-01T13:00"\n'
        for scope in ("company", "group:advice")
    )
    costs = []
    for number in (2, 50):
        world.configure(many(number) + blocks)
        if number == 2:
            world.plan("m1", "agent000", start=NOON, end=NOON + timedelta(hours=1))
        costs.append(expansions(lambda: candidates(world.ctx, "m1")))
        found = candidates(world.ctx, "m1").page
        assert [len(one.verdict.reasons) for one in found] == [2] * number
    assert costs[0] == costs[1] > 0


# ---------------------------------------------------------------------------------------------------------------------
# What is kept for the next question


def names(world: World) -> list[str]:
    return [one.agent.id for one in candidates(world.ctx, "m1").page]


def test_who_asks_again_sees_what_others_have_changed_meanwhile(world: World) -> None:
    """What is kept is that of the snapshot: a daemon whose configuration was followed anew by another process."""
    world.plan(start=TEN, end=TEN + timedelta(hours=1))
    assert names(world) == ["anna", "ben", "cleo"]
    kept = world.ctx
    world.configure(HEAD + AGENT.format(id="anna") + AGENT.format(id="dora"))
    world.ctx = kept
    assert names(world) == ["anna", "dora"]


def test_the_same_few_are_made_ready_once_and_of_others_not_too_many_are_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_ASKED", 2)
    world.configure(many(4))
    with world.store.reading() as tx:
        found = world.ctx.shelf.directory_in(tx, world.ctx.config)
    first = found.asked([0, 2], few=True)
    assert found.asked(range(0, 4, 2), few=True) is first
    assert first.few is not None
    assert first.few.ids == ["agent000", "agent002"]
    for place in range(2):
        found.asked([place], few=True)
    assert found.asked([0, 2], few=True) is not first


def test_blocks_that_repeat_count_as_soon_as_they_are_made_and_no_longer_than_they_are_there(
    world: World,
) -> None:
    world.plan()

    def block(agent: str) -> str:
        made = add_block(
            world.ctx, f"agent:{agent}", "Away", TEN - DAY, TEN - DAY + 2 * MINUTE, "UTC", repeat="daily", until=None, by="test"
        )  # fmt: skip
        return made.block.id

    assert names(world) == ["anna", "ben", "cleo"]
    first = block("anna")
    assert names(world) == ["ben", "cleo", "anna"]
    remove_block(world.ctx, first, by="test")
    second = block("ben")
    assert names(world) == ["anna", "cleo", "ben"], "as many as before, and another one"
    remove_block(world.ctx, second, by="test")
    assert names(world) == ["anna", "ben", "cleo"]


def test_a_start_that_changes_nothing_keeps_what_is_known_of_the_directory(world: World) -> None:
    world.plan()
    names(world)
    kept = world.ctx.shelf.directory
    world.configure()
    names(world)
    with world.store.reading() as tx:
        assert kept is not None
        assert world.ctx.shelf.directory_in(tx, world.ctx.config).revision == kept.revision
