"""From entries to intervals: every occurrence of one calendar object that overlaps a window, whole.

RFC 5545 section 3.8.5 (the recurrence set) and 3.8.4.4 (RECURRENCE-ID and its THISANDFUTURE). The set is DTSTART, the
rules and the RDATEs, without EXDATEs, excluded rules, and the instances that an override replaces.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain

from connectors.ical.events import Entry, Moment, RuleText
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits, Steps, StepsSpent
from connectors.ical.recurrence import DISORDER, day_meant, last_wall
from connectors.ical.rules import RuleRefused, parse_rule
from connectors.ical.values import Length, shifted
from connectors.ical.walk import Walk, walk
from connectors.ical.zones import UTC_ZONE
from connectors.interface import NEVER_STORED, BusyInterval, Status

Placed = tuple[Moment, Length | None]
"""A start in the recurrence set, and a length of its own if it has one (RDATE with a period)."""

_NOTHING = timedelta(0)
_ALL_DAYS = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time in aware UTC."""

    start: datetime
    end: datetime

    def holds(self, start: datetime, end: datetime) -> bool:
        """Say whether an interval overlaps the window; one without length must lie in it."""
        return start < self.end and (end > self.start or (start == end and start >= self.start))


def expand(
    entries: Iterable[Entry], window: Window, limits: Limits, findings: Findings, budget: Steps
) -> list[BusyInterval]:
    """Return the occurrences of one object (entries with the same UID) that overlap the window.

    `budget` is what is left for the whole text; what the object needs is taken from it.
    """
    master, overrides = _newest(entries, findings)
    if (
        master is not None
        and not overrides
        and not master.recurs
        and not master.exceptions
        and not master.exclusions
    ):
        alone = _interval(master, master.start.instant, master.start, None)
        return [alone] if window.holds(alone.start, alone.end) else []
    if len(overrides) > limits.overrides:
        findings.add(
            overrides[0].uid, overrides[0].line, f"only {limits.overrides} changed instances are read"
        )
        overrides = overrides[: limits.overrides]
    allowed = min(limits.rule_steps, budget.left)
    steps = Steps(allowed)
    found = [] if master is None else _Series(master, overrides, window, limits, findings, steps).intervals()
    budget.left -= allowed - max(steps.left, 0)
    singles = (_interval(override, override.start.instant, override.start, None) for override in overrides)
    found += [interval for interval in singles if window.holds(interval.start, interval.end)]
    return capped(found, limits, findings)


def _newest(entries: Iterable[Entry], findings: Findings) -> tuple[Entry | None, list[Entry]]:
    """Of several entries for the same thing the highest SEQUENCE counts, then DTSTAMP, then the last one written."""
    best: dict[datetime | None, Entry] = {}
    for entry in entries:
        key = entry.replaces.instant if entry.replaces else None
        other = best.get(key)
        if other is not None:
            findings.add(
                entry.uid, entry.line, "the same UID stands here again; the newest one counts", "warning"
            )
        if other is None or (entry.sequence, entry.revised) >= (other.sequence, other.revised):
            best[key] = entry
    return best.pop(None, None), list(best.values())


def capped(found: list[BusyInterval], limits: Limits, findings: Findings) -> list[BusyInterval]:
    """Return the first occurrences, as many as one object may have in a window; the time of the others is unknown."""
    found.sort()
    kept, more = found[: limits.occurrences], found[limits.occurrences :]
    if more:
        findings.add(
            more[0].uid, 0, f"more than {limits.occurrences} occurrences; when the others are is unknown"
        )
    blocking = [one for one in more if one.start < one.end and one.status not in NEVER_STORED]
    if blocking:
        end = max(one.end for one in blocking)
        kept.append(BusyInterval(blocking[0].start, end, Status.UNKNOWN, False, blocking[0].uid))
    return kept


def _interval(entry: Entry, start: datetime, moment: Moment, length: Length | None) -> BusyInterval:
    """The occurrence at `moment`, which is the instant `start`."""
    days, exact = entry.length if length is None else length
    end = moment.after(Length(days, exact)) if days else shifted(start, exact)
    return BusyInterval(start, end, entry.status, entry.all_day, entry.uid)


class _Series:
    """A recurring (or single) master event with the entries that change some of its instances."""

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
        replaced = [(self._on_clock(entry.replaces), entry) for entry in overrides if entry.replaces]
        self._onwards = sorted(
            ((moment.instant, entry) for moment, entry in replaced if entry.onwards), key=lambda pair: pair[0]
        )
        self._refused = False
        self._alone = len(master.rules) == 1
        self._left_out = {moment.instant for moment, _ in replaced if not self._by_day(moment)}
        self._days_out = {self._day(moment) for moment, _ in replaced if self._by_day(moment)}
        self._low, self._high = self._reach()
        self._exclude()

    def intervals(self) -> list[BusyInterval]:
        """Return the occurrences in the window, a few more than the limit, with one to its end that stands for the rest."""
        found: list[BusyInterval] = []
        for interval in self._steady() if self._is_steady() else self._varied():
            found.append(interval)
            if len(found) > self._limits.occurrences:
                found[-1] = self._and_all_later(interval)
                break
        if not self._refused:
            return found
        unknown = self._master.flawed().status
        return [interval._replace(status=unknown) for interval in found]

    def _is_steady(self) -> bool:
        """Do all instances come from one rule that names days, and look the same?"""
        if not self._alone or self._master.extras or self._onwards:
            return False
        try:
            return parse_rule(self._master.rules[0].text).by_days
        except RuleRefused:
            return False

    def _steady(self) -> Iterator[BusyInterval]:
        """As `_varied`, for nearly all series, and fast: in order, so that the same instant only ever comes twice in a row."""
        master, left_out, days_out = self._master, self._left_out, self._days_out
        to_utc, (days, exact) = master.start.zone.to_utc, master.length
        status, all_day, uid, last = master.status, master.all_day, master.uid, None
        window = self._window
        for wall in chain(self._first(), self._walls(master.rules[0])):
            instant = to_utc(wall)
            if (
                instant == last
                or (left_out and instant in left_out)
                or (days_out and wall.date() in days_out)
            ):
                continue
            last = instant
            whole = to_utc(shifted(wall, timedelta(days))) if days else instant
            try:
                end = whole + exact
            except OverflowError:
                end = shifted(whole, exact)
            if instant < window.end and (end > window.start or window.holds(instant, end)):
                yield BusyInterval(instant, end, status, all_day, uid)

    def _varied(self) -> Iterator[BusyInterval]:
        """The members of the recurrence set that overlap the window, each once."""
        placed = self._moved if self._onwards else partial(_interval, self._master)
        done = self._left_out
        for moment, length in self._set():
            instant = moment.instant
            if instant in done or moment.wall.date() in self._days_out:
                continue
            interval = placed(instant, moment, length)
            if self._window.holds(interval.start, interval.end):
                done.add(instant)
                yield interval

    def _and_all_later(self, interval: BusyInterval) -> BusyInterval:
        """What was not looked at any more begins after this one, but for what a changed clock or a THISANDFUTURE moves."""
        entries = (self._master, *(entry for _, entry in self._onwards))
        lengths = [entry.length for entry in entries] + [
            length for _, length in self._master.extras if length
        ]
        if not any(map(any, lengths)) or all(entry.status in NEVER_STORED for entry in entries):
            return interval  # none of them takes any time
        start = max(shifted(interval.start, -DISORDER - self._shift()), self._window.start)
        end = max(self._window.end, interval.end)
        return BusyInterval(start.astimezone(UTC), end.astimezone(UTC), Status.UNKNOWN, False, interval.uid)

    def _by_day(self, moment: Moment) -> bool:
        """A date among times (or the other way round) means the whole day."""
        return moment.date or self._master.start.date

    def _day(self, moment: Moment) -> date:
        in_utc = self._master.start.date and moment.zone is UTC_ZONE
        return (day_meant(moment.wall, self._master.start.zone) if in_utc else moment.wall).date()

    def _on_clock(self, moment: Moment) -> Moment:
        start = self._master.start
        return (
            moment._replace(zone=start.zone, floating=False) if moment.floating and not start.date else moment
        )

    def _reach(self) -> tuple[datetime, datetime]:
        """The wall-clock times between which instances can matter, with everything moved by a THISANDFUTURE."""
        lengths = [self._master.length, *(length for _, length in self._master.extras if length)]
        lengths += [entry.length for _, entry in self._onwards]
        moved = self._shift() if self._onwards else _NOTHING
        whole = max([length.days for length in lengths])
        exact = max([length.exact for length in lengths])
        # A calendar day can be longer than 24 hours, so one more is looked back for every length in days.
        days = timedelta(days=min(whole + 1, _ALL_DAYS) if whole > 0 else 0)
        start = shifted(shifted(self._window.start, -moved - days), -max(exact, _NOTHING))
        return self._master.start.zone.walls(start, shifted(self._window.end, moved))

    def _shift(self) -> timedelta:
        """How far a THISANDFUTURE moves instances at most, and a day for clocks that change between."""
        moved = max((abs(entry.start.instant - at) for at, entry in self._onwards), default=_NOTHING)
        return moved + timedelta(days=1 if self._onwards else 0)

    def _exclude(self) -> None:
        for moment in map(self._on_clock, self._master.exceptions):
            if self._by_day(moment):
                self._days_out.add(self._day(moment))
            else:
                self._left_out.add(moment.instant)
        for rule in self._master.exclusions:
            self._left_out.update(moment.instant for moment, _ in self._ruled(rule))

    def _set(self) -> Iterable[Placed]:
        """The recurrence set before anything is taken from it, in order, with a length where an RDATE has its own."""
        start = self._master.start
        began: list[Placed] = [(start, None) for _ in self._first()]
        ruled = [self._ruled(rule) for rule in self._master.rules]
        return heapq.merge(began, sorted(self._master.extras, key=_by_instant), *ruled, key=_by_instant)

    def _first(self) -> tuple[datetime, ...]:
        """DTSTART, which is an instance whatever the rules say, but for one reason."""
        return () if self._ended_before_it_began() else (self._master.start.wall,)

    def _ended_before_it_began(self) -> bool:
        """Programs that delete a series from its first instance on leave an UNTIL before DTSTART: nothing takes place."""
        start, ends = self._master.start, []
        for text in self._master.rules:
            try:
                ends.append(last_wall(parse_rule(text.text), start.zone, whole_days=start.date))
            except RuleRefused:
                return False
        return bool(ends) and all(end is not None and end < start.wall for end in ends)

    def _ruled(self, text: RuleText) -> Iterator[Placed]:
        start = self._master.start
        for wall in self._walls(text):
            yield start._replace(wall=wall), None

    def _walls(self, text: RuleText) -> Iterator[datetime]:
        """What a rule names, in order, on the clock of the series. A rule that is refused ends it, and is reported."""
        start = self._master.start
        try:
            rule = parse_rule(text.text)
            if start.date and rule.frequency in {"HOURLY", "MINUTELY", "SECONDLY"}:
                raise RuleRefused("a rule by the hour or less on whole days")
            last = last_wall(rule, start.zone, whole_days=start.date)
            path = Walk(rule, start.wall, self._low, self._high, self._steps, last, start.date, self._alone)
            yield from walk(path)
        except StepsSpent as spent:
            self._findings.add(self._master.uid, text.line, f"{spent}; later occurrences may be missing")
        except RuleRefused as reason:
            self._refused = True
            self._findings.add(self._master.uid, text.line, f"{reason}; the event counts as unknown")

    def _moved(self, instant: datetime, moment: Moment, length: Length | None) -> BusyInterval:
        """Put an instance where the last THISANDFUTURE before it says, else where the series has it."""
        entry = next((entry for at, entry in reversed(self._onwards) if at <= instant), None)
        if entry is None or entry.replaces is None:
            return _interval(self._master, instant, moment, length)
        clock = entry.start.zone
        moved = entry.start.wall - clock.to_wall(self._on_clock(entry.replaces).instant)
        there = entry.start._replace(wall=shifted(clock.to_wall(instant), moved))
        return _interval(entry, there.instant, there, None)


def _by_instant(placed: Placed) -> datetime:
    return placed[0].instant
