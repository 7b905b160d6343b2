"""How fast a server is asked: as fast as it answers, until it refuses for going too fast (429, RFC 6585), then with pauses.

Some servers count by login, some by address (one allows a request every two seconds, whoever asks). The login that was
refused waits for as long as it was told to; all others go on, more slowly, and faster again with every answer.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from connectors.interface import Throttled

FIRST_PAUSE, LONGEST_PAUSE, FORGOTTEN = 0.1, 4.0, 0.02
"""Seconds between two requests: after the first refusal, at most, and so few that they are none."""

FASTER = 0.98
"""What an answer leaves of the pause."""

PATIENCE = 10.0
"""Seconds to wait for one's turn; whoever would wait longer comes back later and holds up nobody."""


class Pace:
    """The pause between requests to one server. Usable from many threads."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._pause = 0.0
        self._next = 0.0
        self._slower_since = -LONGEST_PAUSE

    def wait(self, server: str) -> float:
        """Wait for the next turn; how many seconds that took. Raises Throttled where it is far away."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            if turn - now > PATIENCE:
                raise Throttled(
                    f"{server} wants to be asked less often", "it is asked again later", timedelta(seconds=turn - now)
                )  # fmt: skip
            self._next = turn + self._pause
        if turn > now:
            self._sleep(turn - now)
        return turn - now

    def answered(self) -> None:
        """The server answered, so it bears a little more."""
        with self._lock:
            self._pause *= FASTER
            if self._pause < FORGOTTEN:
                self._pause = 0.0

    def refused(self) -> None:
        """The server refused for going too fast. Several refusals of what was sent in one pause count once."""
        with self._lock:
            now = self._clock()
            if now - self._slower_since >= self._pause:
                self._pause = min(max(FIRST_PAUSE, 2 * self._pause), LONGEST_PAUSE)
                self._slower_since = now
            self._next = max(self._next, now + self._pause)
