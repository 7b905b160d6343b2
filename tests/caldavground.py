"""A CalDAV server as a ground for ordeals and kill campaigns: what an independent client does and finds there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from exchanges import Request
from icalendar import Calendar, Component
from lxml import etree
from ordeals import Standing
from servers import XML, CalDavServer

from connectors import open_connector
from syncd.actions.context import Opener

HOME = "PROPFIND home"

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
        answer = self.server.request(
            "REPORT", self.work(login), login, ALL, {**XML, "Depth": "1"}, expect=(207,)
        )
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
