"""Objects and their intervals as rows: whole seconds, by length, and what is longer than a day cut into pieces (`slots`).

Pure, so that it is done before a transaction begins.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from store.lengths import CLASSES, DAY, WHOLE
from store.model import StoredObject
from store.values import second_at_or_after, second_at_or_before, storable

LONG = 32 * DAY
"""The longest interval that is cut into pieces, in seconds."""

STATUSES = ("busy", "tentative", "out_of_office", "working_elsewhere", "unknown")
"""The stored kinds, by their number in the table. Only ever add at the end."""

KEPT = ("etag", "uid", "reduced", "problem", "copy_id")
"""The columns of an object that are replaced when it is saved again."""

Interval = tuple[datetime, datetime, str, bool]


class Piece(NamedTuple):
    """A row of `pieces`, but for whose it is."""

    length_class: int
    start: int
    end: int
    kind: int
    whole_start: int
    whole_end: int


class ObjectRows(NamedTuple):
    """An object as it is saved: what stands in the columns `KEPT`, and the rows of its intervals."""

    href: str
    kept: tuple[object, ...]
    pieces: tuple[Piece, ...]


def rows_of(upserts: Iterable[StoredObject]) -> list[ObjectRows]:
    """The objects as they are saved, each once. Raises ValueError for a kind that is never stored.

    In the order of href: two transactions that save the same objects then wait for each other, and never crosswise.
    """
    latest = {storable(one.href): one for one in upserts}
    return [
        ObjectRows(href, _kept(one), tuple(pieces_of(one.intervals)))
        for href, one in sorted(latest.items(), key=_href)
    ]


def _href(item: tuple[str, StoredObject]) -> str:
    return item[0]


def _kept(one: StoredObject) -> tuple[object, ...]:
    """What stands in the columns `KEPT`."""
    return storable(one.etag), storable(one.uid), one.reduced, storable(one.problem), one.copy_id


def pieces_of(intervals: Collection[Interval]) -> Iterator[Piece]:
    """The rows that keep these intervals. Equal ones are kept once, empty ones never."""
    # Most objects have one, and a moment's hash takes as long as all the rest.
    for start, end, status, all_day in intervals if len(intervals) < 2 else dict.fromkeys(intervals):
        if start < end:
            first, last, kind = second_at_or_before(start), second_at_or_after(end), kind_of(status, all_day)
            length = last - first
            if length <= DAY:
                yield Piece(_class_of(length), first, last, kind, first, last)
            elif length > LONG:
                yield Piece(WHOLE, first, last, kind, first, last)
            else:
                yield from _cut(first, last, kind)


def _cut(first: int, last: int, kind: int) -> Iterator[Piece]:
    for begins in range(first, last, DAY):
        ends = min(begins + DAY, last)
        yield Piece(_class_of(ends - begins), begins, ends, kind, first, last)


def _class_of(length: int) -> int:
    return 0 if length <= _SHORT else 1 if length <= _MIDDLE else 2


_SHORT, _MIDDLE = (longest for _, longest in CLASSES[:2])


def kind_of(status: str, all_day: bool) -> int:
    """The kind's number in the table: 2 x its place in `STATUSES`, + 1 if all day."""
    place = _PLACES.get(status)
    if place is None:
        raise ValueError(f"intervals of the kind {status!r} are never stored")
    return 2 * place + all_day


_PLACES = {status: place for place, status in enumerate(STATUSES)}
