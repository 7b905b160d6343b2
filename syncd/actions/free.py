"""Free times for a meeting (`syncd slots`): when it could take place instead, with one, any or all of several agents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.database import Tx
from store.model import Agent, Meeting
from syncd.actions import knowledge
from syncd.actions.context import Context
from syncd.actions.knowledge import Knowledge
from syncd.actions.named import known_agent, known_meeting, zone_of
from syncd.errors import Refused, WrongUse
from syncd.rules import free, meetings
from syncd.rules.availability import doubts
from syncd.rules.walls import Reason

LONGEST_RANGE = timedelta(days=62)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: from when until when it may take place, on which grid, how soon, with whom (default: its agent)."""

    start: datetime
    end: datetime
    step: timedelta = HALF_AN_HOUR
    notice: timedelta = timedelta(0)
    agents: tuple[str, ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True)
class FreeTime:
    """A time for the whole meeting, and who is available then."""

    start: datetime
    end: datetime
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """The answer. `unsure`: of whom not all of the range is known, and why; nothing is offered where it is not."""

    meeting: Meeting
    agents: tuple[str, ...]
    timezone: str
    as_of: datetime
    times: tuple[FreeTime, ...]
    unsure: tuple[tuple[str, tuple[Reason, ...]], ...]


def free_times(ctx: Context, meeting_id: str, wanted: Wanted) -> FreeTimes:
    """When the meeting could take place, from `start` on and over by `end`; the meeting itself is in nobody's way.

    Raises `Unknown`, `WrongUse` for a range or a step that makes no sense, and `Refused` if the meeting can't be moved.
    """
    _require_sense(wanted)
    now = ctx.clock()
    with ctx.store.reading() as tx:
        meeting = known_meeting(tx, meeting_id)
        _require_movable(meeting, now)
        people = [_chosen(tx, name, meeting) for name in dict.fromkeys(wanted.agents or (meeting.agent,))]
        known = knowledge.load(tx, ctx.config, people, wanted.start, wanted.end, now=now, about=meeting)
    timezone, length = zone_of(ctx, meeting.agent), meeting.end - meeting.start
    starts = free.grid(timezone, wanted.step, max(wanted.start, now + wanted.notice), wanted.end - length)
    found = {name: _free(ctx, one, starts, meeting, now) for name, one in known.items()}
    return FreeTimes(
        meeting, tuple(known), timezone, now, tuple(_offered(starts, found, length, together=wanted.together)),
        tuple(_unsure(ctx, known, wanted, now)),
    )  # fmt: skip


def _require_sense(wanted: Wanted) -> None:
    if not timedelta(0) < wanted.end - wanted.start <= LONGEST_RANGE:
        raise WrongUse(f"a range of more than nothing and at most {LONGEST_RANGE.days} days can be asked for")
    if not free.is_step(wanted.step):
        raise WrongUse(
            f"a step of {wanted.step} gives no grid of the clock",
            "from 5m on, what divides an hour (5m, 10m, 15m, 20m, 30m) or whole hours",
        )


def _require_movable(meeting: Meeting, now: datetime) -> None:
    try:
        meetings.require_changeable(meeting, "it can no longer be rescheduled", now)
    except meetings.Refused as refusal:
        raise Refused(refusal.message, refusal.hint) from refusal


def _chosen(tx: Tx, name: str, meeting: Meeting) -> Agent:
    """An agent who has the meeting, or could be assigned it."""
    agent = known_agent(tx, name)
    if not agent.active and name != meeting.agent:
        raise Refused(
            f"agent {name!r} is not active and can't be assigned the meeting", "choose another agent"
        )
    return agent


def _free(
    ctx: Context, known: Knowledge, starts: Sequence[datetime], meeting: Meeting, now: datetime
) -> frozenset[datetime]:
    return frozenset(
        free.free_starts(
            starts, meeting.end - meeting.start, busy=known.busy, obstacles=known.obstacles, fresh=known.fresh,
            policy=known.policy, now=now, stale_after=ctx.config.sync.stale_after,
        )
    )  # fmt: skip


def _offered(
    starts: Sequence[datetime], found: Mapping[str, frozenset[datetime]], length: timedelta, *, together: bool
) -> Iterator[FreeTime]:
    """The starts at which any of them, or all together, are available."""
    for start in starts:
        available = tuple(name for name, free_at in found.items() if start in free_at)
        if available and (not together or len(available) == len(found)):
            yield FreeTime(start, start + length, available)


def _unsure(
    ctx: Context, known: Mapping[str, Knowledge], wanted: Wanted, now: datetime
) -> Iterator[tuple[str, tuple[Reason, ...]]]:
    for name, one in known.items():
        stale_after = ctx.config.sync.stale_after
        doubted = [
            reason
            for item in one.fresh
            for reason in doubts(item, wanted.start, wanted.end, now, stale_after)
        ]
        if doubted:
            yield name, tuple(doubted)
