"""Who could take a meeting, who is not available and why: marks computed from what is known, never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from store import agents, meetings
from store.database import Tx
from store.model import Agent, Meeting
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.knowledge import Knowledge
from syncd.actions.named import known_agent, known_meeting
from syncd.config import Config
from syncd.rules import availability
from syncd.rules.availability import Mark, Verdict
from syncd.shapes import reason_json

RANK = {Mark.AVAILABLE: 0, Mark.UNKNOWN: 1, Mark.NOT_AVAILABLE: 2}
LOOK_AHEAD = timedelta(days=14)
"""How far ahead the next free time is searched for."""


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
    """Why one agent is (not) available in [start, end), and when next free for that length."""

    agent: Agent
    start: datetime
    end: datetime
    as_of: datetime
    verdict: Verdict
    known: Knowledge
    next_free: datetime | None


def candidates(ctx: Context, meeting_id: str, *, limit: int = 50, named: str = "") -> Candidates:
    """All active agents (of the meeting's group, if it has one) for the meeting's time; available ones first.

    `named`: only those in whose name or id each of these words stands.
    """
    now = ctx.clock()
    with ctx.store.reading() as tx:
        meeting = known_meeting(tx, meeting_id)
        active = agents.agents(tx, active=True, group=meeting.group)
        everyone = [one for one in active if is_named(one, named)]
        known = knowledge.load(tx, ctx.config, everyone, meeting.start, meeting.end, now=now)
        ranked = sorted(
            (_candidate(ctx.config, meeting, known[agent.id], now) for agent in everyone),
            key=lambda one: (RANK[one.verdict.mark], one.agent.name, one.agent.id),
        )
        page = _detailed(ctx, tx, meeting, ranked[:limit], now)
    return Candidates(meeting, now, len(everyone), page)


def is_named(agent: Agent, words: str) -> bool:
    """Does each of the words stand in the agent's name or id?"""
    name = f"{agent.name} {agent.id}".casefold()
    return all(word in name for word in words.casefold().split())


def explain(ctx: Context, agent_id: str, start: datetime, end: datetime) -> Explanation:
    """Why, from which calendar, seen when, and when next free."""
    now = ctx.clock()
    with ctx.store.reading() as tx:
        agent = known_agent(tx, agent_id)
        known = knowledge.load(tx, ctx.config, [agent], start, end, now=now)[agent.id]
        verdict = _judge(ctx.config, known, start, end, now, exclude=None)
        free = _next_free(ctx.config, tx, agent, max(start, now), end - start, now, exclude=None)
    return Explanation(agent, start, end, now, verdict, known, free)


def obstacles_for(
    tx: Tx, config: Config, agent: Agent, meeting: Meeting, *, now: datetime
) -> tuple[dict[str, Any], ...]:
    """The reasons why `agent` is marked not available for the meeting; empty when there is no such mark."""
    known = knowledge.load(tx, config, [agent], meeting.start, meeting.end, now=now)[agent.id]
    verdict = _judge(config, known, meeting.start, meeting.end, now, exclude=meeting.id)
    if verdict.mark is not Mark.NOT_AVAILABLE:
        return ()
    return tuple(reason_json(reason) for reason in verdict.reasons)


def _candidate(config: Config, meeting: Meeting, known: Knowledge, now: datetime) -> Candidate:
    verdict = _judge(config, known, meeting.start, meeting.end, now, exclude=meeting.id)
    return Candidate(known.agent, verdict, known.agent.id == meeting.agent, known)


def _judge(
    config: Config, known: Knowledge, start: datetime, end: datetime, now: datetime, *, exclude: str | None
) -> Verdict:
    return availability.judge(
        start, end, busy=known.busy, obstacles=known.obstacles, fresh=known.fresh, policy=known.policy, now=now,
        stale_after=config.sync.stale_after, exclude=exclude,
    )  # fmt: skip


def _detailed(
    ctx: Context, tx: Tx, meeting: Meeting, ranked: Sequence[Candidate], now: datetime
) -> tuple[Candidate, ...]:
    """Load and next free time: computed for the page only."""
    names = [one.agent.id for one in ranked]
    day = meeting.start.replace(hour=0, minute=0, second=0, microsecond=0)
    week = day - timedelta(days=day.weekday())
    of_day = meetings.counts(tx, names, day, day + timedelta(days=1))
    of_week = meetings.counts(tx, names, week, week + timedelta(days=7))
    length = meeting.end - meeting.start
    ahead = max(meeting.start, now)
    known = knowledge.load(
        tx, ctx.config, [one.agent for one in ranked], ahead, ahead + LOOK_AHEAD + length, now=now
    )
    return tuple(
        Candidate(
            one.agent,
            one.verdict,
            one.assigned,
            one.known,
            _free_from(known[one.agent.id], ahead, length, exclude=meeting.id),
            of_day.get(one.agent.id, 0),
            of_week.get(one.agent.id, 0),
        )
        for one in ranked
    )


def _next_free(
    config: Config,
    tx: Tx,
    agent: Agent,
    start: datetime,
    length: timedelta,
    now: datetime,
    *,
    exclude: str | None,
) -> datetime | None:
    known = knowledge.load(tx, config, [agent], start, start + LOOK_AHEAD + length, now=now)[agent.id]
    return _free_from(known, start, length, exclude=exclude)


def _free_from(
    known: Knowledge, start: datetime, length: timedelta, *, exclude: str | None
) -> datetime | None:
    """None also where a calendar is not known that far: silence never reads as free."""
    horizon = [item.window_end for item in known.fresh]
    if not all(horizon):
        return None
    until = min([start + LOOK_AHEAD, *(moment for moment in horizon if moment)])
    others = [item for item in known.obstacles if exclude is None or item.meeting != exclude]
    return availability.next_free(
        start, length, busy=known.busy, obstacles=others, policy=known.policy, until=until
    )
