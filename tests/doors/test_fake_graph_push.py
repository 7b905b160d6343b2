"""The fake Graph's subscriptions and notifications (points 31 to 33)."""

from datetime import timedelta
from typing import Any

import pytest
from graphs import ANNA, BRAM, NOW, Doorbell, GraphServer, at, event, path_of

MINUTE = timedelta(minutes=1)


def until(minutes: int) -> str:
    return (NOW + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def subscribe(graph: GraphServer, doorbell: Doorbell, mailbox: str = ANNA, **more: Any) -> str:
    made = graph.post("/subscriptions", doorbell.subscription(mailbox, **more))
    assert made.status == 201, made.said
    return str(made.said["id"])


def rung(graph: GraphServer, doorbell: Doorbell) -> list[str]:
    """What the doorbell is told now."""
    doorbell.told.clear()
    graph.fake.bell.ring()
    return [one.get("changeType") or one["lifecycleEvent"] for one in doorbell.told]


def test_both_addresses_are_asked_before_the_subscription_is_made(
    graph: GraphServer, doorbell: Doorbell
) -> None:
    made = graph.post("/subscriptions", doorbell.subscription())
    assert made.status == 201
    assert doorbell.shaken == ["/push", "/push/lifecycle"]
    assert (made.said["clientState"], made.said["expirationDateTime"][:10]) == ("s3cret", "2026-03-05")
    listed = graph.get("/subscriptions").said["value"]
    assert [(one["id"], one["clientState"]) for one in listed] == [(made.said["id"], None)]
    assert graph.get(f"/subscriptions/{made.said['id']}").said["notificationUrl"] == doorbell.url


def test_an_address_that_does_not_answer_as_agreed(graph: GraphServer, doorbell: Doorbell) -> None:
    doorbell.shakes = False
    assert graph.post("/subscriptions", doorbell.subscription()).code == "ValidationError"
    nobody = doorbell.subscription(notificationUrl="https://127.0.0.1:1/push")
    assert graph.post("/subscriptions", nobody).code == "ValidationError"
    assert graph.get("/subscriptions").said["value"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"changeType": "created,moved"}, "ValidationError"),
        ({"clientState": "x" * 129}, "ValidationError"),
        ({"resource": "users/nobody@example.com/events"}, "ExtensionError"),
        ({"resource": "users"}, "ExtensionError"),
        ({"expirationDateTime": "2026-03-01T00:00:00Z"}, "ValidationError"),
        ({"expirationDateTime": "soon"}, "RequestBodyRead"),
        ({"expirationDateTime": None}, "ValidationError"),
    ],
)  # fmt: skip
def test_a_subscription_that_makes_no_sense(
    graph: GraphServer, doorbell: Doorbell, more: dict[str, Any], code: str
) -> None:
    refused = graph.post("/subscriptions", doorbell.subscription(**more))
    assert (refused.status, refused.code) == (400, code)


def test_plain_http_only_if_the_knob_allows_it(graph: GraphServer, doorbell: Doorbell) -> None:
    plain = doorbell.subscription(notificationUrl="http://127.0.0.1:1/push", lifecycleNotificationUrl=None)
    assert "https" in graph.post("/subscriptions", plain).said["error"]["message"]
    graph.fake.knobs.plain_http = True
    assert "HTTP status" in graph.post("/subscriptions", plain).said["error"]["message"]


@pytest.mark.parametrize("longest", [4230, 10080])
def test_how_long_a_subscription_lives(graph: GraphServer, doorbell: Doorbell, longest: int) -> None:
    graph.fake.knobs.longest_subscription = longest * MINUTE
    assert (
        graph.post("/subscriptions", doorbell.subscription(expirationDateTime=until(longest + 1))).status
        == 400
    )
    assert subscribe(graph, doorbell, expirationDateTime=until(longest))
    graph.fake.knobs.over_long_subscription = "capped"
    capped = graph.post("/subscriptions", doorbell.subscription(expirationDateTime=until(longest + 1)))
    assert capped.said["expirationDateTime"][:16] == until(longest)[:16]
    brief = graph.post("/subscriptions", doorbell.subscription(expirationDateTime=until(5)))
    assert brief.said["expirationDateTime"][:16] == until(45)[:16]


def test_a_subscription_is_renewed_reauthorized_ended_and_expires(
    graph: GraphServer, doorbell: Doorbell
) -> None:
    one, two = (subscribe(graph, doorbell, expirationDateTime=until(60)) for _ in range(2))
    graph.fake.advance(minutes=50)
    assert graph.patch(f"/subscriptions/{one}", {"expirationDateTime": until(600)}).status == 200
    assert graph.post(f"/subscriptions/{one}/reauthorize").status == 204
    graph.fake.advance(minutes=11)
    graph.sign_in()
    assert [held["id"] for held in graph.get("/subscriptions").said["value"]] == [one]
    assert graph.patch(f"/subscriptions/{two}", {"expirationDateTime": until(600)}).status == 404
    assert graph.delete(f"/subscriptions/{one}").status == 204
    assert graph.delete(f"/subscriptions/{one}").status == 404


def test_a_second_one_of_the_same_kind(graph: GraphServer, doorbell: Doorbell) -> None:
    assert subscribe(graph, doorbell) != subscribe(graph, doorbell)
    graph.fake.knobs.duplicate_subscription = "refused"
    assert graph.post("/subscriptions", doorbell.subscription()).status == 409
    assert subscribe(graph, doorbell, BRAM)


@pytest.mark.parametrize(
    ("why", "status", "code"),
    [("policy", 403, "ExtensionError"), ("not-enabled", 404, "ExtensionError"), ("backend", 404, "ExtensionError"),
     ("resource", 400, "ExtensionError"), ("closed", 400, "InvalidRequest")],
)  # fmt: skip
def test_mailboxes_that_refuse(
    graph: GraphServer, doorbell: Doorbell, why: str, status: int, code: str
) -> None:
    graph.fake.refuse_subscriptions(ANNA, why)
    refused = graph.post("/subscriptions", doorbell.subscription())
    assert (refused.status, refused.code, doorbell.shaken) == (status, code, [])
    graph.fake.refuse_subscriptions(ANNA, "")
    assert subscribe(graph, doorbell)


def test_a_change_is_told_and_not_what_it_was(graph: GraphServer, doorbell: Doorbell) -> None:
    named = subscribe(graph, doorbell)
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), subject="Secret")
    graph.fake.add_event(BRAM, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == ["created"]
    (told,) = doorbell.told
    assert (told["subscriptionId"], told["clientState"], told["tenantId"]) == (
        named,
        "s3cret",
        graph.fake.tenant,
    )
    assert told["resourceData"]["@odata.type"] == "#Microsoft.Graph.Event"
    assert told["resourceData"]["id"] == key
    assert "Secret" not in str(told)


def test_own_writes_are_told_too_and_show_in_delta(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    link = graph.first_round().delta
    key = graph.post(f"/users/{ANNA}/events", event()).said["id"]
    graph.patch(path_of(key), {"subject": "b"})
    assert rung(graph, doorbell) == ["created", "updated"]
    assert [item["id"] for item in graph.round(link).items] == [key]
    graph.delete(path_of(key))
    assert rung(graph, doorbell) == ["deleted"]


def test_only_the_kinds_asked_for(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell, changeType="deleted")
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.delete(ANNA, key)
    assert rung(graph, doorbell) == ["deleted"]


def test_ids_are_of_the_form_the_subscription_was_made_with(graph: GraphServer, doorbell: Doorbell) -> None:
    graph.post("/subscriptions", doorbell.subscription(), prefer="idless")
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    rung(graph, doorbell)
    told = doorbell.told[0]["resourceData"]["id"]
    assert told != key
    assert graph.get(path_of(told)).said["id"] == key


def test_several_are_told_together(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    subscribe(graph, doorbell, BRAM)
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM])
    assert rung(graph, doorbell) == ["created", "created"]
    notices = [one for one in graph.fake.exchanges if one.get("kind") == "notification"]
    assert len(notices) == 1


def test_a_creation_may_be_told_twice(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    graph.fake.knobs.notifications_doubled = True
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == ["created", "updated"]


def test_notifications_stop_are_lost_late_or_in_reverse(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    knobs = graph.fake.knobs
    knobs.notifications_stop = True
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == []
    knobs.notifications_stop, knobs.notifications_lost = False, 1
    graph.fake.touch(ANNA, key)
    graph.fake.delete(ANNA, key)
    assert rung(graph, doorbell) == ["deleted"]
    knobs.notification_delay = timedelta(seconds=90)
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == []
    graph.fake.advance(seconds=91)
    assert rung(graph, doorbell) == ["created"]
    knobs.notification_delay, knobs.notifications_reordered = timedelta(0), True
    graph.fake.touch(ANNA, key)
    graph.fake.delete(ANNA, key)
    assert rung(graph, doorbell) == ["deleted", "updated"]


def test_what_is_not_taken_comes_again_for_four_hours(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    doorbell.answers = [500]
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == []
    assert rung(graph, doorbell) == []
    graph.fake.advance(seconds=31)
    assert rung(graph, doorbell) == ["created"]
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    doorbell.answers = [500, 500]
    rung(graph, doorbell)
    graph.fake.advance(hours=4)
    rung(graph, doorbell)
    assert graph.fake.bell.waiting == 0


@pytest.mark.parametrize("kind", ["reauthorizationRequired", "missed", "subscriptionRemoved"])
def test_lifecycle_notifications(graph: GraphServer, doorbell: Doorbell, kind: Any) -> None:
    subscribe(graph, doorbell)
    graph.fake.lifecycle(ANNA, kind)
    assert rung(graph, doorbell) == [kind]
    assert "resourceData" not in doorbell.told[0]
    assert len(graph.get("/subscriptions").said["value"]) == (0 if kind == "subscriptionRemoved" else 1)


def test_nothing_is_told_after_a_subscription_expired(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell, expirationDateTime=until(60))
    graph.fake.advance(minutes=60)
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert rung(graph, doorbell) == []


def test_a_started_bell_rings_by_itself(graph: GraphServer, doorbell: Doorbell) -> None:
    subscribe(graph, doorbell)
    graph.fake.bell.start()
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.bell.ring()  # nothing is left to it, or it waits for the bell that is sending
    graph.fake.bell.stop()
    assert [one["changeType"] for one in doorbell.told] == ["created"]
