"""A recurrence rule alone, from its first moment to instants in UTC: `occurrences` (RFC 5545 section 3.3.10)."""

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from connectors.ical.limits import DEFAULTS, Steps
from connectors.ical.rules import Rule, RuleRefused, parse_rule
from connectors.ical.values import shifted
from connectors.ical.walk import Walk, walk
from connectors.ical.zones import UTC_ZONE, Zone

DISORDER = timedelta(hours=25)
"""How far a change of a clock may put instants out of order."""


def occurrences(rule: str, first: date | datetime, *, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the starts within [start, end) that an RRULE value names from `first` on, in aware UTC, in order.

    `first` may be aware, floating or a date; a floating one or a date is read as UTC. It is yielded, and counted by
    COUNT, only if it is an instance of the rule. Raises `ValueError` for a rule that is refused, or (while iterating)
    one that needs more steps than the limits allow.
    """
    parsed = parse_rule(rule.strip().removeprefix("RRULE:"))
    whole_days = not isinstance(first, datetime)
    if whole_days and parsed.frequency in {"HOURLY", "MINUTELY", "SECONDLY"}:
        raise RuleRefused("a rule by the hour or less on whole days")
    zone = _zone(first)
    low, high = zone.walls(start, end)
    path = Walk(
        parsed,
        _wall(first),
        low,
        high,
        Steps(DEFAULTS.rule_steps),
        last=last_wall(parsed, zone, whole_days=whole_days),
        whole_days=whole_days,
    )
    return (at for at in _in_order(map(zone.to_utc, walk(path))) if start <= at < end)


def last_wall(rule: Rule, zone: Zone, *, whole_days: bool) -> datetime | None:
    """Return the rule's UNTIL on a zone's clock, inclusive; None if it has none.

    A date includes that whole day. With whole days only the date counts: as it is written, or, for an instant that is
    midnight on the owner's clock (as Exchange writes it), the day that begins there.
    """
    if rule.until is None:
        return None
    at = rule.until.at
    if whole_days and rule.until.kind == "utc":
        at = day_meant(at, zone)
    if whole_days or rule.until.kind == "date":
        return at.replace(hour=23, minute=59, second=59)
    return zone.to_wall(at.replace(tzinfo=UTC)) if rule.until.kind == "utc" else at


def day_meant(at: datetime, owner: Zone) -> datetime:
    """Return the day that a time in UTC means among whole days: its own date, or the owner's if it is midnight there."""
    wall = owner.to_wall(at.replace(tzinfo=UTC))
    return wall if wall.time() == time() else at


def _zone(first: date | datetime) -> Zone:
    clock = first.tzinfo if isinstance(first, datetime) else None
    return UTC_ZONE if clock is None else Zone("", clock)


def _wall(first: date | datetime) -> datetime:
    if isinstance(first, datetime):
        return first.replace(tzinfo=None, microsecond=0)
    return datetime.combine(first, time())


def _in_order(instants: Iterator[datetime]) -> Iterator[datetime]:
    """Sort what a skipped hour disorders, and drop what it doubles, looking only as far back as clocks can change."""
    waiting: list[datetime] = []
    last: datetime | None = None
    for instant in instants:
        heapq.heappush(waiting, instant)
        while waiting and waiting[0] < shifted(instant, -DISORDER):
            ready = heapq.heappop(waiting)
            if ready != last:
                yield ready
            last = ready
    while waiting:
        ready = heapq.heappop(waiting)
        if ready != last:
            yield ready
        last = ready
