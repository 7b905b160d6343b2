"""Stages for the connectors' contract: a server of each kind, and what a test does there behind the connector's back.

A new kind of server joins the suite (connectors/test_contract.py) by being given a `Stage`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from servers import CalDavServer, free_port

from connectors import Account, Connections, open_connector
from connectors.interface import Calendar, Changes, Connector, Event, Identity
from connectors.memory import MemoryServer

START = datetime(2026, 3, 2, tzinfo=UTC)
WINDOW = timedelta(days=30)


class Stage(Protocol):
    """A server with logins, and what an independent client does there."""

    @property
    def kind(self) -> str: ...
    def add_user(self) -> str: ...
    def add_calendar(self, user: str, name: str) -> str: ...
    def remove_calendar(self, user: str, calendar: str) -> None: ...
    def put(self, user: str, calendar: str, name: str, ics: str) -> str: ...
    def put_broken(self, user: str, calendar: str, name: str) -> str: ...
    def get(self, user: str, href: str) -> str | None: ...
    def delete(self, user: str, href: str) -> None: ...
    def hrefs(self, user: str, calendar: str) -> list[str]: ...
    def connector(self, user: str, secret: str | None = None) -> Connector: ...
    def unreachable(self, user: str) -> Connector: ...


@dataclass
class InMemory:
    """The server in memory as a stage."""

    server: MemoryServer = field(default_factory=MemoryServer)
    kind: str = "memory"

    def add_user(self) -> str:
        login = f"agent{len(self.server._secrets) + 1}"
        self.server.add_login(login)
        return login

    def add_calendar(self, user: str, name: str) -> str:
        return self.server.add_calendar(user, name)

    def remove_calendar(self, user: str, calendar: str) -> None:
        self.server.remove_calendar(calendar)

    def put(self, user: str, calendar: str, name: str, ics: str) -> str:
        return self.server.store(calendar, name, ics)

    def put_broken(self, user: str, calendar: str, name: str) -> str:
        return self.server.store(calendar, name, broken(name))

    def get(self, user: str, href: str) -> str | None:
        return self.server.text(href)

    def delete(self, user: str, href: str) -> None:
        self.server.delete(href)

    def hrefs(self, user: str, calendar: str) -> list[str]:
        return self.server.hrefs(calendar)

    def connector(self, user: str, secret: str | None = None) -> Connector:
        return self.server.connector(user, secret)

    def unreachable(self, user: str) -> Connector:
        self.server.down = True
        return self.server.connector(user)


@dataclass
class OverTheWire:
    """A real CalDAV server as a stage."""

    server: CalDavServer
    connections: Connections = field(default_factory=Connections)

    @property
    def kind(self) -> str:
        return self.server.kind

    def add_user(self) -> str:
        return self.server.add_user()

    def add_calendar(self, user: str, name: str) -> str:
        return self.server.add_calendar(user, name)

    def remove_calendar(self, user: str, calendar: str) -> None:
        self.server.remove_calendar(user, calendar)

    def put(self, user: str, calendar: str, name: str, ics: str) -> str:
        return self.server.put(user, calendar, name, ics)

    def put_broken(self, user: str, calendar: str, name: str) -> str:
        return self.server.put(user, calendar, name, broken(name))

    def get(self, user: str, href: str) -> str | None:
        return self.server.get(user, href)

    def delete(self, user: str, href: str) -> None:
        self.server.delete(user, href)

    def hrefs(self, user: str, calendar: str) -> list[str]:
        return self.server.hrefs(user, calendar)

    def connector(self, user: str, secret: str | None = None) -> Connector:
        account = Account("caldav", self.server.url)
        return open_connector(account, user, secret or self.server.users[user], self.connections)

    def unreachable(self, user: str) -> Connector:
        account = Account("caldav", f"http://127.0.0.1:{free_port()}/")
        return open_connector(account, user, "secret", self.connections)


@dataclass
class Desk:
    """One agent with one calendar at a stage."""

    stage: Stage
    user: str
    calendar: str
    connector: Connector

    def put(self, name: str, **parts: str) -> str:
        return self.stage.put(self.user, self.calendar, name, event_text(name, **parts))

    def read(self, state: str | None = None, known: Mapping[str, str] | None = None) -> Changes:
        return self.connector.changes(to_read(self.calendar), state, {} if known is None else known)


@dataclass
class WrittenMeanwhile(Mapping[str, str]):
    """What is known, read at its first use; and in that moment something of ours is written and known as well."""

    desk: Desk
    before: dict[str, str]
    written: str = ""

    def _held(self) -> dict[str, str]:
        self.written = self.written or self.desk.put("written-meanwhile")
        return {**self.before, self.written: "its etag"}

    def __getitem__(self, href: str) -> str:
        return self._held()[href]

    def __iter__(self) -> Iterator[str]:
        return iter(self._held())

    def __len__(self) -> int:
        return len(self._held())


def to_read(calendar: str) -> Calendar:
    return Calendar(calendar, "Europe/Amsterdam", ("anna@example.com",), START, START + WINDOW)


def event_text(
    uid: str, *, start: str = "20260303T100000Z", end: str = "20260303T110000Z", more: str = ""
) -> str:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//contract//EN", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20260101T000000Z", f"DTSTART:{start}", f"DTEND:{end}", "SUMMARY:Somebody else's appointment",
        *more.split("\n"), "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines if line)


def broken(uid: str) -> str:
    """An object that servers store, with a recurrence rule that means nothing."""
    return event_text(uid, more="RRULE:FREQ=DAILY;INTERVAL=0")


def known_of(changes: Changes) -> dict[str, str]:
    return {one.href: one.etag for one in changes.upserts}


def our_event(uid: str = "syncd-1-a", *, start: datetime = START + timedelta(hours=33)) -> Event:
    return Event(
        uid=uid, marker="0123456789abcdef", start=start, end=start + timedelta(minutes=45), zone="Europe/Amsterdam",
        title="Conversation", text="with somebody", link="https://meet.example.com/x",
    )  # fmt: skip


def identity(event: Event, href: str = "") -> Identity:
    return Identity(event.uid, event.marker, href)
