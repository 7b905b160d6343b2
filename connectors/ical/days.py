"""Which days a recurrence rule names within a year, a month, a week or a day (RFC 5545 section 3.3.10, its table of
expanding and limiting parts). Days are proleptic Gregorian ordinals, as in `date.toordinal`.
"""

import calendar
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from connectors.ical.rules import Rule

LAST_DAY = date.max.toordinal()


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


def days_of_year(rule: Rule, year: int) -> list[int]:
    """The days a YEARLY rule names in that calendar year, in order."""
    first = date(year, 1, 1).toordinal()
    length = 366 if calendar.isleap(year) else 365
    if rule.year_days:
        base: Iterable[int] = (first - 1 + day for day in _resolved(rule.year_days, length))
    elif rule.weeks:
        # A week may belong to the year before or after; what counts is the year its day lies in.
        base = {day for near in (year - 1, year, year + 1) for day in _days_of_weeks(rule, near)}
    elif rule.month_days or rule.months:
        return [day for month in rule.months or range(1, 13) for day in _days_of_month(rule, year, month)]
    else:
        base = {day for nth, weekday in rule.weekdays for day in _nth_weekdays(first, length, nth, weekday)}
    return sorted(day for day in base if first <= day < first + length and fits(rule, day))


def days_of_month(rule: Rule, year: int, month: int) -> list[int]:
    """The days a MONTHLY rule names in that month, in order."""
    if rule.months and month not in rule.months:
        return []
    return _days_of_month(rule, year, month)


def days_of_week(rule: Rule, first_day: int) -> list[int]:
    """The days a WEEKLY rule names in the week that starts on `first_day`, in order."""
    return [day for day in range(max(first_day, 1), min(first_day + 7, LAST_DAY + 1)) if fits(rule, day)]


def fits(rule: Rule, day: int) -> bool:
    """Say whether a day passes every part of the rule that speaks of days."""
    at = date.fromordinal(day)
    if rule.months and at.month not in rule.months:
        return False
    if rule.weekdays and not _weekday_fits(rule, at):
        return False
    if rule.month_days and not _among(rule.month_days, at.day, calendar.monthrange(at.year, at.month)[1]):
        return False
    if rule.year_days and not _among(
        rule.year_days, at.timetuple().tm_yday, 366 if calendar.isleap(at.year) else 365
    ):
        return False
    return not rule.weeks or day in _days_of_weeks(rule, at.year) or _in_neighbour_week(rule, at)


def _days_of_month(rule: Rule, year: int, month: int) -> list[int]:
    before = date(year, month, 1).toordinal() - 1
    length = calendar.monthrange(year, month)[1]
    if rule.month_days and rule.skip != "OMIT":
        return _skipping(rule, before, length)
    if rule.month_days:
        candidates: Iterable[int] = sorted(_resolved(rule.month_days, length))
    else:
        candidates = range(1, length + 1)
    return [before + day for day in candidates if fits(rule, before + day)]


def _skipping(rule: Rule, before: int, length: int) -> list[int]:
    """Days of a month where one that does not exist moves to the day before or after (RFC 7529 section 4.1)."""
    beyond = length if rule.skip == "BACKWARD" else length + 1
    days = {beyond if day > length else day for day in rule.month_days if day > 0}
    days.update(_resolved([day for day in rule.month_days if day < 0], length))
    limits = replace(rule, month_days=(), months=())
    return [before + day for day in sorted(days) if before + day <= LAST_DAY and fits(limits, before + day)]


def _nth_weekdays(first: int, length: int, nth: int, weekday: int) -> range:
    start = first + (weekday - (first - 1)) % 7
    days = range(start, first + length, 7)
    if nth == 0:
        return days
    index = nth - 1 if nth > 0 else len(days) + nth
    return days[index : index + 1] if index >= 0 else days[:0]


def _weekday_fits(rule: Rule, at: date) -> bool:
    weekday = at.weekday()
    return any(wanted == weekday and (nth == 0 or _nth_fits(rule, at, nth)) for nth, wanted in rule.weekdays)


def _nth_fits(rule: Rule, at: date, nth: int) -> bool:
    """Only MONTHLY and YEARLY rules may count weekdays; elsewhere, and beside BYWEEKNO, the number is ignored."""
    if rule.frequency == "MONTHLY" or (rule.frequency == "YEARLY" and rule.months):
        position, length = at.day, calendar.monthrange(at.year, at.month)[1]
    elif rule.frequency == "YEARLY" and not rule.weeks:
        position, length = at.timetuple().tm_yday, 366 if calendar.isleap(at.year) else 365
    else:
        return True
    return nth == ((position - 1) // 7 + 1 if nth > 0 else -((length - position) // 7 + 1))


def _days_of_weeks(rule: Rule, year: int) -> set[int]:
    first = _first_week(rule.week_start, year)
    count = (_first_week(rule.week_start, year + 1) - first) // 7
    return {first + (week - 1) * 7 + day for week in _resolved(rule.weeks, count) for day in range(7)}


def _in_neighbour_week(rule: Rule, at: date) -> bool:
    """Around the turn of the year a day may belong to a week of the year before or after."""
    day = at.toordinal()
    if at.month == 1:
        return day in _days_of_weeks(rule, at.year - 1)
    return at.month == 12 and day in _days_of_weeks(rule, at.year + 1)


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


def _among(numbers: tuple[int, ...], position: int, length: int) -> bool:
    return position in numbers or position - length - 1 in numbers
