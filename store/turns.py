"""One writer at a time, first come, first served.

SQLite lets one connection write at a time, but its waiting is not fair: of four writers one was kept waiting 1.4 s while
the others passed it again and again. So the threads of a process queue here, and only processes compete at the file.
"""

from collections import deque
from threading import Lock, get_ident
from types import TracebackType


class Turns:
    """A lock that is handed on in the order of asking. Asking again while holding it is a mistake and says so."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: deque[tuple[Lock, int]] = deque()
        self._holder: int | None = None

    def __enter__(self) -> None:
        me = get_ident()
        with self._guard:
            if self._holder == me:
                raise RuntimeError("a writing transaction inside another one would wait for itself")
            if self._holder is None:
                self._holder = me
                return
            mine = Lock()
            mine.acquire()
            self._waiting.append((mine, me))
        self._wait(mine, me)

    def _wait(self, mine: Lock, me: int) -> None:
        try:
            mine.acquire()
        except BaseException:
            # Ctrl-C while waiting: leave the queue, or pass on what was handed over in the same moment.
            with self._guard:
                if (mine, me) in self._waiting:
                    self._waiting.remove((mine, me))
                else:
                    self._next()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._next()

    def _next(self) -> None:
        if self._waiting:
            turn, self._holder = self._waiting.popleft()
            turn.release()
        else:
            self._holder = None
