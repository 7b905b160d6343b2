"""How often one token may ask: so many requests a second in the long run, ten seconds' worth of them at once.

So that a program that runs wild takes the server from nobody else. It is counted by what the token, or at the page the person whom a
proxy signed in, is called, in this process and from its start; whoever comes without a token that is known here is
turned away before. The way of counting is GCRA (ITU-T I.371): one moment is kept for each.
"""

import math
import threading
import time
from collections.abc import Callable

from syncd.errors import TooOften

SECONDS_AT_ONCE = 10
ROUNDING = 1e-6


class Rates:
    """`a_second`: how many requests; 0: as many as somebody likes."""

    def __init__(self, a_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._clock = a_second, clock
        self._used_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def count(self, who: str) -> None:
        """One request more. Raises `TooOften`, which does not count."""
        if not self._a_second:
            return
        with self._lock:
            now = self._clock()
            used_until = max(self._used_until.get(who, now), now) + 1 / self._a_second
            ahead = used_until - now - SECONDS_AT_ONCE
            if ahead > ROUNDING:
                raise TooOften(f"{who} asks more than {self._a_second} times a second", wait=math.ceil(ahead))
            self._used_until[who] = used_until
