"""A recurring event: its occurrences that overlap a window, whole.

RFC 5545 section 3.8.5 (the recurrence set) and 3.8.4.4 (RECURRENCE-ID and its THISANDFUTURE). The set is DTSTART, the
rules and the RDATEs, without EXDATEs, excluded rules, and the instances that an override replaces. Nearly all series have one
rule that names days, and instances that are all alike: these are made by the hundred.
"""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from itertools import chain
from typing import NamedTuple, TypeVar

from connectors.ical.alike import all_alike
from connectors.ical.events import Entry, RuleText
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits, Steps, StepsSpent
from connectors.ical.moments import Moment
from connectors.ical.recurrence import DISORDER, day_meant, last_wall
from connectors.ical.rules import Rule, RuleRefused, parse_rule
from connectors.ical.stride import LISTED
from connectors.ical.values import Length, Window, shifted
from connectors.ical.walk import Walk, walk, walk_days
from connectors.ical.zones import UTC_ZONE, Zone
from connectors.interface import NEVER_STORED, BusyInterval, Status

Found = TypeVar("Found")
Placed = tuple[Moment, Length | None]
"""A start in the recurrence set, and a length of its own if it has one (RDATE with a period)."""

_NOTHING = timedelta(0)
_new = tuple.__new__
_ALL_DAYS = date.max.toordinal()
_NEVER = datetime.max.replace(tzinfo=UTC)


def interval_of(entry: Entry, start: datetime, moment: Moment, length: Length | None = None) -> BusyInterval:
    """The occurrence at `moment`, which is the instant `start`."""
    length = entry.length if length is None else length
    end = moment.after(length) if length.days else shifted(start, length.exact)
    return BusyInterval(start, end, entry.status, entry.all_day, entry.uid)


class _Ruled(NamedTuple):
    """A rule that was understood: where it stands, and its UNTIL on the clock of the series."""

    rule: Rule
    last: datetime | None
    line: int


class Series:
    """A master event with the entries that change some of its instances."""

    def __init__(
        self,
        master: Entry,
        overrides: list[Entry],
        window: Window,
        limits: Limits,
        findings: Findings,
        steps: Steps,
    ) -> None:
        self._master = master
        self._window = window
        self._limits = limits
        self._findings = findings
        self._steps = steps
        self._refused = False
        self._onwards: list[tuple[datetime, Entry]] = []
        self._left_out: set[datetime] = set()
        self._days_out: set[int] = set()
        self._rules = self._understood(master.rules)
        self._alone = len(master.rules) == 1
        if overrides:
            self._replace(overrides)
        self._low, self._high = self._reach()
        if master.exceptions or master.exclusions:
            self._exclude()

    def intervals(self) -> list[BusyInterval]:
        """Return the occurrences in the window, a few more than the limit, with one to its end that stands for the rest."""
        found: list[BusyInterval] = []
        most = self._limits.occurrences
        for some in self._steady() if self._is_steady() else self._varied():
            found += some
            if len(found) > most:
                found[most:] = [self._and_all_later(found[most])]
                break
        if not self._refused:
            return found
        return [one if one.status in NEVER_STORED else one._replace(status=Status.UNKNOWN) for one in found]

    def _understood(self, rules: Iterable[RuleText]) -> list[_Ruled]:
        """The rules that are not refused; a refusal is reported, and makes all of the series unknown."""
        found, start = [], self._master.start
        for text in rules:
            try:
                rule = parse_rule(text.text)
                if start.date and rule.frequency in {"HOURLY", "MINUTELY", "SECONDLY"}:
                    raise RuleRefused("a rule by the hour or less on whole days")
                last = last_wall(rule, start.zone, whole_days=start.date) if rule.until else None
                found.append(_new(_Ruled, (rule, last, text.line)))
            except RuleRefused as reason:
                self._refused = True
                self._findings.add(self._master.uid, text.line, f"{reason}; the event counts as unknown")
        return found

    def _is_steady(self) -> bool:
        """Do all instances come from one rule that names days, and look the same?"""
        alone = self._alone and self._rules and not self._master.extras and not self._onwards
        return bool(alone) and self._rules[0].rule.by_days

    def _steady(self) -> Iterator[list[BusyInterval]]:
        """As `_varied`, for nearly all series, and fast."""
        ruled, start = self._rules[0], self._master.start
        days = self._spending(walk_days, ruled)
        if start.wall >= self._low and self._takes_place():
            days = _with_first(start.wall.toordinal(), days)
        return all_alike(self._master, days, self._window, (self._days_out, self._left_out))

    def _varied(self) -> Iterator[list[BusyInterval]]:
        """The members of the recurrence set that overlap the window, each once."""
        placed = self._moved if self._onwards else partial(interval_of, self._master)
        ends: dict[datetime, datetime] = {}
        for moment, length in self._set():
            instant = moment.instant
            if instant in self._left_out or moment.wall.toordinal() in self._days_out:
                continue
            interval = placed(instant, moment, length)
            # Two walls may be the same instant (`alike`); beside a period of its own nothing else counts.
            if instant in ends and (length or interval.end <= ends[instant]):
                continue
            if self._window.holds(interval.start, interval.end):
                ends[instant] = _NEVER if length else interval.end
                yield [interval]

    def _and_all_later(self, interval: BusyInterval) -> BusyInterval:
        """What was not looked at any more begins after this one, but for what a changed clock or a THISANDFUTURE moves."""
        entries = (self._master, *(entry for _, entry in self._onwards))
        lengths = [entry.length for entry in entries] + [
            length for _, length in self._master.extras if length
        ]
        if not any(map(any, lengths)) or all(entry.status in NEVER_STORED for entry in entries):
            return interval  # none of them takes any time
        # This one may itself have been moved the farthest ahead, and a later one the farthest back.
        start = max(shifted(interval.start, -DISORDER - 2 * self._shift()), self._window.start)
        end = max(self._window.end, interval.end)
        return BusyInterval(start.astimezone(UTC), end.astimezone(UTC), Status.UNKNOWN, False, interval.uid)

    def _by_day(self, moment: Moment) -> bool:
        """A date among times (or the other way round) means the whole day."""
        return moment.date or self._master.start.date

    def _day(self, moment: Moment) -> int:
        in_utc = self._master.start.date and moment.zone is UTC_ZONE
        return (day_meant(moment.wall, self._master.start.zone) if in_utc else moment.wall).toordinal()

    def _on_clock(self, moment: Moment) -> Moment:
        start = self._master.start
        return (
            moment._replace(zone=start.zone, floating=False) if moment.floating and not start.date else moment
        )

    def _replace(self, overrides: Iterable[Entry]) -> None:
        """Leave out the instances that an override stands for, and note what one changes from then on."""
        for entry in overrides:
            if entry.replaces:
                moment = self._on_clock(entry.replaces)
                self._leave_out(moment)
                if entry.onwards:
                    self._onwards.append((self._instance(moment), entry))
        self._onwards.sort(key=_began)

    def _exclude(self) -> None:
        for moment in map(self._on_clock, self._master.exceptions):
            self._leave_out(moment)
        for rule in self._understood(self._master.exclusions):
            self._left_out.update(moment.instant for moment, _ in self._ruled(rule))

    def _leave_out(self, moment: Moment) -> None:
        if self._by_day(moment):
            self._days_out.add(self._day(moment))
        else:
            self._left_out.add(moment.instant)

    def _instance(self, moment: Moment) -> datetime:
        """The instant of the instance that a RECURRENCE-ID means, which a day among times names by its day alone."""
        start = self._master.start
        if moment.date == start.date:
            return moment.instant
        midnight = datetime.fromordinal(self._day(moment))
        return start.zone.to_utc(datetime.combine(midnight, start.wall.time()))

    def _reach(self) -> tuple[datetime, datetime]:
        """The wall-clock times between which instances can matter, with everything moved by a THISANDFUTURE."""
        longest, moved = self._master.length, _NOTHING
        if self._master.extras or self._onwards:
            lengths = [longest, *(length for _, length in self._master.extras if length)]
            lengths += [entry.length for _, entry in self._onwards]
            longest = Length(max(length.days for length in lengths), max(length.exact for length in lengths))
            moved = self._shift() if self._onwards else _NOTHING
        zone = self._master.start.zone
        return (_remembered if zone.name else _own_remembered)(zone, self._window, longest, moved)

    def _shift(self) -> timedelta:
        """How far a THISANDFUTURE moves instances at most, and a day for clocks that change between."""
        moved = max((abs(entry.start.instant - at) for at, entry in self._onwards), default=_NOTHING)
        return moved + timedelta(days=1 if self._onwards else 0)

    def _set(self) -> Iterable[Placed]:
        """The recurrence set before anything is taken from it, in order, with a length where an RDATE has its own."""
        began: list[Placed] = [(self._master.start, None)] if self._takes_place() else []
        ruled = [self._ruled(rule) for rule in self._rules]
        return heapq.merge(began, sorted(self._master.extras, key=_by_instant), *ruled, key=_by_instant)

    def _takes_place(self) -> bool:
        """DTSTART is an instance whatever the rules say, but for one reason: programs that delete a series from its first
        instance on leave an UNTIL before DTSTART, and nothing takes place."""
        wall, rules = self._master.start.wall, self._rules
        if not rules or len(rules) < len(self._master.rules):
            return True
        return any(ruled.last is None or ruled.last >= wall for ruled in rules)

    def _ruled(self, ruled: _Ruled) -> Iterator[Placed]:
        start = self._master.start
        for wall in self._spending(walk, ruled):
            yield start._replace(wall=wall), None

    def _spending(self, way: Callable[[Walk], Iterable[Found]], ruled: _Ruled) -> Iterable[Found]:
        """What a rule names, in order, on the clock of the series, while there are steps left."""
        start = self._master.start
        path = (
            *(ruled.rule, start.wall, self._low, self._high),
            *(self._steps, ruled.last, start.date, self._alone),
        )
        named = way(_new(Walk, path))
        return named if isinstance(named, LISTED) else self._until_spent(named, ruled.line)

    def _until_spent(self, named: Iterable[Found], line: int) -> Iterator[Found]:
        try:
            yield from named
        except StepsSpent as spent:
            self._findings.add(self._master.uid, line, f"{spent}; later occurrences may be missing")

    def _moved(self, instant: datetime, moment: Moment, length: Length | None) -> BusyInterval:
        """Put an instance where the last THISANDFUTURE before it says, else where the series has it."""
        number = bisect_right(self._onwards, instant, key=_began)
        if number == 0:
            return interval_of(self._master, instant, moment, length)
        began, entry = self._onwards[number - 1]
        clock = entry.start.zone
        moved = entry.start.wall - clock.to_wall(began)
        there = entry.start._replace(wall=shifted(clock.to_wall(instant), moved))
        return interval_of(entry, there.instant, there)


def _reach(zone: Zone, window: Window, longest: Length, moved: timedelta) -> tuple[datetime, datetime]:
    # A calendar day can be longer than 24 hours, so one more is looked back for every length in days.
    back = timedelta(days=min(longest.days + 1, _ALL_DAYS) if longest.days > 0 else 0)
    start = shifted(shifted(window.start, -moved - back), -max(longest.exact, _NOTHING))
    return zone.walls(start, shifted(window.end, moved))


_remembered = lru_cache(maxsize=1024)(_reach)
_own_remembered = lru_cache(maxsize=8)(_reach)
"""Of zones that an object defines few are kept: a stranger could make them large."""


def _with_first(first: int, days: Iterable[int]) -> Iterable[int]:
    """The days from the first on, whether or not it is among them."""
    if isinstance(days, LISTED):
        return days if days and days[0] == first else [first, *days]
    return chain((first,), (day for day in days if day != first))


def _began(onwards: tuple[datetime, Entry]) -> datetime:
    return onwards[0]


def _by_instant(placed: Placed) -> datetime:
    return placed[0].instant
