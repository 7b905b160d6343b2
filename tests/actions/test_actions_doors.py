"""One truth behind every door: what candidates, free times, explanations, pictures, busy times and records say of a time is the same.

Each of them is held to a naive reference elsewhere, at times of its own; here all are asked of the same times, in worlds made up
at random. A time that one offers and another calls taken would book a customer twice.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from randomworlds import ASKED, DAY, STEP, RandomWorld, keep
from stores import sqlite_only

from store import agents, meetings
from store.database import Store
from store.model import Agent, Meeting
from syncd.actions.context import Context
from syncd.actions.days import people_days
from syncd.actions.free import Wanted, free_times
from syncd.actions.look import busy
from syncd.actions.suggest import Candidate, candidates, explain, obstacles_for
from syncd.rules.availability import Mark
from syncd.rules.timeline import Day, State
from syncd.shapes import reason_json

TAKES_PLACE = {"calendar", "block", "meeting"}
"""The reasons that are an interval of which `busy` tells."""

Said = Mapping[str, Candidate]


class Hall:
    """A world, and the meeting in question at any time."""

    def __init__(self, world: RandomWorld, store: Store) -> None:
        keep(world, store)
        self.world, self.store, self.version = world, store, world.asked.version
        self.ctx = Context(world.config, store, clock=lambda: world.now)
        with store.reading() as tx:
            self.people = agents.agents(tx, active=True)

    def at(self, start: datetime, end: datetime) -> Meeting:
        """The meeting, now planned for this time and open to everybody."""
        self.version += 1
        meeting = replace(self.world.asked, version=self.version, start=start, end=end, group=None)
        with self.store.writing() as tx:
            meetings.update(tx, meeting)
        return meeting

    def moved(self, agent: Agent) -> bool:
        """Does the meeting itself stand somewhere for this agent: as theirs, or as an event that they moved?"""
        return agent.id == self.world.asked.agent


def compare(world: RandomWorld, store: Store) -> set[Mark]:
    """Six times of a world; which marks there were."""
    hall, seen = Hall(world, store), set[Mark]()
    for number in range(6):
        start = world.near() if number else world.asked.start
        end = start + world.pick((1, 3, 6, 12, 24, 288)) * STEP
        meeting = hall.at(start, end)
        said = {one.agent.id: one for one in candidates(hall.ctx, ASKED, limit=200).page}
        assert said.keys() == {one.id for one in hall.people}
        of_records(hall, meeting, said)
        of_free_times(hall, meeting, said)
        of_pictures(hall, meeting, said)
        of_explanations(hall, meeting, said)
        of_next_free_times(hall, meeting, said)
        seen |= {one.verdict.mark for one in said.values()}
    return seen


def of_records(hall: Hall, meeting: Meeting, said: Said) -> None:
    """What would be recorded of who is chosen all the same: exactly the reasons that they are marked with."""
    with hall.store.reading() as tx:
        for agent in hall.people:
            recorded = obstacles_for(tx, hall.ctx.config, agent, meeting, now=hall.world.now)
            verdict = said[agent.id].verdict
            taken = verdict.mark is Mark.NOT_AVAILABLE
            assert recorded == (tuple(map(reason_json, verdict.reasons)) if taken else ())


def of_free_times(hall: Hall, meeting: Meeting, said: Said) -> None:
    """A time that is not past is offered exactly for those who are available."""
    if meeting.end <= hall.world.now or not hall.people:
        return  # can't be moved any more
    everybody = tuple(one.id for one in hall.people)
    found = free_times(hall.ctx, ASKED, Wanted(meeting.start, meeting.end, STEP, agents=everybody))
    available = tuple(name for name in everybody if said[name].verdict.mark is Mark.AVAILABLE)
    offered = (
        [(meeting.start, meeting.end, available)] if available and meeting.start >= hall.world.now else []
    )
    assert [(one.start, one.end, one.agents) for one in found.times] == offered


def of_pictures(hall: Hall, meeting: Meeting, said: Said) -> None:
    """Somebody is available where nothing in the picture blocks or is not known."""
    first = datetime.combine(meeting.start.date(), datetime.min.time(), UTC)
    day = Day(first.date(), "UTC", first, first + 3 * DAY)
    for line in people_days(hall.ctx, hall.people, (day,), about=meeting).lines:
        here = [one for one in line.pieces if one.start < meeting.end and meeting.start < one.end]
        mark = said[line.agent.id].verdict.mark
        assert (mark is Mark.NOT_AVAILABLE) is any(one.blocks for one in here)
        assert (mark is not Mark.AVAILABLE) is any(one.blocks or one.state is State.UNKNOWN for one in here)


def of_explanations(hall: Hall, meeting: Meeting, said: Said) -> None:
    """The same reasons but for the meeting itself; and those that take place are what is busy and blocks."""
    for agent in hall.people:
        found = explain(hall.ctx, agent.id, meeting.start, meeting.end)
        assert found.next_free is None or found.next_free >= max(meeting.start, hall.world.now)
        if not hall.moved(agent):
            assert found.verdict == said[agent.id].verdict
        elif said[agent.id].verdict.mark is Mark.NOT_AVAILABLE:
            assert found.verdict.mark is Mark.NOT_AVAILABLE
        slots = [one for one in busy(hall.ctx, agent.id, meeting.start, meeting.end) if one.start < one.end]
        blocking = {(one.source, one.calendar, one.meeting) for one in slots if one.blocks}
        told = {
            (one.kind, one.calendar, one.meeting) for one in found.verdict.reasons if one.kind in TAKES_PLACE
        }
        assert blocking == told
        passed = {(one.calendar, one.status) for one in slots if not one.blocks}
        assert passed == {(one.calendar, one.status) for one in found.not_blocking}


def of_next_free_times(hall: Hall, meeting: Meeting, said: Said) -> None:
    """At the next free time the agent is available."""
    length = meeting.end - meeting.start
    for name, before in said.items():
        if before.next_free is None:
            continue
        assert before.next_free >= max(meeting.start, hall.world.now)
        then = hall.at(before.next_free, before.next_free + length)
        found = {one.agent.id: one for one in candidates(hall.ctx, ASKED, limit=200, only=[name]).page}
        assert found[name].verdict.mark is Mark.AVAILABLE, (name, then.start)


@sqlite_only
def test_every_door_says_the_same(store: Store) -> None:
    seen = set[Mark]()
    for seed in range(8):
        seen |= compare(RandomWorld(seed), store)
    assert seen == set(Mark)


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("fifty", range(8))
def test_every_door_says_the_same_in_hundreds_of_worlds(store: Store, fifty: int) -> None:
    for seed in range(5000 + fifty * 50, 5050 + fifty * 50):
        compare(RandomWorld(seed), store)
