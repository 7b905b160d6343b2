"""Which days a series falls on (Graph: resource types recurrencePattern and recurrenceRange).

Through dateutil's rrule, an implementation of RFC 5545 that shares nothing with syncd's own: two can't be wrong alike. The
rule runs on the wall clock of the series' zone, so it keeps its hour over clock changes.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from syncd.demo.graph.moments import Wall, zone_named
from syncd.demo.graph.refusal import Json, not_valid
from syncd.demo.graph.things import Entry

DAYS = {
    name: weekday(number)
    for number, name in enumerate(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    )
}
INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
NEEDS = {
    "daily": ("interval",),
    "weekly": ("interval", "daysOfWeek"),
    "absoluteMonthly": ("interval", "dayOfMonth"),
    "relativeMonthly": ("interval", "daysOfWeek"),
    "absoluteYearly": ("interval", "dayOfMonth", "month"),
    "relativeYearly": ("interval", "daysOfWeek", "month"),
}
RANGE_NEEDS = {"endDate": ("endDate",), "numbered": ("numberOfOccurrences",), "noEnd": ()}
SLACK = timedelta(days=2)
"""More than zones can differ from UTC."""


def checked(said: Json, start: Wall) -> Json:
    """A recurrence as kept: everything filled in. Raises Refused for one that lacks what its kind needs."""
    pattern, limits = dict(said.get("pattern") or {}), dict(said.get("range") or {})
    kind, ends = pattern.get("type"), limits.get("type")
    if kind not in NEEDS or any(not pattern.get(name) for name in NEEDS[kind]):
        raise not_valid(f"recurrence pattern {kind} lacks what it needs")
    if ends not in RANGE_NEEDS or any(not limits.get(name) for name in RANGE_NEEDS[ends]):
        raise not_valid(f"recurrence range {ends} lacks what it needs")
    if ends == "endDate" and limits["endDate"] < (limits.get("startDate") or ""):
        raise not_valid("recurrence ends before it begins")
    whole: Json = {"month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first"}
    days = [str(day).lower() for day in pattern.get("daysOfWeek") or []]
    if any(day not in DAYS for day in days):
        raise not_valid("recurrence names a day that is none")
    kept = {"startDate": start.clock.date().isoformat(), "recurrenceTimeZone": start.zone}
    limits = {"endDate": "0001-01-01", "numberOfOccurrences": 0, **kept, **limits}
    zone_named(limits["recurrenceTimeZone"])
    made: Json = {"pattern": {**whole, **pattern, **({"daysOfWeek": days} if days else {})}, "range": limits}
    return made


def zone_of(series: Entry) -> str:
    """The zone in which the series recurs."""
    return str((series.recurrence or {})["range"]["recurrenceTimeZone"])


def starts(series: Entry, after: datetime, before: datetime, *, short_months: str) -> Iterator[datetime]:
    """The wall-clock starts between two wall-clock times, those cancelled or moved included."""
    yield from _rule(series, short_months).between(after, before, inc=True)


def occurrence(series: Entry, clock: datetime) -> tuple[Wall, Wall]:
    """The walls of the occurrence that starts at this time, by the rule."""
    zone = "UTC" if series.all_day else zone_of(series)
    return Wall(clock, zone), Wall(clock + series.span, zone)


def first_start(series: Entry, short_months: str) -> datetime | None:
    """When the rule begins; None if it never does."""
    found: datetime | None = next(iter(_rule(series, short_months)), None)
    return found


def falls_on(series: Entry, day: date, *, short_months: str) -> datetime | None:
    """The wall-clock start of the occurrence on that day of the series' zone, None if the rule has none."""
    begin = datetime.combine(day, datetime.min.time())
    return next(
        starts(series, begin, begin + timedelta(hours=23, minutes=59, seconds=59), short_months=short_months),
        None,
    )


def _rule(series: Entry, short_months: str) -> rrule:
    recurrence = series.recurrence or {}
    pattern, limits = recurrence["pattern"], recurrence["range"]
    begin = datetime.combine(date.fromisoformat(limits["startDate"]), _wall_in(series).time())
    more: dict[str, Any] = {}
    if limits["type"] == "endDate":
        more["until"] = datetime.combine(date.fromisoformat(limits["endDate"]), datetime.max.time())
    if limits["type"] == "numbered":
        more["count"] = limits["numberOfOccurrences"]
    return rrule(dtstart=begin, interval=pattern["interval"], **_days(pattern, short_months), **more)


def _wall_in(series: Entry) -> datetime:
    """The start on the wall of the zone the series recurs in, which may be another than it was written in."""
    zone = zone_of(series)
    if zone == series.start.zone or series.all_day:
        return series.start.clock
    return series.start.instant.astimezone(zone_named(zone)).replace(tzinfo=None)


def _days(pattern: Json, short_months: str) -> dict[str, Any]:
    kind = pattern["type"]
    days = [DAYS[name] for name in pattern.get("daysOfWeek") or ()]
    if kind == "daily":
        return {"freq": DAILY}
    if kind == "weekly":
        return {"freq": WEEKLY, "byweekday": days, "wkst": DAYS[str(pattern["firstDayOfWeek"]).lower()]}
    named: dict[str, Any] = (
        {"freq": MONTHLY} if kind.endswith("Monthly") else {"freq": YEARLY, "bymonth": pattern["month"]}
    )
    if kind.startswith("relative"):
        return {**named, "byweekday": days, "bysetpos": INDEX[pattern["index"]]}
    day = pattern["dayOfMonth"]
    if short_months == "last" and day > 28:
        return {**named, "bymonthday": range(28, day + 1), "bysetpos": -1}
    return {**named, "bymonthday": day}
