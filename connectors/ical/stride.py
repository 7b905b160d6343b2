"""The rules that nearly all series have, by arithmetic: every so many days, weeks on weekdays, months on days or weekdays.

RFC 5545 section 3.3.10. `walk` does every rule; these it would do the same (tested), only not as fast.
"""

from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from connectors.ical.limits import Steps
from connectors.ical.rules import Rule


class Span(NamedTuple):
    """The days, as ordinals, between which a rule's instances matter; `steps` pays for every turn that is looked at."""

    low: int
    high: int
    steps: Steps


def strides(rule: Rule, first: datetime, span: Span) -> Iterator[int] | None:
    """The days that a common rule names within the span, as ordinals and in order; None for any other rule.

    A few may lie outside of it, or before `first`. With a COUNT all are there from the beginning, but for daily rules,
    whose last day it gives.
    """
    if (
        rule.hours
        or rule.minutes
        or rule.seconds
        or rule.positions
        or rule.year_days
        or rule.weeks
        or rule.months
    ):
        return None
    if rule.frequency == "DAILY" and not (rule.weekdays or rule.month_days):
        return _daily(rule, first.toordinal(), span)
    if rule.count is not None:
        span = span._replace(low=first.toordinal())
    if rule.frequency == "WEEKLY" and not rule.month_days:
        return _weekly(rule, first.toordinal(), span)
    if rule.skip != "OMIT" or (rule.weekdays and (rule.month_days or rule.frequency != "MONTHLY")):
        return None
    if rule.frequency == "MONTHLY":
        return _monthly(rule, first, span)
    return _yearly(rule.interval, first, span) if rule.frequency == "YEARLY" and not rule.month_days else None


def _daily(rule: Rule, first: int, span: Span) -> Iterator[int]:
    start = first + max(0, (span.low - first) // rule.interval) * rule.interval
    high = span.high if rule.count is None else min(span.high, first + (rule.count - 1) * rule.interval)
    for day in range(start, high + 1, rule.interval):
        span.steps.spend()
        yield day


def _weekly(rule: Rule, first: int, span: Span) -> Iterator[int]:
    weekdays = {weekday for _, weekday in rule.weekdays} or {(first - 1) % 7}
    offsets = sorted((weekday - rule.week_start) % 7 for weekday in weekdays)
    origin, step = first - (first - 1 - rule.week_start) % 7, 7 * rule.interval
    start = origin + max(0, (span.low - 7 - origin) // step) * step
    for week in range(start, span.high + 1, step):
        span.steps.spend()
        for offset in offsets:
            yield week + offset


def _monthly(rule: Rule, first: datetime, span: Span) -> Iterator[int]:
    origin = _month_index(first)
    low, high = (_month_index(date.fromordinal(day)) for day in (span.low, span.high))
    start = origin + max(0, (low - 1 - origin) // rule.interval) * rule.interval
    month_days = rule.month_days or (() if rule.weekdays else (first.day,))
    for index in range(start, high + 1, rule.interval):
        span.steps.spend()
        year, month = divmod(index, 12)
        before, length = date(year, month + 1, 1).toordinal() - 1, monthrange(year, month + 1)[1]
        named = _numbered(month_days, length) if month_days else _on_weekdays(rule.weekdays, before, length)
        for day in sorted(named):
            yield before + day


def _month_index(at: date) -> int:
    return at.year * 12 + at.month - 1


def _numbered(numbers: Iterable[int], length: int) -> set[int]:
    """Days of a month by their number from either end."""
    return {day for number in numbers if 0 < (day := number if number > 0 else length + 1 + number) <= length}


def _on_weekdays(weekdays: Iterable[tuple[int, int]], before: int, length: int) -> set[int]:
    """Days of a month by weekday and how manieth; `before` is the day before the month."""
    days: set[int] = set()
    for nth, weekday in weekdays:
        those = range(1 + (weekday - before) % 7, length + 1, 7)
        if nth == 0:
            days.update(those)
        elif abs(nth) <= len(those):
            days.add(those[nth - 1 if nth > 0 else nth])
    return days


def _yearly(interval: int, first: datetime, span: Span) -> Iterator[int]:
    low, high = (date.fromordinal(day).year for day in (span.low, span.high))
    start = first.year + max(0, (low - 1 - first.year) // interval) * interval
    for year in range(start, high + 1, interval):
        span.steps.spend()
        if (first.month, first.day) != (2, 29) or isleap(year):
            yield date(year, first.month, first.day).toordinal()
