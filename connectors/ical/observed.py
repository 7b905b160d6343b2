"""A zone that a calendar defines itself: VTIMEZONE with its STANDARD and DAYLIGHT parts (RFC 5545 section 3.6.5).

The parts become one sorted table of changes between 1900 and 2100, looked up by bisection. Tables are remembered by
their text, never by their name: two objects may give different zones the same name.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from connectors.ical.component import Component
from connectors.ical.limits import Steps
from connectors.ical.rules import Rule, RuleRefused, parse_rule
from connectors.ical.values import read_offset, read_wall, shifted
from connectors.ical.walk import Walk, seconds_of, walk_seconds
from connectors.ical.wellformed import definition

_FROM, _TO = datetime(1900, 1, 1), datetime(2100, 12, 31)  # noqa: DTZ001  # wall-clock values
_SECOND = timedelta(seconds=1)

_MIN, _MAX = seconds_of(datetime.min), seconds_of(datetime.max)  # noqa: DTZ901  # the ends of all clocks


class UnreadableZone(ValueError):
    """A VTIMEZONE that can't be understood."""


@dataclass(frozen=True, slots=True)
class Observance:
    """A STANDARD or DAYLIGHT part, as text: when it begins, and the offsets before and after."""

    begins: str
    before: str
    after: str
    rules: tuple[str, ...]
    dates: tuple[str, ...]


Change = tuple[int, timedelta, timedelta]
"""What changes at an instant: the larger offset in seconds, the offset before, the offset after.

Instants are in seconds (`seconds_of`), in UTC."""


class ObservedZone(tzinfo):
    """A clock by a table of changes. In a repeated hour it means the first one, before a skipped hour the old offset."""

    def __init__(self, changes: dict[int, Change]) -> None:
        self._instants = sorted(changes)
        found = [changes[instant] for instant in self._instants]
        self._walls = [instant + more for instant, (more, _, _) in zip(self._instants, found, strict=True)]
        self._offsets = [found[0][1], *[after for _, _, after in found]]
        if min(self._walls) < _MIN or max(self._walls) > _MAX:
            raise OverflowError("a change of the clock beyond all calendars")

    def utcoffset(self, at: datetime | None) -> timedelta:
        """Return the offset from UTC at a wall-clock time."""
        if at is None:
            return self._offsets[-1]
        return self._offsets[bisect_right(self._walls, seconds_of(at))]

    def dst(self, at: datetime | None) -> timedelta | None:
        """Nothing here asks for it."""
        return None if at is None else timedelta(0)

    def tzname(self, at: datetime | None) -> str:
        """Return a name for printing."""
        return f"UTC{self.utcoffset(at)}"

    def fromutc(self, at: datetime) -> datetime:
        """Return the wall-clock time at an instant."""
        return at + self._offsets[bisect_right(self._instants, seconds_of(at))]


def observed_zone(part: Component, allowed: int, steps: int) -> ObservedZone:
    """Return the clock that a VTIMEZONE describes. Raises `UnreadableZone` with the reason.

    It may have `allowed` parts, and take so many `steps` for all of them together, which is also how much is kept of it.
    """
    if part.source:
        return _remembered(_Definition(part.source, part), allowed, steps)
    return _observed(part, allowed, steps)


@dataclass(frozen=True, slots=True)
class _Definition:
    """A VTIMEZONE, the same as any other made of the same text."""

    source: str
    part: Component = field(compare=False)


def _observed(part: Component, allowed: int, steps: int) -> ObservedZone:
    parts = [
        observance for observance in definition(part).parts if observance.kind in {"STANDARD", "DAYLIGHT"}
    ]
    if not parts:
        raise UnreadableZone("it has neither STANDARD nor DAYLIGHT")
    if len(parts) > allowed:
        raise UnreadableZone(f"it has more than {allowed} parts")
    return _zone(tuple(_observance(observance) for observance in parts), steps)


@lru_cache(maxsize=32)
def _remembered(definition: _Definition, allowed: int, steps: int) -> ObservedZone:
    return _observed(definition.part, allowed, steps)


def _observance(part: Component) -> Observance:
    rules = tuple(rule.value for rule in part.every("RRULE"))
    dates = tuple(text for line in part.every("RDATE") for text in line.value.split(","))
    return Observance(part.text("DTSTART"), part.text("TZOFFSETFROM"), part.text("TZOFFSETTO"), rules, dates)


@lru_cache(maxsize=8)
def _zone(observances: tuple[Observance, ...], allowed: int) -> ObservedZone:
    changes: dict[int, Change] = {}
    steps = Steps(allowed)
    try:
        for observance in observances:
            before, after = read_offset(observance.before), read_offset(observance.after)
            change = max(before, after) // _SECOND, before, after
            changes.update(dict.fromkeys(_onsets(observance, before, steps), change))
    except ValueError as reason:
        raise UnreadableZone(f"a part can't be read ({reason})") from reason
    return ObservedZone(changes)


def _onsets(observance: Observance, before: timedelta, steps: Steps) -> Iterator[int]:
    first = read_wall(observance.begins).at
    yield seconds_of(shifted(first, -before))
    for text in observance.dates:
        yield seconds_of(shifted(read_wall(text.split("/")[0]).at, -before))
    for text in observance.rules:
        rule = parse_rule(text)
        if rule.frequency not in {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"}:
            raise RuleRefused("a zone does not change by the hour")
        earlier = before // _SECOND
        path = Walk(rule, first, _FROM, _TO, steps, _last(rule, before))
        yield from [wall - earlier for wall in walk_seconds(path)]


def _last(rule: Rule, before: timedelta) -> datetime | None:
    if rule.until is None:
        return None
    if rule.until.kind == "date":
        return rule.until.at.replace(hour=23, minute=59, second=59)
    return shifted(rule.until.at, before) if rule.until.kind == "utc" else rule.until.at
