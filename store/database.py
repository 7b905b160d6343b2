"""The way into the store: a `Store` gives transactions, for reading a snapshot or for writing, on both databases alike.

Nothing is saved outside `writing()`, and nothing of it is saved unless its block ends without an error. The network is
never waited for inside one.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import TypeAlias, TypeVar

from sqlalchemy import URL, Connection, exc, func, inspect, make_url, select, text

from store import postgresql, sqlite
from store.errors import NewerSchema, NotMigrated, StoreError
from store.failures import MIGRATE, translated
from store.schema import REVISIONS
from store.together import Together
from store.values import storable

T = TypeVar("T")
Tx: TypeAlias = Connection
"""A transaction: what every query function takes first."""


class Store:
    """The open store; usable from many threads, and from a forked child as if opened there anew.

    `commits`: writing transactions committed by this process. `url`: without its password. `readers`: how many who only read
    are best let in at once; more are served all the same, and none of them sooner.
    """

    def __init__(self, url: URL) -> None:
        self.url = url.render_as_string(hide_password=True)
        self.commits = 0
        self._address = url
        self._counting = Lock()
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._turn: AbstractContextManager[None] = nullcontext()
        self._together: Together | None = None
        if self._address.drivername in _FILES:
            self._turn = sqlite.turn_at(Path(self._address.database or ""))
            self._begin, (self._reader, self._writer) = sqlite.begin, sqlite.engines(self._address)
            self._together = Together(lambda: self.writing(durable=False))
            self.readers = sqlite.READERS
        else:
            self._begin, (self._reader, self._writer) = postgresql.begin, postgresql.engines(self._address)
            self.readers = postgresql.READERS

    def _own_connections(self) -> None:
        """After a fork the parent's connections are the parent's: kept aside unclosed, never used."""
        if self._process != os.getpid():
            self._inherited = (self._reader, self._writer)
            self._counting = Lock()
            self._open()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A consistent snapshot that nothing can be written in, and that never keeps a writer waiting."""
        self._own_connections()
        with translated(self.url), self._reader.connect() as tx, tx.begin():
            yield tx

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Tx]:
        """One transaction: committed when the block ends, rolled back when it raises.

        On SQLite it is the only one (BEGIN IMMEDIATE, after the process's own queue), on PostgreSQL READ COMMITTED.
        `durable=False` is for what was read from a server and can be read again: on SQLite the commit waits for no disk, and
        when the power fails the last of these may be forgotten; never one that a durable commit came after.
        Raises `StoreUnavailable` when the database can't; what a constraint refuses stays SQLAlchemy's IntegrityError.
        """
        self._own_connections()
        with self._turn, translated(self.url), self._writer.connect() as tx, self._begin(tx, durable=durable):
            yield tx
        with self._counting:
            self.commits += 1

    def save(self, work: Callable[[Tx], T]) -> T:
        """Do the work in a transaction that need not last (`writing`); on SQLite together with what others save just now.

        For what was read from a server and can be read again. Returns, or raises, what the work did; if it raises, nothing of
        it is saved, and what others save is none the worse: theirs is done once more, so it must change nothing but the store.
        Raises `StoreUnavailable` as `writing` does.
        """
        self._own_connections()
        if self._together is not None:
            return self._together.save(work)
        with self.writing(durable=False) as tx:
            return work(tx)

    def dispose(self) -> None:
        """Close the connections. The store can be used again; it then opens new ones."""
        self._own_connections()
        self._reader.dispose()
        self._writer.dispose()

    def check(self) -> None:
        """Raise `NotMigrated` or `NewerSchema` unless the tables are those of this version."""
        with self.reading() as tx:
            version = _version(tx)
        self._not_newer(version)
        if version != REVISIONS[-1]:
            raise NotMigrated(f"the store {self.url} is not ready for this version of syncd", MIGRATE)

    def migrate(self) -> None:
        """Bring the tables to this version, all or nothing; refuses those of a newer one (`NewerSchema`).

        Several nodes may start at once: the first does it while the others wait.
        """
        with self.reading() as tx:
            version = _version(tx)
        if version == REVISIONS[-1]:
            return
        self._not_newer(version)
        # Alembic takes 0.2 s to import, and only the rare start that finds old tables needs it.
        from store.migrations.run import upgrade

        with self.writing() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(text("SET LOCAL lock_timeout = 0"))
            serialise(tx, "syncd migrate")
            self._not_newer(_version(tx))
            upgrade(tx)

    def _not_newer(self, version: str | None) -> None:
        if version is not None and version not in REVISIONS:
            raise NewerSchema(
                f"the store {self.url} was made by a newer version of syncd (tables {version}, known up to {REVISIONS[-1]})",
                "install that version again, or restore a backup from before it",
            )


def open_store(url: str, *, create: bool = True) -> Store:
    """Open the store at `sqlite:////path/to/file` or `postgresql+psycopg://...`; its tables are not looked at yet.

    SQLite: the directory must exist; the file is made with mode 0600 if `create`. Raises `StoreError` for any other URL,
    `StoreUnavailable`, `StoreNotPermitted`, or `NotMigrated` (no file, and not to be made).
    """
    try:
        address = make_url(url)
    except (exc.ArgumentError, ValueError) as error:
        raise StoreError("the url under [store] can't be read", _FORMS) from error
    if address.drivername not in _DRIVERS or (address.drivername in _FILES and not _is_file(address)):
        raise StoreError(
            f"the store {address.render_as_string()} is of a kind that syncd does not know", _FORMS
        )
    if address.drivername in _FILES:
        sqlite.prepare(Path(address.database or ""), create=create)
    return Store(address)


def _is_file(address: URL) -> bool:
    """Does it name a file? One in memory would be another store for every connection."""
    file = address.database or ""
    return file not in ("", ":memory:") and not file.startswith("file:")


_FILES = ("sqlite", "sqlite+pysqlite")
_DRIVERS = (*_FILES, "postgresql", "postgresql+psycopg")
_FORMS = "sqlite:////var/lib/syncd/syncd.db (four slashes) or postgresql+psycopg://user@host/database"


def serialise(tx: Tx, name: str) -> None:
    """Wait for one's turn at `name` until the transaction ends. On SQLite the one writer has it already."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(storable(name), 0))))


def _version(tx: Tx) -> str | None:
    """The last migration that ran, None if none did."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
