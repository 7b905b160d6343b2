"""Reading calendar text: `read` for what it means, `read_object` for what is kept of an object on a server.

Bad content never raises: it is reported, and everything beside it is still read. One object's mistakes and zones never
touch another's.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from connectors.ical.component import MARKER, Component
from connectors.ical.events import Entry, EntryReader
from connectors.ical.expand import capped, expand
from connectors.ical.findings import Findings
from connectors.ical.limits import DEFAULTS, Limits, Steps
from connectors.ical.meaning import freebusy_status
from connectors.ical.own import own_event
from connectors.ical.reduce import Reduction
from connectors.ical.text import scan
from connectors.ical.values import Window
from connectors.ical.zones import Ladder, Zone, known_zone
from connectors.interface import BusyInterval, CalendarObject, Event, Reading


def read(
    data: bytes,
    *,
    zone: str,
    start: datetime,
    end: datetime,
    addresses: Collection[str] = (),
    limits: Limits = DEFAULTS,
) -> Reading:
    """Read a calendar object or a whole file: every occurrence overlapping [start, end), and what was wrong.

    `zone` is the owner's IANA zone (whole days, and floating times where the file names no zone of its own);
    `addresses` are the owner's, by which their own answers are found. Free, cancelled, declined and zero-length
    occurrences are included. Raises `ValueError` only for a `zone` that does not exist.
    """
    text = _Text(data, zone, Window(start, end), addresses, limits)
    return Reading(text.intervals, text.findings.all())


def read_object(
    href: str,
    etag: str,
    data: bytes,
    *,
    zone: str,
    start: datetime,
    end: datetime,
    addresses: Collection[str] = (),
    limits: Limits = DEFAULTS,
) -> CalendarObject:
    """Read an object as found on a server: like `read`, and whether it is one of our own appointments.

    `reduced` is set for recurring objects and those with something at or beyond `end`.
    """
    text = _Text(data, zone, Window(start, end), addresses, limits)
    return CalendarObject(
        href=href,
        etag=etag,
        uid=text.uid,
        intervals=text.intervals,
        problems=text.findings.all(),
        reduced=text.reduced(),
        event=text.own(),
        organizer=any(part.first("ORGANIZER") or part.first("ATTENDEE") for part in text.events),
    )


_new = tuple.__new__


class _Read(NamedTuple):
    """A component that was understood: an event with its entry, or a VFREEBUSY with its intervals."""

    calendar: Component
    part: Component
    entry: Entry | None = None
    busy: tuple[BusyInterval, ...] = ()


class _Text:
    """One text, read for one owner and window."""

    def __init__(
        self, data: bytes, zone: str, window: Window, addresses: Collection[str], limits: Limits
    ) -> None:
        owner = known_zone(zone)
        if owner is None:
            raise ValueError(f"the owner's zone is no known time zone: {zone}")
        self.findings = Findings(limits.problems)
        self._window = window
        self._addresses = addresses
        self._limits = limits
        self._zones = Steps(limits.zones)
        self._steps = Steps(limits.all_steps)
        self._room = limits.all_occurrences
        self._calendars = scan(data, limits, self.findings)
        self.events = [
            part for calendar in self._calendars for part in calendar.parts if part.kind == "VEVENT"
        ]
        self._ladders: dict[int, Ladder] = {}
        self._readable = [found for calendar in self._calendars for found in self._read_all(calendar, owner)]
        self.intervals = self._intervals()

    @property
    def uid(self) -> str:
        """The UID of the object: that of its first component that has one."""
        parts = (part for calendar in self._calendars for part in calendar.parts if part.kind != "VTIMEZONE")
        return next((part.uid for part in parts if part.uid), "")

    def own(self) -> Event | None:
        """Return our appointment, if the object carries our marker and its start and end can be read."""
        entries = [found.entry for found in self._readable if found.entry]
        repeats = len(entries) > 1 or any(entry.recurs for entry in entries)
        for found in self._readable:
            if found.entry and found.entry.replaces is None and found.part.text(MARKER):
                return replace(own_event(found.calendar, found.part, found.entry), repeats=repeats)
        return None

    def reduced(self) -> bytes | None:
        """Return the reduced form, or None for an object that has nothing beyond the window."""
        if not any(self._lasts(found) for found in self._readable):
            return None
        lines: list[str] = []
        for calendar in self._calendars:
            parts = [found.part for found in self._readable if found.calendar is calendar]
            if parts:
                reduction = Reduction(calendar, self._ladders[id(calendar)], self._addresses)
                lines.extend(reduction.lines(parts))
        return "".join(f"{line}\r\n" for line in lines).encode()

    def _lasts(self, found: _Read) -> bool:
        if found.entry is None:
            return any(interval.end >= self._window.end for interval in found.busy)
        return found.entry.recurs or found.entry.start.after(found.entry.length) >= self._window.end

    def _read_all(self, calendar: Component, owner: Zone) -> list[_Read]:
        ladder = Ladder(calendar, owner, self.findings, self._limits, self._zones, self._window.start)
        self._ladders[id(calendar)] = ladder
        reader = EntryReader(ladder, self._addresses, self._limits, self.findings)
        found = []
        for part in calendar.parts:
            if part.kind == "VFREEBUSY":
                found.append(_Read(calendar, part, busy=tuple(self._busy(reader, part))))
            elif part.kind == "VEVENT":
                # A safety net around one event: whatever is wrong with it, the others must still be read.
                try:
                    if entry := reader.read(part):
                        found.append(_new(_Read, (calendar, part, entry, ())))
                except (ValueError, OverflowError):
                    self.findings.add(part.uid, part.line, "the event can't be read")
        return found

    def _expanded(self, entries: list[Entry]) -> list[BusyInterval]:
        try:
            return self._counted(expand(entries, self._window, self._within(), self.findings, self._steps))
        except (ValueError, OverflowError):
            self.findings.add(entries[0].uid, entries[0].line, "the event can't be expanded")
            return []

    def _busy(self, reader: EntryReader, part: Component) -> list[BusyInterval]:
        found = [
            BusyInterval(start, end, freebusy_status(line), False, part.uid)
            for line, start, end in reader.periods(part)
        ]
        return self._counted(capped(found, self._within(), self.findings)) if found else []

    def _within(self) -> Limits:
        """The limits of the next object: with fewer occurrences where there is not room for all of them any more."""
        if self._room >= self._limits.occurrences:
            return self._limits
        return replace(self._limits, occurrences=max(self._room, 1))

    def _counted(self, found: list[BusyInterval]) -> list[BusyInterval]:
        self._room -= len(found)
        return found

    def _intervals(self) -> tuple[BusyInterval, ...]:
        if len(self._readable) == 1 and (entry := self._readable[0].entry):
            return tuple(self._expanded([entry]))
        objects: dict[str, list[Entry]] = {}
        for index, found in enumerate(self._readable):
            if found.entry:
                objects.setdefault(found.entry.uid or f"\n{index}", []).append(found.entry)
        intervals = [interval for entries in objects.values() for interval in self._expanded(entries)]
        for found in self._readable:
            intervals += [busy for busy in found.busy if self._window.holds(busy.start, busy.end)]
        return tuple(intervals if len(self._readable) == 1 else sorted(intervals))
