"""Days as pictures: what is known of an agent's time, or of everybody's in a group, drawn by `rules.timeline`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from store import agents
from store.database import Tx
from store.model import Agent, Meeting
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.knowledge import Knowledge
from syncd.actions.named import known_agent
from syncd.errors import Unknown
from syncd.rules import timeline
from syncd.rules.timeline import Day, Piece


@dataclass(frozen=True, slots=True)
class Drawn:
    """One agent's time through the days of a picture, as pieces without gaps."""

    known: Knowledge
    pieces: tuple[Piece, ...]

    @property
    def agent(self) -> Agent:
        """Whose time it is."""
        return self.known.agent


@dataclass(frozen=True, slots=True)
class Picture:
    """Days, one after the other and by the clocks of one zone, and everybody's time through them, by name."""

    days: tuple[Day, ...]
    as_of: datetime
    lines: tuple[Drawn, ...]


def agent_day(ctx: Context, agent_id: str, day: date | None) -> Picture:
    """An agent's day (None: today) in the agent's zone. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        agent = known_agent(tx, agent_id)
        return drawn(ctx, tx, [agent], (_day(ctx, day, agent.timezone),))


def agent_week(ctx: Context, agent_id: str, day: date | None) -> Picture:
    """Seven days from a day on (None: today), in the agent's zone. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        agent = known_agent(tx, agent_id)
        first = _day(ctx, day, agent.timezone).date
        return drawn(ctx, tx, [agent], timeline.week_in(first, agent.timezone))


def group_day(ctx: Context, group: str, day: date | None) -> Picture:
    """The day of a group's active agents, in the zone that holds for all: a moment is in one column. Raises `Unknown`."""
    if group not in ctx.config.groups:
        raise Unknown(f"there is no group {group!r}", "groups are configured as [groups.NAME]")
    with ctx.store.reading() as tx:
        people = agents.agents(tx, active=True, group=group)
        return drawn(ctx, tx, people, (_day(ctx, day, ctx.config.timezone),))


def people_days(
    ctx: Context, people: Sequence[Agent], days: tuple[Day, ...], *, about: Meeting | None = None
) -> Picture:
    """These agents' time through the days, without the meeting that it is about."""
    with ctx.store.reading() as tx:
        return drawn(ctx, tx, people, days, about=about)


def drawn(
    ctx: Context, tx: Tx, people: Sequence[Agent], days: tuple[Day, ...], *, about: Meeting | None = None
) -> Picture:
    """Likewise, within a transaction; the same few queries for any number of agents."""
    now, start, end = ctx.clock(), days[0].start, days[-1].end
    found = knowledge.load(tx, ctx.config, people, start, end, now=now, about=about)
    return Picture(days, now, tuple(_line(ctx, found[one.id], start, end, now, about) for one in people))


def _line(
    ctx: Context, known: Knowledge, start: datetime, end: datetime, now: datetime, about: Meeting | None
) -> Drawn:
    pieces = timeline.draw(
        start, end, busy=known.busy, obstacles=known.obstacles, fresh=known.fresh, policy=known.policy, now=now,
        stale_after=ctx.config.sync.stale_after, exclude=about.id if about is not None else None,
    )  # fmt: skip
    return Drawn(known, pieces)


def _day(ctx: Context, day: date | None, zone: str) -> Day:
    return timeline.day_in(day or ctx.clock().astimezone(ZoneInfo(zone)).date(), zone)
