"""Every fault at every kind of CalDAV request (RFC 4791, 6578), with a real store and a real Radicale: what must hold.

Meanwhile nobody is said to be available who is known to be busy, or of whom nothing is known; two cycles after the server
is healed everything is as if nothing had happened. `make test` runs every other fault once and each kind of request at least
once; `make test-long` the rest of the matrix.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from exchanges import Request
from faults import Fault, FaultProxy
from icalendar import Calendar, Component
from lxml import etree
from matrices import Row, asked, endure, matrix
from mishaps import EVERY_FAULT
from occasions import (
    one_changes,
    one_is_cancelled,
    one_is_handed_over,
    one_is_moved,
    one_is_planned,
    one_joins,
    several_change,
)
from ordeals import Ordeal, Standing
from servers import SECRET, XML, CalDavServer
from stores import sqlite_only

from connectors import open_connector
from store.database import Store
from syncd.actions.context import Opener

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//another client//
BEGIN:VEVENT
UID:{name}
DTSTAMP:20260101T000000Z
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:A private matter
END:VEVENT
END:VCALENDAR
"""

DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
ALL = b"""<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<d:prop><c:calendar-data/></d:prop><c:filter><c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>"""

REPORTS = {
    b"sync-collection": "REPORT sync",
    b"calendar-multiget": "REPORT multiget",
    b"calendar-query": "REPORT query",
}


@dataclass(frozen=True, slots=True)
class CalDavGround:
    """A CalDAV server, as `ordeals.Ground` wants it."""

    server: CalDavServer

    @property
    def upstream(self) -> str:
        return self.server.url

    def account(self, url: str) -> str:
        return f'[accounts.lab]\nkind = "caldav"\nurl = "{url}"\n'

    def calendar(self, login: str) -> str:
        which = 'password = { env = "SYNCD_TEST_SECRET" }\ncheck = ["Work"]\nwrite = "Work"\n'
        return f'[[agents.calendars]]\naccount = "lab"\nlogin = "{login}"\n{which}'

    def add_login(self) -> str:
        login = self.server.add_user()
        self.server.add_calendar(login, "Work")
        return login

    def work(self, login: str) -> str:
        return f"{self.server.home(login)}work/"

    def enter(self, login: str, name: str, start: datetime, end: datetime) -> None:
        text = EVENT.format(name=name, start=start, end=end).replace("\n", "\r\n")
        self.server.put(login, self.work(login), name, text)

    def strike(self, login: str, name: str) -> None:
        self.server.delete(login, f"{self.work(login)}{name}.ics")

    def rename(self, login: str, title: str) -> None:
        """Another client stores one of our events anew, under a name of its own choice."""
        for href, text in self._texts(login):
            if f"SUMMARY:{title}" in text:
                self.server.delete(login, href)
                self.server.put(login, self.work(login), f"renamed-{title}", text)

    def standing(self, login: str) -> list[Standing]:
        return [_standing(text) for _, text in self._texts(login)]

    def _texts(self, login: str) -> list[tuple[str, str]]:
        answer = self.server.request("REPORT", self.work(login), login, ALL, XML, expect=(207,))
        found = etree.fromstring(answer.content).iter("{DAV:}response")
        return [(str(one.findtext("{DAV:}href")), str(one.findtext(f".//{DATA}"))) for one in found]

    @property
    def idle(self) -> str:
        return HOME

    def kind_of(self, request: Request) -> str:
        if request.method == "REPORT":
            return next(kind for words, kind in REPORTS.items() if words in request.body)
        if request.method == "PROPFIND":
            return "PROPFIND home" if request.header("Depth") == "1" else "PROPFIND discovery"
        return request.method

    def concerns(self, request: Request, login: str) -> bool:
        return request.login == login

    preamble: ClassVar[tuple[str, ...]] = ()

    def opener(self, _clock: Callable[[], datetime]) -> Opener:
        return open_connector


def _standing(text: str) -> Standing:
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    ours = "X-SYNCD-MARKER" in event
    name = str(event["SUMMARY" if ours else "UID"])
    return Standing(name, _instant(event, "DTSTART"), _instant(event, "DTEND"), ours)


def _instant(event: Component, name: str) -> datetime:
    moment = event.decoded(name)
    assert isinstance(moment, datetime)
    return moment.astimezone(UTC)


# ---------------------------------------------------------------------------------------------------------------------
# The table


def one_is_renamed_and_moved(ordeal: Ordeal) -> None:
    ground = ordeal.ground
    assert isinstance(ground, CalDavGround)
    ground.rename(ordeal.logins["anna"], "talk")
    one_is_moved(ordeal)


HOME, SYNC, MULTIGET = "PROPFIND home", "REPORT sync", "REPORT multiget"
FOUND = ("PROPFIND discovery", "PROPFIND discovery")

CALDAV = (
    Row("listing", one_changes, (HOME,), often=True),
    Row("changes", one_changes, (HOME, SYNC), often=True),
    Row("one event", one_changes, (HOME, SYNC, "GET"), often=True),
    Row("several events", several_change, (HOME, SYNC, MULTIGET), often=True),
    Row("discovery", one_joins, FOUND[:1], "cleo"),
    Row("first listing", one_joins, (*FOUND, HOME), "cleo"),
    Row("first changes", one_joins, (*FOUND, HOME, SYNC), "cleo"),
    Row("first events", one_joins, (*FOUND, HOME, SYNC, MULTIGET), "cleo"),
    Row("look before a write", one_is_moved, ("GET",)),
    Row("creation", one_is_planned, ("GET", "PUT")),
    Row("replacement", one_is_moved, ("GET", "PUT"), often=True),
    Row("look after a write", one_is_moved, ("GET", "PUT", "GET")),
    Row("search", one_is_renamed_and_moved, ("GET", "REPORT query")),
    Row("removal", one_is_cancelled, ("GET", "DELETE"), often=True),
    Row("creation at the next agent", one_is_handed_over, ("GET", "PUT"), "ben", with_ben=True),
    Row("removal at the last agent", one_is_handed_over, ("GET", "DELETE"), with_ben=True),
)

ONCE_WRONG = (
    "one event: 404",  # taken for deleted, and never asked for again
    "one event: 502 with a page",  # counted as read, so that its owner was free
    "one event: half a body as if whole",  # half an event, with an etag that vouched for it
    "first events: half a body, lasting",
    "several events: 429 in seconds",  # one calendar's trouble, so the login came back a minute later
    "changes: 429 in seconds",
    "look before a write: 404, lasting",  # taken for deleted by the agent, and written a second time
    "look before a write: half a body as if whole",  # taken for somebody else's, and written a second time
    "look after a write: 429 in seconds",  # an unknown outcome, looked at again after five seconds
    "look after a write: a length too short",  # its rest was taken for the next answer
    "removal: 404",  # taken for gone, and left behind
    "removal: a sign-in page with 200",
    "removal: 200 and nothing",
)

# ---------------------------------------------------------------------------------------------------------------------
# The matrix


@pytest.fixture
def ordeal(
    radicale: CalDavServer, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ordeal]:
    monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
    ground = CalDavGround(radicale)
    with FaultProxy(ground.upstream) as proxy:
        made = Ordeal(ground, proxy, store, tmp_path)
        yield made
        made.ctx.connections.close()


@pytest.mark.long
@sqlite_only
@pytest.mark.parametrize("row", CALDAV, ids=lambda row: row.name)
def test_each_row_makes_the_requests_it_names(ordeal: Ordeal, row: Row) -> None:
    asked(ordeal, row)


@sqlite_only
@pytest.mark.parametrize(("row", "fault", "stays"), matrix(CALDAV, EVERY_FAULT, ONCE_WRONG, every=2))
def test_whatever_fails_the_end_is_right(ordeal: Ordeal, row: Row, fault: Fault, stays: bool) -> None:
    endure(ordeal, row, fault, stays=stays)
