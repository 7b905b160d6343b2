"""Tokens, kept without their secrets; a name is never given twice, and a use is kept seldom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from store import tokens
from store.database import Store
from store.model import Token

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PLATFORM = Token(0, "platform", "write", None, "jan", NOW, NOW + timedelta(days=90))
NAMELESS = Token(0, None, "read", "anna", "jan", NOW)


def test_tokens_come_back_as_they_were_kept(store: Store) -> None:
    with store.writing() as tx:
        assert tokens.tokens(tx) == []
        made = tokens.add(tx, PLATFORM)
        other, third = tokens.add(tx, NAMELESS), tokens.add(tx, NAMELESS)
        tokens.set_digest(tx, made.id, "d1")
    with store.reading() as tx:
        assert tokens.tokens(tx) == [made, other, third]
        assert tokens.token(tx, made.id) == made
        assert tokens.token(tx, 77) is None
        assert (tokens.with_digest(tx, made.id), tokens.with_digest(tx, other.id)[1]) == ((made, "d1"), "")
        assert tokens.with_digest(tx, 77) == (None, "")
    assert replace(made, id=0) == PLATFORM
    assert (made.label, other.label) == ("platform", f"token {other.id}")


def test_a_name_is_given_once_also_after_it_was_revoked(store: Store) -> None:
    with store.writing() as tx:
        tokens.revoke(tx, tokens.add(tx, PLATFORM).id, NOW)
    with pytest.raises(IntegrityError), store.writing() as tx:
        tokens.add(tx, PLATFORM)


def test_a_use_is_kept_if_the_last_one_is_long_enough_ago(store: Store) -> None:
    with store.writing() as tx:
        number = tokens.add(tx, PLATFORM).id
        assert tokens.note_use(tx, number, NOW, MINUTE)
        assert not tokens.note_use(tx, number, NOW + MINUTE - timedelta(microseconds=1), MINUTE)
        assert tokens.note_use(tx, number, NOW + MINUTE, MINUTE)
        assert not tokens.note_use(tx, 77, NOW, MINUTE)
        used = tokens.token(tx, number)
    assert used is not None
    assert used.last_used_at == NOW + MINUTE


def test_what_is_revoked_stays_so_since_the_first_time(store: Store) -> None:
    with store.writing() as tx:
        number = tokens.add(tx, PLATFORM).id
        assert tokens.revoke(tx, number, NOW)
        assert not tokens.revoke(tx, number, NOW + MINUTE)
        assert not tokens.revoke(tx, 77, NOW)
        over = tokens.token(tx, number)
    assert over is not None
    assert over.revoked_at == NOW
