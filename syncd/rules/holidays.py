"""Public holidays of an iCalendar file: what takes place in it blocks, in each agent's own zone.

A whole day (RFC 5545 section 3.3.4) has no zone: it is the agent's day. Files of holidays mark them free (TRANSP) more often
than not, so that does not count here; only what is cancelled does not take place.
"""

from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache

from connectors.ical import read, titles
from connectors.interface import Status
from syncd.rules.text import clean

Holiday = tuple[datetime, datetime, str]

UNNAMED = "Holiday"
_SOON, _A_YEAR = timedelta(days=60), timedelta(days=365)
_TITLE = 250


def holidays(data: bytes, timezone: str, start: datetime, end: datetime) -> list[Holiday]:
    """What takes place in [start, end): whole, in UTC, with its title, by start."""
    found = _of_years(data, timezone, max(start.year - 1, MINYEAR), min(end.year + 1, MAXYEAR))
    return [one for one in found if one[0] < end and start < one[1]]


def runs_out(data: bytes, timezone: str, now: datetime) -> bool:
    """Is there nothing in the file for a whole year, beginning two months ahead? Then next year's holidays are missing."""
    return not holidays(data, timezone, now + _SOON, now + _SOON + _A_YEAR)


@lru_cache(maxsize=512)
def _of_years(data: bytes, timezone: str, first: int, last: int) -> tuple[Holiday, ...]:
    """Everything in these years: the same few readings answer every question about a year or two."""
    start, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 12, 31, tzinfo=UTC)
    named = titles(data)
    return tuple(
        (one.start, one.end, clean(named.get(one.uid, ""), _TITLE) or UNNAMED)
        for one in sorted(read(data, zone=timezone, start=start, end=end).intervals)
        if one.status is not Status.CANCELLED
    )
