"""The way in: transactions that are all or nothing, one writer at a time, failures in words, processes that die."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from store_things import plan_meeting
from stores import postgresql_only, sqlite_only

from store import sqlite
from store.database import Store, Tx, open_store, serialise
from store.errors import StoreUnavailable
from store.meta import get_meta, set_meta
from store.turns import Turns


def value(store: Store, key: str = "x") -> str | None:
    with store.reading() as tx:
        return get_meta(tx, key)


def write(store: Store, key: str = "x", new: str = "1") -> None:
    with store.writing() as tx:
        set_meta(tx, key, new)


# ---------------------------------------------------------------------------------------------------------------------
# Transactions


def test_what_is_written_is_there_and_counted(store: Store) -> None:
    write(store)
    assert (value(store), store.commits) == ("1", 1)


def test_an_error_takes_everything_back(store: Store) -> None:
    def fail() -> None:
        with store.writing() as tx:
            set_meta(tx, "x", "1")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert (value(store), store.commits) == (None, 0)
    write(store)


def test_nothing_can_be_written_while_reading(store: Store) -> None:
    with pytest.raises((StoreUnavailable, DBAPIError)), store.reading() as tx:
        set_meta(tx, "x", "1")
    assert value(store) is None


def test_a_reader_sees_one_moment_and_keeps_no_writer_waiting(store: Store) -> None:
    write(store, new="before")
    with store.reading() as tx:
        assert get_meta(tx, "x") == "before"
        write(store, new="after")
        assert get_meta(tx, "x") == "before"
    assert value(store) == "after"


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    write(store, new="before")
    with store.writing() as tx:
        set_meta(tx, "x", "after")
        assert value(store) == "before"


def test_a_constraint_stays_an_integrity_error_and_shows_no_values(store: Store) -> None:
    plan_meeting(store)
    with pytest.raises(IntegrityError) as error:
        plan_meeting(store, title="A secret title")
    assert "secret" not in str(error.value)


def test_changes_from_many_threads_follow_one_another(store: Store, store_url: str) -> None:
    """Read, add one, write: with a turn taken first nothing is lost, over two stores open on one database."""
    other = open_store(store_url)

    def add(here: Store) -> None:
        for _ in range(10):
            with here.writing() as tx:
                serialise(tx, "count")
                set_meta(tx, "count", str(int(get_meta(tx, "count") or "0") + 1))

    threads = [Thread(target=add, args=(here,)) for here in (store, other, store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(store, "count") == "40"
    assert store.commits + other.commits == 40
    other.dispose()


def test_a_disposed_store_opens_again(store: Store) -> None:
    write(store)
    store.dispose()
    assert value(store) == "1"


# ---------------------------------------------------------------------------------------------------------------------
# One writer at a time


@sqlite_only
def test_a_writing_transaction_inside_another_says_so_instead_of_waiting_for_itself(store: Store) -> None:
    with store.writing(), pytest.raises(RuntimeError, match="wait for itself"), store.writing():
        pass
    write(store)


def test_turns_go_in_the_order_of_asking() -> None:
    turns, order = Turns(), []

    def ask(number: int) -> None:
        with turns:
            order.append(number)

    threads = [Thread(target=ask, args=(number,)) for number in range(8)]
    with turns:
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while len(turns._waiting) < waiting:
                pass
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_a_turn_is_given_back_after_an_error() -> None:
    turns = Turns()
    with pytest.raises(LookupError), turns:
        raise LookupError
    with turns:
        pass


class Interrupted:
    """A lock on which waiting is interrupted, as by Ctrl-C."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.meanwhile = meanwhile

    def acquire(self) -> None:
        self.meanwhile()
        raise KeyboardInterrupt

    def release(self) -> None:
        pass


def test_who_is_interrupted_while_waiting_leaves_the_queue() -> None:
    turns, mine = Turns(), Interrupted()
    with turns:
        turns._waiting.append((mine, 1))
        with pytest.raises(KeyboardInterrupt):
            turns._wait(mine, 1)
    with turns:
        pass


def test_a_turn_that_comes_in_the_moment_of_an_interrupt_is_passed_on() -> None:
    turns = Turns()
    turns.__enter__()
    mine = Interrupted(meanwhile=lambda: turns.__exit__(None, None, None))
    turns._waiting.append((mine, 1))
    with pytest.raises(KeyboardInterrupt):
        turns._wait(mine, 1)
    with turns:
        pass


# ---------------------------------------------------------------------------------------------------------------------
# Failures


@sqlite_only
def test_a_file_locked_by_another_process_is_a_store_to_try_again(
    store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PRAGMAS", ("PRAGMA busy_timeout=1",))
    impatient = open_store(store_url)
    other = sqlite3.connect(store_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        write(impatient)
    assert value(impatient) is None, "readers go on"
    other.execute("COMMIT")
    other.close()
    write(impatient)
    impatient.dispose()


@sqlite_only
def test_a_full_disk_loses_nothing_and_is_survived(store: Store) -> None:
    write(store, "kept", "yes")

    def fill(tx: Tx) -> None:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
        tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        set_meta(tx, "big", "x" * 1_000_000)

    def overfill() -> None:
        with store.writing() as tx:
            fill(tx)

    with pytest.raises(StoreUnavailable, match="disk is full"):
        overfill()
    assert (value(store, "kept"), value(store, "big")) == ("yes", None)
    store.dispose()
    write(store, "big", "x" * 1_000_000)
    assert value(store, "big") == "x" * 1_000_000


@postgresql_only
def test_a_session_that_the_server_ends_is_a_store_to_try_again(store: Store) -> None:
    def lose() -> None:
        with store.writing() as tx:
            set_meta(tx, "x", "lost")
            own = tx.execute(text("SELECT pg_backend_pid()")).scalar()
            with store.writing() as other:
                other.execute(text("SELECT pg_terminate_backend(:own, 5000)"), {"own": own})
            set_meta(tx, "x", "lost again")

    with pytest.raises(StoreUnavailable):
        lose()
    write(store, "y")
    assert (value(store), value(store, "y")) == (None, "1")


@postgresql_only
def test_connections_that_died_in_the_pool_are_not_noticed(store: Store) -> None:
    """As after a restart of the server between two transactions."""
    with store.writing() as tx, store.writing() as other:
        for one in (tx, other):
            one.execute(text("SELECT 1"))
    with store.writing() as tx:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        tx.execute(text(others + " WHERE datname = current_database() AND pid <> pg_backend_pid()"))
    write(store)
    write(store, new="2")
    assert value(store) == "2"


@postgresql_only
def test_nobody_waits_for_a_lock_without_end_and_the_url_may_say_how_long(
    store: Store, store_url: str
) -> None:
    impatient = open_store(store_url + "&options=-c%20lock_timeout%3D20ms")
    write(store)
    with store.writing() as tx:
        set_meta(tx, "x", "held")
        with pytest.raises(StoreUnavailable, match="too long for a lock"):
            write(impatient, new="late")
    assert value(store) == "held"


@postgresql_only
def test_a_paused_nodes_transaction_is_ended_for_the_others(store: Store) -> None:
    with store.reading() as tx:
        shown = {
            name: tx.execute(text(f"SHOW {name}")).scalar()
            for name in (
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "transaction_isolation",
                "application_name",
            )
        }
    assert shown == {
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "10s",
        "transaction_isolation": "repeatable read",
        "application_name": "syncd",
    }


@postgresql_only
def test_whose_transaction_was_ended_is_told_to_try_again(store: Store) -> None:
    """As when a virtual machine was frozen in the middle of one. Nothing is saved, and the next try goes through.

    The server says why before it closes; whether that still arrives when something is sent to it is up to the network.
    """
    with pytest.raises(StoreUnavailable, match=r"stood still|closed the connection"):
        _stand_still(store)
    assert value(store) is None
    write(store)
    assert value(store) == "1"


def _stand_still(store: Store) -> None:
    with store.writing() as tx:
        set_meta(tx, "x", "lost")
        pid = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
        tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '1ms'"))
        while _is_there(store, pid):
            pass
        set_meta(tx, "x", "lost")


def _is_there(store: Store, pid: int) -> bool:
    with store.reading() as tx:
        found = tx.execute(text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid})
        return bool(found.scalar_one())


@sqlite_only
def test_commits_are_synced_to_disk_and_references_checked(store: Store) -> None:
    with store.writing() as tx:
        shown = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert shown == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


@sqlite_only
@pytest.mark.parametrize("fails", [False, True])
def test_a_commit_that_need_not_last_makes_no_other_one_so(store: Store, *, fails: bool) -> None:
    """The same connection serves both, one after the other."""
    shown = []
    for durable in (True, False, True, False, False, True):
        with suppress(KeyError), store.writing(durable=durable) as tx:
            shown.append(tx.exec_driver_sql("PRAGMA synchronous").scalar())
            if fails:
                raise KeyError
    assert shown == [2, 1, 2, 1, 1, 2]
