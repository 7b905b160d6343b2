"""The SQLite side of the way in: whose file it is, how connections are set up, and one writer at a time.

WAL (https://sqlite.org/wal.html): readers see a snapshot and never wait for the writer. synchronous=FULL: with NORMAL the
last commits can be lost when the power fails, and a delivered change, or an identity stored before its first write, would
be forgotten; the cost is one fsync a commit. What can be read from its server again is committed with NORMAL (`begin`).
"""

import os
import pwd
import shlex
import sqlite3
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event

from store.errors import NotMigrated, StoreNotPermitted, StoreUnavailable
from store.turns import Turns

BUSY_MILLISECONDS = 5000

PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA cache_size=-8000",
)
"""Checkpoints, which wait for the disk twice, come every 16 MB and not every 4: a first sync writes the same pages of the indexes again
and again.

A question about a hundred of 10,000 agents looks at 3 MB of pages: with the usual 2 MB of cache it reads each every time. More than 8 MB do
harm to who writes: at each commit SQLite looks through all pages it holds (`pcache1TruncateUnsafe`, 3.40).
"""

READING = ("PRAGMA query_only=ON",)
WRITING = ("PRAGMA journal_mode=WAL",)

READERS = 1
"""How many who only read are best let in at once: SQLite works within this process, on the processor that Python needs, too."""

_turns: dict[tuple[int, Path], Turns] = {}


def turn_at(path: Path) -> Turns:
    """The queue of this process's writers to the file (a forked child starts with an empty one)."""
    return _turns.setdefault((os.getpid(), path.resolve()), Turns())


def prepare(path: Path, *, create: bool) -> None:
    """Check that the file is ours to open and, with `create`, make it with mode 0600.

    Raises `StoreUnavailable` without its directory, `StoreNotPermitted` if it is somebody else's, `NotMigrated` if it is
    missing and not to be made.
    """
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"the directory {path.parent} of the store does not exist", f"make it: mkdir -p {path.parent}"
        )
    if path.exists():
        _only_owner(path)
    elif not create:
        raise NotMigrated(f"there is no store at {path}", "run: syncd migrate (or start the daemon)")
    else:
        _only_owner_makes(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _only_owner(path: Path) -> None:
    """Root could open it too, and would leave a -wal file behind that the daemon may not write."""
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise _not_permitted(
            f"the store {path} belongs to {_name(owner)}, and this runs as {_name(os.geteuid())}", owner
        )


def _only_owner_makes(directory: Path) -> None:
    owner = directory.stat().st_uid
    if owner == os.geteuid():
        return
    if os.geteuid() == 0 or not os.access(directory, os.W_OK):
        raise _not_permitted(
            f"the store would be made in {directory}, which belongs to {_name(owner)}", owner
        )


def _not_permitted(message: str, owner: int) -> StoreNotPermitted:
    return StoreNotPermitted(message, "run: " + _command_as(_name(owner)))


def _command_as(user: str) -> str:
    """This very command, run as `user`: runuser for root, sudo for everybody else."""
    program, *words = sys.argv or ["syncd"]
    name = Path(program).name
    command = shlex.join(["syncd" if name in ("", "-c", "__main__.py") else name, *words])
    return f"runuser -u {user} -- {command}" if os.geteuid() == 0 else f"sudo -u {user} {command}"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"


def engines(url: URL) -> tuple[Engine, Engine]:
    """The reading and the writing engine. Each connection begins explicitly: a snapshot, or the one write lock."""
    reader = _engine(url, "BEGIN", READING)
    writer = _engine(url, "BEGIN IMMEDIATE", WRITING)
    return reader, writer


def begin(connection: Connection, *, durable: bool) -> RootTransaction:
    """Begin a transaction that is on the disk when it is committed; or that may, if the power fails, be forgotten with its like.

    SQLite changes that between transactions only (https://sqlite.org/pragma.html#pragma_synchronous). In WAL mode the file is
    whole either way, and a durable commit takes what was committed before it to the disk too: what is lost is always the end.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    return connection.begin()


def _engine(url: URL, begin: str, pragmas: tuple[str, ...]) -> Engine:
    """Of idle connections the one used last comes first: it has most of the pages in its cache, and few are kept warm."""
    engine = create_engine(
        url, hide_parameters=True, pool_size=8, max_overflow=24, pool_timeout=30, pool_use_lifo=True
    )

    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 itself begins nothing: `begin_` below does
        for line in (*PRAGMAS, *pragmas):
            connection.execute(line)

    def begin_(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin_)
    return engine
