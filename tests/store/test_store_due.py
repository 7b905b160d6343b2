"""Leases and fences: what is due is handed to one worker, and only that one can save."""

import zlib
from dataclasses import replace
from datetime import datetime
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_things import (
    ANNAS,
    HOUR,
    NOW,
    SECOND,
    agent,
    delivery,
    one_login,
    plan,
    plan_meeting,
    settle,
)
from stores import postgresql_only

from store import agents, calendars, deliveries, due
from store.database import Store
from store.due import LEASE, SHARDS, shard_of
from store.model import Delivery, Login


def owe(store: Store, *rows: Delivery) -> list[Delivery]:
    with store.writing() as tx:
        return [deliveries.owe(tx, row) for row in rows]


def claim_login(store: Store, now: datetime = NOW, **how: bool) -> Login:
    with store.writing() as tx:
        (claimed,) = due.claim_logins(tx, now, **how)
    return claimed


def claim_delivery(store: Store, now: datetime = NOW) -> Delivery:
    with store.writing() as tx:
        (claimed,) = due.claim_deliveries(tx, now)
    return claimed


# ---------------------------------------------------------------------------------------------------------------------
# Shards


@given(st.text())
def test_a_shard_is_a_number_below_256_and_always_the_same(name: str) -> None:
    assert 0 <= shard_of(name) < SHARDS == 256
    assert shard_of(name) == zlib.crc32(name.encode("utf-8", "replace")) % 256


def test_shards_of_known_agents_never_change_between_versions() -> None:
    assert [shard_of(name) for name in ("anna", "ben", "")] == [
        zlib.crc32(b"anna") % 256,
        zlib.crc32(b"ben") % 256,
        0,
    ]


def test_due_shards_are_those_with_a_due_login_or_delivery(store: Store) -> None:
    settle(store, "anna", "ben", now=NOW)
    plan_meeting(store)
    owe(
        store,
        delivery(who="cleo"),
        delivery(who="dirk", due_at=NOW + SECOND),
        delivery(who="eva", state="failed"),
    )
    owe(store, delivery(who="finn", state="delivered"))
    with store.reading() as tx:
        found = due.due_shards(tx, NOW)
        assert found == sorted({shard_of(name) for name in ("anna", "ben", "cleo", "eva")})
        assert due.due_shards(tx, NOW - SECOND) == []


def test_what_is_held_makes_no_shard_due_until_the_lease_ends(store: Store) -> None:
    settle(store, "anna")
    claim_login(store)
    with store.reading() as tx:
        assert due.due_shards(tx, NOW + LEASE - SECOND) == []
        assert due.due_shards(tx, NOW + LEASE) == [shard_of("anna")]


# ---------------------------------------------------------------------------------------------------------------------
# Claims


def test_a_claim_raises_the_epoch_and_starts_a_lease(store: Store) -> None:
    (before,) = settle(store, "anna")
    claimed = claim_login(store)
    assert claimed == replace(before, epoch=before.epoch + 1, leased_until=NOW + LEASE)
    with store.reading() as tx:
        assert one_login(tx) == claimed


def test_nothing_is_handed_out_twice_while_a_lease_runs(store: Store) -> None:
    settle(store, "anna")
    first = claim_login(store)
    with store.writing() as tx:
        assert due.claim_logins(tx, NOW + LEASE - SECOND) == []
        assert due.claim_logins(tx, NOW + LEASE - SECOND, even_if_early=True) == []
        (second,) = due.claim_logins(tx, NOW + LEASE)
    assert second.epoch == first.epoch + 1


def test_some_accounts_can_be_left_out(store: Store) -> None:
    """Whose server keeps others waiting is left alone; mails go on, those to its agents too."""
    with store.writing() as tx:
        plans = [plan("anna", write="Work"), plan("ben", "elsewhere", write="Work")]
        agents.follow(tx, [agent(one.agent) for one in plans], plans, NOW)
    plan_meeting(store)
    owe(
        store,
        delivery(who="anna"),
        delivery(who="ben"),
        delivery(target="mail", who="anna", calendar=None, kind="planned"),
        delivery(target="mail", agent=None, guest="g@example.com"),
    )
    with store.writing() as tx:
        assert due.claim_logins(tx, NOW, but_not=["cloud", "elsewhere"]) == []
        assert [one.agent for one in due.claim_logins(tx, NOW, but_not=["elsewhere"])] == ["anna"]
        claimed = due.claim_deliveries(tx, NOW, but_not=["cloud"])
    assert {(one.target, one.agent) for one in claimed} == {
        ("calendar", "ben"),
        ("mail", "anna"),
        ("mail", None),
    }


def test_what_is_not_due_is_claimed_only_if_early_is_allowed(store: Store) -> None:
    settle(store, "anna", now=NOW + HOUR)
    with store.writing() as tx:
        assert due.claim_logins(tx, NOW) == []
        assert len(due.claim_logins(tx, NOW, even_if_early=True)) == 1


def test_claims_keep_to_the_shards_agents_and_ids_asked_for(store: Store) -> None:
    anna, ben = settle(store, "anna", "ben")
    with store.writing() as tx:
        assert due.claim_logins(tx, NOW, shards=[]) == []
        assert due.claim_logins(tx, NOW, agent="nobody") == []
        assert due.claim_logins(tx, NOW, only=[]) == []
        assert [one.agent for one in due.claim_logins(tx, NOW, shards=[shard_of("anna")])] == ["anna"]
        assert [one.agent for one in due.claim_logins(tx, NOW, only={ben.id, anna.id})] == ["ben"]
        assert due.claim_logins(tx, NOW, agent="ben") == []


def test_the_longest_due_come_first_and_no_more_than_the_limit(store: Store) -> None:
    plan_meeting(store)
    ages = {"anna": 3, "ben": 9, "cleo": 1, "dirk": 5}
    owe(store, *(delivery(who=name, due_at=NOW - age * SECOND) for name, age in ages.items()))
    with store.writing() as tx:
        assert [one.agent for one in due.claim_deliveries(tx, NOW, limit=3)] == ["ben", "dirk", "anna"]
        assert [one.agent for one in due.claim_deliveries(tx, NOW, limit=3)] == ["cleo"]


def test_deliveries_are_claimed_by_meeting_agent_and_shard(store: Store) -> None:
    plan_meeting(store, "m1")
    plan_meeting(store, "m2")
    owe(store, delivery("m1", "anna"), delivery("m1", "ben"), delivery("m2", "anna"))
    with store.writing() as tx:
        assert due.claim_deliveries(tx, NOW, shards=[]) == []
        (one,) = due.claim_deliveries(tx, NOW, meeting="m1", agent="ben")
        assert (one.meeting, one.agent) == ("m1", "ben")
        assert [one.meeting for one in due.claim_deliveries(tx, NOW, shards=[shard_of("anna")])] == [
            "m1",
            "m2",
        ]


@pytest.mark.parametrize("state", ["delivered", "abandoned", "superseded"])
def test_what_is_no_longer_owed_is_never_claimed(store: Store, state: str) -> None:
    plan_meeting(store)
    owe(store, delivery(state=state))
    with store.writing() as tx:
        assert due.claim_deliveries(tx, NOW, even_if_early=True) == []


def test_many_workers_at_once_never_share_a_login(store: Store) -> None:
    settle(store, *(f"agent-{number}" for number in range(60)))
    taken: list[int] = []

    def work() -> None:
        while True:
            with store.writing() as tx:
                claimed = due.claim_logins(tx, NOW, limit=7)
            if not claimed:
                return
            taken.extend(one.id for one in claimed)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 60


@postgresql_only
def test_a_row_that_is_locked_is_passed_over_not_waited_for(store: Store, impatient: Store) -> None:
    """Also in the middle of another worker's claim or save, which on PostgreSQL runs beside ours."""
    anna, _ben = settle(store, "anna", "ben")
    with store.writing() as other:
        due.hold_login(other, anna.id, anna.epoch)
        with impatient.writing() as tx:
            assert [one.agent for one in due.claim_logins(tx, NOW)] == ["ben"]


@postgresql_only
def test_renewing_passes_over_what_is_being_saved(store: Store, impatient: Store) -> None:
    settle(store, "anna")
    plan_meeting(store)
    owe(store, delivery())
    login, owed = claim_login(store), claim_delivery(store)
    with store.writing() as other:
        due.hold_login(other, login.id, login.epoch)
        due.hold_delivery(other, owed.id, owed.epoch)
        with impatient.writing() as tx:
            due.renew(tx, NOW + SECOND, logins=[(login.id, login.epoch)], deliveries=[(ANNAS, owed.epoch)])
            assert one_login(tx).leased_until == NOW + LEASE


@postgresql_only
def test_what_is_held_cannot_be_claimed_before_it_is_saved(store: Store, impatient: Store) -> None:
    """Even if its lease ends in this very moment: whoever holds it may still save."""
    settle(store, "anna")
    plan_meeting(store)
    owe(store, delivery())
    login, owed = claim_login(store), claim_delivery(store)
    with store.writing() as tx:
        due.hold_login(tx, login.id, login.epoch)
        due.hold_delivery(tx, owed.id, owed.epoch)
        with impatient.writing() as other:
            assert due.claim_logins(other, NOW + HOUR) == []
            assert due.claim_deliveries(other, NOW + HOUR) == []
        calendars.save_login(tx, login)
        deliveries.save(tx, replace(owed, state="delivered"))
