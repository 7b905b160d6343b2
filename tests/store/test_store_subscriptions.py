"""Subscriptions are handed to one worker at a time, and what a server says meanwhile is not lost."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from store_things import HOUR, NOW, SECOND, agent, plan

from store import agents, calendars, due, subscriptions
from store.database import Store
from store.due import make_login_due
from store.errors import Fenced
from store.model import Login
from store.subscriptions import LEASE, Subscription

URL = "https://syncd.example.com/push/outlook"


def office(store: Store, *names: str) -> list[Login]:
    """Agents with a mailbox each, and one with a CalDAV login."""
    with store.writing() as tx:
        plans = [plan(name, "m365", kind="outlook") for name in names]
        agents.follow(tx, [agent(name) for name in (*names, "zoe")], [*plans, plan("zoe")], NOW)
        return [login for login in calendars.logins(tx) if login.kind == "outlook"]


def claimed(store: Store, now: datetime = NOW) -> list[Subscription]:
    with store.writing() as tx:
        subscriptions.add_missing(tx, "outlook", now)
        return subscriptions.claim(tx, URL, now)


def saved(store: Store, row: Subscription, **learned: object) -> Subscription:
    """Save what a claim came to; as it then stands."""
    values = {"subscription": f"s{row.login_id}", "client_state": "secret", "url": URL, "state": "ok"}
    values |= {"expires_at": NOW + 70 * HOUR, "due_at": NOW + 35 * HOUR}
    with store.writing() as tx:
        subscriptions.save(tx, replace(row, **{**values, **learned}))
        return next(one for one in subscriptions.subscriptions(tx) if one.login_id == row.login_id)


def is_due(store: Store, now: datetime) -> bool:
    with store.reading() as tx:
        return subscriptions.due(tx, URL, now)


def test_every_mailbox_gets_one_and_no_other_login(store: Store) -> None:
    logins = office(store, "anna", "ben")
    with store.writing() as tx:
        assert subscriptions.any_missing(tx, "outlook")
        subscriptions.add_missing(tx, "outlook", NOW)
        subscriptions.add_missing(tx, "outlook", NOW + HOUR)
        assert not subscriptions.any_missing(tx, "outlook")
        rows = subscriptions.subscriptions(tx)
    assert [(one.login_id, one.agent, one.account, one.login) for one in rows] == [
        (login.id, login.agent, "m365", login.login) for login in logins
    ]
    assert {(one.state, one.subscription, one.due_at) for one in rows} == {("new", None, NOW)}


def test_a_claim_is_one_workers_until_its_lease_ends(store: Store) -> None:
    office(store, "anna")
    (first,) = claimed(store)
    assert (first.epoch, first.leased_until) == (1, NOW + LEASE)
    assert claimed(store, NOW + LEASE - SECOND) == []
    assert not is_due(store, NOW + LEASE - SECOND)
    (second,) = claimed(store, NOW + LEASE)
    with pytest.raises(Fenced):
        saved(store, first)
    assert saved(store, second).leased_until is None


def test_what_was_learned_is_saved_and_due_again_when_it_says(store: Store) -> None:
    office(store, "anna")
    (row,) = claimed(store)
    stands = saved(store, row, failures=2, error="no answer", hint="look")
    assert replace(stands, epoch=0) == replace(
        row, subscription=f"s{row.login_id}", client_state="secret", url=URL, state="ok", failures=2, error="no answer",
        hint="look", expires_at=NOW + 70 * HOUR, due_at=NOW + 35 * HOUR, leased_until=None, epoch=0,
    )  # fmt: skip
    assert not is_due(store, NOW + 35 * HOUR - SECOND)
    assert is_due(store, NOW + 35 * HOUR)


def test_no_more_than_the_limit_and_the_longest_due_first(store: Store) -> None:
    office(store, "anna", "ben", "cleo")
    for number, row in enumerate(claimed(store)):
        saved(store, row, due_at=NOW - number * SECOND)
    with store.writing() as tx:
        assert [one.agent for one in subscriptions.claim(tx, URL, NOW, limit=2)] == ["ben", "cleo"]
        assert [one.agent for one in subscriptions.claim(tx, URL, NOW, limit=2)] == ["anna"]


def test_it_is_found_by_the_servers_id_and_by_nothing_else(store: Store) -> None:
    office(store, "anna", "ben")
    one, other = (saved(store, row) for row in claimed(store))
    with store.reading() as tx:
        assert subscriptions.known(tx, []) == []
        assert subscriptions.known(tx, ["", "nothing", "s\0", "\ud800"]) == []
        assert subscriptions.known(tx, {one.subscription, other.subscription, "nothing"}) == [one, other]


def test_a_notice_makes_it_due_at_once_and_is_settled_by_the_saving_that_saw_it(store: Store) -> None:
    office(store, "anna")
    (row,) = claimed(store)
    saved(store, row)
    with store.writing() as tx:
        subscriptions.take_notice(tx, row.login_id, "removed")
        subscriptions.take_notice(tx, row.login_id, "reauthorize")
    (again,) = claimed(store)
    assert again.notice == "removed"
    assert saved(store, again).notice == ""
    assert not is_due(store, NOW)


def test_a_notice_that_comes_while_a_worker_is_at_it_outlives_the_saving(store: Store) -> None:
    office(store, "anna")
    (row,) = claimed(store)
    with store.writing() as tx:
        subscriptions.take_notice(tx, row.login_id, "reauthorize")
    assert saved(store, row).notice == "reauthorize"
    assert is_due(store, NOW)


@pytest.mark.parametrize(
    ("learned", "url", "works"),
    [
        ({}, URL, True),
        ({}, "https://elsewhere.example.com/push/outlook", False),
        ({"state": "failing"}, URL, False),
        ({"state": "refused", "subscription": None}, URL, False),
        ({"subscription": None}, URL, False),
        ({"expires_at": NOW}, URL, False),
    ],
)
def test_when_push_works(store: Store, learned: dict[str, object], url: str, works: bool) -> None:
    (login,) = office(store, "anna")
    with store.reading() as tx:
        assert not subscriptions.working(tx, [login.id], url, NOW)
    (row,) = claimed(store)
    saved(store, row, **learned)
    with store.reading() as tx:
        assert subscriptions.working(tx, [login.id], url, NOW) == ({login.id} if works else set())


def test_one_that_the_server_took_away_does_not_work(store: Store) -> None:
    (login,) = office(store, "anna")
    saved(store, *claimed(store))
    with store.writing() as tx:
        subscriptions.take_notice(tx, login.id, "removed")
        assert not subscriptions.working(tx, [login.id], URL, NOW)


def test_it_goes_with_its_login(store: Store) -> None:
    office(store, "anna", "ben")
    claimed(store)
    with store.writing() as tx:
        agents.follow(tx, [agent("ben")], [plan("ben", "m365", kind="outlook")], NOW)
        assert [one.agent for one in subscriptions.subscriptions(tx)] == ["ben"]


def test_one_that_sends_elsewhere_is_due_unless_it_waits_after_a_failure(store: Store) -> None:
    office(store, "anna", "ben")
    anna, ben = claimed(store)
    saved(store, anna, url="https://old.example.com/push/outlook")
    saved(store, ben, url="https://old.example.com/push/outlook", state="failing")
    assert is_due(store, NOW)
    assert [one.agent for one in claimed(store)] == ["anna"]


# ---------------------------------------------------------------------------------------------------------------------
# Who is looked at soon anyway


def unaware(store: Store, *logins: Login, by: datetime) -> set[int]:
    with store.reading() as tx:
        return subscriptions.unaware(tx, {login.id for login in logins}, by)


def test_a_login_that_is_due_by_then_need_not_be_called(store: Store) -> None:
    anna, ben = office(store, "anna", "ben")
    with store.writing() as tx:
        make_login_due(tx, ben.id, NOW + HOUR)
    assert unaware(store, by=NOW) == set()
    assert unaware(store, anna, ben, by=NOW) == {ben.id}
    assert unaware(store, anna, ben, by=NOW + HOUR) == set()


def test_a_look_that_has_begun_may_have_been_too_early(store: Store) -> None:
    (anna,) = office(store, "anna")
    with store.writing() as tx:
        due.claim_logins(tx, NOW, agent="anna")
    soon = NOW + timedelta(seconds=2)
    assert unaware(store, anna, by=soon) == {anna.id}
    with store.writing() as tx:
        make_login_due(tx, anna.id, soon)
    assert unaware(store, anna, by=soon + SECOND) == set()
