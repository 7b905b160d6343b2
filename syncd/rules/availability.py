"""Is an agent available in [start, end)? Three answers, in this order:

1. any blocking overlap, also from last known data: *not available*;
2. else *unknown*, if a checked calendar was never read, is older than `stale_after`, or was not read that far;
3. else *available*. An agent without calendars is judged on blocks and meetings alone.

Overlap is half-open, as RFC 5545 section 3.6.1 has events: `its start < end and start < its end`. Buffers belong to
every blocking interval. All times are aware UTC; nothing here is ever stored.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from syncd.rules.policy import Policy, blocks
from syncd.rules.walls import BusyPiece, Obstacle, Reason, reason_of, walls_of


class Mark(StrEnum):
    AVAILABLE = "available"
    NOT_AVAILABLE = "not available"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Freshness:
    """How far a checked calendar is known: when it was last read, and the window [start, end) that was read."""

    calendar: str
    seen_at: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The mark and all its reasons, soonest first, those that are one stretch of the same merged; available means none."""

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
    walls = walls_of(busy, (item for item in obstacles if exclude is None or item.meeting != exclude), policy)
    in_the_way = {wall.reason(start, end) for wall in walls if wall.hits(start, end)}
    if in_the_way:
        return Verdict(Mark.NOT_AVAILABLE, merged(in_the_way))
    unsure = {reason for item in fresh for reason in doubts(item, start, end, now, stale_after)}
    if unsure:
        return Verdict(Mark.UNKNOWN, tuple(sorted(unsure, key=_order)))
    return Verdict(Mark.AVAILABLE, ())


def merged(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Reasons that differ in their times alone and overlap or meet as one, over all of their time; soonest first.

    Five short events of one calendar in a row say no more than one long one.
    """
    found: list[Reason] = []
    last: dict[Reason, int] = {}
    for reason in sorted(reasons, key=_order):
        alike = replace(reason, start=None, end=None)
        before = found[last[alike]] if alike in last else None
        if before and before.end and reason.start and reason.end and reason.start <= before.end:
            found[last[alike]] = replace(before, end=max(before.end, reason.end))
        else:
            last[alike] = len(found)
            found.append(reason)
    return tuple(sorted(found, key=_order))


def passed_over(start: datetime, end: datetime, busy: Iterable[BusyPiece]) -> tuple[Reason, ...]:
    """The events in [start, end) that do not block, soonest first; each with the policy that lets them pass."""
    found = {
        reason_of(one) for one in busy
        if one.start < end and start < one.end and not blocks(one.policy, one.status, one.all_day)
    }  # fmt: skip
    return merged(found)


def next_free(
    start: datetime, length: timedelta, *, busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle], policy: Policy,
    until: datetime,
) -> datetime | None:  # fmt: skip
    """The earliest t >= start with nothing in the way of [t, t + length), ending by `until`; None if there is none.

    Says nothing about freshness: whoever asks gives an `until` within what is known.
    """
    free = start
    for wall in sorted(walls_of(busy, obstacles, policy), key=lambda wall: wall.first):
        if wall.first - free >= length:
            break
        free = max(free, wall.last)
    return free if until - free >= length else None


def doubts(
    item: Freshness, start: datetime, end: datetime, now: datetime, stale_after: timedelta
) -> Iterator[Reason]:
    """Why this calendar does not say enough about [start, end)."""
    if item.seen_at is None:
        yield Reason("never-seen", calendar=item.calendar)
        return
    if now - item.seen_at > stale_after:
        yield Reason("stale", calendar=item.calendar, seen_at=item.seen_at)
    known_from, known_to = item.window_start, item.window_end
    if known_from is None or known_to is None or start < known_from or known_to < end:
        yield Reason("horizon", start=known_from, end=known_to, calendar=item.calendar, seen_at=item.seen_at)


# ---------------------------------------------------------------------------------------------------------------------


_BEGINNING = datetime.min.replace(tzinfo=UTC)


def _order(reason: Reason) -> tuple[datetime, datetime, str, str, str, str, str, str]:
    """Soonest first; where that is equal, by what is said, so that the same facts always read the same."""
    return (
        reason.start or _BEGINNING, reason.end or _BEGINNING, reason.kind, reason.calendar or "", reason.title or "",
        reason.meeting or "", reason.status or "", reason.policy or "",
    )  # fmt: skip
