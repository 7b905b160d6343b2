"""Free times for a conversation of some length: the times of a grid at which `availability.judge` says *available*.

The grid is that of a clock on the wall: by steps that divide an hour, or by whole hours from midnight on. What a clock
shows twice when it is set back is offered twice, what it skips is not offered. A start t is in the way of a wall exactly when
first - length < t < last, so one sweep over the walls in their order answers for the whole grid.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syncd.rules.availability import Freshness
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece, Obstacle, walls_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SHORTEST_STEP = 5 * MINUTE


def is_step(step: timedelta) -> bool:
    """Can a grid go by this step? It divides an hour, or is one or more whole hours of a day; at least five minutes."""
    return SHORTEST_STEP <= step <= DAY and (HOUR % step == timedelta(0) or step % HOUR == timedelta(0))


def grid(timezone: str, step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    """Every moment in [start, end] at which the zone's clocks show a time of the grid, in UTC, by time."""
    zone = ZoneInfo(timezone)
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    found = set[datetime]()
    while day <= last:
        found.update(_of_day(day, step, zone))
        day += DAY
    return sorted(moment for moment in found if start <= moment <= end)


def free_starts(
    starts: Sequence[datetime], length: timedelta, *, busy: Iterable[BusyPiece], obstacles: Iterable[Obstacle],
    fresh: Iterable[Freshness], policy: Policy, now: datetime, stale_after: timedelta,
) -> list[datetime]:  # fmt: skip
    """Those of `starts` (by time) at which nothing is in the way for `length`, and all that is checked is known.

    A calendar never read or stale leaves none of them, one read only so far those within: silence never reads as free.
    """
    known = _known(fresh, now, stale_after)
    walls = sorted(walls_of(busy, obstacles, policy), key=lambda wall: wall.first)
    found, passed, until = list[datetime](), 0, datetime.min.replace(tzinfo=UTC)
    for start in starts:
        while passed < len(walls) and walls[passed].first < start + length:
            until = max(until, walls[passed].last)
            passed += 1
        if until <= start and known is not None and known[0] <= start and start + length <= known[1]:
            found.append(start)
    return found


def _known(
    fresh: Iterable[Freshness], now: datetime, stale_after: timedelta
) -> tuple[datetime, datetime] | None:
    """The window in which every checked calendar is known; None if there is none."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for item in fresh:
        if item.seen_at is None or now - item.seen_at > stale_after:
            return None
        if item.window_start is None or item.window_end is None:
            return None
        first, last = max(first, item.window_start), min(last, item.window_end)
    return first, last


def _of_day(day: date, step: timedelta, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments of one day's grid; on a day on which clocks are set, each time as often as they show it."""
    midnight = datetime.combine(day, time())
    usual = _offset(midnight, zone) == _offset(midnight + DAY, zone)
    for number in range(DAY // step + (DAY % step > timedelta(0))):
        wall = midnight + number * step
        for fold in (0,) if usual else (0, 1):
            moment = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if usual or moment.astimezone(zone).replace(tzinfo=None) == wall:
                yield moment


def _offset(wall: datetime, zone: ZoneInfo) -> timedelta | None:
    return wall.replace(tzinfo=zone).utcoffset()
