"""Instances that are all alike, as those of nearly all series are: the same time of the day, as long, and with one meaning.

They are made by the hundred, from the days on which they begin (`walk`). `series` does the same for whatever differs (tested).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import lt

from connectors.ical.events import Entry
from connectors.ical.stride import LISTED
from connectors.ical.values import Window, shifted
from connectors.interface import BusyInterval

Span = tuple[datetime, datetime]

_AT_ONCE = 500
_new = tuple.__new__


def all_alike(
    master: Entry,
    days: Iterable[int],
    window: Window,
    without: tuple[Collection[int], Collection[datetime]],
) -> Iterator[list[BusyInterval]]:
    """The occurrences that overlap the window, of a series with instances on these days (ordinals, growing).

    `without` are days and instants that are left out.
    """
    if isinstance(days, LISTED) and not days:
        return
    start, (whole, exact) = master.start, master.length
    instants, (days_out, out) = start.zone.instants, without
    first, first_day = start.wall.replace(tzinfo=UTC), start.wall.toordinal()
    last: datetime | None = None
    for some in _handfuls(days):
        if not some:
            continue
        walls = [first + timedelta(day - first_day) for day in some if day not in days_out]
        starts = instants(walls)
        ends = instants(_later(walls, timedelta(whole))) if whole else starts
        spans = list(zip(starts, ends, strict=True))
        if out or not _growing(last, starts):
            spans = _once_each(spans, {*out, last})
        last = starts[-1] if starts and (starts is ends or ends[-1] > starts[-1]) else None
        yield _overlapping(master, spans, exact, window)


def _handfuls(days: Iterable[int]) -> Iterable[Sequence[int]]:
    if isinstance(days, LISTED) and len(days) <= _AT_ONCE:
        return (days,)
    days = iter(days)
    return iter(lambda: list(islice(days, _AT_ONCE)), [])


def _later(walls: list[datetime], by: timedelta) -> list[datetime]:
    try:
        return [wall + by for wall in walls]
    except OverflowError:
        return [shifted(wall, by) for wall in walls]


def _growing(last: datetime | None, instants: list[datetime]) -> bool:
    if not instants or (last and instants[0] <= last):
        return False
    return len(instants) == 1 or all(map(lt, instants, islice(instants, 1, None)))


def _once_each(spans: list[Span], out: Collection[datetime | None]) -> list[Span]:
    """Beside a day that a zone left out (Apia, 2011) two walls are the same instant; the later one counts if it lasts longer."""
    found: list[Span] = []
    ends: dict[datetime, datetime] = {}
    for start, end in spans:
        if start not in out and (start not in ends or end > ends[start]):
            ends[start] = end
            found.append((start, end))
    return found


def _overlapping(master: Entry, spans: list[Span], more: timedelta, window: Window) -> list[BusyInterval]:
    status, all_day, uid = master.status, master.all_day, master.uid
    low, high, holds = *window, window.holds
    try:
        return [
            _new(BusyInterval, (start, end, status, all_day, uid))
            for start, whole in spans
            if start < high and ((end := whole + more) > low or holds(start, end))
        ]
    except OverflowError:
        ends = ((start, shifted(whole, more)) for start, whole in spans)
        return [BusyInterval(start, end, status, all_day, uid) for start, end in ends if holds(start, end)]
