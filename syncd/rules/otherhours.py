"""Events that a server counts at another hour than the calendar says: it misreads their zone, or loses count of the summer time.

Told from each other by length alone, for a server's answer names no events: what the answer leaves out at its own time, and what it
holds at a time when the calendar holds nothing like it, belong together if both last as long and are less than a day apart.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]

FURTHEST = timedelta(hours=16)
"""What a misread zone can make of an hour: most clocks are between 12 h behind and 14 h ahead of UTC, and none is set by more."""


def at_other_hours(counted: Iterable[Span], held: Iterable[Span]) -> tuple[frozenset[Span], frozenset[Span]]:
    """Of what the server counts and what the calendar holds: that which is the same at another hour."""
    there, here = frozenset(counted), frozenset(held)
    strangers, left_out = there - here, here - there
    return (
        frozenset(_near(strangers, _by_length(left_out))),
        frozenset(_near(left_out, _by_length(strangers))),
    )


def _near(spans: Iterable[Span], others: Mapping[timedelta, Sequence[datetime]]) -> Iterator[Span]:
    for start, end in spans:
        starts = others.get(end - start, ())
        at = bisect_left(starts, start - FURTHEST)
        if start < end and at < len(starts) and starts[at] <= start + FURTHEST:
            yield start, end


def _by_length(spans: Iterable[Span]) -> Mapping[timedelta, Sequence[datetime]]:
    """Length -> when those of that length begin, soonest first."""
    found: dict[timedelta, list[datetime]] = defaultdict(list)
    for start, end in sorted(spans):
        found[end - start].append(start)
    return found
