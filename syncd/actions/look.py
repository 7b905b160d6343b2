"""Looking things up: agents, meetings with their story, what the store knows of somebody's time."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from store import agents, calendars, deeds, deliveries, meetings
from store.model import Agent, Change, Deed, Delivery, Login, Meeting, MeetingStatus
from syncd.actions import conflicts, knowledge
from syncd.actions.conflicts import Conflict
from syncd.actions.context import Context
from syncd.actions.named import known_agent, known_meeting
from syncd.errors import Invalid
from syncd.rules import policy
from syncd.rules.availability import Mark
from syncd.rules.walls import Reason


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
    """A meeting with its journal and what is, or was, owed because of it.

    `deeds`: what was written and mailed. `conflicts`: what came in its way since it was planned or assigned; `instead`: then, who could best take it.
    """

    meeting: Meeting
    changes: tuple[Change, ...]
    deliveries: tuple[Delivery, ...]
    deeds: tuple[Deed, ...] = ()
    conflicts: tuple[Reason, ...] = ()
    instead: tuple[tuple[Agent, Mark], ...] = ()


def all_agents(ctx: Context) -> list[Agent]:
    """Everyone there is, by name."""
    with ctx.store.reading() as tx:
        return agents.agents(tx)


def logins_of(ctx: Context, agent_ids: Collection[str]) -> dict[str, list[Login]]:
    """Agent -> their logins; those who have none too."""
    found: dict[str, list[Login]] = {name: [] for name in agent_ids}
    with ctx.store.reading() as tx:
        for one in calendars.logins(tx, agents=agent_ids):
            found[one.agent].append(one)
    return found


def one_agent(ctx: Context, agent_id: str) -> Agent:
    """An agent there is. Raises `Unknown`."""
    with ctx.store.reading() as tx:
        return known_agent(tx, agent_id)


def list_agents(
    ctx: Context, *, limit: int = 100, after: str | None = None
) -> tuple[list[Agent], str | None]:
    """A page of everyone there is, by name, and the cursor of the next page. Raises `Invalid` for a cursor that is none."""
    with ctx.store.reading() as tx:
        found = agents.agents(tx)
        last = agents.agent(tx, after) if after is not None else None
    if after is not None and last is None:
        raise _no_cursor()
    left = [one for one in found if last is None or agents.order(one) > agents.order(last)]
    return left[:limit], left[limit - 1].id if len(left) > limit else None


def _no_cursor() -> Invalid:
    return Invalid(
        "this cursor was not given out here", "take the `next` of a page as it is", field="query.after"
    )


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
        lines, done = meetings.changes(tx, meeting_id), deeds.deeds(tx, meeting_id)
        found = Story(meeting, tuple(lines), tuple(owed), tuple(done))
        late = conflicts.late(ctx, tx, only=[meeting_id])
    return _with_conflict(ctx, found, late)


def _with_conflict(ctx: Context, story: Story, late: Mapping[str, Conflict]) -> Story:
    conflict = late.get(story.meeting.id)
    if conflict is None:
        return story
    return replace(story, conflicts=conflict.reasons, instead=conflicts.instead(ctx, story.meeting))


def list_meetings(
    ctx: Context, *, statuses: Collection[MeetingStatus] | None = None, agent: str | None = None,
    start: datetime | None = None, end: datetime | None = None, limit: int = 100, after: str | None = None,
) -> tuple[list[Story], str | None]:  # fmt: skip
    """A page of meetings by start, and the cursor of the next page (None: that was the last). Raises `Invalid` for one that is none."""
    with ctx.store.reading() as tx:
        try:
            found = meetings.meetings(
                tx, status=statuses, agent=agent, start=start, end=end, limit=limit + 1, after=after
            )
        except ValueError as error:
            raise _no_cursor() from error
        owed = _by_meeting(deliveries.of_meetings(tx, [one.id for one in found[:limit]]))
        late = conflicts.late(ctx, tx, only=[one.id for one in found[:limit]])
    page = [Story(one, (), tuple(owed.get(one.id, ()))) for one in found[:limit]]
    page = [_with_conflict(ctx, one, late) for one in page]
    return page, meetings.cursor(found[limit - 1]) if len(found) > limit else None


def _by_meeting(owed: Iterable[Delivery]) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    for one in owed:
        found.setdefault(one.meeting, []).append(one)
    return found
