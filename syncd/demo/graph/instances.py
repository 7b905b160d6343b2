"""What stands in a calendar's window: single events, and the occurrences and exceptions of series (Graph: calendarView)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from syncd.demo.graph import recurrence
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.moments import Wall, zone_named
from syncd.demo.graph.recurrence import SLACK
from syncd.demo.graph.things import Entry, Folder, Mailbox

Kind = Literal["singleInstance", "seriesMaster", "occurrence", "exception"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing as it is answered. `entry`: whose fields count (an occurrence's are its series'); `series` and `day` of a part."""

    kind: Kind
    entry: Entry
    start: Wall
    end: Wall
    series: Entry | None = None
    day: date | None = None
    original: datetime | None = None

    def within(self, start: datetime, end: datetime) -> bool:
        """Does it overlap the window [start, end)? What has no length counts where it is, but for the very start."""
        return self.start.instant < end and self.end.instant > start


def itself(entry: Entry) -> Seen:
    """An event or a series as a whole; of a series with the times of its first occurrence."""
    return Seen("seriesMaster" if entry.is_series else "singleInstance", entry, entry.start, entry.end)


def part_on(series: Entry, day: date, knobs: Knobs) -> Seen | None:
    """The occurrence or exception of that day, None if there is none (any more)."""
    if day in series.cancelled:
        return None
    clock = recurrence.falls_on(series, day, short_months=knobs.short_months)
    if day in series.exceptions:
        return _exception(series, day, clock)
    return None if clock is None else _occurrence(series, clock)


def parts(series: Entry, start: datetime, end: datetime, knobs: Knobs) -> list[Seen]:
    """The occurrences and exceptions of a series that overlap the window, by their day."""
    after = _clock(start, series) - SLACK - series.span
    before = _clock(end, series) + SLACK
    clocks = recurrence.starts(series, after, before, short_months=knobs.short_months)
    regular = [_occurrence(series, clock) for clock in clocks if _untouched(series, clock.date())]
    moved = [_exception(series, day, None) for day in sorted(series.exceptions)]
    found = [one for one in (*regular, *moved) if one.within(start, end)]
    return sorted(found, key=lambda one: one.day or date.min)


def whole(folder: Folder | None, mailbox: Mailbox) -> Iterator[Entry]:
    """The events and series of a calendar (None: of all)."""
    return (entry for entry in mailbox.entries.values() if folder is None or entry.folder is folder)


def expanded(entries: Iterable[Entry], start: datetime, end: datetime, knobs: Knobs) -> list[Seen]:
    """What of these overlaps the window, series as their parts, never as masters; by start."""
    found: list[Seen] = []
    for entry in entries:
        if entry.is_series:
            found += parts(entry, start, end, knobs)
        elif itself(entry).within(start, end):
            found.append(itself(entry))
    return sorted(found, key=lambda one: (one.start.instant, one.entry.number))


def in_window(entry: Entry, start: datetime, end: datetime, knobs: Knobs) -> bool:
    """Has the event, or any part of the series, a place in the window?"""
    return bool(parts(entry, start, end, knobs)) if entry.is_series else itself(entry).within(start, end)


def _untouched(series: Entry, day: date) -> bool:
    return day not in series.cancelled and day not in series.exceptions


def _clock(at: datetime, series: Entry) -> datetime:
    zone = "UTC" if series.all_day else recurrence.zone_of(series)
    try:
        return at.astimezone(zone_named(zone)).replace(tzinfo=None)
    except OverflowError:
        return at.replace(tzinfo=None)


def _occurrence(series: Entry, clock: datetime) -> Seen:
    start, end = recurrence.occurrence(series, clock)
    return Seen("occurrence", series, start, end, series, clock.date(), start.instant)


def _exception(series: Entry, day: date, clock: datetime | None) -> Seen:
    entry = series.exceptions[day]
    first = clock or datetime.combine(day, series.start.clock.time())
    original = recurrence.occurrence(series, first)[0].instant
    return Seen("exception", entry, entry.start, entry.end, series, day, original.astimezone(UTC))
