"""Subscriptions are made, renewed at half of their life, made anew when lost; a mailbox that refuses is polled."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from graphbells import HOUR, MINUTE, NOW, Tower, refused, tower_with
from stores import sqlite_only

from store import due, subscriptions
from store.database import Store
from syncd.actions.push import Notification, notified, poll_every, push_url
from syncd.actions.status import PushHealth, status
from syncd.actions.subscribe import subscribe
from syncd.rules import retry

URL = "https://syncd.example.com/x/push/outlook"
LIFE = timedelta(minutes=4200)
MAKING = ["GET /subscriptions", "POST /subscriptions"]

pytestmark = sqlite_only


@pytest.fixture
def tower(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tower]:
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")
    with tower_with(store, tmp_path, "anna") as made:
        yield made


def run(tower: Tower, ahead: timedelta = timedelta(0)) -> list[str]:
    """What Graph is asked when the clock calls, so much later."""
    tower.now += ahead
    tower.asked()
    subscribe(tower.ctx)
    return tower.asked()


def test_each_mailbox_is_subscribed_to_once(tower: Tower) -> None:
    tower.configure("anna", "ben")
    assert run(tower) == ["GET /subscriptions", "POST /subscriptions", "POST /subscriptions"]
    assert run(tower) == []
    rows = tower.rows()
    assert {one.state for one in rows.values()} == {"ok"}
    for agent, row in rows.items():
        held = tower.bells.held[row.subscription]
        assert held["resource"] == f"users/{agent}@example.com/events"
        assert held["notificationUrl"] == held["lifecycleNotificationUrl"] == row.url == URL
        assert held["changeType"] == "created,updated,deleted"
        assert row.expires_at == NOW + LIFE
        assert (held["clientState"], len(row.client_state)) == (row.client_state, 43)
    assert len({one.client_state for one in rows.values()}) == 2


def test_ids_in_notifications_are_the_immutable_ones(tower: Tower) -> None:
    run(tower)
    (made,) = [one for one in tower.server.asked if (one.method, one.path) == ("POST", "/v1.0/subscriptions")]
    assert 'IdType="ImmutableId"' in made.headers["prefer"]


def test_a_new_subscription_begins_with_a_look(tower: Tower) -> None:
    with tower.store.writing() as tx:
        due.make_login_due(tx, tower.logins()["anna"].id, NOW + HOUR)
    run(tower)
    assert tower.logins()["anna"].due_at == NOW


def test_without_a_public_url_nothing_is_asked(tower: Tower) -> None:
    tower.configure("anna", public_url="")
    assert push_url(tower.ctx.config) == ""
    assert run(tower) == []
    assert tower.rows() == {}


def test_it_is_renewed_at_half_of_its_life_and_not_before(tower: Tower) -> None:
    run(tower)
    first = tower.row()
    assert first.due_at == NOW + LIFE / 2
    assert run(tower, LIFE / 2 - MINUTE) == []
    assert run(tower, MINUTE) == ["PATCH /subscriptions/*"]
    renewed = tower.row()
    assert renewed == replace(
        first,
        expires_at=tower.now + LIFE,
        due_at=tower.now + LIFE / 2,
        epoch=renewed.epoch,
    )


def test_what_graph_shortens_is_renewed_sooner(tower: Tower) -> None:
    tower.bells.life = 2 * HOUR
    run(tower)
    assert (tower.row().expires_at, tower.row().due_at) == (NOW + 2 * HOUR, NOW + HOUR)


def test_one_that_is_gone_is_made_anew_with_another_secret(tower: Tower) -> None:
    run(tower)
    before = tower.row()
    tower.bells.held.clear()
    with tower.store.writing() as tx:
        due.make_login_due(tx, before.login_id, NOW + 99 * HOUR)
    assert run(tower, LIFE / 2) == ["PATCH /subscriptions/*", "DELETE /subscriptions/*", *MAKING]
    after = tower.row()
    assert after.state == "ok"
    assert after.subscription in tower.bells.held
    assert after.client_state != before.client_state
    assert tower.logins()["anna"].due_at == tower.now


def said(tower: Tower, lifecycle: str) -> int:
    row = tower.row()
    return notified(tower.ctx, [Notification(row.subscription or "", row.client_state, lifecycle)])


def test_lifecycle_removed_makes_it_anew(tower: Tower) -> None:
    run(tower)
    tower.bells.held.clear()
    assert said(tower, "subscriptionRemoved") == 1
    assert run(tower) == ["DELETE /subscriptions/*", *MAKING]
    assert (tower.row().notice, list(tower.bells.held)) == ("", [tower.row().subscription])


def test_lifecycle_reauthorization_is_answered_with_a_sign_of_life(tower: Tower) -> None:
    run(tower)
    assert said(tower, "reauthorizationRequired") == 1
    assert run(tower, HOUR) == ["POST /subscriptions/*/reauthorize", "PATCH /subscriptions/*"]
    assert run(tower) == []
    tower.bells.held.clear()
    said(tower, "reauthorizationRequired")
    asked = run(tower)
    assert asked == ["POST /subscriptions/*/reauthorize", "DELETE /subscriptions/*", *MAKING]


def test_lifecycle_missed_is_a_look_and_no_more(tower: Tower) -> None:
    run(tower)
    tower.now += HOUR
    with tower.store.writing() as tx:
        due.make_login_due(tx, tower.row().login_id, tower.now + HOUR)
    assert said(tower, "missed") == 1
    assert tower.logins()["anna"].due_at == tower.now + timedelta(seconds=2)
    assert run(tower) == []


def test_another_public_url_means_another_subscription(tower: Tower) -> None:
    run(tower)
    tower.configure("anna", public_url="https://other.example.com")
    assert run(tower) == ["DELETE /subscriptions/*", *MAKING]
    (held,) = tower.bells.held.values()
    assert held["notificationUrl"] == "https://other.example.com/push/outlook"


def test_what_a_try_that_was_cut_off_left_behind_is_ended(tower: Tower) -> None:
    """The subscription was made, and the process killed before it could be saved."""
    tower.configure("anna", "ben")
    run(tower)
    anna, ben = tower.rows()["anna"], tower.rows()["ben"]
    with tower.store.writing() as tx:
        subscriptions.take_notice(tx, anna.login_id, "removed")
        (claimed,) = subscriptions.claim(tx, URL, tower.now)
        subscriptions.save(tx, replace(claimed, subscription=None, due_at=tower.now))
    foreign = {
        **tower.bells.held[anna.subscription],
        "id": "foreign",
        "notificationUrl": "https://e.example/",
    }
    tower.bells.held["foreign"] = foreign
    assert run(tower) == ["GET /subscriptions", "DELETE /subscriptions/*", "POST /subscriptions"]
    assert set(tower.bells.held) == {ben.subscription, "foreign", tower.rows()["anna"].subscription}


def test_where_subscriptions_may_not_be_listed_they_are_made_all_the_same(tower: Tower) -> None:
    tower.bells.faults["GET /subscriptions"] = [lambda: refused(403, "ErrorAccessDenied")]
    assert run(tower) == MAKING
    assert tower.row().state == "ok"


# ---------------------------------------------------------------------------------------------------------------------
# Failures


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "ExtensionError"), (404, "MailboxNotEnabledForRESTAPI"), (404, "ErrorItemNotFound")],
)
def test_a_mailbox_that_refuses_is_asked_again_rarely(tower: Tower, status: int, code: str) -> None:
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(status, code)] * 7
    waits = []
    for _ in range(7):
        assert run(tower) == MAKING
        row = tower.row()
        assert (row.state, row.subscription) == ("refused", None)
        assert code.casefold() in row.error
        waits.append(row.due_at - tower.now)
        tower.now = row.due_at
    assert waits == [HOUR * 2**n for n in range(5)] + [timedelta(days=1)] * 2
    assert run(tower) == MAKING
    assert (tower.row().state, tower.row().failures, tower.row().error) == ("ok", 0, "")


@pytest.mark.parametrize("code", ["ValidationError", "InvalidRequest"])
def test_an_address_that_graph_cant_reach_is_tried_again_soon(tower: Tower, code: str) -> None:
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(400, code)]
    run(tower)
    row = tower.row()
    assert (row.state, row.failures, row.due_at) == ("failing", 1, NOW + timedelta(seconds=30))
    assert "push address" in row.error
    assert "public_url" in row.hint
    assert run(tower, timedelta(seconds=30)) == MAKING
    assert tower.row().state == "ok"


@pytest.mark.parametrize("status", [409, 429, 503])
def test_trouble_that_passes_is_waited_for(tower: Tower, status: int) -> None:
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(status, "Conflict")]
    run(tower)
    assert tower.row().state == "failing"
    assert timedelta(0) < tower.row().due_at - NOW <= HOUR


def test_a_renewal_that_fails_keeps_the_subscription(tower: Tower) -> None:
    run(tower)
    before = tower.row()
    tower.bells.faults["PATCH /subscriptions/*"] = [lambda: refused(500, "UnknownError")]
    run(tower, LIFE / 2)
    after = tower.row()
    assert (after.state, after.subscription, after.client_state) == (
        "failing", before.subscription, before.client_state,
    )  # fmt: skip
    assert run(tower, timedelta(seconds=30)) == ["PATCH /subscriptions/*"]
    assert tower.row().state == "ok"


def test_one_mailbox_in_trouble_leaves_the_others_alone(tower: Tower) -> None:
    tower.configure("anna", "ben")
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(403, "ErrorAccessDenied")]
    run(tower)
    assert sorted(one.state for one in tower.rows().values()) == ["ok", "refused"]


def test_a_secret_that_cant_be_had_is_told(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCD_TEST_SECRET")
    assert run(tower) == []
    assert tower.row().state == "failing"


def test_only_changes_of_state_are_logged(tower: Tower, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "syncd")
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(403, "ErrorAccessDenied")] * 2
    for _ in range(4):
        run(tower, 2 * HOUR)
    told = [message.partition(" ")[0] for message in caplog.messages if message.startswith("push_")]
    assert told == ["push_off", "push_on"]
    assert tower.row().client_state not in caplog.text


# ---------------------------------------------------------------------------------------------------------------------
# Polling beside it


def every(tower: Tower) -> timedelta:
    with tower.store.reading() as tx:
        (interval,) = poll_every(tower.ctx, tx, [tower.logins()["anna"].id]).values()
    return interval


def test_status_says_whose_server_tells_of_changes_and_why_the_others_do_not(tower: Tower) -> None:
    assert status(tower.ctx).push is None
    tower.bells.faults["POST /subscriptions"] = [lambda: refused(500, "UnknownError")]
    run(tower)
    before = status(tower.ctx).push
    assert (before.working, [agent for agent, _ in before.polled]) == (0, ["anna"])
    assert before.polled[0][1]
    run(tower, timedelta(seconds=30))
    assert status(tower.ctx, agent="anna").push == PushHealth(1, ())
    assert status(tower.ctx, agent="ben").push is None
    assert status(tower.configure("anna", public_url="")).push is None


def test_polling_goes_on_more_rarely_while_push_works(tower: Tower) -> None:
    assert every(tower) == MINUTE
    run(tower)
    slow = every(tower)
    assert slow > MINUTE
    assert retry.poll_interval(slow, 0.999) <= 10 * MINUTE / 3
    tower.now += LIFE
    assert every(tower) == MINUTE


def test_without_a_public_url_polling_is_as_ever(tower: Tower) -> None:
    run(tower)
    tower.configure("anna", public_url="")
    assert every(tower) == MINUTE
