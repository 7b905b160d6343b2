"""A lab for the CalDAV connector: a hostile server, a connector to it, and what the store would know."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hostile import CALENDAR, HOME, HostileDav
from scripted import ScriptedServer

from connectors.account import Account, Connections
from connectors.caldav.connector import CalDavConnector
from connectors.caldav.listing import Memo
from connectors.interface import Calendar, Changes

START = datetime(2026, 3, 2, tzinfo=UTC)


def text(uid: str, summary: str = "Busy") -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//hostile//EN", "BEGIN:VEVENT", f"UID:{uid}",
             "DTSTAMP:20260101T000000Z", "DTSTART:20260303T100000Z", "DTEND:20260303T110000Z",
             f"SUMMARY:{summary}", "END:VEVENT", "END:VCALENDAR"]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)


@dataclass
class Lab:
    """A hostile server, a connector to it, and what the store would know of its calendar."""

    dav: HostileDav
    server: ScriptedServer
    connector: CalDavConnector
    known: dict[str, str]
    state: str | None = None

    def fill(self, *names: str) -> None:
        for name in names:
            self.dav.put(f"{name}.ics", text(name))

    def sync(self) -> Changes:
        """One cycle, saved as the store saves it."""
        changes = self.connector.changes(
            Calendar(CALENDAR, "UTC", (), START, START + timedelta(days=30)), self.state, self.known
        )
        fresh = {one.href: one.etag for one in changes.upserts}
        if changes.complete:
            self.known = {href: etag for href, etag in self.known.items() if href in changes.unchanged}
        self.known = {
            href: etag for href, etag in {**self.known, **fresh}.items() if href not in changes.gone
        }
        self.state = changes.state
        return changes

    @property
    def true(self) -> set[str]:
        """What stands in the calendar in truth."""
        return {CALENDAR + self.dav.spelling(name) for name in self.dav.objects}

    def sent(self, word: str) -> int:
        """How many requests held this word."""
        return sum(word.encode() in asked.body or word == asked.method for asked in self.server.asked)


def lab_at(server: ScriptedServer, dav: HostileDav, connections: Connections) -> Lab:
    """A lab at a server that is running the hostile script."""
    connector = CalDavConnector(Account("caldav", server.url), "anna", "secret", connections)
    return Lab(dav, server, connector, {})


def listed(lab: Lab) -> dict[str, str]:
    """The calendars that the home lists, with their revisions."""
    memo = Memo((lab.server.url.rstrip("/") + HOME,)).text()
    return {info.href: info.revision for info in lab.connector.calendars(memo).calendars}
