"""Bringing calendar objects: many with one calendar-multiget report (RFC 4791 section 7.9), one alone by GET.

Batches adapt: large where the server is quick, halved when it fails, down to the single object that spoils the rest.
What a server leaves out of its answer is asked for alone, because "not mentioned" is not "deleted".
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from connectors.caldav import multistatus, xml
from connectors.caldav.addresses import absolute, key
from connectors.caldav.multistatus import Arriving, Member
from connectors.caldav.xml import CAL, DAV
from connectors.http.client import HttpClient
from connectors.http.errors import ServerFault, TimedOut
from connectors.interface import CalendarGone, ConnectorError, Garbled, NoAccess, Unsupported

MANY = 200
"""From so many objects on it may be worth to ask for all of them at once."""

FIRST_BATCH = 100
LARGEST_BATCH = 1000
GROWTH = 4
QUICK = 2.0
"""Seconds within which a batch must have come for the next one to be larger."""

HEAVY = 8 * 1024 * 1024
"""Bytes that the answer to a batch should not exceed: its texts are held together, several times over while it is read."""

PATIENCE = 2
"""Time-outs in a row that are put down to the size of the batch; the next one is the server's."""

MOST_FAILURES = 5
"""So many single objects may fail on their own account; more, and most of them, means that the server fails."""

END = b"END:VCALENDAR"

SPOILED = (Garbled, ServerFault, TimedOut, NoAccess, Unsupported)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An object that was asked for, under the href it was listed with.

    `etag` is empty for a text that was cut short: it would vouch for what was never read.
    """

    href: str
    etag: str
    data: bytes | None = None
    failure: str = ""

    @property
    def absent(self) -> bool:
        """Was it not found? (What can't be had for another reason has a failure.)"""
        return self.data is None and not self.failure

    @property
    def whole(self) -> bool:
        """Does its text come to the end that every calendar object has (RFC 5545 section 3.4)?"""
        return END in (self.data or b"")[-100:].upper()


def etag_of(text: str) -> str:
    """An etag for comparing and for If-Match: without the W/ that proxies and compression put in front."""
    return text.strip().removeprefix("W/")


def fetch(
    http: HttpClient,
    calendar: str,
    wanted: Mapping[str, str],
    keep: Callable[[Fetched], None],
    *,
    of: int = 0,
) -> None:
    """Bring the objects (`wanted`: href as listed -> etag, of the calendar at this URL), and give each to `keep` exactly once.

    They are given as they come, so that the texts of a large calendar are never held together. `of`: how many objects it has.
    Where nearly all of many are wanted, one query brings the events at once: most servers answer it several times faster than
    a list of addresses. Some answer it from an index that is behind, so it counts only where it gives what was listed.

    Raises CalendarGone and SignInRefused, Unreachable where the server as a whole does not answer, and the last failure
    where more than a few objects, and most of them, can't be brought.
    """
    left, failed = dict(wanted), 0
    if len(wanted) >= MANY and len(wanted) * 4 >= of * 3:
        _query(http, calendar, left, keep)
    for found in _batches(http, calendar, left):
        failed += bool(found.failure)
        if failed > MOST_FAILURES and failed * 2 > len(wanted):
            raise Garbled(f"most events can't be fetched: {found.failure}", "look at the server's log")
        keep(found)


def _query(http: HttpClient, calendar: str, left: dict[str, str], keep: Callable[[Fetched], None]) -> None:
    """Ask for every event of the calendar, and take out of `left` what came; the rest where the server can't, or spoils the answer."""
    listed = {key(href): href for href in left}

    def take(member: Member) -> None:
        href = listed.get(key(member.href), "")
        etag, data = left.get(href, ""), member.text(f"{CAL}calendar-data")
        if data and etag and etag_of(member.text(f"{DAV}getetag")) == etag:
            del left[href]
            keep(Fetched(href, etag, data.encode()))

    headers = {**xml.XML_HEADERS, "Depth": "1"}
    with suppress(*SPOILED):
        http.send(
            "REPORT", calendar, xml.events_query(), headers, into=lambda: Arriving(http.base.name, take).feed
        )


def _batches(http: HttpClient, calendar: str, wanted: Mapping[str, str]) -> Iterator[Fetched]:
    waiting, size, timeouts = list(wanted), FIRST_BATCH, 0
    while waiting:
        batch, started, weight = waiting[:size], time.monotonic(), 0
        if len(batch) == 1:
            yield one(http, calendar, batch[0], wanted[batch[0]])
        else:
            try:
                weight, members = _multiget(http, calendar, batch)
            except SPOILED as error:
                timeouts = timeouts + 1 if isinstance(error, TimedOut) else 0
                if timeouts > PATIENCE:
                    raise
                size = len(batch) // 2
                continue
            yield from _sorted_out(http, calendar, batch, wanted, members)
        waiting, timeouts = waiting[len(batch) :], 0
        if time.monotonic() - started < QUICK:
            size = min(max(size, 1) * GROWTH, LARGEST_BATCH)
        size = _bearable(size, len(batch), weight)


def _bearable(size: int, came: int, weight: int) -> int:
    """A batch of at most this size, so that objects like the last ones (so many, of so many bytes) don't come as too large an answer."""
    return size if weight * size <= HEAVY * came else max(1, HEAVY * came // weight)


def _multiget(http: HttpClient, calendar: str, batch: Sequence[str]) -> tuple[int, Mapping[str, Member]]:
    headers = {**xml.XML_HEADERS, "Depth": "1"}
    answer = http.send("REPORT", calendar, xml.multiget(batch), headers)
    members = reversed(multistatus.parse(answer, http.base.name).members)
    return len(answer.body), {key(member.href): member for member in members}


def _sorted_out(
    http: HttpClient,
    calendar: str,
    batch: Sequence[str],
    wanted: Mapping[str, str],
    members: Mapping[str, Member],
) -> Iterator[Fetched]:
    for href in batch:
        member = members.get(key(href))
        data = member.text(f"{CAL}calendar-data") if member else ""
        if member and data:
            yield Fetched(href, etag_of(member.text(f"{DAV}getetag")) or wanted[href], data.encode())
        else:
            yield one(http, calendar, href, wanted[href])


def one(http: HttpClient, calendar: str, href: str, etag: str = "") -> Fetched:
    """Bring one object by GET; its own failure is told in words, a server's that does not answer is raised."""
    try:
        return read(http, calendar, href, etag)
    except TimedOut:
        raise
    except (Garbled, ServerFault, NoAccess, Unsupported) as error:
        return Fetched(href, "", failure=error.message)


def read(http: HttpClient, calendar: str, href: str, etag: str = "") -> Fetched:
    """GET an object; without data where it is not there. Uncompressed, since compression makes other etags of it."""
    headers = {"Accept": "text/calendar", "Accept-Encoding": "identity"}
    try:
        answer = http.send("GET", absolute(calendar, href), headers=headers)
    except CalendarGone:
        return Fetched(href, "")
    if multistatus.is_page(answer):
        raise multistatus.page(http.base.name)
    fetched = Fetched(href, etag_of(answer.header("ETag")) or etag, answer.body)
    return fetched if fetched.whole else replace(fetched, etag="")


def gone(http: HttpClient) -> ConnectorError:
    """The calendar is not where it was, in the words used everywhere for it."""
    return CalendarGone(
        f"the calendar is not at {http.base.name} any more", "was it renamed, moved or deleted?"
    )
