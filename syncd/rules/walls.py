"""What stands in an agent's way: events of checked calendars, blocks, other meetings, being off work; with their buffers.

Buffers belong to every interval that blocks, but for working hours: a conversation may begin when work begins. Nothing here
knows how fresh it is; `availability` does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from store.model import Meeting, MeetingStatus
from syncd.rules.meetings import LIVE_GRACE
from syncd.rules.policy import Policy, blocks, deciding


@dataclass(frozen=True, slots=True)
class BusyPiece:
    """An event of one of the agent's checked calendars, whole, with its raw kind and the policy of that calendar."""

    start: datetime
    end: datetime
    status: str
    all_day: bool
    calendar: str
    policy: Policy
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What blocks whatever any calendar says: a block, another meeting (`meeting` is then its id), or being off work.

    `line`: the setting that says so.
    """

    start: datetime
    end: datetime
    kind: Literal["block", "meeting", "working-hours"]
    title: str
    meeting: str | None
    line: str | None = None


ReasonKind = Literal[
    "calendar", "block", "meeting", "buffer", "working-hours", "never-seen", "stale", "horizon"
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the mark is what it is. `start` and `end` are the whole interval that stands in the way, without its buffer.

    `buffer`: only the room around that interval is in the way. `title`: of blocks and meetings, never of an event.
    `policy`: the line of the configuration that decided, and where it stands; None where nothing can be set.
    """

    kind: ReasonKind
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    calendar: str | None = None
    title: str | None = None
    meeting: str | None = None
    seen_at: datetime | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Wall:
    """A blocking interval with the room around it: [first, last) can't be used. `policy`: whose buffers these are."""

    first: datetime
    last: datetime
    source: BusyPiece | Obstacle
    policy: Policy

    def hits(self, start: datetime, end: datetime) -> bool:
        return self.first < end and start < self.last

    def reason(self, start: datetime, end: datetime) -> Reason:
        source = self.source
        itself = source.start < end and start < source.end
        room = self.policy.lines.get("buffer_before" if end <= source.start else "buffer_after")
        if isinstance(source, BusyPiece):
            told = reason_of(source)
            return told if itself else replace(told, kind="buffer", policy=room)
        return Reason(
            source.kind if itself else "buffer", None, source.start, source.end, title=source.title or None,
            meeting=source.meeting, policy=source.line if itself else room,
        )  # fmt: skip


def reason_of(piece: BusyPiece) -> Reason:
    """What may be told of an event: when, of which kind, in which calendar, seen when, and the policy that decides."""
    setting = deciding(piece.policy, piece.status, piece.all_day)
    return Reason(
        "calendar", piece.status, piece.start, piece.end, calendar=piece.calendar, seen_at=piece.seen_at,
        policy=piece.policy.lines.get(setting or ""),
    )  # fmt: skip


def walls_of(busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle], policy: Policy) -> Iterator[Wall]:
    """Everything that blocks; an interval without length never does."""
    for piece in busy:
        if piece.start < piece.end and blocks(piece.policy, piece.status, piece.all_day):
            yield _wall(piece, piece.policy)
    for item in obstacles:
        if item.start < item.end:
            yield _wall(item, _NO_BUFFER if item.kind == "working-hours" else policy)


def obstacle_of(meeting: Meeting, now: datetime) -> Obstacle | None:
    """How a meeting blocks its agent, from the moment it is accepted; None once it has ended or was cancelled.

    A live one blocks from when the agent entered. Once the end has passed without a word, it may still be going on:
    until told, or 2 h later.
    """
    if meeting.status not in (MeetingStatus.SCHEDULED, MeetingStatus.LIVE):
        return None
    end = meeting.end if now < meeting.end else meeting.end + LIVE_GRACE
    entered = meeting.live_at if meeting.status is MeetingStatus.LIVE else None
    return Obstacle(min(entered or meeting.start, meeting.start), end, "meeting", meeting.title, meeting.id)


# ---------------------------------------------------------------------------------------------------------------------

_NO_BUFFER = Policy(buffer_before=timedelta(0), buffer_after=timedelta(0))
"""A conversation may begin when work begins, and end when it ends."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


def _wall(source: BusyPiece | Obstacle, policy: Policy) -> Wall:
    """Widened by the buffers, but not beyond what a datetime can say: a stranger's event may last for ever."""
    before = min(policy.buffer_before, source.start - _BEGINNING)
    after = min(policy.buffer_after, _END - source.end)
    return Wall(source.start - before, source.end + after, source, policy)
