"""Which clock a TZID means: a ladder of guesses, the safest first, never reaching beyond the object that is read.

RFC 5545 section 3.2.19 leaves the naming of zones open, and programs use it freely. In this order: the exact IANA name,
the same in another case, the IANA name behind a vendor's prefix, the Windows name, the names of UTC, the object's own
VTIMEZONE, a plain offset in the name, and at last the owner's zone with a warning.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tzlocal.windows_tz import win_tz

from connectors.ical.component import LONG, Component
from connectors.ical.findings import Findings
from connectors.ical.limits import Limits, Steps, StepsSpent
from connectors.ical.observed import UnreadableZone, observed_zone
from connectors.ical.values import read_text, shifted
from connectors.ical.wellformed import definition

NO_OFFSET = timedelta(0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = _EPOCH.replace(tzinfo=None)
_UTC_NAMES = frozenset(
    {"utc", "z", "gmt", "zulu", "uct", "universal", "greenwich", "tzone://microsoft/utc", "etc/utc"}
)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(microsecond=0, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_+./-]*", re.ASCII).fullmatch
"""To look in vain for a name that is none takes long."""
_OFFSET = re.compile(r"(?:utc|gmt)? *([+-])(\d\d?)(?::?(\d\d))?", re.ASCII | re.IGNORECASE)


class Zone(NamedTuple):
    """A clock. `name` is its IANA name, or "" for one that the object defines itself."""

    name: str
    clock: tzinfo

    def to_utc(self, wall: datetime) -> datetime:
        """Return the instant a naive wall-clock time means: in a repeated hour the first one, in a skipped hour as if
        it had not been skipped (RFC 5545 section 3.3.5)."""
        if self.clock is UTC:
            return wall.replace(tzinfo=UTC)
        try:
            offset = self.clock.utcoffset(wall)
            return _EPOCH + (wall - _WALL_EPOCH - (offset or NO_OFFSET))
        except OverflowError:
            return _FIRST if wall.year < 5_000 else _LAST

    def elapsed(self, first: datetime, last: datetime) -> timedelta:
        """How much time passes between two naive wall-clock times."""
        try:
            utcoffset = self.clock.utcoffset
            return (last - (utcoffset(last) or NO_OFFSET)) - (first - (utcoffset(first) or NO_OFFSET))
        except OverflowError:
            return self.to_utc(last) - self.to_utc(first)

    def instants(self, walls: list[datetime]) -> list[datetime]:
        """As `to_utc` for each of many; these walls are labelled as UTC, which saves making what they become."""
        utcoffset = self.clock.utcoffset
        try:
            return [wall - (utcoffset(wall) or NO_OFFSET) for wall in walls]
        except OverflowError:
            return [self.to_utc(wall.replace(tzinfo=None)) for wall in walls]

    def to_wall(self, instant: datetime) -> datetime:
        """Return the naive wall-clock time at an instant."""
        try:
            return instant.astimezone(self.clock).replace(tzinfo=None, fold=0)
        except OverflowError:
            return (_FIRST if instant.year < 5_000 else _LAST).replace(tzinfo=None)

    def walls(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Return the naive wall-clock times between which everything that starts within [start, end] lies.

        Around a change of the clock that is more than the two converted ends: a skipped time reads earlier than the
        instant it stands for, a repeated one later.
        """
        skipped, repeated = self.gained(start), -self.gained(end)
        low = shifted(self.to_wall(start), -max(skipped, NO_OFFSET))
        return low, shifted(self.to_wall(end), max(repeated, NO_OFFSET))

    def gained(self, instant: datetime) -> timedelta:
        """How far the clock was put forward during the two days before an instant."""
        before = shifted(instant, -timedelta(days=2))
        return (self.to_wall(instant) - self.to_wall(before)) - (instant - before)


UTC_ZONE = Zone("UTC", UTC)


@lru_cache(maxsize=1024)
def named_zone(name: str) -> Zone | None:
    """Return the zone that an IANA name means, exactly as written, or None."""
    if name == "UTC":
        return UTC_ZONE
    if not _NAME(name) or ".." in name or name.lower() in {"localtime", "posixrules"}:
        return None
    try:
        return Zone(name, ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _folded_names() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(available_timezones())}


@cache
def _windows_names() -> dict[str, str]:
    return {windows.casefold(): iana for windows, iana in win_tz.items()}


def known_zone(tzid: str) -> Zone | None:
    """Return the zone a TZID names by convention, or None. Nothing here depends on the object it stands in."""
    return _known(tzid) if len(tzid) < LONG else None


@lru_cache(maxsize=4096)
def _known(tzid: str) -> Zone | None:
    """What is not found is remembered too; no name is as long as those that strangers could fill a memory with."""
    name = tzid.strip().strip('"')
    folded = name.casefold()
    found = named_zone(name) or named_zone(_folded_names().get(folded, ""))
    if not found and "/" in name:
        parts = name.split("/")
        suffixes = ("/".join(parts[-count:]) for count in (3, 2, 1) if len(parts) > count)
        found = next(
            (zone for text in suffixes if (zone := named_zone(_folded_names().get(text.casefold(), "")))),
            None,
        )
    if not found and folded in _windows_names():
        found = named_zone(_windows_names()[folded])
    return found or (UTC_ZONE if folded in _UTC_NAMES else None)


@lru_cache(maxsize=64)
def _agree(defined: Zone, named: Zone, around: datetime) -> bool:
    """Do both tell the same time now, and half a year later?"""
    instants = (around, shifted(around, timedelta(days=180)))
    return all(defined.to_wall(instant) == named.to_wall(instant) for instant in instants)


def _offset_zone(tzid: str) -> Zone | None:
    match = _OFFSET.fullmatch(tzid.strip())
    if not match or int(match[2]) > 14 or int(match[3] or 0) > 59:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return Zone("", timezone(-offset if match[1] == "-" else offset))


class Ladder:
    """The zones of one calendar: its own VTIMEZONEs, its X-WR-TIMEZONE, and the owner's zone below them all."""

    def __init__(
        self,
        calendar: Component,
        owner: Zone,
        findings: Findings,
        limits: Limits,
        allowed: Steps,
        around: datetime,
    ) -> None:
        self._calendar = calendar
        self._definitions: dict[str, Component] | None = None
        self.owner = owner
        """The zone of the calendar's owner, in which whole days are meant."""
        self._findings = findings
        self._limits = limits
        self._allowed = allowed
        self._around = around
        self._found: dict[str, Zone] = {}
        self.resolved: dict[str, Zone] = {}
        """The zones found so far, by TZID as it is written."""
        self._deciding: dict[str, Component] = {}
        self.floating = self._floating(calendar)

    def resolve(self, tzid: str, uid: str, line: int) -> Zone:
        """Return the zone a TZID of this calendar means; the owner's, with a warning, if nothing else does."""
        written, tzid = tzid, read_text(tzid)
        if tzid not in self._found:
            named = known_zone(tzid)
            if named and named.name != tzid:
                self._compare(tzid, named, uid)
            defined = None if named else self._defined(tzid)
            if defined:
                self._deciding[tzid] = self._own()[tzid]
            self._found[tzid] = named or defined or self._guessed(tzid, uid, line)
        return self.resolved.setdefault(written, self._found[tzid])

    def _own(self) -> dict[str, Component]:
        """The calendar's VTIMEZONEs by their TZID. Few texts need them, for most names are known."""
        if self._definitions is None:
            parts = [part for part in self._calendar.parts if part.kind == "VTIMEZONE"]
            self._definitions = {read_text(definition(part).text("TZID")): part for part in parts}
        return self._definitions

    def definition(self, tzid: str) -> Component | None:
        """Return the VTIMEZONE that decided what a TZID means, or None if its name or nothing did."""
        return self._deciding.get(read_text(tzid))

    def _defined(self, tzid: str) -> Zone | None:
        part = self._own().get(tzid)
        if part is None:
            return None
        try:
            self._allowed.spend()
            return Zone("", observed_zone(part, self._limits.observances, self._limits.zone_steps))
        except StepsSpent:
            self._findings.add(
                "", part.line, f"VTIMEZONE: more than {self._limits.zones} in one text", "warning"
            )
            return None
        except UnreadableZone as reason:
            self._findings.add("", part.line, f"VTIMEZONE: {reason}", "warning")
            return None

    def _compare(self, tzid: str, named: Zone, uid: str) -> None:
        """A name that is no IANA name may be defined differently by the object: the name counts, and that is said."""
        defined = self._defined(tzid)
        if defined and not _agree(defined, named, self._around):
            line = self._own()[tzid].line
            message = "VTIMEZONE differs from the zone its name stands for; the name counts"
            self._findings.add(uid, line, message, "warning")

    def _guessed(self, tzid: str, uid: str, line: int) -> Zone:
        zone = _offset_zone(tzid)
        if zone:
            self._findings.add(
                uid, line, "TZID is no known zone and is read as the offset in its name", "warning"
            )
            return zone
        self._findings.add(uid, line, "TZID is no known zone; the owner's zone is taken instead", "warning")
        return self.owner

    def _floating(self, calendar: Component) -> Zone:
        name = calendar.first("X-WR-TIMEZONE")
        if name is None or not name.value.strip():
            return self.owner
        zone = known_zone(name.value)
        if zone is None:
            self._findings.add(
                "", name.line, "X-WR-TIMEZONE is no known zone; the owner's zone is taken", "warning"
            )
        return zone or self.owner
