"""From a component to an `Entry`: when an event starts, how long it takes, how it repeats, and what it means.

RFC 5545 section 3.6.1. Nothing is expanded here. What can't be read is reported, and what is left counts as `unknown`.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.ical.component import Component, Property
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits
from connectors.ical.meaning import status_of
from connectors.ical.moments import Moment, MomentReader
from connectors.ical.values import Length, read_length
from connectors.ical.zones import Ladder
from connectors.interface import NEVER_STORED, Status

DAY = Length(days=1)
NOTHING = Length()
_NO_TIME = timedelta(0)
_REPEATING = frozenset({"RRULE", "EXRULE", "RDATE", "EXDATE"})
_ALL_DAY = "X-MICROSOFT-CDO-ALLDAYEVENT"
_new = tuple.__new__


class RuleText(NamedTuple):
    """A recurrence rule as written, and where."""

    text: str
    line: int


class Entry(NamedTuple):
    """An event, or one instance of a series (`replaces` is set), as written.

    `extras` are RDATEs with their own length if they have one; `exceptions` EXDATEs. `event` is what it was made of. `stands_alone`: its one occurrence is all there is to it, and it replaces none.
    """

    uid: str
    line: int
    start: Moment
    length: Length
    status: Status
    all_day: bool
    event: Component
    rules: tuple[RuleText, ...] = ()
    exclusions: tuple[RuleText, ...] = ()
    extras: tuple[tuple[Moment, Length | None], ...] = ()
    exceptions: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    onwards: bool = False
    stands_alone: bool = False

    @property
    def revision(self) -> tuple[int, str]:
        """Of several entries for the same thing the one counts for which this is greatest: SEQUENCE, DTSTAMP as text."""
        text = self.event.text("SEQUENCE")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
        return number, self.event.text("DTSTAMP")

    @property
    def recurs(self) -> bool:
        """Whether there can be more than one occurrence."""
        return bool(self.rules or self.extras or self.onwards)

    def flawed(self) -> "Entry":
        """Return the entry as one that could not be read whole: what would block is unknown."""
        return self if self.status in NEVER_STORED else self._replace(status=Status.UNKNOWN)


Repetition = tuple[
    tuple[RuleText, ...],
    tuple[RuleText, ...],
    tuple[tuple[Moment, Length | None], ...],
    tuple[Moment, ...],
]

_NOT_REPEATED: Repetition = ((), (), (), ())


class EntryReader:
    """Reads the events of one calendar: its zones, its owner's addresses, and where problems are noted."""

    def __init__(
        self, ladder: Ladder, addresses: Collection[str], limits: Limits, findings: Findings
    ) -> None:
        self._moments = MomentReader(ladder)
        self._addresses = addresses
        self._limits = limits
        self._findings = findings
        self._flawed = False
        self._uid = ""

    def read(self, event: Component) -> Entry | None:
        """Return the entry, or None (reported) when not even its start can be read."""
        lines, self._flawed, self._uid = event.said, event.torn, event.uid
        start, replaces = self._start(event)
        if start is None:
            return None
        length = self._length(event, start)
        repeated = _NOT_REPEATED if lines.keys().isdisjoint(_REPEATING) else self._repeated(event, start)
        values = (
            self._uid,
            event.line,
            start,
            length,
            status_of(event, self._addresses),
            start.date or (_ALL_DAY in lines and event.text(_ALL_DAY).upper() == "TRUE"),
            event,
            *repeated,
            replaces,
            replaces is not None and _onwards(event),
            replaces is None and (repeated is _NOT_REPEATED or not any(repeated)),
        )
        entry = _new(Entry, values)
        if "X-SYNCD-FLAWED" in lines:
            self._flaw(
                event.first("X-SYNCD-FLAWED"), event, "the event could not be read whole when it was fetched"
            )
        return entry.flawed() if self._flawed else entry

    def _repeated(self, event: Component, start: Moment) -> Repetition:
        """What makes it a series: the entry's rules, exclusions, extras and exceptions."""
        lines = event.said
        return (
            self._rules(event, "RRULE") if "RRULE" in lines else (),
            self._rules(event, "EXRULE") if "EXRULE" in lines else (),
            tuple(self._extras(event, start)) if "RDATE" in lines else (),
            tuple(self._exceptions(event, start)) if "EXDATE" in lines else (),
        )

    def _flaw(self, line: Property | None, event: Component, message: str) -> None:
        self._flawed = True
        self._findings.add(self._uid, line.line if line else event.line, message)

    def _start(self, event: Component) -> tuple[Moment | None, Moment | None]:
        start = self._one(event, "DTSTART")
        if "RECURRENCE-ID" not in event.said and start is not None:
            return start, None
        replaces = self._one(event, "RECURRENCE-ID")
        if start is None and event.first("DTSTART") is None and replaces is not None:
            return replaces, replaces
        if start is None:
            self._findings.add(self._uid, event.line, "the event has no DTSTART that can be read")
        elif replaces is None and event.first("RECURRENCE-ID") is not None:
            # Which instance it replaces can't be read: that at its own start, so that it never stands for the series.
            return start, start
        return start, replaces

    def _one(self, event: Component, name: str) -> Moment | None:
        if name not in event.said:
            return None
        try:
            return self._moments.first(event, name)
        except ValueError as reason:
            self._flaw(event.first(name), event, f"{name} can't be read ({reason})")
            return None

    def _length(self, event: Component, start: Moment) -> Length:
        nothing = DAY if start.date else NOTHING
        name = "DTEND" if "DTEND" in event.said else "DURATION"
        if name not in event.said:
            return nothing
        try:
            length = self._until(event, start) if name == "DTEND" else read_length(event.text(name))
        except ValueError as reason:
            self._flaw(event.first(name), event, f"{name} can't be read ({reason})")
            return nothing
        if length.days < 0 or length.exact < _NO_TIME:
            self._flaw(event.first(name), event, "the event ends before it starts")
            return nothing
        return length if length.days or length.exact else nothing

    def _until(self, event: Component, start: Moment) -> Length:
        end = self._moments.first(event, "DTEND", start)
        if start.date and end.date:
            return _new(Length, ((end.wall - start.wall).days, _NO_TIME))
        if end.date or start.zone is end.zone:
            return _new(Length, (0, start.zone.elapsed(start.wall, end.wall)))
        return _new(Length, (0, end.instant - start.instant))

    def _rules(self, event: Component, name: str) -> tuple[RuleText, ...]:
        found = event.every(name)
        if len(found) == 1 <= self._limits.rules:
            return (_new(RuleText, (found[0].value.strip().upper(), found[0].line)),)
        lines = {line.value.strip().upper(): line for line in found}
        if len(lines) > self._limits.rules:
            self._flaw(event.first(name), event, f"{name}: more than {self._limits.rules} rules")
        return tuple([RuleText(text, line.line) for text, line in list(lines.items())[: self._limits.rules]])

    def _extras(self, event: Component, start: Moment) -> Iterator[tuple[Moment, Length | None]]:
        for line, value in self._listed(event, "RDATE", self._limits.extras):
            try:
                yield self._extra(line, value, start)
            except ValueError as reason:
                self._flaw(line, event, f"RDATE can't be read ({reason})")

    def _extra(self, line: Property, value: str, start: Moment) -> tuple[Moment, Length | None]:
        text, slash, rest = value.partition("/")
        moment = self._moments.read(line, text, self._uid, start)
        if moment.date and not start.date:
            # RDATE;VALUE=DATE beside a DTSTART with a time: that day, at the time of the series.
            moment = start._replace(wall=datetime.combine(moment.wall, start.wall.time()))
        elif start.date and not moment.date:
            moment = Moment(moment.wall.replace(hour=0, minute=0, second=0), start.zone, date=True)
        return moment, self._period_length(line, rest, moment) if slash else None

    def _period_length(self, line: Property, rest: str, start: Moment) -> Length:
        if rest.strip()[:1].upper() in {"P", "+", "-"}:
            length = read_length(rest)
        else:
            length = Length(exact=self._moments.read(line, rest, self._uid, start).instant - start.instant)
        if start.after(length) < start.instant:
            raise ValueError("a period that ends before it starts")
        return length

    def _exceptions(self, event: Component, start: Moment) -> Iterator[Moment]:
        for line, value in self._listed(event, "EXDATE", self._limits.exceptions):
            try:
                yield self._moments.read(line, value, self._uid, start)
            except ValueError as reason:
                self._flaw(line, event, f"EXDATE can't be read ({reason})")

    def _listed(self, event: Component, name: str, allowed: int) -> Iterator[tuple[Property, str]]:
        for line in event.every(name):
            for value in line.value.split(","):
                if not value.strip():
                    continue
                allowed -= 1
                if allowed < 0:
                    self._flaw(line, event, f"{name}: more values than are read")
                    return
                yield line, value

    def periods(self, freebusy: Component) -> Iterator[tuple[Property, datetime, datetime]]:
        """Yield the periods of a VFREEBUSY (RFC 5545 section 3.6.4) as instants, with the line they stand on."""
        self._uid = freebusy.uid
        for line, value in self._listed(freebusy, "FREEBUSY", self._limits.extras):
            text, _, rest = value.partition("/")
            try:
                start = self._moments.read(line, text, self._uid)
                yield line, start.instant, start.after(self._period_length(line, rest, start))
            except ValueError as reason:
                self._findings.add(self._uid, line.line, f"FREEBUSY can't be read ({reason})")


def _onwards(event: Component) -> bool:
    line = event.first("RECURRENCE-ID")
    return line is not None and line.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
