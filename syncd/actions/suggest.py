"""Who could take a meeting, who is not available and why: marks computed from what is known, never stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from store.database import Tx
from store.model import Agent, Meeting
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.knowledge import Knowledge
from syncd.actions.load import day_of, loads, loads_at, week_of
from syncd.actions.marks import Marks, marks
from syncd.actions.named import known_agent, known_meeting
from syncd.config import Config
from syncd.rules import availability, quick
from syncd.rules.availability import Mark, Verdict
from syncd.rules.walls import Reason
from syncd.shapes import reason_json

LOOK_AHEAD = timedelta(days=14)
"""How far ahead the next free time is searched for."""

SOON = timedelta(days=1)
"""How far it is searched for first."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of the list: the mark with its reasons, and what helps to choose."""

    agent: Agent
    verdict: Verdict
    assigned: bool
    known: Knowledge
    next_free: datetime | None = None
    load_day: int = 0
    load_week: int = 0


@dataclass(frozen=True, slots=True)
class Candidates:
    """The answer to «who could take it»: the page asked for, of `total` agents."""

    meeting: Meeting
    as_of: datetime
    total: int
    page: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one agent is (not) available in [start, end), and when next free for that length.

    `not_blocking`: the events in that time which the policy lets pass.
    """

    agent: Agent
    start: datetime
    end: datetime
    as_of: datetime
    verdict: Verdict
    known: Knowledge
    next_free: datetime | None
    not_blocking: tuple[Reason, ...]


def candidates(
    ctx: Context, meeting_id: str, *, limit: int = 50, only: Collection[str] | None = None,
    seen_since: datetime | None = None, named: str = "",
) -> Candidates:  # fmt: skip
    """All active agents (of the meeting's group, if it has one) for the meeting's time.

    Available ones first, then unknown, then not available; alike ones by their load of the week, then by name. `only`:
    look at these of them. `seen_since`: what was last seen before counts as stale, also within `stale_after`. `named`: only
    those in whose name or id each of these words stands.
    """
    now = ctx.clock()
    stale_after = _stale_after(ctx.config, now, seen_since)
    with ctx.store.reading() as tx:
        meeting = known_meeting(tx, meeting_id)
        directory = ctx.shelf.directory_in(tx, ctx.config)
        everyone = directory.places(group=meeting.group, named=named)
        asked = everyone if only is None else directory.those(everyone, only)
        found = marks(ctx, tx, directory, asked, meeting, now=now, stale_after=stale_after)
        week = loads_at(tx, directory, asked, *week_of(meeting.start, ctx.config.timezone))
        page = _ranked(found, week, meeting, limit)
        details = _detailed(ctx, tx, meeting, page, now=now, stale_after=stale_after)
    return Candidates(meeting, now, len(everyone), details)


def is_named(agent: Agent, words: str) -> bool:
    """Does each of the words stand in the agent's name or id?"""
    name = f"{agent.name} {agent.id}".casefold()
    return all(word in name for word in words.casefold().split())


def explain(ctx: Context, agent_id: str, start: datetime, end: datetime) -> Explanation:
    """Why, by which line of the policy, from which calendar, seen when, and when next free."""
    now = ctx.clock()
    with ctx.store.reading() as tx:
        agent = known_agent(tx, agent_id)
        known = knowledge.load(tx, ctx.config, [agent], start, end, now=now)[agent.id]
        verdict = _judge(known, start, end, now, ctx.config.sync.stale_after, exclude=None)
        free = _next_free(ctx.config, tx, agent, max(start, now), end - start, now)
    passed = availability.passed_over(start, end, known.busy)
    return Explanation(agent, start, end, now, verdict, known, free, passed)


def obstacles_for(
    tx: Tx, config: Config, agent: Agent, meeting: Meeting, *, now: datetime
) -> tuple[dict[str, Any], ...]:
    """The reasons why `agent` is marked not available for the meeting; empty when there is no such mark."""
    known = knowledge.load(tx, config, [agent], meeting.start, meeting.end, now=now, about=meeting)[agent.id]
    verdict = _judge(known, meeting.start, meeting.end, now, config.sync.stale_after, exclude=meeting.id)
    if verdict.mark is not Mark.NOT_AVAILABLE:
        return ()
    return tuple(reason_json(reason) for reason in verdict.reasons)


def _stale_after(config: Config, now: datetime, seen_since: datetime | None) -> timedelta:
    limit = config.sync.stale_after
    return limit if seen_since is None else min(limit, now - seen_since)


def _ranked(found: Marks, week: Sequence[int], meeting: Meeting, limit: int) -> list[tuple[Agent, int]]:
    """The page: agents, and each's load of the week.

    The meeting itself, which its present agent has, does not count as their load: it is the same for whoever has it. The
    directory is sorted by name and id, and what is alike stays in that order.
    """
    directory, ranks = found.directory, found.codes.translate(quick.RANKED)
    counted = [rank * _MOST + load for rank, load in zip(ranks, week, strict=True)]
    present = directory.by_id.get(meeting.agent)
    if present is not None:
        counted[present] -= 1
    first = nsmallest(limit, found.places, key=counted.__getitem__)
    return [(directory.people[place], week[place]) for place in first]


_MOST = 1_000_000
"""More meetings than anybody has in a week."""


def _judge(
    known: Knowledge,
    start: datetime,
    end: datetime,
    now: datetime,
    stale_after: timedelta,
    *,
    exclude: str | None,
) -> Verdict:
    return availability.judge(
        start, end, busy=known.busy, obstacles=known.obstacles, fresh=known.fresh, policy=known.policy, now=now,
        stale_after=stale_after, exclude=exclude,
    )  # fmt: skip


def _detailed(
    ctx: Context, tx: Tx, meeting: Meeting, page: Sequence[tuple[Agent, int]], *, now: datetime, stale_after: timedelta
) -> tuple[Candidate, ...]:  # fmt: skip
    """All reasons, the day's load and the next free time: computed for the page only."""
    people = [agent for agent, _ in page]
    of_day = loads(tx, people, *day_of(meeting.start, ctx.config.timezone))
    known = knowledge.load(tx, ctx.config, people, meeting.start, meeting.end, now=now, about=meeting)
    sure = {name: one for name, one in known.items() if not _is_stale(one, now, stale_after)}
    free = _next_free_times(ctx, tx, meeting, sure, now)
    return tuple(
        Candidate(
            agent,
            _judge(known[agent.id], meeting.start, meeting.end, now, stale_after, exclude=meeting.id),
            agent.id == meeting.agent,
            known[agent.id],
            next_free=free.get(agent.id),
            load_day=of_day.get(agent.id, 0),
            load_week=week,
        )
        for agent, week in page
    )


def _next_free_times(
    ctx: Context, tx: Tx, meeting: Meeting, known: Mapping[str, Knowledge], now: datetime
) -> dict[str, datetime | None]:
    """Of these agents: looked for in what is known already, and then in ever longer times ahead, for most are free soon."""
    length, ahead = meeting.end - meeting.start, max(meeting.start, now)
    free = {
        name: _free_from(one, ahead, length, length) for name, one in known.items() if ahead == meeting.start
    }
    for reach in (SOON, LOOK_AHEAD):
        people = [one.agent for name, one in known.items() if not free.get(name)]
        if people:
            further = knowledge.load(
                tx, ctx.config, people, ahead, ahead + reach + length, now=now, about=meeting
            )
            free |= {name: _free_from(one, ahead, length, reach) for name, one in further.items()}
    return free


def _next_free(
    config: Config, tx: Tx, agent: Agent, start: datetime, length: timedelta, now: datetime
) -> datetime | None:
    known = knowledge.load(tx, config, [agent], start, start + LOOK_AHEAD + length, now=now)[agent.id]
    stale = _is_stale(known, now, config.sync.stale_after)
    return None if stale else _free_from(known, start, length, LOOK_AHEAD)


def _is_stale(known: Knowledge, now: datetime, stale_after: timedelta) -> bool:
    """Was a calendar last read too long ago? Then whatever may be free by it is unknown, and no free time is named."""
    return any(one.seen_at is not None and now - one.seen_at > stale_after for one in known.fresh)


def _free_from(known: Knowledge, start: datetime, length: timedelta, reach: timedelta) -> datetime | None:
    """None also where a calendar is not known that far: silence never reads as free. `known` reaches as far as is looked."""
    windows = [(item.window_start, item.window_end) for item in known.fresh]
    if not all(first and last for first, last in windows):
        return None
    begins = max([start, *(first for first, _ in windows if first)])
    until = min([start + reach, *(last for _, last in windows if last)])
    return availability.next_free(
        begins, length, busy=known.busy, obstacles=known.obstacles, policy=known.policy, until=until
    )
