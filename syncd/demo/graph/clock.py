"""The fake Graph's one clock: still, and moved by a test; or the machine's own, for the demo."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Tells `now()`, aware UTC. Begun at a time it stands still until `advance`; begun at None it runs with the machine's."""

    def __init__(self, begun: datetime | None = None) -> None:
        self.still = begun is not None
        self._begun = begun or datetime.now(UTC)
        self._monotonic = time.monotonic()
        self._advanced = timedelta(0)
        self._lock = threading.Lock()
        self.on_advance: list[Callable[[], None]] = []
        """Called after each step of `advance`: whoever waits for a time looks again."""

    def now(self) -> datetime:
        return self._begun + self._advanced + (timedelta(0) if self.still else self._elapsed())

    def stamp(self) -> float:
        """Epoch seconds for records of exchanges: the clock's time, and running, so that durations show."""
        return (self._begun + self._advanced + self._elapsed()).timestamp()

    def advance(self, by: timedelta) -> None:
        """Let so much time pass."""
        with self._lock:
            self._advanced += by
        for look in self.on_advance:
            look()

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=time.monotonic() - self._monotonic)
