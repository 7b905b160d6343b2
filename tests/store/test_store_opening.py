"""Opening a store: which URLs, whose file, and what is said when it can't be."""

import os
import pwd
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from store.database import open_store
from store.errors import NotMigrated, StoreError, StoreNotPermitted, StoreUnavailable

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can make a file that belongs to somebody else"
)


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///x", "sqlite:///file:x?mode=memory&uri=true",
        "mysql://u:hush@h/d", "postgresql+asyncpg://u:hush@h/d",
    ],
)  # fmt: skip
def test_other_urls_are_refused_with_the_forms_that_work(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as error:
        open_store(url)
    assert "postgresql+psycopg://" in error.value.hint
    assert "hush" not in error.value.message + str(error.value.__cause__)
    assert list(tmp_path.iterdir()) == []


def test_a_store_does_not_show_its_password() -> None:
    store = open_store("postgresql+psycopg://syncd:hush@localhost:1/x")
    assert "hush" not in store.url
    with pytest.raises(StoreUnavailable) as error, store.reading():
        pass
    assert "hush" not in error.value.message
    assert "can't be reached" in error.value.message


def test_a_missing_directory_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as error:
        open_store(f"sqlite:///{tmp_path}/none/syncd.db")
    assert error.value.hint == f"make it: mkdir -p {tmp_path}/none"


def test_a_missing_file_is_made_only_if_it_may_be(tmp_path: Path) -> None:
    path = tmp_path / "syncd.db"
    with pytest.raises(NotMigrated) as error:
        open_store(f"sqlite:///{path}", create=False)
    assert "syncd migrate" in error.value.hint
    assert not path.exists()


def test_the_file_and_what_lies_beside_it_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "syncd.db"
    store = open_store(f"sqlite:///{path}")
    store.migrate()
    with store.reading() as tx:
        tx.execute(text("SELECT 1 FROM meta")).all()
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {"syncd.db": 0o600, "syncd.db-wal": 0o600, "syncd.db-shm": 0o600}
    store.dispose()


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "syncd.db"
    path.write_text("not a database, " * 100)
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="not an SQLite database"):
        store.check()
    store.dispose()


@as_root
def test_root_is_sent_to_the_owner_with_the_command_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "syncd.db"
    path.touch()
    os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)
    monkeypatch.setattr(sys, "argv", ["/opt/syncd/bin/syncd", "meeting", "show", "m 1"])
    with pytest.raises(StoreNotPermitted) as error:
        open_store(f"sqlite:///{path}")
    assert error.value.hint == "run: runuser -u nobody -- syncd meeting show 'm 1'"
    assert "belongs to nobody" in error.value.message


@as_root
def test_root_makes_no_store_in_somebody_elses_directory(tmp_path: Path) -> None:
    os.chown(tmp_path, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(StoreNotPermitted, match="belongs to nobody"):
        open_store(f"sqlite:///{tmp_path}/syncd.db")
    assert list(tmp_path.iterdir()) == []


@as_root
def test_an_owner_without_a_name_is_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / "syncd.db"
    path.touch()
    os.chown(path, 54321, -1)
    with pytest.raises(StoreNotPermitted, match="belongs to #54321"):
        open_store(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["sqlite:////etc/passwd", "sqlite:////etc/syncd.db"])
def test_others_are_sent_to_the_owner_by_sudo(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen as somebody who is not root; both a file of root's and a directory where only root may make one."""
    monkeypatch.setattr(os, "geteuid", lambda: pwd.getpwnam("nobody").pw_uid)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(sys, "argv", ["-c"])
    with pytest.raises(StoreNotPermitted) as error:
        open_store(url)
    assert error.value.hint == "run: sudo -u root syncd"
