"""A stretch of somebody's time as a picture: each moment in exactly one state, the foremost of all that hold there.

What blocks comes before what is not known, and that before what does not block: the order of `rules.availability`, so a
moment is *not available*, *unknown* or *available* in the picture just where it is by `judge`. Pieces are half-open, in
aware UTC, without gaps. A day is as long as its zone has it: 23 or 25 hours where the clocks change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from connectors.interface import NEVER_STORED, Status
from syncd.rules.availability import Freshness
from syncd.rules.policy import Policy, blocks
from syncd.rules.walls import BusyPiece, Obstacle

A_DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


class State(StrEnum):
    """What a moment is, the foremost first.

    `unreadable`: an event that could only be read in part; `working-hours`: outside them; `buffer`: the room around what
    blocks; `unknown`: a calendar says nothing of it.
    """

    MEETING = "meeting"
    BLOCK = "block"
    OUT_OF_OFFICE = "out_of_office"
    BUSY = "busy"
    TENTATIVE = "tentative"
    UNREADABLE = "unreadable"
    WORKING_ELSEWHERE = "working_elsewhere"
    OFF_WORK = "working-hours"
    BUFFER = "buffer"
    UNKNOWN = "unknown"
    FREE = "free"


_ORDER = {state: place for place, state in enumerate(State)}
_OF_STATUS = {
    Status.BUSY: State.BUSY,
    Status.TENTATIVE: State.TENTATIVE,
    Status.OUT_OF_OFFICE: State.OUT_OF_OFFICE,
    Status.WORKING_ELSEWHERE: State.WORKING_ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Piece:
    """[start, end) in one state. `names`: the titles of its blocks or meetings, or its calendars' names: never an event's title."""

    start: datetime
    end: datetime
    state: State
    blocks: bool
    names: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, int]:
        """The smaller, the further in front."""
        return _rank(self.state, self.blocks)


@dataclass(frozen=True, slots=True)
class Day:
    """A day by the clocks of a zone. `hours`: each full hour they show, as (moment, hour); one may come twice, or be missing."""

    date: date
    zone: str
    start: datetime
    end: datetime

    @property
    def hours(self) -> tuple[tuple[datetime, int], ...]:
        """Where the scale has its marks."""
        return tuple((moment, shown.hour) for moment, shown in self._clock() if shown.minute == 0)

    def _clock(self) -> Iterator[tuple[datetime, datetime]]:
        moment, place = self.start, ZoneInfo(self.zone)
        while moment < self.end:
            yield moment, moment.astimezone(place)
            moment += QUARTER


def day_in(day: date, zone: str) -> Day:
    """From its first moment to the next day's. A midnight that the clocks skip is the moment they skip it; of two, the first."""
    return Day(day, zone, _midnight(day, zone), _midnight(day + A_DAY, zone))


def week_in(first: date, zone: str) -> tuple[Day, ...]:
    """Seven days, of which this is the first."""
    return tuple(day_in(first + A_DAY * number, zone) for number in range(7))


def draw(
    start: datetime, end: datetime, *, busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle],
    fresh: Iterable[Freshness], policy: Policy, now: datetime, stale_after: timedelta, exclude: str | None = None,
) -> tuple[Piece, ...]:  # fmt: skip
    """[start, end) as pieces, soonest first. The parameters are those of `availability.judge`."""
    others = (item for item in obstacles if exclude is None or item.meeting != exclude)
    spans = [
        *(span for piece in busy for span in _of_event(piece)),
        *(span for item in others for span in _of_obstacle(item, policy)),
        *(span for item in fresh for span in _doubts(item, start, end, now, stale_after)),
        Piece(start, end, State.FREE, False),
    ]
    return tuple(
        _merged(_foremost([one for one in spans if one.start < end and start < one.end], start, end))
    )


def cells(pieces: Sequence[Piece], day: Day, length: timedelta) -> Iterator[Piece]:
    """For each step of this length through the day the foremost piece within it."""
    moment, first = day.start, 0
    while moment < day.end:
        until = min(moment + length, day.end)
        while pieces[first].end <= moment:
            first += 1
        last = first
        while last + 1 < len(pieces) and pieces[last + 1].start < until:
            last += 1
        yield min(pieces[first : last + 1], key=lambda piece: piece.rank)
        moment = until


# ---------------------------------------------------------------------------------------------------------------------


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _rank(state: State, blocking: bool) -> tuple[int, int]:
    layer = 0 if blocking else 1 if state is State.UNKNOWN else 2
    return layer, _ORDER[state]


def _of_event(piece: BusyPiece) -> Iterator[Piece]:
    if piece.status in NEVER_STORED:
        return iter(())
    state = next((state for status, state in _OF_STATUS.items() if status == piece.status), State.UNREADABLE)
    blocking = blocks(piece.policy, piece.status, piece.all_day)
    return _with_room(piece, state, blocking, piece.calendar, piece.policy)


def _of_obstacle(item: Obstacle, policy: Policy) -> Iterator[Piece]:
    state = State(item.kind)
    return _with_room(item, state, True, item.title, Policy() if state is State.OFF_WORK else policy)


def _with_room(
    source: BusyPiece | Obstacle, state: State, blocking: bool, name: str, policy: Policy
) -> Iterator[Piece]:
    """The interval itself, and where it blocks the room around it; one without length is nothing."""
    if source.start >= source.end:
        return
    yield Piece(source.start, source.end, state, blocking, (name,))
    if blocking and policy.buffer_before:
        before = min(policy.buffer_before, source.start - datetime.min.replace(tzinfo=UTC))
        yield Piece(source.start - before, source.start, State.BUFFER, True)
    if blocking and policy.buffer_after:
        after = min(policy.buffer_after, datetime.max.replace(tzinfo=UTC) - source.end)
        yield Piece(source.end, source.end + after, State.BUFFER, True)


def _doubts(
    item: Freshness, start: datetime, end: datetime, now: datetime, stale_after: timedelta
) -> Iterator[Piece]:
    """Where a calendar says nothing: everywhere if it was never read or too long ago, else outside what was read."""
    stale = item.seen_at is None or now - item.seen_at > stale_after
    if stale or item.window_start is None or item.window_end is None:
        yield _unknown(start, end, item)
    else:
        yield _unknown(start, item.window_start, item)
        yield _unknown(item.window_end, end, item)


def _unknown(start: datetime, end: datetime, item: Freshness) -> Piece:
    return Piece(start, max(start, end), State.UNKNOWN, False, (item.calendar,))


def _foremost(spans: Sequence[Piece], start: datetime, end: datetime) -> Iterator[Piece]:
    """Between each two moments where something begins or ends: what is foremost there."""
    edges = sorted(
        {start, end, *(edge for one in spans for edge in (one.start, one.end) if start < edge < end)}
    )
    waiting = sorted(spans, key=lambda one: one.start, reverse=True)
    standing: list[Piece] = []
    for first, last in pairwise(edges):
        while waiting and waiting[-1].start <= first:
            standing.append(waiting.pop())
        standing = [one for one in standing if one.end > first]
        rank = min(one.rank for one in standing)
        front = [one for one in standing if one.rank == rank]
        names = tuple(sorted({name for one in front for name in one.names if name}))
        yield Piece(first, last, front[0].state, front[0].blocks, names)


def _merged(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Neighbours that say the same become one."""
    before: Piece | None = None
    for piece in pieces:
        if before is None:
            before = piece
        elif (before.rank, before.names) == (piece.rank, piece.names):
            before = Piece(before.start, piece.end, piece.state, piece.blocks, piece.names)
        else:
            yield before
            before = piece
    if before is not None:
        yield before
