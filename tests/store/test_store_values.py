"""How values stand in columns, and what a driver's error means: pure, and the same for both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import exc
from store_things import NOW

from store import failures, values
from store.database import Store
from store.errors import NotMigrated, StoreUnavailable
from store.meta import get_meta, set_meta

moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])).filter(
    lambda moment: moment.year not in (1, 9999)
)


@given(moments)
def test_a_moment_is_the_same_after_storing_and_in_utc(moment: datetime) -> None:
    column = values.Moment()
    stored = column.process_bind_param(moment, None)
    assert isinstance(stored, int)
    back = column.process_result_value(stored, None)
    assert (back, back.tzinfo) == (moment, UTC)


@given(moments, moments)
def test_stored_moments_compare_as_moments_do(one: datetime, other: datetime) -> None:
    assert (values.microseconds(one) < values.microseconds(other)) is (one < other)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        values.microseconds(NOW.replace(tzinfo=None))


@given(moments)
def test_seconds_are_rounded_outwards(moment: datetime) -> None:
    before = values.moment_of(values.second_at_or_before(moment))
    after = values.moment_of(values.second_at_or_after(moment))
    assert before <= moment <= after
    assert after - before == (timedelta(0) if moment.microsecond == 0 else timedelta(seconds=1))


def test_the_last_moment_there_is_can_be_stored_and_read() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert values.moment_of(values.second_at_or_after(last)).year == 9999


@given(st.text())
def test_what_both_databases_can_hold_stays_as_it_is(text: str) -> None:
    assert values.storable(text) == text.replace("\0", "\ufffd")


def test_what_they_cannot_hold_is_replaced_sign_by_sign() -> None:
    assert values.storable("a\0b\ud83dc\U0001f600\udfff") == "a\ufffdb\ufffdc\U0001f600\ufffd"


def test_facts_about_the_store_are_kept_by_name(store: Store) -> None:
    with store.writing() as tx:
        assert get_meta(tx, "reader") is None
        set_meta(tx, "reader", "1")
        set_meta(tx, "other", "x")
        set_meta(tx, "reader", "2")
        assert (get_meta(tx, "reader"), get_meta(tx, "other")) == ("2", "x")


# ---------------------------------------------------------------------------------------------------------------------
# What an error means


class Reported(Exception):
    """A driver's error: SQLite's have a name, PostgreSQL's a state."""

    def __init__(self, words: str, *, name: str | None = None, state: str | None = None) -> None:
        super().__init__(words)
        self.sqlite_errorname, self.sqlstate = name, state


def meaning(orig: Reported, kind: type[exc.DBAPIError] = exc.OperationalError) -> object:
    return failures.meaning_of(kind("SELECT secret", {"x": "guest@example.com"}, orig), "sqlite:///x")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_BUSY", "locked"), ("SQLITE_BUSY_SNAPSHOT", "locked"), ("SQLITE_FULL", "disk is full"),
        ("SQLITE_READONLY_DBMOVED", "can't be written"), ("SQLITE_IOERR_WRITE", "disk reports"),
        ("SQLITE_CANTOPEN", "can't be opened"), ("SQLITE_CORRUPT", "damaged"), ("SQLITE_PROTOCOL", "SQLITE_PROTOCOL"),
    ],
)  # fmt: skip
def test_sqlite_errors_say_what_is_wrong(name: str, words: str) -> None:
    found = meaning(Reported("x", name=name))
    assert isinstance(found, StoreUnavailable)
    assert words in found.message
    assert "guest" not in found.message + found.hint


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("08006", "lost its connection"), ("28P01", "sign-in"), ("3D000", "no such database"), ("40P01", "conflicting"),
        ("40001", "conflicting"), ("53100", "run out"), ("53300", "run out"), ("55P03", "lock"), ("57P01", "shutting down"),
        ("58030", "system"), ("", "can't be reached"),
    ],
)  # fmt: skip
def test_postgresql_errors_say_what_is_wrong(state: str, words: str) -> None:
    found = meaning(Reported("could not connect", state=state))
    assert isinstance(found, StoreUnavailable)
    assert words in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("orig", "kind"),
    [
        (Reported("no such table: x", name="SQLITE_ERROR"), exc.OperationalError),
        (Reported("no such column: x", name="SQLITE_ERROR"), exc.OperationalError),
        (Reported("x", state="42P01"), exc.ProgrammingError),
        (Reported("x", state="42703"), exc.ProgrammingError),
    ],
)
def test_missing_tables_mean_that_migrating_is_due(orig: Reported, kind: type[exc.DBAPIError]) -> None:
    assert isinstance(meaning(orig, kind), NotMigrated)


@pytest.mark.parametrize(
    ("orig", "kind"),
    [
        (Reported("x", name="SQLITE_CONSTRAINT_UNIQUE"), exc.IntegrityError),
        (Reported("x", state="23505"), exc.IntegrityError),
        (Reported("x", name="SQLITE_ERROR"), exc.OperationalError),
        (Reported("x", state="42601"), exc.ProgrammingError),
        (Reported("x", state="22003"), exc.DataError),
    ],
)
def test_our_own_mistakes_and_constraints_stay_what_they_are(
    orig: Reported, kind: type[exc.DBAPIError]
) -> None:
    assert meaning(orig, kind) is None
