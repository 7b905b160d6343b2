"""Limits: requests at once and in ten minutes for one mailbox (Graph: "Microsoft Graph service-specific throttling limits").

Whoever is refused is to be quiet for the mailbox as a whole; asking too early makes it longer.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from math import ceil

from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.refusal import Refused
from syncd.demo.graph.state import State


@dataclass(slots=True)
class _Load:
    flying: int = 0
    most: int = 0
    asked: deque[datetime] = field(default_factory=deque)
    quiet_until: datetime | None = None
    gate: threading.Event | None = None


class Throttle:
    """What is under way for each mailbox. `total`: requests let in or refused so far."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._loads: dict[str, _Load] = {}
        self.total = 0

    @contextmanager
    def passing(self, mailbox: str) -> Iterator[None]:
        """While a request for the mailbox is under way. Raises Refused (429)."""
        load = self._entered(mailbox)
        try:
            if load.gate is not None:
                load.gate.wait()
            yield
        finally:
            with self._lock:
                load.flying -= 1

    @contextmanager
    def holding(self, mailbox: str) -> Iterator[None]:
        """Requests for the mailbox stay under way as long as this lasts."""
        gate = threading.Event()
        with self._lock:
            self._load(mailbox).gate = gate
        try:
            yield
        finally:
            with self._lock:
                self._load(mailbox).gate = None
            gate.set()

    def flying(self, mailbox: str) -> int:
        """How many requests for the mailbox are under way."""
        return self._load(mailbox).flying

    def most(self, mailbox: str) -> int:
        """How many there were at most at once, refused ones included."""
        return self._load(mailbox).most

    def quieten(self, mailbox: str) -> None:
        """The mailbox is to be left alone from now on, for as long as the knob says."""
        with self._lock:
            self._load(mailbox).quiet_until = self._state.clock.now() + self._state.knobs.retry_after

    def _entered(self, mailbox: str) -> _Load:
        knobs, now = self._state.knobs, self._state.clock.now()
        with self._lock:
            load = self._load(mailbox)
            self.total += 1
            load.most = max(load.most, load.flying + 1)
            if load.quiet_until is not None and now < load.quiet_until:
                load.quiet_until = now + knobs.retry_after
                raise refused(knobs, now, "TooManyRequests")
            load.quiet_until = None
            if load.flying >= knobs.most_in_flight:
                raise refused(knobs, now, "ApplicationThrottled")
            while load.asked and load.asked[0] <= now - knobs.limit_window:
                load.asked.popleft()
            if len(load.asked) >= knobs.most_requests:
                load.quiet_until = now + knobs.retry_after
                raise refused(knobs, now, "TooManyRequests")
            load.asked.append(now)
            load.flying += 1
            return load

    def _load(self, mailbox: str) -> _Load:
        return self._loads.setdefault(mailbox, _Load())


def refused(knobs: Knobs, now: datetime, code: str) -> Refused:
    """A 429 that says how long to wait, in the form the knob says."""
    return Refused(429, code, headers=retry_headers(knobs, now))


def retry_headers(knobs: Knobs, now: datetime) -> dict[str, str]:
    """Retry-After (RFC 9110 10.2.3; a fraction, as Microsoft's sample has it; or nothing)."""
    wait: timedelta = knobs.retry_after
    forms = {
        "int": str(ceil(wait.total_seconds())),
        "float": f"{wait.total_seconds():.3f}",
        "date": format_datetime(now + wait, usegmt=True),
    }
    return {"Retry-After": forms[knobs.retry_form]} if knobs.retry_form in forms else {}
