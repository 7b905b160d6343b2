"""Which days a recurrence rule names within a year, a month, a week or a day (RFC 5545 section 3.3.10, its table of
expanding and limiting parts). Days are proleptic Gregorian ordinals, as in `date.toordinal`.
"""

import calendar
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from connectors.ical.limits import Steps
from connectors.ical.rules import Rule

LAST_DAY = date.max.toordinal()


class Sieve(NamedTuple):
    """A rule with its parts that speak of days, each looked up at once however long. Every day that is judged costs a step.

    `plain`: the weekdays it names, however manieth.
    """

    rule: Rule
    steps: Steps
    months: Collection[int]
    weekdays: Collection[tuple[int, int]]
    plain: Collection[int]
    month_days: Collection[int]
    year_days: Collection[int]
    weeks: Collection[int]


def sieve(rule: Rule, steps: Steps) -> Sieve:
    """Of a rule to which `with_defaults` has added what it leaves open."""
    weekdays, plain = frozenset(rule.weekdays), frozenset(weekday for _, weekday in rule.weekdays)
    rest = map(frozenset, (rule.month_days, rule.year_days, rule.weeks))
    return Sieve(rule, steps, frozenset(rule.months), weekdays, plain, *rest)


def with_defaults(rule: Rule, first: datetime) -> Rule:
    """Fill in from the first occurrence what the rule leaves open: its weekday, its day of the month, its month.

    RFC 5545: "Information, not contained in the rule, necessary to determine the various recurrence instance start
    time and dates are derived from the Start Time".
    """
    if rule.frequency == "YEARLY" and not (rule.months or rule.weekdays or rule.year_days or rule.weeks):
        return replace(rule, months=(first.month,), month_days=rule.month_days or (first.day,))
    if rule.month_days or rule.year_days or rule.weekdays:
        return rule
    if (rule.frequency == "WEEKLY" and not rule.weeks) or (rule.frequency == "YEARLY" and rule.weeks):
        return replace(rule, weekdays=((0, first.weekday()),))
    if rule.frequency in {"MONTHLY", "YEARLY"} and not rule.weeks:
        return replace(rule, month_days=(first.day,))
    return rule


def days_of_year(named: Sieve, year: int) -> list[int]:
    """The days a YEARLY rule names in that calendar year, in order."""
    rule = named.rule
    first = date(year, 1, 1).toordinal()
    length = _length_of(year)
    if rule.year_days:
        base: Iterable[int] = (first - 1 + day for day in _resolved(rule.year_days, length))
    elif rule.weeks:
        # A week may belong to the year before or after; what counts is the year its day lies in.
        base = {day for near in (year - 1, year, year + 1) for day in _days_of_weeks(rule, near)}
    elif rule.month_days or rule.months:
        return [day for month in rule.months or range(1, 13) for day in _days_of_month(named, year, month)]
    else:
        base = {day for nth, weekday in rule.weekdays for day in _nth_weekdays(first, length, nth, weekday)}
    return sorted(day for day in base if first <= day < first + length and fits(named, day))


def days_of_month(named: Sieve, year: int, month: int) -> list[int]:
    """The days a MONTHLY rule names in that month, in order."""
    if named.months and month not in named.months:
        return []
    return _days_of_month(named, year, month)


def days_of_week(named: Sieve, first_day: int) -> list[int]:
    """The days a WEEKLY rule names in the week that starts on `first_day`, in order."""
    return [day for day in range(max(first_day, 1), min(first_day + 7, LAST_DAY + 1)) if fits(named, day)]


def fits(named: Sieve, day: int) -> bool:
    """Say whether a day passes every part of the rule that speaks of days."""
    named.steps.spend()
    at = date.fromordinal(day)
    if named.months and at.month not in named.months:
        return False
    if named.plain and not _weekday_fits(named, at):
        return False
    if named.month_days and not _among(named.month_days, at.day, calendar.monthrange(at.year, at.month)[1]):
        return False
    if named.year_days and not _among(named.year_days, at.timetuple().tm_yday, _length_of(at.year)):
        return False
    return not named.weeks or _among(named.weeks, *_week_of(named.rule.week_start, at))


def _days_of_month(named: Sieve, year: int, month: int) -> list[int]:
    rule = named.rule
    before = date(year, month, 1).toordinal() - 1
    length = calendar.monthrange(year, month)[1]
    if rule.month_days and rule.skip != "OMIT":
        return _skipping(named, before, length)
    if rule.month_days:
        candidates: Iterable[int] = sorted(_resolved(rule.month_days, length))
    else:
        candidates = range(1, length + 1)
    return [before + day for day in candidates if fits(named, before + day)]


def _skipping(named: Sieve, before: int, length: int) -> list[int]:
    """Days of a month where one that does not exist moves to the day before or after (RFC 7529 section 4.1)."""
    rule = named.rule
    beyond = length if rule.skip == "BACKWARD" else length + 1
    days = {beyond if day > length else day for day in rule.month_days if day > 0}
    days.update(_resolved([day for day in rule.month_days if day < 0], length))
    limits = named._replace(month_days=(), months=())
    return [before + day for day in sorted(days) if before + day <= LAST_DAY and fits(limits, before + day)]


def _nth_weekdays(first: int, length: int, nth: int, weekday: int) -> range:
    start = first + (weekday - (first - 1)) % 7
    days = range(start, first + length, 7)
    if nth == 0:
        return days
    index = nth - 1 if nth > 0 else len(days) + nth
    return days[index : index + 1] if index >= 0 else days[:0]


def _weekday_fits(named: Sieve, at: date) -> bool:
    """Only MONTHLY and YEARLY rules may count weekdays; elsewhere, and beside BYWEEKNO, the number is ignored."""
    rule, weekday = named.rule, at.weekday()
    if weekday not in named.plain or (0, weekday) in named.weekdays:
        return weekday in named.plain
    if rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and rule.months):
        position, length = at.day, calendar.monthrange(at.year, at.month)[1]
    elif rule.frequency == "YEARLY" and not rule.weeks:
        position, length = at.timetuple().tm_yday, _length_of(at.year)
    else:
        return True
    nth, last = (position - 1) // 7 + 1, (length - position) // 7 + 1
    return (nth, weekday) in named.weekdays or (-last, weekday) in named.weekdays


def _days_of_weeks(rule: Rule, year: int) -> set[int]:
    first = _first_week(rule.week_start, year)
    count = (_first_week(rule.week_start, year + 1) - first) // 7
    return {first + (week - 1) * 7 + day for week in _resolved(rule.weeks, count) for day in range(7)}


def _week_of(week_start: int, at: date) -> tuple[int, int]:
    """The number of a day's week, and how many weeks its year has. Around the turn of the year that may be another one."""
    day, year = at.toordinal(), at.year
    first, following = _first_week(week_start, year), _first_week(week_start, year + 1)
    if day < first:
        first, following = _first_week(week_start, year - 1), first
    elif day >= following:
        first, following = following, _first_week(week_start, year + 2)
    return (day - first) // 7 + 1, (following - first) // 7


def _length_of(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


def _first_week(week_start: int, year: int) -> int:
    """The first day of week 1: the first week with at least four days in the year."""
    if not 1 <= year <= date.max.year:
        return 1 - 366 if year < 1 else LAST_DAY + 1
    fourth = date(year, 1, 4)
    return fourth.toordinal() - (fourth.weekday() - week_start) % 7


def _resolved(numbers: Iterable[int], length: int) -> set[int]:
    """Turn numbers counted from either end into numbers counted from the start; those that do not exist are left out."""
    counted = (number if number > 0 else length + 1 + number for number in numbers)
    return {number for number in counted if 1 <= number <= length}


def _among(numbers: Collection[int], position: int, length: int) -> bool:
    return position in numbers or position - length - 1 in numbers
