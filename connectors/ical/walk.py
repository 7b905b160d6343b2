"""Walking along a recurrence rule: the wall-clock times it names, in order, lazily and within a budget of steps.

RFC 5545 section 3.3.10. The walk goes period by period (a year, a month, ... a second), jumps close to the window where
no COUNT forbids it, and never loops for ever: it ends at the window's end, and every period looked at costs a step.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from connectors.ical import days
from connectors.ical.days import Sieve
from connectors.ical.limits import Steps
from connectors.ical.rules import Rule
from connectors.ical.stride import LISTED, Span, strides

_new = tuple.__new__
_DAY = 86_400
_AT_A_STEP = 16
"""So many times of the day are made, or positions looked up, for one step."""

_UNIT = {"DAILY": _DAY, "HOURLY": 3_600, "MINUTELY": 60, "SECONDLY": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """One turn of a rule: the earliest day it may reach, the days it names, and the seconds on each, from `begins` on."""

    earliest: int
    days: Sequence[int] = ()
    times: Sequence[int] = ()
    begins: int = 0


class Walk(NamedTuple):
    """Where to walk: from the rule's first wall-clock time, between `low` and `high` (both inclusive).

    `last` is the rule's UNTIL on the same clock. `whole_days`: the first is a date, so times of day in the rule are
    ignored (RFC 5545, BYHOUR). `first_counts`: COUNT includes the first even if it is no instance of the rule (RFC 5545:
    "The DTSTART property value always counts as the first occurrence").
    """

    rule: Rule
    first: datetime
    low: datetime
    high: datetime
    steps: Steps
    last: datetime | None = None
    whole_days: bool = False
    first_counts: bool = False


def walk(path: Walk) -> Iterator[datetime]:
    """Yield the rule's instances, naive and strictly growing. Raises `StepsSpent` when the budget is gone."""
    common = _common(path, at_once=False)
    if common is None:
        return by_period(path)
    clock = path.first - datetime.fromordinal(path.first.toordinal())
    return (datetime.fromordinal(day) + clock for day in common)


def walk_seconds(path: Walk) -> Iterator[int]:
    """As `walk`, in seconds (`seconds_of`), for who takes all of them."""
    common = _common(path, at_once=True)
    if common is None:
        return map(seconds_of, by_period(path))
    clock = seconds_of(path.first) % _DAY
    return (day * _DAY + clock for day in common)


def walk_days(path: Walk) -> Iterable[int]:
    """As `walk`, for a rule that names days: these as ordinals, all at the time of day of the first."""
    common = _common(path, at_once=True)
    return (at.toordinal() for at in by_period(path)) if common is None else common


def _common(path: Walk, *, at_once: bool) -> Iterable[int] | None:
    rule, first, low_wall, high_wall, steps, last, *_ = path
    clock, until = first.time(), min(high_wall, last) if last else high_wall
    span = _new(Span, (low_wall.toordinal(), until.toordinal(), steps, at_once))
    named = strides(rule if rule.by_days else _without_own_time(rule, first), first, span)
    if named is None:
        return None
    low = max(span.low + (clock < low_wall.time()), first.toordinal())
    high = span.high - (clock > until.time())
    if rule.count is not None and rule.frequency != "DAILY":
        return _counted(path, named, low, high)
    if isinstance(named, LISTED):
        return named[bisect_left(named, low) : bisect_right(named, high)]
    return _between(named, low, high)


def _without_own_time(rule: Rule, first: datetime) -> Rule:
    """Leave out a time of day that is the first's own, as some write it into the rules of zones."""
    said = (rule.hours, rule.minutes, rule.seconds)
    if any(said) and all(
        not one or one == (own,) for one, own in zip(said, first.timetuple()[3:6], strict=True)
    ):
        return replace(rule, hours=(), minutes=(), seconds=())
    return rule


def _between(days_named: Iterable[int], low: int, high: int) -> Iterator[int]:
    for day in days_named:
        if day > high:
            return
        if day >= low:
            yield day


def _counted(path: Walk, days_named: Iterable[int], low: int, high: int) -> Iterator[int]:
    """The days from the first on, while the rule's COUNT lasts, and of these the ones between."""
    first, number, count = path.first.toordinal(), 0, path.rule.count or 0
    for day in days_named:
        if day < first:
            continue
        if number == 0 and day > first:
            number += _first_missing(path, number)
        if day > high or number >= count:
            return
        number += 1
        if day >= low:
            yield day


def by_period(path: Walk) -> Iterator[datetime]:
    """Along any rule, period by period, as `walk`."""
    rule = days.with_defaults(path.rule, path.first)
    high = min(path.high, path.last or path.high)
    low_day, high_day = path.low.toordinal(), high.toordinal()
    periods, leapt = _periods(rule, path)
    number, previous = leapt, None
    for period in periods:
        path.steps.spend(1 + len(rule.positions) // _AT_A_STEP)
        if period.earliest > high_day or _complete(rule, number):
            return
        if period.days and period.days[-1] < low_day and period.days[0] > path.first.toordinal():
            number += _size(rule, period) + _first_missing(path, number)
            continue
        for at in _instances(rule, period):
            path.steps.spend()
            if at < path.first or (previous is not None and at <= previous):
                continue
            if number == 0 and at > path.first:
                number += _first_missing(path, number)
            if at > high or _complete(rule, number):
                return
            number, previous = number + 1, at
            if at >= path.low:
                yield at


def _complete(rule: Rule, number: int) -> bool:
    return rule.count is not None and number >= rule.count


def _first_missing(path: Walk, number: int) -> int:
    """One more to count if the walk has not met the first occurrence by now."""
    return int(path.first_counts and number == 0)


def _instances(rule: Rule, period: Period) -> Iterator[datetime]:
    if not rule.positions:
        for day in period.days:
            begins = datetime.fromordinal(day) + timedelta(seconds=period.begins)
            for second in period.times:
                yield begins + timedelta(seconds=second)
        return
    for index in _chosen(rule, period):
        day, second = divmod(index, len(period.times))
        yield datetime.fromordinal(period.days[day]) + timedelta(seconds=period.begins + period.times[second])


def _chosen(rule: Rule, period: Period) -> list[int]:
    size = len(period.days) * len(period.times)
    counted = {position - 1 if position > 0 else size + position for position in rule.positions}
    return sorted(index for index in counted if 0 <= index < size)


def _size(rule: Rule, period: Period) -> int:
    return len(_chosen(rule, period)) if rule.positions else len(period.days) * len(period.times)


def _periods(rule: Rule, path: Walk) -> tuple[Iterator[Period], int]:
    """Return the periods worth looking at, and how many instances the jump to the first of them leapt over."""
    times, named = _times(rule, path), days.sieve(rule, path.steps)
    low = path.low if rule.count is None else path.first
    if rule.frequency == "YEARLY":
        return _years(named, path.first, low, times), 0
    if rule.frequency == "MONTHLY":
        return _months(named, path.first, low, times), 0
    if rule.frequency == "WEEKLY":
        return _weeks(named, path.first, low, times), 0
    steady = path.rule.frequency in _UNIT and not _has_parts(path.rule)
    return _units(named, path, path.low if steady else low, times, counting=steady)


def _times(rule: Rule, path: Walk) -> list[int]:
    """The seconds of the day, or of the hour, minute or second of an hourly, minutely or secondly rule."""
    if path.whole_days:
        return [0]
    first, unit = path.first, _UNIT.get(rule.frequency, _DAY)
    hours = (rule.hours or (first.hour,)) if unit > 3_600 else (0,)
    minutes = (rule.minutes or (first.minute,)) if unit > 60 else (0,)
    seconds = (rule.seconds or (first.second,)) if unit > 1 else (0,)
    path.steps.spend(len(hours) * len(minutes) * len(seconds) // _AT_A_STEP)
    return [hour * 3_600 + minute * 60 + second for hour in hours for minute in minutes for second in seconds]


def _has_parts(rule: Rule) -> bool:
    return bool(
        rule.months or rule.weekdays or rule.month_days or rule.year_days or rule.weeks
        or rule.hours or rule.minutes or rule.seconds or rule.positions
    )  # fmt: skip


def _years(named: Sieve, first: datetime, low: datetime, times: list[int]) -> Iterator[Period]:
    rule = named.rule
    start = first.year + max(0, (low.year - 1 - first.year) // rule.interval) * rule.interval
    for year in range(start, date.max.year + 1, rule.interval):
        yield Period(date(year, 1, 1).toordinal(), days.days_of_year(named, year), times)


def _months(named: Sieve, first: datetime, low: datetime, times: list[int]) -> Iterator[Period]:
    rule = named.rule
    origin = first.year * 12 + first.month - 1
    start = origin + max(0, (low.year * 12 + low.month - 2 - origin) // rule.interval) * rule.interval
    for index in range(start, (date.max.year + 1) * 12, rule.interval):
        year, month = divmod(index, 12)
        yield Period(date(year, month + 1, 1).toordinal(), days.days_of_month(named, year, month + 1), times)


def _weeks(named: Sieve, first: datetime, low: datetime, times: list[int]) -> Iterator[Period]:
    rule = named.rule
    origin = first.toordinal() - (first.weekday() - rule.week_start) % 7
    step = 7 * rule.interval
    start = origin + max(0, (low.toordinal() - 7 - origin) // step) * step
    for day in range(start, days.LAST_DAY + 1, step):
        yield Period(day, days.days_of_week(named, day), times)


def _units(
    named: Sieve, path: Walk, low: datetime, times: list[int], *, counting: bool
) -> tuple[Iterator[Period], int]:
    """Days, hours, minutes or seconds by arithmetic on their number since the first of them."""
    rule = named.rule
    unit = _UNIT[rule.frequency]
    origin = seconds_of(path.first) // unit
    skipped = max(0, (seconds_of(low) // unit - origin) // rule.interval)
    return _turns(named, path, origin, skipped, times), skipped if counting else 0


def _turns(named: Sieve, path: Walk, origin: int, turn: int, times: list[int]) -> Iterator[Period]:
    rule = named.rule
    unit, step = _UNIT[rule.frequency], rule.interval
    judged, fits = 0, False
    while True:
        second = (origin + turn * step) * unit
        day = second // _DAY
        if day > days.LAST_DAY:
            return
        if day != judged:
            judged, fits = day, days.fits(named, day)
        blocked_until = _blocked_until(rule, path, second, fits=fits)
        if blocked_until > second:
            yield Period(day)
            turn = max(turn + 1, -((origin * unit - blocked_until) // (step * unit)))
        else:
            yield Period(day, (day,), times, second % _DAY)
            turn += 1


def _blocked_until(rule: Rule, path: Walk, second: int, *, fits: bool) -> int:
    """The next second worth looking at if this one's day (`fits`?), hour or minute is not among those named; else itself."""
    day, in_day = divmod(second, _DAY)
    if not fits:
        at = date.fromordinal(day)
        if rule.months and at.month not in rule.months:
            return _next_month(at) * _DAY
        return (day + 1) * _DAY
    if rule.frequency == "DAILY" or path.whole_days:
        return second
    if rule.hours and in_day // 3_600 not in rule.hours:
        return second - in_day % 3_600 + 3_600
    if rule.frequency != "HOURLY" and rule.minutes and in_day // 60 % 60 not in rule.minutes:
        return second - in_day % 60 + 60
    if rule.frequency == "SECONDLY" and rule.seconds and in_day % 60 not in rule.seconds:
        return second + 1
    return second


def _next_month(at: date) -> int:
    if (at.year, at.month) == (date.max.year, 12):
        return days.LAST_DAY + 1
    return date(at.year + at.month // 12, at.month % 12 + 1, 1).toordinal()


def seconds_of(at: datetime) -> int:
    """A wall-clock time in seconds, of which a day's begin at its ordinal."""
    return at.toordinal() * _DAY + at.hour * 3_600 + at.minute * 60 + at.second


def at_midnight(day: date) -> datetime:
    """The naive midnight with which a day begins."""
    return datetime.combine(day, time())
