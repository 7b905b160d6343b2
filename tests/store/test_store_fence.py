"""The fence: whoever lost its claim saves nothing, and rounds without changes are saved together."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from store_things import (
    ANNAS,
    HOUR,
    NOW,
    SECOND,
    add_calendar,
    delivery,
    one_login,
    plan_meeting,
    settle,
)

from store import calendars, deliveries, due
from store.database import Store, Tx
from store.due import LEASE, Unchanged
from store.errors import Fenced
from store.model import Delivery, Login, Target

LATER = NOW + 100 * HOUR


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
# The fence


def test_a_login_is_held_by_its_epoch_alone(store: Store) -> None:
    settle(store, "anna")
    claimed = claim_login(store)
    with store.writing() as tx:
        due.hold_login(tx, claimed.id, claimed.epoch)
        for login_id, epoch in ((claimed.id, claimed.epoch - 1), (claimed.id, claimed.epoch + 1), (999, 0)):
            with pytest.raises(Fenced):
                due.hold_login(tx, login_id, epoch)


def test_a_worker_that_was_away_too_long_saves_nothing(store: Store) -> None:
    settle(store, "anna")
    zombie = claim_login(store, NOW)
    claim_login(store, NOW + LEASE)
    for save in (
        lambda tx: due.hold_login(tx, zombie.id, zombie.epoch),
        lambda tx: calendars.save_login(tx, zombie),
    ):
        with pytest.raises(Fenced), store.writing() as tx:
            save(tx)


def test_a_delivery_is_held_by_its_epoch_while_it_is_wanted(store: Store) -> None:
    plan_meeting(store)
    owe(store, delivery())
    claimed = claim_delivery(store)
    with store.writing() as tx:
        due.hold_delivery(tx, claimed.id, claimed.epoch)
        for delivery_id, epoch in ((claimed.id, claimed.epoch + 1), (999, claimed.epoch)):
            with pytest.raises(Fenced):
                due.hold_delivery(tx, delivery_id, epoch)
        deliveries.abandon(tx, claimed.id)
        with pytest.raises(Fenced):
            due.hold_delivery(tx, claimed.id, claimed.epoch)


EVERY_KIND = pytest.mark.parametrize(
    "whom",
    [ANNAS, Target("m1", "mail", "anna"), Target("m1", "mail", guest="zoe@example.com")],
    ids=["calendar", "agent's mailbox", "guest's mailbox"],
)


def begin(store: Store, whom: Target) -> Delivery:
    """Somebody is at what is owed to `whom`, and others are owed something of the same meeting."""
    plan_meeting(store)
    owe(store, owed_to(whom))
    worker = claim_delivery(store)
    others = {ANNAS, Target("m1", "mail", "anna"), Target("m1", "mail", guest="eva@example.com")} - {whom}
    owe(store, *(owed_to(other, due_at=LATER) for other in others))
    return worker


def owed_to(whom: Target, **more: Any) -> Delivery:
    return delivery(target=whom.kind, agent=whom.agent, guest=whom.guest, **more)


def succeed(store: Store, whom: Target) -> Delivery:
    """What accepting a change does."""
    with store.writing() as tx:
        epoch, leased_until = deliveries.supersede(tx, whom)
        return deliveries.owe(tx, owed_to(whom, version=2, epoch=epoch, leased_until=leased_until))


@EVERY_KIND
def test_a_successor_waits_until_the_worker_it_supersedes_is_out_of_the_way(
    store: Store, whom: Target
) -> None:
    worker = begin(store, whom)
    successor = succeed(store, whom)
    assert (successor.epoch, successor.leased_until) == (worker.epoch, worker.leased_until)
    with store.writing() as tx:
        with pytest.raises(Fenced):
            due.hold_delivery(tx, worker.id, worker.epoch)
        assert due.claim_deliveries(tx, NOW) == []
        due.release_target(tx, whom, worker.epoch)
        (claimed,) = due.claim_deliveries(tx, NOW)
    assert (claimed.id, claimed.epoch) == (successor.id, worker.epoch + 1)


@EVERY_KIND
def test_a_dead_workers_target_is_free_when_its_lease_ends(store: Store, whom: Target) -> None:
    begin(store, whom)
    successor = succeed(store, whom)
    with store.writing() as tx:
        assert due.claim_deliveries(tx, NOW + LEASE - SECOND) == []
        assert [one.id for one in due.claim_deliveries(tx, NOW + LEASE)] == [successor.id]


def test_a_late_worker_does_not_release_what_another_one_holds(store: Store) -> None:
    zombie = begin(store, ANNAS)
    succeed(store, ANNAS)
    holder = claim_delivery(store, NOW + LEASE)
    with store.writing() as tx:
        due.release_target(tx, ANNAS, zombie.epoch)
        assert deliveries.delivery(tx, holder.id) == holder


def test_renewing_extends_only_leases_that_are_ours_and_still_run(store: Store) -> None:
    settle(store, "anna", "ben", "cleo")
    with store.writing() as tx:
        anna, ben, cleo = sorted(due.claim_logins(tx, NOW), key=lambda one: one.agent)
        calendars.save_login(tx, cleo)
        due.renew(
            tx, NOW + SECOND, logins=[(anna.id, anna.epoch), (ben.id, ben.epoch - 1), (cleo.id, cleo.epoch)]
        )
        after = {one.agent: one.leased_until for one in calendars.logins(tx)}
    assert after == {"anna": NOW + SECOND + LEASE, "ben": NOW + LEASE, "cleo": None}


@EVERY_KIND
def test_renewing_a_target_keeps_the_successor_waiting(store: Store, whom: Target) -> None:
    worker = begin(store, whom)
    succeed(store, whom)
    with store.writing() as tx:
        due.renew(tx, NOW + 9 * SECOND, deliveries=[(whom, worker.epoch)])
        assert due.claim_deliveries(tx, NOW + LEASE) == []
        assert len(due.claim_deliveries(tx, NOW + 9 * SECOND + LEASE)) == 1


def test_renewing_nothing_is_allowed(store: Store) -> None:
    with store.writing() as tx:
        due.renew(tx, NOW)
        due.save_unchanged(tx, [])


# ---------------------------------------------------------------------------------------------------------------------
# Rounds


def test_unchanged_rounds_are_saved_together_and_fenced_ones_left_out(store: Store) -> None:
    for login in settle(store, "anna", "ben"):
        add_calendar(store, login, seen_at=NOW - HOUR)
    with store.writing() as tx:
        anna, ben = sorted(due.claim_logins(tx, NOW), key=lambda one: one.agent)
        ids = {row.agent: row.id for row in calendars.calendars(tx)}
    later = NOW + 60 * SECOND
    commits = store.commits
    with store.writing() as tx:
        due.save_unchanged(
            tx,
            [
                Unchanged(ben.id, ben.epoch - 1, later, NOW, (ids["ben"],)),
                Unchanged(anna.id, anna.epoch, later, NOW, (ids["anna"], ids["ben"])),
            ],
        )
    assert store.commits == commits + 1
    with store.reading() as tx:
        saved = {one.agent: one for one in calendars.logins(tx)}
        seen = {row.agent: row.seen_at for row in calendars.calendars(tx)}
    assert saved["anna"] == replace(anna, due_at=later, seen_at=NOW, state="ok", leased_until=None)
    assert saved["ben"] == ben
    assert seen == {"anna": NOW, "ben": NOW - HOUR}, "a calendar is only seen by its own login"


def test_a_good_round_ends_a_row_of_failures(store: Store) -> None:
    settle(store, "anna")
    with store.writing() as tx:
        (claimed,) = due.claim_logins(tx, NOW)
        calendars.save_login(tx, replace(claimed, state="failing", failures=4, error="down", hint="wait"))
        (claimed,) = due.claim_logins(tx, NOW)
        due.save_unchanged(tx, [Unchanged(claimed.id, claimed.epoch, NOW + HOUR, NOW, ())])
        after = one_login(tx)
    assert (after.state, after.failures, after.error, after.hint) == ("ok", 0, "", "")


def test_a_login_made_due_is_due_now(store: Store) -> None:
    (login,) = settle(store, "anna", now=NOW + HOUR)
    with store.writing() as tx:
        due.make_login_due(tx, login.id, NOW)
        assert len(due.claim_logins(tx, NOW)) == 1


def test_a_call_during_a_round_is_heard_when_the_round_is_saved(store: Store) -> None:
    (login,) = settle(store, "anna")
    for save in (save_round, save_unchanged_round):
        with store.writing() as tx:
            (claimed,) = due.claim_logins(tx, NOW, even_if_early=True)
            due.make_login_due(tx, login.id, NOW + SECOND)
            save(tx, claimed)
            assert one_login(tx).due_at == NOW + SECOND
            (claimed,) = due.claim_logins(tx, NOW, even_if_early=True)
            save(tx, claimed)
            assert one_login(tx).due_at == NOW + HOUR, "once is enough"


def save_round(tx: Tx, claimed: Login) -> None:
    calendars.save_login(tx, replace(claimed, due_at=NOW + HOUR))


def save_unchanged_round(tx: Tx, claimed: Login) -> None:
    due.save_unchanged(tx, [Unchanged(claimed.id, claimed.epoch, NOW + HOUR, NOW, ())])


def test_lease_is_the_time_the_design_allows_for_a_takeover() -> None:
    assert timedelta(seconds=10) == LEASE
