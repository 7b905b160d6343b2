"""The seams of a worker's work: before and after each transaction and each call to a calendar server something may happen.

At its n-th seam a worker dies (as by kill -9), or others act meanwhile: an operator, an agent in another client, the clock, a
second worker. Between two seams a worker only computes, or hands one mail over; so nothing else can be told from the outside.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from connectors.interface import Connector, Event
from store.database import Store, Tx
from syncd.actions.context import Context


class Crash(BaseException):
    """kill -9, as far as the store and the servers can tell."""


def die() -> None:
    raise Crash


@dataclass
class Seams:
    """Counts them, and strikes at the n-th."""

    number: int
    strike: Callable[[], object]
    writes: Callable[[Event], object] = lambda _event: None
    """Told of each event right before it is put."""
    passed: int = 0
    depth: int = field(default=0)

    @property
    def struck_just_now(self) -> bool:
        """Was there no seam since, at which the worker could have noticed?"""
        return self.passed == self.number

    def of(self, ctx: Context) -> Context:
        """The context of a worker that has these seams."""

        def opened(*account: Any) -> Connector:
            return _Call(ctx.opener(*account), self)  # type: ignore[return-value]  # passes every call on

        return replace(ctx, store=_Transactions(ctx.store, self), opener=opened)

    @contextmanager
    def around(self) -> Iterator[None]:
        """Something with a seam before and after it."""
        self._pass()
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
        self._pass()

    def _pass(self) -> None:
        if self.depth:
            return  # within a transaction nobody else can see anything
        self.passed += 1
        if self.passed == self.number:
            self.strike()


class _Transactions:
    """A store with seams around its transactions."""

    def __init__(self, store: Store, seams: Seams) -> None:
        self._store, self._seams = store, seams

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        with self._seams.around(), self._store.reading() as tx:
            yield tx

    @contextmanager
    def writing(self) -> Iterator[Tx]:
        with self._seams.around(), self._store.writing() as tx:
            yield tx


class _Call:
    """A connector with seams around its calls."""

    def __init__(self, connector: Connector, seams: Seams) -> None:
        self._connector, self._seams = connector, seams

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connector, name)
        if not callable(found) or name == "close":
            return found

        def called(*said: Any) -> Any:
            with self._seams.around():
                if name == "put":
                    self._seams.writes(said[1])
                return found(*said)

        return called


class AtOnce(Executor):
    """Threads that are none: each piece of work is done before the next is handed over, and death ends all of it."""

    def submit(self, work: Callable[..., Any], /, *said: Any, **named: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(work(*said, **named))
        except Exception as error:  # noqa: BLE001  # a pool hands every error on
            done.set_exception(error)
        return done
