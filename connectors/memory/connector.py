"""The connector to the server in memory: the contract's calls for one login."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from connectors.interface import Calendar, CalendarInfo, Changes, Event, Found, FreeBusy, Identity, Listing
from connectors.memory.shelf import Shelf

Operation = Literal["calendars", "changes", "free_busy", "find", "put", "remove"]


class Counter(Protocol):
    """Where a connector's calls go: the server."""

    def listed(self, login: str, secret: str) -> tuple[CalendarInfo, ...]:
        """The login's calendars."""
        ...

    def call(
        self, login: str, secret: str, operation: Operation, calendar: str
    ) -> AbstractContextManager[Shelf]:
        """One of its calendars, for the time of a call."""
        ...


class MemoryConnector:
    """One login at a `MemoryServer`."""

    gate: ClassVar[bool] = True

    def __init__(self, server: Counter, login: str, secret: str) -> None:
        self._server, self._login, self._secret = server, login, secret

    def calendars(self, memo: str | None) -> Listing:  # noqa: ARG002 - the contract's shape
        """The login's calendars."""
        return Listing(self._server.listed(self._login, self._secret), "memory")

    def changes(self, calendar: Calendar, state: str | None, known: Mapping[str, str]) -> Changes:
        """What changed, or everything where the state means nothing."""
        known = dict(known)
        with self._server.call(self._login, self._secret, "changes", calendar.href) as shelf:
            changed = shelf.since(state)
            here = [one for href, one in shelf.objects.items() if changed is None or href in changed]
            fresh = [stored for stored in here if known.get(stored.href) != stored.etag]
            return Changes(
                upserts=tuple(stored.read(calendar) for stored in fresh),
                gone=tuple(
                    sorted(href for href in changed or () if href in known and href not in shelf.objects)
                ),
                state=shelf.state,
                complete=changed is None,
                unchanged=tuple(stored.href for stored in here if stored not in fresh),
            )

    def free_busy(self, calendar: str, start: datetime, end: datetime) -> FreeBusy | None:
        """What its events make of its owner's time; None where it is made not to offer that."""
        with self._server.call(self._login, self._secret, "free_busy", calendar) as shelf:
            return shelf.free_busy(start, end) if shelf.offers_free_busy else None

    def find(self, calendar: str, identity: Identity) -> Found | None:
        """Our event as the server holds it."""
        with self._server.call(self._login, self._secret, "find", calendar) as shelf:
            stored = shelf.find(identity)
            return stored.found() if stored else None

    def put(self, calendar: str, event: Event, found: Found | None) -> Found:
        """Store the event and read it back."""
        with self._server.call(self._login, self._secret, "put", calendar) as shelf:
            return shelf.write(event, found).found()

    def remove(self, calendar: str, found: Found) -> None:
        """Delete the event."""
        with self._server.call(self._login, self._secret, "remove", calendar) as shelf:
            shelf.erase(found)

    def close(self) -> None:
        """Nothing is held."""
