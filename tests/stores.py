"""Stores for tests: every test that takes `store` or `store_url` runs on SQLite and on PostgreSQL, each time on a new one
(above the store on PostgreSQL in `make test-long` only: conftest.py).

Migrations make one template a session; a test gets a copy of it (a file, or a database made from it and emptied between
tests), which costs milliseconds. PostgreSQL is a server of this session's own: from the installed binaries, in a temporary directory, on a Unix
socket there, as an unprivileged user when the tests run as root. `@sqlite_only` spares tests in which the dialect is no matter.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from store import schema
from store.database import Store, open_store

DIALECTS = ("sqlite", "postgresql")

sqlite_only = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
"""Mark a test that takes `store` or `store_url` to run on SQLite alone."""

postgresql_only = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
"""Mark a test that takes `store` or `store_url` to run on PostgreSQL alone: what happens beside another writer."""

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
}
"""A server that lives for one session need not survive a power failure."""


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that the store is asked meanwhile."""
    made: list[str] = []

    def note(_link: object, _cursor: object, statement: str, *_more: object) -> None:
        made.append(statement)

    engines = (store._reader, store._writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def new_store_url(dialect: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes stores: each call gives the URL of a new, migrated, empty one (for tests that need many)."""
    return request.getfixturevalue(f"new_{dialect}_url")


@pytest.fixture
def store_url(new_store_url: Callable[[], str]) -> str:
    """The URL of a new, migrated, empty store."""
    return new_store_url()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A new, migrated, empty store, open."""
    opened = _opened(store_url)
    opened.commits = 0
    opened.check()
    yield opened
    opened.dispose()


@cache
def _opened(url: str) -> Store:
    """One for every address: it keeps how its statements are said, which takes longer to find out than they take."""
    return open_store(url)


def patient(url: str) -> str:
    """The same store for a test that takes long on a machine that may stand still meanwhile: no transaction is ended for that."""
    return (
        url + "&options=-c%20idle_in_transaction_session_timeout%3D0" if url.startswith("postgresql") else url
    )


@pytest.fixture
def impatient(store_url: str, dialect: str) -> Iterator[Store]:
    """The same PostgreSQL store as seen by another node that waits for no lock: where it would wait, it fails at once."""
    if dialect != "postgresql":
        pytest.fail("on SQLite there is one writer: a second one would wait for the first to end")
    opened = open_store(store_url + "&options=-c%20lock_timeout%3D20ms")
    yield opened
    opened.dispose()


# ---------------------------------------------------------------------------------------------------------------------
# SQLite


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "syncd.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sqlite_files(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> "Files":
    return Files(sqlite_template, tmp_path_factory.mktemp("stores"))


@pytest.fixture
def new_sqlite_url(sqlite_files: "Files") -> Iterator[Callable[[], str]]:
    made: list[Path] = []

    def make() -> str:
        made.append(sqlite_files.take())
        return f"sqlite:///{made[-1]}"

    yield make
    for path in made:
        sqlite_files.give_back(path)


class Files:
    """Stores for one test at a time: folders with a copy of the template, used again."""

    def __init__(self, template: Path, home: Path) -> None:
        self.template, self.home = template, home
        self._free: list[Path] = []

    def take(self) -> Path:
        """An empty, migrated store, alone in its folder."""
        path = self._free.pop() if self._free else self.home / f"store-{next(_numbers)}" / "syncd.db"
        path.parent.mkdir()
        shutil.copy(self.template, path)
        return path

    def give_back(self, path: Path) -> None:
        """Throw away all that is in its folder. Whoever still has the file open keeps what nobody else will see."""
        shutil.rmtree(path.parent)
        self._free.append(path)


# ---------------------------------------------------------------------------------------------------------------------
# PostgreSQL


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A running server; the directory of its socket."""
    binaries = _binaries()
    home = Path(tempfile.mkdtemp(prefix="syncd-pg-"))
    user = _unprivileged()
    if user is not None:
        os.chown(home, user.pw_uid, user.pw_gid)
    try:
        yield from _running(binaries, home, user)
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> str:
    _administer(postgresql_server, "CREATE DATABASE template_syncd")
    _migrate(_postgresql_url(postgresql_server, "template_syncd"))
    return "template_syncd"


@pytest.fixture(scope="session")
def postgresql_stores(postgresql_server: str, postgresql_template: str) -> "Stores":
    return Stores(postgresql_server, postgresql_template)


@pytest.fixture
def new_postgresql_url(postgresql_stores: "Stores") -> Iterator[Callable[[], str]]:
    made: list[str] = []

    def make() -> str:
        made.append(postgresql_stores.take())
        return _postgresql_url(postgresql_stores.server, made[-1])

    yield make
    for name in made:
        postgresql_stores.give_back(name)


class Stores:
    """Databases for one test at a time: copied from the template, emptied and used again (a copy takes 0.2 s)."""

    def __init__(self, server: str, template: str) -> None:
        self.server, self.template = server, template
        self._free: list[str] = []
        self._tables = ", ".join(f'"{table}"' for table in schema.metadata.tables)

    def take(self) -> str:
        """An empty, migrated database."""
        if self._free:
            return self._free.pop()
        name = f"store_{next(_numbers)}"
        _administer(self.server, f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return name

    def give_back(self, name: str) -> None:
        """Empty it for the next test; one whose version a test has tampered with is dropped."""
        with psycopg.connect(host=self.server, user="syncd", dbname=name, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            version = connection.execute("SELECT version_num FROM alembic_version").fetchall()
            if version == [(schema.REVISIONS[-1],)]:
                connection.execute(f"TRUNCATE {self._tables} RESTART IDENTITY CASCADE")
                self._free.append(name)
                return
        _administer(self.server, f"DROP DATABASE {name} WITH (FORCE)")


_numbers = itertools.count(1)


@pytest.fixture
def empty_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any tables."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"empty_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name}")
    yield _postgresql_url(server, name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    template = open_store(url)
    template.migrate()
    template.dispose()


def _postgresql_url(server: str, database: str) -> str:
    return f"postgresql+psycopg://syncd@/{database}?host={server}"


def _administer(server: str, statement: str) -> None:
    with psycopg.connect(host=server, user="syncd", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)


def _binaries() -> Path:
    """Where initdb and postgres are: on the PATH, or where Debian and its kin put them, the newest first."""
    on_path = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = [Path(on_path)] if on_path else versions[::-1]
    if found:
        return found[0].resolve().parent
    reason = "PostgreSQL is not installed (no initdb on the PATH or in /usr/lib/postgresql)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; None if we are somebody else already."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _running(binaries: Path, home: Path, user: pwd.struct_passwd | None) -> Iterator[str]:
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = home / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "syncd", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
        check=True, capture_output=True, cwd=home, **who,
    )  # fmt: skip
    options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", home, *options], stdout=log, stderr=log, cwd=home, **who
        )
    try:
        _wait(server, home)
        yield str(home)
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: open sessions are ended
        server.wait(timeout=30)


def _wait(server: "subprocess.Popen[bytes]", home: Path) -> None:
    """Until the server answers; its own log if it ends instead."""
    for _ in range(600):
        try:
            psycopg.connect(host=str(home), user="syncd", dbname="postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if server.poll() is not None:
                pytest.fail("PostgreSQL did not start:\n" + (home / "log").read_text())
            time.sleep(0.05)
        else:
            return
    pytest.fail("PostgreSQL did not answer:\n" + (home / "log").read_text())
