"""The server in memory: logins with calendars, what a test does to them, and the failures it plans."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

from connectors.interface import CalendarGone, CalendarInfo, ConnectorError, SignInRefused, Unreachable
from connectors.memory.connector import MemoryConnector, Operation
from connectors.memory.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the server's log: who asked for what, and in which calendar ("" for the listing)."""

    login: str
    operation: Operation
    calendar: str


@dataclass(frozen=True, slots=True)
class _Failure:
    error: ConnectorError
    after: bool


class MemoryServer:
    """Logins with calendars. Usable from many threads. `down`: nobody answers; `calls`: what was asked so far."""

    def __init__(self) -> None:
        self.down = False
        self.calls: list[Call] = []
        self._lock = threading.RLock()
        self._secrets: dict[str, str] = {}
        self._homes: dict[str, dict[str, Shelf]] = {}
        self._failures: dict[tuple[str, Operation], list[_Failure]] = {}
        self._series = 0

    def add_login(self, login: str, secret: str = "secret") -> None:  # noqa: S107 - there is nothing to protect
        """Let somebody sign in; again with another secret: from now on that one."""
        with self._lock:
            self._secrets[login] = secret
            self._homes.setdefault(login, {})

    def add_calendar(
        self, login: str, name: str, *, owned: bool = True, transparent: bool = False, writable: bool = True
    ) -> str:
        """Make a calendar; returns its href. One of that name that was removed begins anew under the same href."""
        href = f"/{quote(login)}/{quote(name.lower())}/"
        with self._lock:
            info = CalendarInfo(href, name, "", owned, transparent, writable)
            self._homes[login][href] = Shelf(info, self._next_series())
        return href

    def remove_calendar(self, calendar: str) -> None:
        """Take a calendar away, with all that is in it."""
        with self._lock:
            for home in self._homes.values():
                home.pop(calendar, None)

    def store(self, calendar: str, name: str, text: str | bytes) -> str:
        """Store an object as another client would, overwriting; returns its href."""
        href = calendar + quote(name if name.endswith(".ics") else f"{name}.ics")
        with self._lock:
            self._shelf(calendar).save(href, text.encode() if isinstance(text, str) else text)
        return href

    def text(self, href: str) -> str | None:
        """What an object says, None if it is not there."""
        with self._lock:
            stored = self._shelf_of(href).objects.get(href)
        return stored.data.decode() if stored else None

    def delete(self, href: str) -> None:
        """Delete an object as another client would."""
        with self._lock:
            self._shelf_of(href).drop(href)

    def hrefs(self, calendar: str) -> list[str]:
        """The objects in a calendar."""
        with self._lock:
            return sorted(self._shelf(calendar).objects)

    def forget_tokens(self) -> None:
        """From now on no sync state given out before means anything."""
        with self._lock:
            for home in self._homes.values():
                for shelf in home.values():
                    shelf.series, shelf.history = self._next_series(), []

    def fail_next(
        self, login: str, operation: Operation, error: ConnectorError, *, after: bool = False
    ) -> None:
        """Let this login's next such call fail: before anything happens, or `after` it has happened."""
        with self._lock:
            self._failures.setdefault((login, operation), []).append(_Failure(error, after))

    def connector(self, login: str, secret: str | None = None) -> MemoryConnector:
        """The connector of a login; with another secret than its own, one that is refused."""
        return MemoryConnector(self, login, self._secrets.get(login, "") if secret is None else secret)

    @contextmanager
    def call(self, login: str, secret: str, operation: Operation, calendar: str) -> Iterator[Shelf]:
        """A connector's call in a calendar: logged, signed in, one at a time, failing where a test said so."""
        with self._called(login, secret, operation, calendar):
            shelf = self._homes[login].get(calendar)
            if shelf is None:
                raise CalendarGone("the calendar is not in memory any more", "was it removed?")
            yield shelf

    def listed(self, login: str, secret: str) -> tuple[CalendarInfo, ...]:
        """A connector's call for the login's calendars."""
        with self._called(login, secret, "calendars", ""):
            return tuple(replace(shelf.info, revision=shelf.state) for shelf in self._homes[login].values())

    @contextmanager
    def _called(self, login: str, secret: str, operation: Operation, calendar: str) -> Iterator[None]:
        with self._lock:
            self.calls.append(Call(login, operation, calendar))
            if self.down:
                raise Unreachable("the server in memory is down", "set `down` to False")
            if login not in self._secrets or secret != self._secrets[login]:
                raise SignInRefused("the server in memory refuses the sign-in", "look at the secret")
            planned = self._failures.get((login, operation), [])
            failure = planned.pop(0) if planned else None
            if failure and not failure.after:
                raise failure.error
            yield
            if failure:
                raise failure.error

    def _next_series(self) -> int:
        self._series += 1
        return self._series

    def _shelf(self, calendar: str) -> Shelf:
        return next(home[calendar] for home in self._homes.values() if calendar in home)

    def _shelf_of(self, object_href: str) -> Shelf:
        return self._shelf(object_href.rpartition("/")[0] + "/")
