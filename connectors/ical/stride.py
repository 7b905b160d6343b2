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
_ALWAYS = 5
"""Fewer of each weekday than this are in every month."""
_FEW_MONTHS, _FEW_YEARS = 16, 400
LISTED = (list, range)
"""What can be gone through more than once, and is not long."""


class Span(NamedTuple):
    """The days, as ordinals, between which a rule's instances matter; `steps` pays for every turn that is looked at;
    `at_once`: all of them will be."""

    low: int
    high: int
    steps: Steps
    at_once: bool = False


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
    return _in_years(rule, first, span)


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
    if isinstance(weeks, LISTED) and len(weeks) < _FEW:
        return [week + offset for week in weeks for offset in offsets]
    return (week + offset for week in weeks for offset in offsets)


def _every_month(rule: Rule, first: datetime, span: Span) -> Iterable[int]:
    """The months that a MONTHLY rule looks at, counted from the year 0."""
    origin = _month_index(first)
    low, high = _month_index(date.fromordinal(span.low)), _month_index(date.fromordinal(span.high))
    start = origin + max(0, (low - 1 - origin) // rule.interval) * rule.interval
    months = _turns(rule, range(start, high + 1, rule.interval), span)
    if not rule.months:
        return months
    named = (month for month in months if month % 12 + 1 in rule.months)
    return list(named) if isinstance(months, LISTED) else named


def _in_years(rule: Rule, first: datetime, span: Span) -> Iterable[int]:
    low, high = date.fromordinal(span.low).year, date.fromordinal(span.high).year
    start = first.year + max(0, (low - 1 - first.year) // rule.interval) * rule.interval
    alone = _one_day(rule)
    years = _turns(rule, range(start, high + 1, rule.interval), span, _FEW_YEARS if alone else _FEW_MONTHS)
    if alone and isinstance(years, LISTED):
        return _weekday_of_each(years, rule.months[0], *alone) if any(alone) else _anniversaries(first, years)
    within = [month - 1 for month in rule.months or (first.month,)]
    months = (year * 12 + month for year in years for month in within)
    few = isinstance(years, LISTED) and len(years) * len(within) <= _FEW_MONTHS
    return _in_months(rule, first, list(months) if few else span.steps.paid_singly(months))


def _one_day(rule: Rule) -> tuple[int, int] | None:
    """The manieth of which weekdays of a month a rule names, if that is all; (0, 0) if it names nothing at all."""
    if rule.month_days or len(rule.weekdays) != len(rule.months) or len(rule.months) > 1:
        return None
    nth, weekday = rule.weekdays[0] if rule.weekdays else (0, 0)
    return (nth, weekday) if 0 < abs(nth) < _ALWAYS or not rule.weekdays else None


def _weekday_of_each(years: Iterable[int], month: int, nth: int, weekday: int) -> list[int]:
    begins = [date(year, month, 1).toordinal() for year in years]
    if nth > 0:
        return [day + (weekday + 1 - day) % 7 + 7 * nth - 7 for day in begins]
    lasts = [
        day + _LENGTHS[month] - 1 + (month == 2 and isleap(year))
        for year, day in zip(years, begins, strict=True)
    ]
    return [day - (day - 1 - weekday) % 7 + 7 * nth + 7 for day in lasts]


def _anniversaries(first: date, years: Iterable[int]) -> list[int]:
    month, day = first.month, first.day
    if (month, day) == (2, 29):
        years = filter(isleap, years)
    return [date(year, month, day).toordinal() for year in years]


def _turns(rule: Rule, turns: range, span: Span, few: int = _FEW_MONTHS) -> Iterable[int]:
    """These turns, paid at once if they are few; a rule with a COUNT may end before it has come to the last of them."""
    if span.at_once and rule.count is None and len(turns) <= few:
        return span.steps.paid(turns)
    return span.steps.paid_singly(turns)


def _in_months(rule: Rule, first: datetime, months: Iterable[int]) -> Iterable[int]:
    """The days named in each of these months, as a list if the months are listed."""
    days = _each_month(rule.month_days or (() if rule.weekdays else (first.day,)), rule.weekdays, months)
    return list(days) if isinstance(months, LISTED) else days


def _each_month(
    month_days: tuple[int, ...], weekdays: tuple[tuple[int, int], ...], months: Iterable[int]
) -> Iterator[int]:
    """All months that begin on the same weekday and are as long are alike."""
    alike: dict[tuple[int, int], list[int]] = {}
    for index in months:
        year, month = index // 12, index % 12 + 1
        before, length = date(year, month, 1).toordinal() - 1, _LENGTHS[month] + (month == 2 and isleap(year))
        kind = (before % 7, length)
        if kind not in alike:
            alike[kind] = sorted(_days_of_month(month_days, weekdays, *kind))
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
