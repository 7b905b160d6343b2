"""The value types of RFC 5545 section 3.3 that busy time is made of: dates, times, durations, offsets, and text.

A wall-clock time is a naive datetime until a zone says which instant it is. Everything here raises `ValueError` on what
it can't read.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

_TIME = re.compile(r"\d{8}T(?:[01]\d|2[0-3])[0-5]\d[0-5]\dZ?", re.ASCII).fullmatch
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?", re.ASCII)
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})S)?)?", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d):?(\d\d)?", re.ASCII)
_SHORT = 20
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Wall(NamedTuple):
    """A date or time as written: naive, with `date` for a whole day and `utc` for one that ends in Z."""

    at: datetime
    date: bool = False
    utc: bool = False


class Length(NamedTuple):
    """A duration: whole days follow the calendar, `exact` is elapsed time (RFC 5545 section 3.8.5.3)."""

    days: int = 0
    exact: timedelta = timedelta(0)


class Window(NamedTuple):
    """A half-open stretch of time in aware UTC."""

    start: datetime
    end: datetime

    def holds(self, start: datetime, end: datetime) -> bool:
        """Say whether an interval overlaps the window; one without length must lie in it."""
        return start < self.end and (end > self.start or (start == end and start >= self.start))


def read_wall(value: str, *, whole_day: bool = False) -> Wall:
    """Read a DATE or DATE-TIME. What is written decides which; `whole_day` (VALUE=DATE) drops a midnight's time."""
    if _TIME(value) and not whole_day:
        return Wall(datetime.fromisoformat(value[:15]), utc=value[-1] == "Z")
    if len(value) == 8 and value.isascii() and value.isdigit():
        return Wall(datetime.fromisoformat(value), date=True)
    match = _MOMENT.fullmatch(value.strip().upper())
    if not match:
        raise ValueError("not a date or time")
    year, month, day, hour, minute, second, zulu = match.groups()
    clock = time(int(hour or 0), int(minute or 0), min(int(second or 0), 59))
    at = datetime.combine(date(int(year), int(month), int(day)), clock)
    if hour is None or (whole_day and (at.hour, at.minute, at.second) == (0, 0, 0)):
        return Wall(at, date=True)
    return Wall(at, utc=zulu is not None)


def read_time(value: str) -> datetime | None:
    """The wall-clock time of a DATE-TIME with nothing unusual, as nearly all are, with a Z or without; None for any other."""
    return datetime.fromisoformat(value[:15]) if _TIME(value) else None


def read_length(value: str) -> Length:
    """Read a DURATION such as `PT1H30M`, `P1D` or `-PT15M`."""
    return _remembered(value) if len(value) < _SHORT else _length(value)


def _length(value: str) -> Length:
    text = value.strip().upper()
    match = _DURATION.fullmatch(text)
    if not match or text[-1] in "PT":
        raise ValueError("not a duration")
    sign, weeks, days, hours, minutes, seconds = match.groups()
    way = -1 if sign == "-" else 1
    try:
        exact = timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))
        whole = int(weeks or 0) * 7 + int(days or 0)
        timedelta(days=whole)
    except OverflowError as beyond:
        raise ValueError("a duration beyond all calendars") from beyond
    return Length(way * whole, way * exact)


_remembered = lru_cache(maxsize=256)(_length)
"""Most events last as long as some other. Long texts are not kept, or strangers would decide how much is."""


def read_offset(value: str) -> timedelta:
    """Read a UTC offset such as `+0130`."""
    match = _OFFSET.fullmatch(value.strip())
    if not match or int(match[2]) > 23 or int(match[3]) > 59 or int(match[4] or 0) > 59:
        raise ValueError("not an offset from UTC")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    return -offset if match[1] == "-" else offset


def read_text(value: str) -> str:
    """Undo the escapes of a TEXT value (RFC 5545 section 3.3.11)."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def shifted(at: datetime, by: timedelta) -> datetime:
    """Add, staying within the years 1 to 9999."""
    try:
        return at + by
    except OverflowError:
        return (datetime.min if by < timedelta(0) else datetime.max).replace(microsecond=0, tzinfo=at.tzinfo)  # noqa: DTZ901  # the zone is that of `at`
