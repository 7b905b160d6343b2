"""The rules that nearly all series have, by arithmetic: every so many days, weeks on weekdays, and days or weekdays of months.

RFC 5545 section 3.3.10. `walk` does every rule; these it would do the same (tested), only not as fast.
"""

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from connectors.ical.limits import Steps
from connectors.ical.rules import Rule

_LENGTHS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEW = 1_000


class Span(NamedTuple):
    """The days, as ordinals, between which a rule's instances matter; `steps` pays for every turn that is looked at."""

    low: int
    high: int
    steps: Steps


def strides(rule: Rule, first: datetime, span: Span) -> Iterable[int] | None:
    """The days that a common rule names within the span, as ordinals and in order; None for any other rule.

    A few may lie outside of it, or before `first`. With a COUNT all are there from the beginning, but for daily rules,
    whose last day it gives.
    """
    if not rule.by_days or rule.positions or rule.year_days or rule.weeks:
        return None
    if rule.frequency == "DAILY":
        by_days = rule.months or rule.weekdays or rule.month_days
        return None if by_days else _daily(rule, first.toordinal(), span)
    if rule.count is not None:
        span = span._replace(low=first.toordinal())
    if rule.frequency == "WEEKLY":
        return None if rule.month_days or rule.months else _weekly(rule, first.toordinal(), span)
    if rule.skip != "OMIT":
        return None
    if rule.frequency == "MONTHLY":
        return _in_months(rule, first, _every_month(rule, first, span))
    if rule.weekdays and not rule.months:
        return None  # the weekdays are counted within the year
    return _in_months(rule, first, _every_year(rule, first, span))


def _daily(rule: Rule, first: int, span: Span) -> Iterable[int]:
    start = first + max(0, (span.low - first) // rule.interval) * rule.interval
    high = span.high if rule.count is None else min(span.high, first + (rule.count - 1) * rule.interval)
    return span.steps.paid(range(start, high + 1, rule.interval))


def _weekly(rule: Rule, first: int, span: Span) -> Iterable[int]:
    weekdays = {weekday for _, weekday in rule.weekdays} or {(first - 1) % 7}
    offsets = sorted((weekday - rule.week_start) % 7 for weekday in weekdays)
    origin, step = first - (first - 1 - rule.week_start) % 7, 7 * rule.interval
    start = origin + max(0, (span.low - 7 - origin) // step) * step
    high = span.high if rule.count is None else min(span.high, origin + rule.count * step)
    if len(offsets) == 1:
        return span.steps.paid(range(start + offsets[0], high + 1 + offsets[0], step))
    weeks = span.steps.paid(range(start, high + 1, step))
    if isinstance(weeks, range) and len(weeks) < _FEW:
        return [week + offset for week in weeks for offset in offsets]
    return (week + offset for week in weeks for offset in offsets)


def _every_month(rule: Rule, first: datetime, span: Span) -> Iterator[tuple[int, int]]:
    origin = _month_index(first)
    low, high = (_month_index(date.fromordinal(day)) for day in (span.low, span.high))
    start = origin + max(0, (low - 1 - origin) // rule.interval) * rule.interval
    for index in range(start, high + 1, rule.interval):
        span.steps.spend()
        year, month = divmod(index, 12)
        if not rule.months or month + 1 in rule.months:
            yield year, month + 1


def _every_year(rule: Rule, first: datetime, span: Span) -> Iterator[tuple[int, int]]:
    low, high = (date.fromordinal(day).year for day in (span.low, span.high))
    start = first.year + max(0, (low - 1 - first.year) // rule.interval) * rule.interval
    for year in range(start, high + 1, rule.interval):
        span.steps.spend()
        for month in rule.months or (first.month,):
            yield year, month


def _in_months(rule: Rule, first: datetime, months: Iterator[tuple[int, int]]) -> Iterator[int]:
    """The days named in each of these months. All months that begin on the same weekday and are as long are alike."""
    month_days = rule.month_days or (() if rule.weekdays else (first.day,))
    alike: dict[tuple[int, int], list[int]] = {}
    for year, month in months:
        before, length = date(year, month, 1).toordinal() - 1, _LENGTHS[month] + (month == 2 and isleap(year))
        kind = (before % 7, length)
        if kind not in alike:
            alike[kind] = sorted(_days_of_month(month_days, rule.weekdays, *kind))
        for day in alike[kind]:
            yield before + day


def _days_of_month(
    month_days: Iterable[int], weekdays: Iterable[tuple[int, int]], before: int, length: int
) -> set[int]:
    """By their number, by weekday, or (as zones do) by both. `before`: the weekday of the day before it."""
    if not month_days:
        return _on_weekdays(weekdays, before, length)
    named = _numbered(month_days, length)
    return named & _on_weekdays(weekdays, before, length) if weekdays else named


def _month_index(at: date) -> int:
    return at.year * 12 + at.month - 1


def _numbered(numbers: Iterable[int], length: int) -> set[int]:
    """Days of a month by their number from either end."""
    return {day for number in numbers if 0 < (day := number if number > 0 else length + 1 + number) <= length}


def _on_weekdays(weekdays: Iterable[tuple[int, int]], before: int, length: int) -> set[int]:
    """Days of a month by weekday and how manieth."""
    days: set[int] = set()
    for nth, weekday in weekdays:
        those = range(1 + (weekday - before) % 7, length + 1, 7)
        if nth == 0:
            days.update(those)
        elif abs(nth) <= len(those):
            days.add(those[nth - 1 if nth > 0 else nth])
    return days
