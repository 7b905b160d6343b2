"""What a database driver's error means, said once and in words an operator can act on.

SQLite's result codes are those of https://sqlite.org/rescode.html, PostgreSQL's SQLSTATEs those of its manual's appendix A.
Texts come from this table and from the driver's own words about the connection, never from a statement's values.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from store.errors import NotMigrated, StoreError, StoreUnavailable

MIGRATE = "run: syncd migrate"

SQLITE = {
    "SQLITE_BUSY": ("is locked by another process", "wait until it is done (a backup, a shell?) and try again"),
    "SQLITE_LOCKED": ("is locked by another process", "wait until it is done and try again"),
    "SQLITE_FULL": ("can't grow: the disk is full", "make room; syncd then goes on by itself"),
    "SQLITE_READONLY": ("can't be written", "check who owns the file and its directory, and whether the disk is read-only"),
    "SQLITE_CANTOPEN": ("can't be opened", "check that its directory exists and may be written by syncd's user"),
    "SQLITE_IOERR": ("can't be read or written: the disk reports an error", "check the disk and the system's log"),
    "SQLITE_CORRUPT": ("is damaged", "stop syncd and restore the last backup (syncd restore)"),
    "SQLITE_NOTADB": ("is not an SQLite database", "check the url under [store]"),
}  # fmt: skip

POSTGRESQL = {
    "25P0": (
        "ended a transaction of ours that had stood still too long",
        "was this machine paused, or badly overloaded? try again",
    ),
    "08": ("lost its connection", "check that PostgreSQL runs and the network between"),
    "28": ("refuses the sign-in", "check user and password in the url under [store], and pg_hba.conf"),
    "3D": ("has no such database", "create it: createdb NAME"),
    "40": ("was busy with a conflicting change", "try again"),
    "53": ("has run out of something (disk, memory or connections)", "see PostgreSQL's own log"),
    "55": ("kept us waiting too long for a lock", "try again"),
    "57": ("is shutting down or starting", "try again when it is up"),
    "58": ("reports an error of its system", "see PostgreSQL's own log"),
}

TRANSIENT = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn the driver's errors inside into `StoreError`s about the store at `where`; IntegrityError passes through."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        meaning = meaning_of(error, where)
        if meaning is None:
            raise
        raise meaning from error


def meaning_of(error: exc.DBAPIError | exc.TimeoutError, where: str) -> StoreError | None:
    """What this error says about the store; None if it is about the statement, which is our own mistake."""
    if isinstance(error, exc.TimeoutError):
        return StoreUnavailable(f"the store {where} is busy: no connection became free", "try again")
    code = getattr(error.orig, "sqlite_errorname", None) or ""
    if code:
        return _sqlite(error, code, where)
    return _postgresql(error, getattr(error.orig, "sqlstate", None) or "", where)


def _sqlite(error: exc.DBAPIError, code: str, where: str) -> StoreError | None:
    if str(error.orig).startswith(("no such table", "no such column")):
        return NotMigrated(f"the store {where} lacks tables that this version needs", MIGRATE)
    for known, (problem, hint) in SQLITE.items():
        if code.startswith(known):
            return StoreUnavailable(f"the store {where} {problem}", hint)
    ours = code == "SQLITE_ERROR" or not isinstance(error, TRANSIENT)
    return None if ours else StoreUnavailable(f"the store {where} failed: {code}")


def _postgresql(error: exc.DBAPIError, state: str, where: str) -> StoreError | None:
    if state in ("42P01", "42703"):
        return NotMigrated(f"the store {where} lacks tables that this version needs", MIGRATE)
    for known, (problem, hint) in POSTGRESQL.items():
        if state.startswith(known):
            return StoreUnavailable(f"the store {where} {problem}", hint)
    if not isinstance(error, TRANSIENT):
        return None
    words = " ".join(str(error.orig).split()) if error.connection_invalidated or not state else state
    return StoreUnavailable(f"the store {where} can't be reached: {words}", POSTGRESQL["08"][1])
