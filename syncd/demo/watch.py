"""Counts what the daemon asks of the calendar server: every reading of a calendar with its requests (RFC 6578).

It stands where the daemon opens its connectors, hands on the real ones, and only looks at what they did.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from connectors import open_connector
from connectors.account import Account, Connections
from connectors.interface import Calendar, Changes, Connector, Event, Found, FreeBusy, Identity, Listing


@dataclass(frozen=True, slots=True)
class Reading:
    """One calendar, read: how many objects were fetched, whether all were listed, and how many requests that took."""

    login: str
    calendar: str
    fetched: int
    complete: bool
    requests: int


class Watch:
    """Opens the real connectors and remembers every reading. Each login has connections of its own, so they count alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, Connections] = {}
        self._readings: list[Reading] = []

    def open(self, account: Account, login: str, secret: str, _shared: Connections) -> Connector:
        """The opener for the daemon's context."""
        with self._lock:
            connections = self._connections.setdefault(login, Connections())
        kind = _Watched if account.kind == "caldav" else _WatchedUngated
        return kind(self, login, connections, open_connector(account, login, secret, connections))

    @property
    def requests(self) -> int:
        """All requests sent so far."""
        with self._lock:
            return sum(connections.requests for connections in self._connections.values())

    def readings(self, since: int = 0) -> list[Reading]:
        """The readings so far, without the first `since`."""
        with self._lock:
            return self._readings[since:]

    def note(self, reading: Reading) -> None:
        """A calendar was read."""
        with self._lock:
            self._readings.append(reading)

    def close(self) -> None:
        """Close all connections."""
        for connections in self._connections.values():
            connections.close()


class _Watched:
    """A connector that is looked at."""

    gate: ClassVar[bool] = True  # CalDAV has one

    def __init__(self, watch: Watch, login: str, connections: Connections, inner: Connector) -> None:
        self._watch, self._login, self._connections, self._inner = watch, login, connections, inner

    def calendars(self, memo: str | None) -> Listing:
        return self._inner.calendars(memo)

    def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
        before = self._connections.requests
        found = self._inner.changes(calendar, state, known)
        sent = self._connections.requests - before
        self._watch.note(Reading(self._login, calendar.href, len(found.upserts), found.complete, sent))
        return found

    def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
        return self._inner.free_busy(calendar, start, end)

    def find(self, calendar: str, identity: Identity) -> Found | None:
        return self._inner.find(calendar, identity)

    def put(self, calendar: str, event: Event, found: Found | None) -> Found:
        return self._inner.put(calendar, event, found)

    def remove(self, calendar: str, found: Found) -> None:
        self._inner.remove(calendar, found)

    def close(self) -> None:
        self._inner.close()


class _WatchedUngated(_Watched):
    """Of a kind that has no listing to look at first: Outlook."""

    gate: ClassVar[bool] = False
