"""Saving together: one transaction for all who wait, each with its own end, and nobody left waiting."""

from collections.abc import Callable
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from stores import counted, sqlite_only

from store import together
from store.database import Store, Tx
from store.errors import StoreUnavailable
from store.meta import get_meta, set_meta


def value(store: Store, key: str) -> str | None:
    with store.reading() as tx:
        return get_meta(tx, key)


def noting(key: str) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        set_meta(tx, key, "kept")
        return key

    return work


def failing(key: str, error: BaseException) -> Callable[[Tx], None]:
    def work(tx: Tx) -> None:
        set_meta(tx, key, "kept")
        raise error

    return work


class Savers:
    """Threads that save: the first is held in the middle until all others wait behind it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outcomes: dict[str, Any] = {}
        self._threads: list[Thread] = []
        self._held, self._inside = Event(), Event()

    def start(self, name: str, work: Callable[[Tx], object]) -> None:
        def run() -> None:
            try:
                self.outcomes[name] = self.store.save(work)
            except BaseException as error:  # noqa: BLE001 - it is what is looked at
                self.outcomes[name] = error

        self._threads.append(Thread(target=run))
        self._threads[-1].start()

    def hold(self, _tx: Tx) -> str:
        self._inside.set()
        self._held.wait()
        return "held"

    def behind(self, *works: tuple[str, Callable[[Tx], object]]) -> int:
        """Have the works wait behind one that is held, then let it go; how many transactions that took after it."""
        self.start("first", self.hold)
        self._inside.wait()
        for number, (name, work) in enumerate(works, 1):
            self.start(name, work)
            while len(self.store._together._waiting) < number:  # type: ignore[union-attr]  # on SQLite there is one
                pass
        before = self.store.commits
        self._held.set()
        for thread in self._threads:
            thread.join()
        return self.store.commits - before - 1


def test_what_is_saved_is_there_and_what_the_work_gave_is_returned(store: Store) -> None:
    assert store.save(noting("x")) == "x"
    assert (value(store, "x"), store.commits) == ("kept", 1)
    with pytest.raises(LookupError):
        store.save(failing("y", LookupError()))
    with pytest.raises(IntegrityError):
        store.save(lambda tx: tx.execute(text("INSERT INTO meta VALUES ('x', 'twice')")))
    assert (value(store, "x"), value(store, "y")) == ("kept", None)


@sqlite_only
def test_what_waits_is_saved_in_one_transaction(store: Store) -> None:
    savers, names = Savers(store), [f"k{number}" for number in range(6)]
    assert savers.behind(*((name, noting(name)) for name in names)) == 1
    assert savers.outcomes == {"first": "held", **{name: name for name in names}}
    assert all(value(store, name) == "kept" for name in names)


@sqlite_only
def test_but_only_so_much_that_nobody_waits_long(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "MOST", 4)
    savers, names = Savers(store), [f"k{number}" for number in range(10)]
    assert savers.behind(*((name, noting(name)) for name in names)) == 3
    assert all(value(store, name) == "kept" for name in names)


@sqlite_only
def test_what_fails_by_itself_is_undone_alone(store: Store) -> None:
    savers, error = Savers(store), LookupError("mine")
    savers.behind(("good", noting("a")), ("bad", failing("b", error)), ("too", noting("c")))
    assert savers.outcomes["bad"] is error
    assert [value(store, key) for key in "abc"] == ["kept", None, "kept"]


def counting(done: list[str], key: str, error: Exception | None = None) -> Callable[[Tx], str]:
    def work(tx: Tx) -> str:
        done.append(key)
        set_meta(tx, key, "kept")
        if error is not None:
            raise error
        return key

    return work


@sqlite_only
def test_what_failed_is_not_done_again_and_the_others_once_more(store: Store) -> None:
    savers, done, error = Savers(store), list[str](), LookupError("mine")
    works = [("a", None), ("b", error), ("c", None), ("d", error), ("e", None)]
    with counted(store) as made:
        assert savers.behind(*((key, counting(done, key, failure)) for key, failure in works)) == 1
    assert savers.outcomes == {"first": "held", "a": "a", "b": error, "c": "c", "d": error, "e": "e"}
    assert done == ["a", "b", "a", "c", "d", "e"]
    assert [value(store, key) for key in "abcde"] == ["kept", None, "kept", None, "kept"]
    assert sum(one.startswith("SAVEPOINT") for one in made) == 4


@sqlite_only
def test_nobody_pays_for_savepoints_while_nothing_fails(store: Store) -> None:
    savers, names = Savers(store), [f"k{number}" for number in range(6)]
    with counted(store) as made:
        savers.behind(*((name, noting(name)) for name in names))
    assert not [one for one in made if one.startswith("SAVEPOINT")]


@sqlite_only
def test_who_fails_alone_begins_no_second_transaction(store: Store) -> None:
    with counted(store) as made, pytest.raises(LookupError):
        store.save(failing("a", LookupError()))
    assert sum(one.startswith("BEGIN") for one in made) == 1
    assert (value(store, "a"), store.commits) == (None, 0)


@contextmanager
def full(store: Store):
    """The store has no room to grow, until the block ends."""
    with store.writing() as tx:
        pages = tx.execute(text("PRAGMA page_count")).scalar_one()
        tx.execute(text(f"PRAGMA max_page_count = {pages}"))
    yield
    with store.writing() as tx:
        tx.execute(text("PRAGMA max_page_count = 4294967294"))


@sqlite_only
def test_what_the_database_can_not_do_is_told_to_all_and_nothing_is_saved(store: Store) -> None:
    savers = Savers(store)
    with full(store):
        savers.behind(
            ("good", noting("a")),
            ("large", lambda tx: set_meta(tx, "b", "x" * 1_000_000)),
            ("too", noting("c")),
        )
    told = [savers.outcomes[name] for name in ("good", "large", "too")]
    assert all(isinstance(one, StoreUnavailable) and "full" in one.message for one in told), told
    assert [value(store, key) for key in "abc"] == [None, None, None]
    assert store.save(noting("a")) == "a"


@sqlite_only
def test_who_is_stopped_while_saving_for_others_leaves_them_an_error_and_the_lead(store: Store) -> None:
    savers = Savers(store)
    savers.behind(("stopped", failing("a", KeyboardInterrupt())), ("other", noting("b")))
    assert isinstance(savers.outcomes["stopped"], KeyboardInterrupt)
    assert isinstance(savers.outcomes["other"], StoreUnavailable)
    assert store.save(noting("b")) == "b"


@sqlite_only
@pytest.mark.parametrize("leads", [False, True])
def test_who_is_interrupted_while_waiting_keeps_nobody_waiting(store: Store, *, leads: bool) -> None:
    """Ctrl-C, in the very moment in which the lead was handed over, or before."""
    group = store._together
    assert group is not None
    mine = together._Piece(noting("never"))
    group._waiting.append(mine)
    group._led = True
    if leads:
        mine.woken.set()
    group._leave(mine, mine.woken.is_set())
    if not leads:
        group._hand_over()  # by who leads, at its end
    assert store.save(noting("x")) == "x"
    assert value(store, "never") is None
