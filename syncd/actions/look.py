"""Looking things up: agents, meetings with their story, what the store knows of somebody's time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from store import agents, deliveries, meetings
from store.model import Agent, Change, Delivery, Meeting, MeetingStatus
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.named import known_agent, known_meeting
from syncd.rules import policy


@dataclass(frozen=True, slots=True)
class BusyTime:
    """One interval of `busy`: overlapping ones stay apart, each comes whole. `blocks`: does it, by the policy in force?"""

    start: datetime
    end: datetime
    status: str
    all_day: bool
    blocks: bool
    source: str
    calendar: str | None = None
    meeting: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A meeting with its journal and what is, or was, owed because of it."""

    meeting: Meeting
    changes: tuple[Change, ...]
    deliveries: tuple[Delivery, ...]


def all_agents(ctx: Context) -> list[Agent]:
    """Everyone configured, by name."""
    with ctx.store.reading() as tx:
        return agents.agents(tx)


def busy(ctx: Context, agent_id: str, start: datetime, end: datetime) -> list[BusyTime]:
    """What the store knows of the agent's time in [start, end): calendars, blocks and meetings, soonest first.

    Working hours are not among them: they are a rule, and nothing that is known to take place.
    """
    with ctx.store.reading() as tx:
        agent = known_agent(tx, agent_id)
        known = knowledge.load(tx, ctx.config, [agent], start, end, now=ctx.clock())[agent.id]
    slots = [
        BusyTime(
            one.start, one.end, one.status, one.all_day, policy.blocks(one.policy, one.status, one.all_day), "calendar",
            calendar=one.calendar,
        )
        for one in known.busy
    ]  # fmt: skip
    others = [
        BusyTime(one.start, one.end, "busy", False, True, one.kind, meeting=one.meeting, title=one.title)
        for one in known.obstacles
        if one.kind != "working-hours"
    ]
    overlapping = [one for one in (*slots, *others) if one.start < end and start < one.end]
    return sorted(
        overlapping, key=lambda one: (one.start, one.end, one.source, one.calendar or one.meeting or "")
    )


def story(ctx: Context, meeting_id: str) -> Story:
    """One meeting with its journal and deliveries; `Refused` if there is none of this id."""
    with ctx.store.reading() as tx:
        meeting = known_meeting(tx, meeting_id)
        owed = deliveries.deliveries(tx, meeting=meeting_id)
        return Story(meeting, tuple(meetings.changes(tx, meeting_id)), tuple(owed))


def list_meetings(
    ctx: Context, *, statuses: Collection[MeetingStatus] | None = None, agent: str | None = None,
    start: datetime | None = None, end: datetime | None = None, limit: int = 100, after: str | None = None,
) -> tuple[list[Story], str | None]:  # fmt: skip
    """A page of meetings by start, and the cursor of the next page (None: that was the last)."""
    with ctx.store.reading() as tx:
        found = meetings.meetings(
            tx, status=statuses, agent=agent, start=start, end=end, limit=limit + 1, after=after
        )
        page = [Story(one, (), tuple(deliveries.deliveries(tx, meeting=one.id))) for one in found[:limit]]
    return page, meetings.cursor(found[limit - 1]) if len(found) > limit else None
