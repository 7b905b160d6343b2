"""Processes that die in the middle, and processes that fork: the store stays usable for the others."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

from store_things import meeting, plan_meeting
from stores import sqlite_only

from store import meetings, sqlite
from store.database import Store, open_store
from store.meta import get_meta, set_meta


def value(store: Store, key: str = "x") -> str | None:
    with store.reading() as tx:
        return get_meta(tx, key)


def write(store: Store, key: str = "x", new: str = "1") -> None:
    with store.writing() as tx:
        set_meta(tx, key, new)


WRITER = """
import sys
from store.database import open_store
from store.meta import set_meta
store = open_store(sys.argv[1])
with store.writing() as tx:
    set_meta(tx, "committed", "yes")
with store.writing() as tx:
    set_meta(tx, "half", "yes")
    print("in the middle", flush=True)
    sys.stdin.read()
"""


def test_a_process_killed_in_the_middle_leaves_a_usable_store(store: Store, store_url: str) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, store_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert writer.stdout.readline() == b"in the middle\n"
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    assert (value(store, "committed"), value(store, "half")) == ("yes", None)
    write(store, "half", "anew")
    assert value(store, "half") == "anew"
    store.check()


def test_a_forked_child_has_connections_of_its_own(store: Store) -> None:
    """Forked while another thread is writing: the child neither waits for that thread nor uses its connection."""
    write(store, "count", "1")
    inside, leave = Event(), Event()

    def hold() -> None:
        with store.writing() as tx:
            set_meta(tx, "parent", "yes")
            inside.set()
            leave.wait()

    if store.url.startswith("sqlite"):
        hold_not = store.reading  # SQLite has one write lock, which the child would rightly wait for
        with hold_not() as tx:
            get_meta(tx, "count")
            assert in_child(store) == 0
    else:
        thread = Thread(target=hold)
        thread.start()
        inside.wait()
        assert in_child(store) == 0
        leave.set()
        thread.join()
        assert value(store, "parent") == "yes"
    assert value(store, "count") == "2"
    write(store, "count", "3")
    assert value(store, "count") == "3"


def in_child(store: Store) -> int:
    """Write in a forked child; its exit code."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            write(store, "count", "2")
            code = 0 if value(store, "count") == "2" else 2
            store.dispose()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@sqlite_only
def test_a_child_forked_while_a_thread_writes_does_not_inherit_the_queue(store: Store) -> None:
    path = Path(store.url.removeprefix("sqlite:///"))
    with sqlite.turn_at(path):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                write(store, "x", "child")
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value(store, "x") == "child"


def test_a_meeting_survives_its_planner(store: Store, store_url: str) -> None:
    """What was accepted is read by whoever opens the store next."""
    plan_meeting(store)
    store.dispose()
    again = open_store(store_url, create=False)
    with again.reading() as tx:
        assert meetings.meeting(tx, "m1") == meeting()
    again.dispose()
