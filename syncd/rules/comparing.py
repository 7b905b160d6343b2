"""Our busy times of a calendar held against the server's own answer: every stretch in which the two differ, and why.

Compared is when time is taken, not by what kind: ours by the policy in force, the server's by its own rules (RFC 4791 section
7.10 counts everything that is neither transparent nor cancelled). What explains a stretch is what stands there: an event of
ours, a kind that the policy lets pass, or, once the calendar itself was read again, what that holds: a declined invitation, a
whole day that the server counts in another zone, an event that its answer leaves out. What nothing explains is told as such.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Literal, TypeVar

from connectors.interface import NEVER_STORED, BusyInterval, FreeBusy, Status
from syncd.rules.hours import merged
from syncd.rules.otherhours import at_other_hours
from syncd.rules.policy import blocks
from syncd.rules.walls import BusyPiece, reason_of

Why = Literal[
    "own-event", "policy", "declined", "cancelled", "free", "no-length", "zone", "other-hour", "left-out", "held",
    "missed", "outdated", "unexplained",
]  # fmt: skip

OPEN: frozenset[Why] = frozenset({"missed", "outdated", "unexplained"})
"""What is no explanation, or one by which our own answer is wrong."""

A_SECOND = timedelta(seconds=1)
"""What Radicale makes of an event without length."""


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """A copy of ours in that calendar: it takes the time of its meeting, and no time besides."""

    start: datetime
    end: datetime
    meeting: str


@dataclass(frozen=True, slots=True)
class Ours:
    """What is kept of a calendar. `held`: the mass-change brake keeps events that the calendar has lost."""

    pieces: Sequence[BusyPiece]
    copies: Sequence[OwnEvent]
    held: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as the calendar itself holds it now. `ours`: it is a copy of a meeting."""

    start: datetime
    end: datetime
    status: str
    ours: bool = False


@dataclass(frozen=True, slots=True)
class InUtc:
    """The time of an event read as if its owner lived in UTC: another one only where it names no zone, as whole days do."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """The calendar, read again. `in_utc`: its events by another clock; None: not looked at."""

    events: Sequence[Seen]
    in_utc: Sequence[InUtc] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch [start, end) in which only one of the two says busy: the server, or we here. `status`: as we know the kind.

    `policy`: the line that lets the event pass.
    """

    start: datetime
    end: datetime
    busy: Literal["server", "here"]
    why: Why
    status: str | None = None
    meeting: str | None = None
    policy: str | None = None

    @property
    def explained(self) -> bool:
        """Is our own answer right for all we know?"""
        return self.why not in OPEN


def compare(answer: FreeBusy, ours: Ours, evidence: Evidence | None = None) -> tuple[Difference, ...]:
    """The differences within the time that the server answered for, soonest first; stretches alike in all else as one."""
    spans: list[_Span] = [*answer.intervals, *ours.pieces, *ours.copies]
    passed = _counted_whole(answer, evidence.events) if evidence is not None else frozenset()
    if evidence is not None:
        elsewhere = evidence.in_utc or ()
        spans += [*evidence.events, *elsewhere, *_other_hours(answer, evidence)]
        spans += [_Moment(at.start, at.start + A_SECOND) for at in evidence.events if at.start == at.end]
        spans += [_Moment(at.start, at.start + A_SECOND) for at in elsewhere if at.start == at.end]
    return tuple(
        _joined(
            _only_the_server(bare, active, passed)
            if bare.busy == "server"
            else _only_we(bare, active, ours, evidence)
            for bare, active in _mismatches(answer.start, answer.end, spans)
        )
    )


# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moment:
    """An event without length, with the second that a server may give it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _OtherHour:
    """What the server counts, or the calendar holds, at another hour than the other of the two."""

    start: datetime
    end: datetime


_Span = BusyInterval | BusyPiece | OwnEvent | Seen | InUtc | _Moment | _OtherHour
_Kind = TypeVar("_Kind", BusyInterval, BusyPiece, OwnEvent, Seen, InUtc, _Moment, _OtherHour)
_PASSED: dict[str, Why] = {
    Status.DECLINED: "declined", Status.CANCELLED: "cancelled", Status.FREE: "free"
}  # fmt: skip


def _other_hours(answer: FreeBusy, evidence: Evidence) -> Iterator[_OtherHour]:
    counted, held = at_other_hours(
        ((one.start, one.end) for one in answer.intervals if one.status not in NEVER_STORED),
        ((one.start, one.end) for one in evidence.events if one.status not in NEVER_STORED and not one.ours),
    )
    yield from (_OtherHour(start, end) for start, end in (*counted, *held))


def _mismatches(
    start: datetime, end: datetime, spans: Sequence[_Span]
) -> Iterator[tuple[Difference, Sequence[_Span]]]:
    """The time cut at every edge: each stretch in which one side says busy and the other does not, with all that covers it."""
    edges: list[tuple[datetime, int]] = []
    for number, span in enumerate(spans):
        first, last = max(span.start, start), min(span.end, end)
        if first < last:
            edges += [(first, number), (last, number)]
    active: dict[int, _Span] = {}
    counted, blocking, at = 0, 0, start
    for moment, here in groupby(sorted(edges), key=lambda edge: edge[0]):
        if bool(counted) != bool(blocking):
            bare = Difference(at, moment, "server" if counted else "here", "unexplained")
            yield bare, tuple(active.values())
        for _, number in here:
            step = 1 if active.pop(number, None) is None else -1
            if step > 0:
                active[number] = spans[number]
            counted += step * _is_counted(spans[number])
            blocking += step * _is_blocking(spans[number])
        at = moment


def _is_counted(span: _Span) -> bool:
    """Does the server say busy by this?"""
    return isinstance(span, BusyInterval) and span.status not in NEVER_STORED


def _is_blocking(span: _Span) -> bool:
    """Do we?"""
    return isinstance(span, BusyPiece) and blocks(span.policy, span.status, span.all_day)


def _counted_whole(answer: FreeBusy, events: Iterable[Seen]) -> frozenset[Seen]:
    """The events that never block here, and that the server counts: all of their time, or else it is something beside them."""
    found = list(merged((one.start, one.end) for one in answer.intervals if _is_counted(one)))

    def is_whole(event: Seen) -> bool:
        first, last = max(event.start, answer.start), min(event.end, answer.end)
        around = bisect_right(found, first, key=itemgetter(0)) - 1
        return around >= 0 and last <= found[around][1]

    return frozenset(one for one in events if one.status in NEVER_STORED and is_whole(one))


def _only_the_server(bare: Difference, active: Sequence[_Span], passed: Collection[Seen]) -> Difference:
    events, pieces = _of(active, Seen), _of(active, BusyPiece)
    for event in events:
        if not (event.ours or event.status in NEVER_STORED or _is_kept(event, pieces)):
            return replace(bare, why="missed", status=event.status)
    for copy in _of(active, OwnEvent):
        return replace(bare, why="own-event", meeting=copy.meeting)
    for piece in pieces:
        return replace(bare, why="policy", status=piece.status, policy=reason_of(piece).policy)
    for event in events:
        if event.ours or event in passed:
            why = "own-event" if event.ours else _PASSED[event.status]
            return replace(bare, why=why, status=event.status)
    if _of(active, _Moment):
        return replace(bare, why="no-length")
    if _of(active, InUtc):
        return replace(bare, why="zone")
    if _of(active, _OtherHour):
        return replace(bare, why="other-hour")
    return bare


def _is_kept(event: Seen, pieces: Iterable[BusyPiece]) -> bool:
    """Is the event among what is kept, which counts whole seconds?"""
    return any(
        (one.status, one.start <= event.start, event.end <= one.end) == (event.status, True, True)
        for one in pieces
    )


def _only_we(bare: Difference, active: Sequence[_Span], ours: Ours, evidence: Evidence | None) -> Difference:
    piece = next(one for one in _of(active, BusyPiece) if _is_blocking(one))
    bare = replace(bare, status=piece.status)
    if evidence is None:
        return replace(bare, why="held") if ours.held else bare
    if not any(event.status not in NEVER_STORED for event in _of(active, Seen)):
        return replace(bare, why="held" if ours.held else "outdated")
    if evidence.in_utc is not None and not _of(active, InUtc):
        return replace(bare, why="zone")
    return replace(bare, why="other-hour" if _of(active, _OtherHour) else "left-out")


def _of(active: Sequence[_Span], kind: type[_Kind]) -> list[_Kind]:
    return [one for one in active if isinstance(one, kind)]


def _joined(found: Iterable[Difference]) -> Iterator[Difference]:
    """Stretches that meet and differ in their times alone, as one."""
    last: Difference | None = None
    for one in found:
        if last and one.start == last.end and replace(one, start=last.start) == replace(last, end=one.end):
            last = replace(last, end=one.end)
        else:
            if last:
                yield last
            last = one
    if last:
        yield last
