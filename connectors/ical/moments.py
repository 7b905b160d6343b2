"""Moments: the dates and times of events, on the clock that they mean (RFC 5545 sections 3.3.4, 3.3.5 and 3.2.19)."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from connectors.ical.component import LONG, Component, Property, unfolded
from connectors.ical.values import Length, Wall, read_time, read_wall, shifted
from connectors.ical.zones import UTC_ZONE, Ladder, Zone, known_zone

_TIME = re.compile(r"\d{8}T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ?", re.ASCII).fullmatch
_UNZONED = frozenset({"", ";VALUE=DATE"})
_new = tuple.__new__


class Moment(NamedTuple):
    """A wall-clock time on a clock. `date`: a whole day; `floating`: written without a zone."""

    wall: datetime
    zone: Zone
    date: bool = False
    floating: bool = False

    @property
    def instant(self) -> datetime:
        """The moment in UTC; a whole day's is its first midnight."""
        return self.zone.to_utc(self.wall)

    def after(self, length: Length) -> datetime:
        """Return the instant at which something of that length ends. Days follow the calendar, the rest the clock."""
        if not length.days:
            return shifted(self.instant, length.exact)
        end = self.zone.to_utc(shifted(self.wall, timedelta(length.days)))
        return shifted(end, length.exact) if length.exact else end

    def span(self, length: Length) -> tuple[datetime, datetime]:
        """The instants at which something of that length begins and ends here."""
        start = self.zone.to_utc(self.wall)
        return start, self.after(length) if length.days else shifted(start, length.exact)


class MomentReader:
    """Reads the dates and times of one calendar, with its zones."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._clocks = {"": UTC_ZONE}

    def first(self, event: Component, name: str, like: Moment | None = None) -> Moment:
        """The date or time of the first property of that name: on a clock met before at a glance."""
        rest = event.said[name]
        head, _, value = (unfolded(rest) if "\n" in rest else rest.rstrip("\r")).partition(":")
        if len(value) == 8 and head in _UNZONED and value.isdigit() and value.isascii():
            return _new(Moment, (datetime.fromisoformat(value), self._ladder.owner, True, False))
        zone = self._clocks.get(head) or (_clock(head) if len(head) < LONG else None)
        if zone and _TIME(value):
            at = datetime.fromisoformat(value[:15])
            if len(value) == 16:
                return _new(Moment, (at, UTC_ZONE, False, False))
            if head:
                return _new(Moment, (at, zone, False, False))
            return self._unzoned(at, like)
        line = event.every(name)[0]
        moment = self.read(line, line.value, event.uid, like)
        tzid = line.parameters.get("TZID", "").strip()
        if tzid and head == f";TZID={tzid}" and not moment.date and moment.zone is not UTC_ZONE:
            self._clocks[head] = moment.zone
        return moment

    def read(self, line: Property, value: str, uid: str, like: Moment | None = None) -> Moment:
        """Read a date or time of a property. Without a zone it floats, or is read on the clock of `like`."""
        size, kind = len(value), line.parameters.get("VALUE")
        if size == 8 and value.isdigit() and value.isascii():
            return _new(Moment, (datetime.fromisoformat(value), self._ladder.owner, True, False))
        if not kind and (at := read_time(value)):
            if size == 16:
                return _new(Moment, (at, UTC_ZONE, False, False))
            if zone := self._ladder.resolved.get(line.parameters.get("TZID", "")):
                return _new(Moment, (at, zone, False, False))
        whole_day = kind is not None and kind.upper() == "DATE"
        return self._placed(read_wall(value, whole_day=whole_day), line, uid, like)

    def _placed(self, wall: Wall, line: Property, uid: str, like: Moment | None) -> Moment:
        if wall.date:
            return Moment(wall.at, self._ladder.owner, date=True)
        if wall.utc:
            return Moment(wall.at, UTC_ZONE)
        tzid = line.parameters.get("TZID", "").strip()
        if tzid:
            return Moment(wall.at, self._ladder.resolve(tzid, uid, line.line))
        return self._unzoned(wall.at, like)

    def _unzoned(self, at: datetime, like: Moment | None) -> Moment:
        if like is not None and not like.date and not like.floating:
            return Moment(at, like.zone)
        return Moment(at, self._ladder.floating, floating=True)


@lru_cache(maxsize=1024)
def _clock(head: str) -> Zone | None:
    """The zone that the parameters of a property name, if that is all they do, and by a name that means the same everywhere."""
    _, _, name = head.partition(";TZID=")
    zone = known_zone(name) if name and name == head[6:] and ";" not in name else None
    return zone if zone and zone.name == name else None
