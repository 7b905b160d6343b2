"""The power fails: what was read is forgotten whole or not at all, and what was accepted or delivered is not.

The write-ahead log is cut at each of its frames, as a disk leaves it that had not written the rest; https://sqlite.org/walformat.html.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, event, make_url
from stores import sqlite_only
from worlds import ELEVEN, TEN, World

from store.database import Store

MINUTE = timedelta(minutes=1)
HEADER, FRAME = 32, 24 + 4096
FULL, NORMAL = 2, 1

KEPT = """
    SELECT sync_state, objects, (SELECT count(*) FROM objects WHERE calendar_id = calendars.id),
           (SELECT count(*) FROM pieces WHERE calendar_id = calendars.id)
    FROM calendars JOIN logins ON logins.id = login_id WHERE login = 'anna'
"""


@sqlite_only
def test_what_was_read_is_forgotten_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    before = world.row().sync_state
    for number in range(40):
        world.enter("anna", f"event{number}", TEN + number * MINUTE, ELEVEN + number * MINUTE)
    world.tick(2 * MINUTE)
    after = world.row().sync_state
    assert before != after
    found = [kept for kept in _at_each_cut(world.store, tmp_path / "cut.db") if kept and kept[0]]
    assert set(found) == {(before, 0, 0, 0), (after, 40, 40, 40)}
    assert found == sorted(found, key=lambda kept: kept[1]), "what is lost is always the end"


def _at_each_cut(store: Store, cut: Path) -> Iterator[tuple[str | None, int, int, int] | None]:
    """What is kept of the calendar if the power failed when so much of the log had reached the disk."""
    file = Path(make_url(store.url).database or "")
    whole, log = file.read_bytes(), Path(f"{file}-wal").read_bytes()
    for frames in range((len(log) - HEADER) // FRAME + 1):
        cut.write_bytes(whole)
        Path(f"{cut}-wal").write_bytes(log[: HEADER + frames * FRAME])
        with closing(sqlite3.connect(cut)) as link:
            assert link.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            yield link.execute(KEPT).fetchone()
        Path(f"{cut}-shm").unlink(missing_ok=True)


@sqlite_only
def test_only_what_can_be_read_again_does_not_wait_for_the_disk(world: World) -> None:
    with _commits(world.store) as commits:
        world.plan()
        world.assign("ben")
        world.deliver()
    assert set(commits) == {FULL}
    world.tick(2 * MINUTE)  # sees what was delivered
    with _commits(world.store) as commits:
        world.tick(2 * MINUTE)
    assert commits == [FULL, FULL, NORMAL], "two claims, and how fresh all calendars are"
    world.enter("ben", "dentist", TEN, ELEVEN)
    with _commits(world.store) as commits:
        world.tick(2 * MINUTE)
    assert commits[:2] == [FULL, FULL]
    assert set(commits[2:]) == {NORMAL}


@contextmanager
def _commits(store: Store) -> Iterator[list[int]]:
    """How each transaction that writes is committed meanwhile."""
    made: list[int] = []

    def note(tx: Connection) -> None:
        made.append(tx.exec_driver_sql("PRAGMA synchronous").scalar_one())

    event.listen(store._writer, "commit", note)
    try:
        yield made
    finally:
        event.remove(store._writer, "commit", note)
