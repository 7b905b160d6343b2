"""The migrations make exactly the tables of `store.schema`, all or nothing, and refuse those of a newer version."""

import subprocess
from collections.abc import Callable
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from stores import _binaries

from store import schema
from store.database import Store, open_store
from store.errors import NewerSchema, NotMigrated, StoreUnavailable
from store.migrations import run


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # on SQLite; the next test compares these
def test_migrations_make_exactly_the_tables_of_the_schema(store: Store) -> None:
    with store.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []


def test_migrated_and_created_are_the_same_to_the_letter(
    store_url: str, empty_url: str, dialect: str
) -> None:
    """What Alembic's comparison does not look at (checks, conditions of indexes, AUTOINCREMENT) is the same too."""
    created = create_engine(empty_url)
    schema.metadata.create_all(created)
    created.dispose()
    assert ddl(store_url, dialect) == ddl(empty_url, dialect)


def ddl(url: str, dialect: str) -> list[str]:
    if dialect == "postgresql":
        dump = [
            _binaries() / "pg_dump",
            "--schema-only",
            "--restrict-key=x",
            "--exclude-table=alembic_version",
        ]
        address = url.replace("postgresql+psycopg", "postgresql")
        found = subprocess.run([*dump, address], capture_output=True, text=True)
        if found.returncode:  # before its minor versions of August 2025, pg_dump knew no --restrict-key
            del dump[2]
            found = subprocess.run([*dump, address], capture_output=True, text=True, check=True)
        return [line for line in found.stdout.splitlines() if line and not line.startswith("--")]
    engine = create_engine(url)
    with engine.connect() as tx:
        rows = tx.execute(
            text("SELECT sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL")
        )
        statements = sorted(" ".join(row.sql.split()).replace(" ,", ",") for row in rows)
    engine.dispose()
    # The order of constraints in a statement means nothing.
    return [
        part for one in statements for part in sorted(one.removesuffix(")").rstrip().split(", CONSTRAINT "))
    ]


def test_the_versions_written_down_are_the_versions_there_are() -> None:
    assert run.revisions() == schema.REVISIONS


def test_an_empty_store_says_that_it_is_not_migrated_and_how(empty_url: str) -> None:
    store = open_store(empty_url)
    with pytest.raises(NotMigrated) as error:
        store.check()
    assert "syncd migrate" in error.value.hint
    store.migrate()
    store.check()
    store.dispose()


def test_a_query_before_migrating_says_so_too(empty_url: str) -> None:
    store = open_store(empty_url)
    with pytest.raises(NotMigrated), store.reading() as tx:
        tx.execute(text("SELECT * FROM meetings"))
    store.dispose()


def test_migrating_twice_writes_nothing_the_second_time(store: Store) -> None:
    store.migrate()
    assert store.commits == 0


def test_a_newer_schema_is_refused_and_left_alone(store: Store) -> None:
    with store.writing() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refused in (store.check, store.migrate):
        with pytest.raises(NewerSchema, match="9999"):
            refused()
    with store.reading() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.writing() as tx:
        tx.execute(text("CREATE TABLE deliveries (x INTEGER)"))  # the last one to be made is in the way
    with pytest.raises(Exception, match="deliveries"):
        store.migrate()
    with store.reading() as tx:
        assert inspect(tx).get_table_names() == ["deliveries"]
    store.dispose()


def test_nodes_that_start_together_migrate_once(empty_url: str) -> None:
    stores = [open_store(empty_url) for _ in range(4)]
    failed: list[BaseException] = []

    def start(migrate: Callable[[], None]) -> None:
        try:
            migrate()
        except StoreUnavailable as error:
            failed.append(error)

    threads = [Thread(target=start, args=(one.migrate,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    for one in stores:
        one.check()
        one.dispose()
