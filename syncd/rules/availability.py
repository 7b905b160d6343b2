"""Is an agent available in [start, end)? Three answers, in this order:

1. any blocking overlap, also from last known data: *not available*;
2. else *unknown*, if a checked calendar was never read, is older than `stale_after`, or was not read that far;
3. else *available*. An agent without calendars is judged on blocks and meetings alone.

Overlap is half-open, as RFC 5545 section 3.6.1 has events: `its start < end and start < its end`. Buffers belong to
every blocking interval. All times are aware UTC; nothing here is ever stored.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from store.model import Meeting, MeetingStatus
from syncd.rules.meetings import LIVE_GRACE
from syncd.rules.policy import Policy, blocks


class Mark(StrEnum):
    AVAILABLE = "available"
    NOT_AVAILABLE = "not available"
    UNKNOWN = "unknown"


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
    """What blocks whatever any calendar says: a block, another meeting (`meeting` is then its id), or being off work."""

    start: datetime
    end: datetime
    kind: Literal["block", "meeting", "working-hours"]
    title: str
    meeting: str | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a checked calendar is known: when it was last read, and the window [start, end) that was read."""

    calendar: str
    seen_at: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    state: str


ReasonKind = Literal[
    "calendar", "block", "meeting", "buffer", "working-hours", "never-seen", "stale", "horizon"
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the mark is what it is. `start` and `end` are the whole interval that stands in the way, without its buffer.

    `buffer`: only the room around that interval is in the way. `title`: of blocks and meetings, never of an event.
    """

    kind: ReasonKind
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    calendar: str | None = None
    title: str | None = None
    meeting: str | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The mark and all its reasons, soonest first; an available agent has none."""

    mark: Mark
    reasons: tuple[Reason, ...]


def judge(
    start: datetime, end: datetime, *, busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle],
    fresh: Iterable[Freshness], policy: Policy, now: datetime, stale_after: timedelta, exclude: str | None,
) -> Verdict:  # fmt: skip
    """The answer for [start, end). `policy`: the agent's, for obstacles; `exclude`: the meeting that is being changed.

    Raises `ValueError` if the end lies before the start.
    """
    if end < start:
        raise ValueError(f"the end {end} lies before the start {start}")
    walls = _walls(busy, (item for item in obstacles if exclude is None or item.meeting != exclude), policy)
    in_the_way = {wall.reason(start, end) for wall in walls if wall.hits(start, end)}
    if in_the_way:
        return Verdict(Mark.NOT_AVAILABLE, tuple(sorted(in_the_way, key=_order)))
    doubts = {reason for item in fresh for reason in _doubts(item, start, end, now, stale_after)}
    if doubts:
        return Verdict(Mark.UNKNOWN, tuple(sorted(doubts, key=_order)))
    return Verdict(Mark.AVAILABLE, ())


def next_free(
    start: datetime, length: timedelta, *, busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle], policy: Policy,
    until: datetime,
) -> datetime | None:  # fmt: skip
    """The earliest t >= start with nothing in the way of [t, t + length), ending by `until`; None if there is none.

    Says nothing about freshness: whoever asks gives an `until` within what is known.
    """
    free = start
    for wall in sorted(_walls(busy, obstacles, policy), key=lambda wall: wall.first):
        if wall.first - free >= length:
            break
        free = max(free, wall.last)
    return free if until - free >= length else None


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


@dataclass(frozen=True, slots=True)
class _Wall:
    """A blocking interval with the room around it: [first, last) can't be used."""

    first: datetime
    last: datetime
    source: BusyPiece | Obstacle

    def hits(self, start: datetime, end: datetime) -> bool:
        return self.first < end and start < self.last

    def reason(self, start: datetime, end: datetime) -> Reason:
        source = self.source
        itself = source.start < end and start < source.end
        if isinstance(source, BusyPiece):
            return Reason(
                "calendar" if itself else "buffer", source.status, source.start, source.end, calendar=source.calendar,
                seen_at=source.seen_at,
            )  # fmt: skip
        return Reason(
            source.kind if itself else "buffer", None, source.start, source.end, title=source.title or None,
            meeting=source.meeting,
        )  # fmt: skip


def _walls(busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle], policy: Policy) -> Iterator[_Wall]:
    """Everything that blocks; an interval without length never does."""
    for piece in busy:
        if piece.start < piece.end and blocks(piece.policy, piece.status, piece.all_day):
            yield _wall(piece, piece.policy)
    for item in obstacles:
        if item.start < item.end:
            yield _wall(item, _NO_BUFFER if item.kind == "working-hours" else policy)


_NO_BUFFER = Policy(buffer_before=timedelta(0), buffer_after=timedelta(0))
"""A conversation may begin when work begins, and end when it ends."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


def _wall(source: BusyPiece | Obstacle, policy: Policy) -> _Wall:
    """Widened by the buffers, but not beyond what a datetime can say: a stranger's event may last for ever."""
    before = min(policy.buffer_before, source.start - _BEGINNING)
    after = min(policy.buffer_after, _END - source.end)
    return _Wall(source.start - before, source.end + after, source)


def _doubts(
    item: Freshness, start: datetime, end: datetime, now: datetime, stale_after: timedelta
) -> Iterator[Reason]:
    if item.seen_at is None:
        yield Reason("never-seen", calendar=item.calendar)
        return
    if now - item.seen_at > stale_after:
        yield Reason("stale", calendar=item.calendar, seen_at=item.seen_at)
    known_from, known_to = item.window_start, item.window_end
    if known_from is None or known_to is None or start < known_from or known_to < end:
        yield Reason("horizon", start=known_from, end=known_to, calendar=item.calendar, seen_at=item.seen_at)


def _order(reason: Reason) -> tuple[datetime, datetime, str, str, str, str, str]:
    """Soonest first; where that is equal, by what is said, so that the same facts always read the same."""
    return (
        reason.start or _BEGINNING, reason.end or _BEGINNING, reason.kind, reason.calendar or "", reason.title or "",
        reason.meeting or "", reason.status or "",
    )  # fmt: skip
