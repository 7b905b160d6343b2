"""How hard Graph may be asked: a queue for each mailbox, a rate for the tenant, and silence where Graph asks for it.

Graph allows few requests at once for a mailbox and counts refused ones too (Microsoft: Throttling limits). So reads of a
mailbox go one at a time, writes go first and may overtake a running read, and once Graph said when to come back, nothing
is sent for that mailbox until then: whoever asks is told to wait instead.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from connectors.interface import Throttled, Unreachable

Clock = Callable[[], float]

FIRST_SILENCE, LONGEST_SILENCE = 5.0, 300.0
"""Seconds of silence after a refusal that names none; doubled with each in a row."""

PATIENCE = 60.0
"""Seconds to wait for one's turn at a mailbox."""

RATE, BURST = 1000.0, 1000.0
"""Requests a second for a tenant's application: a thirteenth of what Graph allows (130,000 in ten seconds), and enough for
tens of thousands of mailboxes a minute."""


class MailboxQueue:
    """One mailbox's turns. `most`: requests under way at once, of which one at most reads."""

    def __init__(self, most: int, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        self._under_way = 0
        self._reading = False
        self._writes_waiting = 0
        self._silent_until = 0.0
        self._refusals = 0

    @contextmanager
    def turn(self, *, write: bool) -> Iterator[None]:
        """One request's turn. Raises Throttled while the mailbox is to be left alone, Unreachable if no turn comes."""
        with self._changed:
            self._wait(write)
            self._under_way += 1
            self._reading = self._reading or not write
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._reading = self._reading and write
                self._changed.notify_all()

    def _wait(self, write: bool) -> None:
        self._writes_waiting += write
        try:
            if not self._changed.wait_for(lambda: self._silent() or self._free(write), PATIENCE):
                raise Unreachable("a mailbox's queue does not move", "Graph is slow; it is tried again")
        finally:
            self._writes_waiting -= write
        if left := self._silent():
            raise Throttled(
                "Graph asked to leave this mailbox alone", "it is asked again then", timedelta(seconds=left)
            )

    def _free(self, write: bool) -> bool:
        if self._under_way >= self._most:
            return False
        return write or not (self._reading or self._writes_waiting)

    def _silent(self) -> float:
        return max(0.0, self._silent_until - self._clock())

    def answered(self) -> None:
        """Graph answered: refusals before are forgotten."""
        with self._changed:
            self._refusals = 0

    def refused(self, wait: timedelta | None) -> timedelta:
        """Graph refused for going too fast; returns how long the mailbox is left alone."""
        with self._changed:
            self._refusals += 1
            growing = min(FIRST_SILENCE * 2 ** (self._refusals - 1), LONGEST_SILENCE)
            seconds = growing if wait is None else wait.total_seconds()
            self._silent_until = max(self._silent_until, self._clock() + seconds)
            self._changed.notify_all()
            return timedelta(seconds=self._silent())


class Bucket:
    """A token bucket: `RATE` requests a second on average, `BURST` at once. Waiting is short, so it is done here."""

    def __init__(self, rate: float = RATE, burst: float = BURST, clock: Clock = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._lock = threading.Lock()
        self._tokens, self._at = burst, clock()

    def take(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take a token, waiting for it if there is none."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            short = -self._tokens / self._rate
        if short > 0:
            sleep(short)
