"""Working hours: outside them an agent is not available, whatever the calendars say.

They are what the clocks of the agent's zone show: a moment is within them when those clocks show a time of the week that
they hold. So nine o'clock stays nine o'clock all year, the hour that clocks skip in spring is nobody's working hour, and
the one that they show twice in autumn counts twice. Hours may cross midnight; several lines add up.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]

DAY = timedelta(days=1)
_REACH = 16 * DAY
"""How far around a question to look, so that closed times come whole: a week, and the same hour lost to the clocks once."""


@dataclass(frozen=True, slots=True)
class Hours:
    """On these days (0 is Monday) from `opens` until `closes`, told from midnight by the clock; beyond 24 h is the next day."""

    days: frozenset[int]
    opens: timedelta
    closes: timedelta


def closed(hours: Collection[Hours], timezone: str, start: datetime, end: datetime) -> list[Span]:
    """The times outside working hours that overlap [start, end): whole, in UTC, by start. None without any hours."""
    if not hours:
        return []
    first, last = start - _REACH, end + _REACH
    found, since = list[Span](), first
    for opens, closes in merged(_open(hours, ZoneInfo(timezone), first, last)):
        found.append((since, opens))
        since = closes
    found.append((since, last))
    return [(begins, ends) for begins, ends in found if begins < ends and begins < end and start < ends]


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans by start, those that overlap or meet as one."""
    since: datetime | None = None
    until = datetime.min.replace(tzinfo=UTC)
    for begins, ends in sorted(spans):
        if since is None or begins > until:
            if since is not None:
                yield since, until
            since, until = begins, ends
        until = max(until, ends)
    if since is not None:
        yield since, until


def _open(hours: Collection[Hours], zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Span]:
    """Every time that one of the lines holds, in UTC, also those that reach beyond [start, end)."""
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date()
    while day <= last:
        midnight = datetime.combine(day, time())
        for line in hours:
            if day.weekday() in line.days:
                yield from _shown(midnight + line.opens, midnight + line.closes, zone)
        day += DAY


def _shown(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """When the clocks of the zone show a time in [first, last): once, or by parts where they are set in between."""
    offsets = {_offset(wall.replace(fold=fold), zone) for wall in (first, last) for fold in (0, 1)}
    if len(offsets) == 1:
        (offset,) = offsets
        yield _utc(first, offset), _utc(last, offset)
        return
    earliest, latest = _utc(first, max(offsets)), _utc(last, min(offsets))
    changed = _change(earliest, latest, zone)
    for begins, ends in ((earliest, changed), (changed, latest)):
        offset = _offset(begins, zone)
        opens, closes = max(begins, _utc(first, offset)), min(ends, _utc(last, offset))
        if opens < closes:
            yield opens, closes


def _change(first: datetime, last: datetime, zone: ZoneInfo) -> datetime:
    """The second in (first, last] from which on the clocks run by the offset that `last` has."""
    offset, second = _offset(last, zone), timedelta(seconds=1)
    while last - first > second:
        middle = first + (last - first) // second // 2 * second
        first, last = (first, middle) if _offset(middle, zone) == offset else (middle, last)
    return last


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    """The zone's offset at a moment in UTC, or where a naive one says what its clocks show."""
    local = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    return local.utcoffset() or timedelta(0)


def _utc(wall: datetime, offset: timedelta) -> datetime:
    return (wall - offset).replace(tzinfo=UTC, fold=0)
