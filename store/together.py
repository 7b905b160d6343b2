"""What several threads have to save at the same time goes into one transaction, and still each fails by itself.

Each commit writes every page that it changes to the log, and what is read at the same time changes the same pages: of eight calendars
that are saved together, a quarter. Whoever comes first does it for all who wait by then; the others wait until it is committed. (Group
commit, as databases know it; here because SQLite has one writer.)
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, exc

from store.errors import StoreUnavailable

T = TypeVar("T")

MOST = 8
"""So many are saved in one transaction at most: a person's change waits for its end."""


@dataclass(slots=True, eq=False)
class _Piece(Generic[T]):
    work: Callable[[Connection], T]
    woken: Event = field(default_factory=Event)
    done: bool = False
    found: list[T] = field(default_factory=list)
    error: BaseException | None = None

    def outcome(self) -> T:
        """What the work gave; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.found[0]


class Together:
    """`writing` begins a transaction that commits, or rolls back and raises, when its block ends."""

    def __init__(self, writing: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._writing = writing
        self._guard = Lock()
        self._waiting: deque[_Piece[Any]] = deque()
        self._led = False

    def save(self, work: Callable[[Connection], T]) -> T:
        """Do the work in a transaction, perhaps with that of others; returns, or raises, what it did once that is committed."""
        mine = _Piece(work)
        with self._guard:
            self._waiting.append(mine)
            leads, self._led = not self._led, True
        try:
            if not leads:
                mine.woken.wait()
            if not mine.done:
                self._lead()
        except BaseException:
            self._leave(mine, leads or mine.woken.is_set())
            raise
        return mine.outcome()

    def _leave(self, mine: _Piece[Any], leads: bool) -> None:
        """Ctrl-C came: nobody may wait for a leader who is gone."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                if leads:
                    self._hand_over()

    def _lead(self) -> None:
        """Save what waits, one's own first, and hand the lead to the first of those who came meanwhile."""
        pieces: list[_Piece[Any]] = []
        try:
            with self._guard:
                while self._waiting and len(pieces) < MOST:
                    pieces.append(self._waiting.popleft())
            self._save(pieces)
        finally:
            with self._guard:
                self._hand_over()
            for piece in pieces:
                piece.done = True
                piece.woken.set()

    def _hand_over(self) -> None:
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].woken.set()

    def _save(self, pieces: Sequence[_Piece[Any]]) -> None:
        try:
            self._save_each(pieces)
        except Exception as error:  # noqa: BLE001 - raised by each of them, in its own thread
            for piece in pieces:
                piece.error = error
        except BaseException:
            for piece in pieces:
                piece.error = StoreUnavailable(
                    "nothing was saved: who saved for others was stopped", "try again"
                )
            raise

    def _save_each(self, pieces: Sequence[_Piece[Any]]) -> None:
        """Without savepoints, for each would copy every page before its first change; with them if one fails by itself."""
        try:
            with self._writing() as tx:
                for piece in pieces:
                    _do(tx, piece)
        except _Undone:
            others = [piece for piece in pieces if piece.error is None]
            if others:
                with self._writing() as tx:
                    for piece in others:
                        _do_apart(tx, piece)


class _Undone(Exception):
    """A piece failed by itself, and has its error: the others have to be done again, without it."""


def _do(tx: Connection, piece: _Piece[Any]) -> None:
    """What the database can't do ends the whole transaction, and is everybody's."""
    try:
        piece.found = [piece.work(tx)]
    except exc.DBAPIError as error:
        if not isinstance(error, exc.IntegrityError):
            raise
        piece.error = error
        raise _Undone from None
    except Exception as error:  # noqa: BLE001 - raised in the thread whose work it is
        piece.error = error
        raise _Undone from None


def _do_apart(tx: Connection, piece: _Piece[Any]) -> None:
    """Likewise, but what fails by itself is undone alone."""
    point = tx.begin_nested()
    try:
        _do(tx, piece)
    except _Undone:
        point.rollback()
    else:
        point.commit()
