"""The connections of a process: kept open between requests, and never more of them to a server than it should bear.

Polling a thousand logins at one server is a matter of a handful of connections used again and again.
"""

import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.http.wire import Limits, Origin, Wire
from connectors.interface import Unreachable

Place = tuple[Origin, str]
"""Where a connection belongs: the server, and the file of certificates by which it was trusted."""


class Pool:
    """Connections by server; usable from many threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: dict[Place, list[Wire]] = defaultdict(list)
        self._turns: dict[Place, threading.BoundedSemaphore] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._closed = False

    @contextmanager
    def wire(
        self, origin: Origin, ca_file: str, *, fresh: bool = False, most: int | None = None
    ) -> Iterator[Wire]:
        """Lend a connection; `fresh`: one that nothing was sent on yet; `most`: so many to this server at once.

        Raises OSError when none can be opened, Unreachable when all of the server's stay taken for too long.
        """
        place = (origin, ca_file)
        turn = self._turn(place, most or self._limits.per_host)
        if not turn.acquire(timeout=self._limits.total):
            raise Unreachable(f"{origin.name} keeps all its connections busy", "it is slow; polling goes on")
        try:
            wire = (None if fresh else self._take(place)) or self._open(origin, ca_file)
            try:
                yield wire
            finally:
                self._give_back(place, wire)
        finally:
            turn.release()

    def close(self) -> None:
        """Close what is idle now, and whatever is given back later."""
        with self._lock:
            self._closed = True
            idle = [wire for wires in self._idle.values() for wire in wires]
            self._idle.clear()
        for wire in idle:
            wire.close()

    def _turn(self, place: Place, most: int) -> threading.BoundedSemaphore:
        with self._lock:
            return self._turns.setdefault(place, threading.BoundedSemaphore(most))

    def _take(self, place: Place) -> Wire | None:
        while True:
            with self._lock:
                if not self._idle[place]:
                    return None
                wire = self._idle[place].pop()
            if time.monotonic() - wire.idle_since < self._limits.idle and wire.alive():
                return wire
            wire.close()

    def _give_back(self, place: Place, wire: Wire) -> None:
        with self._lock:
            if wire.reusable and not self._closed:
                wire.idle_since = time.monotonic()
                self._idle[place].append(wire)
                return
        wire.close()

    def _open(self, origin: Origin, ca_file: str) -> Wire:
        context = self._context(ca_file) if origin.scheme == "https" else None
        return Wire(origin, context, self._limits)

    def _context(self, ca_file: str) -> ssl.SSLContext:
        with self._lock:
            if ca_file not in self._contexts:
                self._contexts[ca_file] = _trusting(ca_file)
            return self._contexts[ca_file]


def _trusting(ca_file: str) -> ssl.SSLContext:
    """Trusts the file's certificates, or without a file the machine's."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        hint = "it must exist, be readable for us and hold certificates in PEM"
        raise Unreachable("the account's ca_file can't be used", hint) from error
