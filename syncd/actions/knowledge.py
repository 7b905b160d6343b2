"""What is known about agents' time: slots, blocks, meetings and freshness, loaded for a question and never stored."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from store import blocks as made_blocks
from store import calendars, copies, meetings, slots
from store.database import Tx
from store.model import Agent, Calendar, Copy, Login, Meeting, MeetingStatus, Slot
from syncd.actions.itself import NOTHING, apart, without
from syncd.actions.offtime import OffTime
from syncd.actions.policies import Policies, policies_of
from syncd.actions.standing import ByScope, by_scope, configured, expanded, made
from syncd.config import Config
from syncd.rules import drift, walls
from syncd.rules.availability import Freshness
from syncd.rules.blocks import Block, scopes_of
from syncd.rules.meetings import LIVE_GRACE
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece, Obstacle

Row = TypeVar("Row", Calendar, Login, Slot)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of one agent's time around a question's interval."""

    agent: Agent
    busy: tuple[BusyPiece, ...]
    obstacles: tuple[Obstacle, ...]
    fresh: tuple[Freshness, ...]
    policy: Policy
    unreadable: int
    seen_at: datetime | None


def load(
    tx: Tx, config: Config, agents: Sequence[Agent], start: datetime, end: datetime, *, now: datetime,
    about: Meeting | None = None,
) -> dict[str, Knowledge]:  # fmt: skip
    """Everything that may block one of `agents` in [start, end), widened by the longest buffer; no query per agent.

    `about`: the meeting that is asked about; it is in nobody's way, nor is what stands in calendars and is this meeting itself.
    """
    policies = policies_of(config)
    widest = policies.widest_buffer()
    start, end = start - widest, end + widest
    names = None if len(agents) > 2000 else [agent.id for agent in agents]
    rows = _by_agent(calendars.calendars(tx, agents=names))
    logins = _by_agent(calendars.logins(tx, agents=names))
    itself = apart(tx, about) if about is not None else NOTHING
    found = _by_agent(without(slots.overlapping(tx, start, end, names), itself))
    conversations = _obstacles(tx, start, end, names, now, about)
    blocked = _blocked(tx, config, agents, start, end, everybody=names is None)
    off = OffTime(policies, start, end)
    return {
        agent.id: _of_agent(
            agent,
            policies,
            rows.get(agent.id, []),
            logins.get(agent.id, []),
            found.get(agent.id, []),
            [*conversations.get(agent.id, []), *_blocks_of(agent, blocked), *off.of(agent)],
        )
        for agent in agents
    }


def standing(tx: Tx, config: Config) -> list[Block]:
    """The blocks there are: those of the configuration (`config-N`, in its order), then those made by command."""
    return [*configured(config), *made(made_blocks.blocks(tx))]


def _blocked(
    tx: Tx, config: Config, agents: Sequence[Agent], start: datetime, end: datetime, *, everybody: bool
) -> ByScope:
    """All blocks that hit one of the agents, by scope, each expanded once for everyone it hits."""
    if everybody:
        return by_scope(expanded(standing(tx, config), start, end))
    scopes = {scope for agent in agents for scope in scopes_of(agent.groups, agent.id)}
    found = [block for block in configured(config) if block.scope in scopes]
    return by_scope(expanded([*found, *made(made_blocks.around(tx, start, end, scopes))], start, end))


def _blocks_of(agent: Agent, blocked: ByScope) -> list[Obstacle]:
    return [item for scope in scopes_of(agent.groups, agent.id) for item in blocked.get(scope, ())]


def _obstacles(
    tx: Tx,
    start: datetime,
    end: datetime,
    names: Collection[str] | None,
    now: datetime,
    about: Meeting | None,
) -> dict[str, list[Obstacle]]:
    """Other conversations, also those that run over; from the moment they are accepted, delivered or not."""
    found: dict[str, list[Obstacle]] = {}
    statuses = (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)
    itself = about.id if about else None
    for meeting in meetings.overlapping(tx, start - LIVE_GRACE, end, agents=names, statuses=statuses):
        obstacle = walls.obstacle_of(meeting, now) if meeting.id != itself else None
        if obstacle is not None:
            found.setdefault(meeting.agent, []).append(obstacle)
    for copy in copies.drifted(tx):
        if copy.meeting != itself and (names is None or copy.agent in names):
            found.setdefault(copy.agent, []).extend(_of_drifted(copy, found.get(copy.agent, ())))
    for copy in copies.strayed(tx, start, end):
        over = meetings.meeting(tx, copy.meeting) if names is None or copy.agent in names else None
        if over is not None and copy.found_start and copy.found_end and drift.takes_time(copy, over):
            found.setdefault(copy.agent, []).append(
                Obstacle(
                    copy.found_start, copy.found_end, "meeting", "made use of in the calendar", copy.meeting
                )
            )
    return found


def _of_drifted(copy: Copy, others: Iterable[Obstacle]) -> list[Obstacle]:
    """The time that an event of ours takes which its agent changed; none besides its meeting's where it still stands there."""
    if copy.found_start is None or copy.found_end is None:
        return []
    told = "moved in the calendar" if copy.drift == "moved" else "edited in the calendar"
    one = Obstacle(copy.found_start, copy.found_end, "meeting", told, copy.meeting)
    same = any((own.meeting, own.start, own.end) == (one.meeting, one.start, one.end) for own in others)
    return [] if same else [one]


def _of_agent(
    agent: Agent, policies: Policies, rows: Sequence[Calendar], logins: Sequence[Login], found: Sequence[Slot],
    obstacles: Sequence[Obstacle],
) -> Knowledge:  # fmt: skip
    checked = {row.id: row for row in rows if row.checked}
    busy = busy_pieces(agent, policies, checked, found)
    fresh = _freshness(checked.values(), logins)
    seen = [item.seen_at for item in fresh]
    return Knowledge(
        agent, busy, tuple(obstacles), fresh, policies.of_agent(agent),
        unreadable=sum(row.unreadable for row in checked.values()),
        seen_at=min((moment for moment in seen if moment), default=None) if all(seen) else None,
    )  # fmt: skip


def busy_pieces(
    agent: Agent, policies: Policies, checked: Mapping[int, Calendar], found: Iterable[Slot]
) -> tuple[BusyPiece, ...]:
    """The agent's slots as the rules take them: those of checked calendars, each with its calendar's policy."""
    return tuple(
        BusyPiece(
            slot.start, slot.end, slot.status, slot.all_day, row.name, policies.of_calendar(agent, row), row.seen_at
        )
        for slot in _once(found)
        if (row := checked.get(slot.calendar_id)) is not None
    )  # fmt: skip


def _once(found: Iterable[Slot]) -> Collection[Slot]:
    """The same time of the same UID once, where a calendar has it in two objects (which RFC 4791 section 5.3.2.1 forbids).

    Where two such objects mean different times nothing says which of them is the one to believe: both block.
    """
    by_uid = {
        (slot.calendar_id, slot.uid or slot.href, slot.start, slot.end, slot.status, slot.all_day): slot
        for slot in found
    }
    return by_uid.values()


def _freshness(checked: Collection[Calendar], logins: Sequence[Login]) -> tuple[Freshness, ...]:
    """How old the knowledge of each checked calendar is; a login that was never listed counts as one never seen."""
    of_rows = [
        Freshness(row.name or row.wanted or "", row.seen_at, row.window_start, row.window_end, row.state)
        for row in checked
    ]
    known = {row.login_id for row in checked}
    unlisted = [
        Freshness(f"{login.account}/{login.login}", None, None, None, login.state)
        for login in logins
        if login.id not in known and login.check != ()
    ]
    return tuple(of_rows + unlisted)


def _by_agent(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.agent, []).append(row)
    return found
