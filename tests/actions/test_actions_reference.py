"""Candidates, free times and explanations of worlds made up at random are those of a naive reference.

Blocks, policies at every level, buffers, zones, live and overrunning conversations, moved copies, calendars that are stale,
never seen or read only so far, working hours; on the eves of days on which clocks are set. Steps of five minutes bring
out each half-open edge.
"""

import os

import pytest
from naive import Naive, begins, day_of, shown_at, step_at, steps, week_of
from randomworlds import ASKED, DAY, HOUR, MINUTE, STEP, RandomWorld, keep
from stores import sqlite_only

from store.database import Store
from syncd.actions.context import Context
from syncd.actions.free import Wanted, free_times
from syncd.actions.suggest import Candidate, candidates, explain
from syncd.errors import Refused
from syncd.rules.availability import Verdict

RANK = {"available": 0, "unknown": 1, "not available": 2}


def context(world: RandomWorld, store: Store) -> Context:
    keep(world, store)
    return Context(world.config, store, clock=lambda: world.now)


def compare(world: RandomWorld, store: Store) -> None:
    ctx = context(world, store)
    people = {one["id"]: one for one in world.settings["agents"]}
    judges = {name: Naive(world, one) for name, one in people.items()}
    others = {name: judge.without_the_meeting() for name, judge in judges.items()}
    compare_candidates(world, ctx, others)
    compare_free_times(world, ctx, others)
    for name, judge in judges.items():
        start = world.near()
        end = start + world.pick((1, 6, 30)) * STEP
        same(explain(ctx, name, start, end).verdict, judge, start, end)


def same(found: Verdict, judge: Naive, start, end) -> None:
    """The mark and every reason are what the reference says."""
    keys, off = judge.hits(start, end)
    told = {(one.kind, one.status, one.calendar, one.title, one.meeting) for one in found.reasons}
    assert found.mark == judge.mark(start, end)
    if keys or off:
        assert told == keys | ({("working-hours", None, None, None, None)} if off else set())
    else:
        assert {(kind, calendar) for kind, _, calendar, _, _ in told} == judge.doubts(start, end)
    for key in keys:
        if key[0] != "buffer":
            alike = [
                one
                for one in found.reasons
                if key == (one.kind, one.status, one.calendar, one.title, one.meeting)
            ]
            whole = [
                wall for wall in judge.walls if wall.key == key and wall.start < end and start < wall.end
            ]
            assert covered((one.start, one.end) for one in alike) == covered(
                (one.start, one.end) for one in whole
            )


def covered(spans) -> set:
    """The 5 minutes that some intervals take together."""
    return {step for start, end in spans for step in steps(start, end)}


def compare_candidates(world: RandomWorld, ctx: Context, judges: dict[str, Naive]) -> None:
    meeting = world.asked
    found = candidates(ctx, ASKED)
    wanted = [
        one
        for one in judges.values()
        if one.agent["active"] and meeting.group in (None, *one.agent["groups"])
    ]
    week = week_of(meeting.start, world.settings["timezone"])
    assert found.total == len(wanted)

    def place(judge: Naive) -> tuple[int, int, str, str]:
        mine = judge.agent["id"] == meeting.agent
        return (
            RANK[judge.mark(meeting.start, meeting.end)],
            judge.load(*week) - mine,
            judge.agent["name"],
            judge.agent["id"],
        )

    assert [one.agent.id for one in found.page] == [one.agent["id"] for one in sorted(wanted, key=place)]
    for one in found.page:
        compare_candidate(world, one, judges[one.agent.id], week)


def compare_candidate(world: RandomWorld, one: Candidate, judge: Naive, week) -> None:
    meeting = world.asked
    same(one.verdict, judge, meeting.start, meeting.end)
    assert one.assigned is (one.agent.id == meeting.agent)
    assert one.load_week == judge.load(*week)
    assert one.load_day == judge.load(*day_of(meeting.start, world.settings["timezone"]))
    assert (one.known.seen_at, one.known.unreadable) == (judge.seen_at, judge.unreadable)
    ahead = max(meeting.start, world.now)
    if ahead < world.now + 3 * DAY:  # as far as is painted
        assert one.next_free == judge.next_free(ahead, meeting.end - meeting.start)


def compare_free_times(world: RandomWorld, ctx: Context, judges: dict[str, Naive]) -> None:
    meeting = world.asked
    length, start = meeting.end - meeting.start, world.now - world.pick((0, 3)) * HOUR
    end, step, notice = (
        start + world.pick((1, 3)) * DAY,
        world.pick((15, 30, 60)),
        world.pick((0, 40)) * MINUTE,
    )
    wanted = Wanted(start, end, step * MINUTE, notice, tuple(judges), world.chance(30))
    if meeting.end <= world.now or any(
        not one.agent["active"] and name != meeting.agent for name, one in judges.items()
    ):
        with pytest.raises(Refused):
            free_times(ctx, ASKED, wanted)
        return
    zone = next(one.agent["timezone"] for name, one in judges.items() if name == meeting.agent)
    expected = []
    for moment in map(begins, sorted(steps(max(start, world.now + notice), end - length + STEP))):
        if shown_at(step_at(moment), zone)[1] % step == 0:
            free = tuple(
                name for name, judge in judges.items()
                if not steps(moment, moment + length) & judge.taken and not judge.doubts(moment, moment + length)
            )  # fmt: skip
            if free and (not wanted.together or len(free) == len(judges)):
                expected.append((moment, moment + length, free))
    assert [(one.start, one.end, one.agents) for one in free_times(ctx, ASKED, wanted).times] == expected


@pytest.mark.parametrize("seed", range(30))
@sqlite_only
def test_the_answers_are_those_of_the_reference(store: Store, seed: int) -> None:
    compare(RandomWorld(seed), store)


def test_on_both_databases(store: Store) -> None:
    for seed in range(1000, 1010):
        compare(RandomWorld(seed), store)


HUNDREDS = (
    int(os.environ.get("SYNCD_WORLDS", "5000" if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else "500"))
    // 100
)
"""Of the same worlds every time: 500 in the long tests, 5,000 by `make soak`, or as many as SYNCD_WORLDS says."""


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("hundred", range(HUNDREDS))
def test_the_answers_of_thousands_of_worlds(store: Store, hundred: int) -> None:
    for seed in range(2000 + hundred * 100, 2100 + hundred * 100):
        compare(RandomWorld(seed), store)
