"""The fake Graph's meetings: copies, answers, cancellations, and what is mailed for them (points 10, 12 to 14)."""

from datetime import timedelta

import pytest
from graphs import ANNA, BRAM, GraphServer, at, event, path_of, time

EVENTS = f"/users/{ANNA}/events"


def test_nothing_is_mailed_for_an_event_without_attendees(graph: GraphServer) -> None:
    key = graph.post(EVENTS, event()).said["id"]
    graph.patch(path_of(key), {"start": time(4, 9), "end": time(4, 10)})
    graph.delete(path_of(key))
    assert graph.fake.mails == []


def test_a_meeting_is_copied_to_attendees_of_the_tenant(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM, "guest@elsewhere.example"])
    (copy,) = graph.fake.events(BRAM)
    ours = graph.fake.event(ANNA, key)
    assert (copy["iCalUId"], copy["id"] != key) == (ours["iCalUId"], True)
    assert (copy["isOrganizer"], copy["showAs"], copy["responseStatus"]["response"]) == (
        False,
        "tentative",
        "notResponded",
    )
    assert copy["organizer"]["emailAddress"]["address"] == ANNA
    assert [(mail.kind, mail.to) for mail in graph.fake.mails] == [
        ("invitation", BRAM),
        ("invitation", "guest@elsewhere.example"),
    ]
    graph.patch(path_of(key), {"start": time(4, 9), "end": time(4, 10)})
    assert graph.fake.events(BRAM)[0]["start"]["dateTime"].startswith("2026-03-04T09")
    assert [mail.kind for mail in graph.fake.mails[2:]] == ["update", "update"]
    graph.patch(path_of(key), {"attendees": [{"emailAddress": {"address": BRAM}}]})
    assert [(mail.kind, mail.to) for mail in graph.fake.mails[4:]] == [
        ("cancellation", "guest@elsewhere.example")
    ]


@pytest.mark.parametrize("delay", [5, 0])
def test_a_cancellation_is_done_after_it_was_answered(graph: GraphServer, delay: int) -> None:
    graph.fake.knobs.cancel_takes = timedelta(seconds=delay)
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM])
    (copy,) = graph.fake.events(BRAM)
    attendees = graph.post(f"{path_of(copy['id'], BRAM)}/cancel", {"comment": "no"})
    assert (attendees.status, attendees.code) == (400, "ErrorInvalidRequest")
    assert graph.post(f"{path_of(key)}/cancel", {"Comment": "off"}).status == 202
    assert graph.get(path_of(key)).status == (200 if delay else 404)
    graph.fake.advance(seconds=delay)
    assert graph.get(path_of(key)).status == 404
    (copy,) = graph.fake.events(BRAM)
    assert (copy["isCancelled"], copy["showAs"], copy["subject"]) == (True, "free", "Canceled: Busy")
    assert graph.fake.mails[-1].kind == "cancellation"


def test_deleting_a_meeting_cancels_it_and_deleting_a_copy_tells_nobody(graph: GraphServer) -> None:
    graph.fake.knobs.cancelled_title = "Afgelast: "
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM])
    graph.delete(path_of(key))
    (copy,) = graph.fake.events(BRAM)
    assert copy["subject"] == "Afgelast: Busy"
    graph.fake.mails.clear()
    assert graph.delete(path_of(copy["id"], BRAM)).status == 204
    assert (graph.fake.events(BRAM), graph.fake.mails) == ([], [])


@pytest.mark.parametrize(
    ("act", "response", "shown"), [("accept", "accepted", "busy"), ("tentativelyAccept", "tentativelyAccepted", "tentative")]
)  # fmt: skip
def test_an_answer_reaches_the_organizer(graph: GraphServer, act: str, response: str, shown: str) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM])
    copy = graph.fake.events(BRAM)[0]["id"]
    assert graph.post(f"{path_of(copy, BRAM)}/{act}", {"sendResponse": False}).status == 202
    assert graph.fake.event(ANNA, key)["attendees"][0]["status"]["response"] == "none"
    assert graph.post(f"{path_of(copy, BRAM)}/{act}").status == 202
    assert graph.fake.event(ANNA, key)["attendees"][0]["status"]["response"] == response
    assert graph.fake.event(BRAM, copy)["showAs"] == shown
    assert graph.post(f"{path_of(key)}/{act}").code == "ErrorInvalidRequest"


def test_a_declined_copy_disappears_or_stays_declined(graph: GraphServer) -> None:
    for stays in (False, True):
        graph.fake.knobs.declined_stays = stays
        key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10), attendees=[BRAM])
        copy = graph.fake.events(BRAM)[0]["id"]
        assert graph.post(f"{path_of(copy, BRAM)}/decline", {"comment": "no"}).status == 202
        assert graph.fake.event(ANNA, key)["attendees"][0]["status"]["response"] == "declined"
        assert [one["responseStatus"]["response"] for one in graph.fake.events(BRAM)] == ["declined"] * stays


def test_forward_and_reminders(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert graph.post(f"{path_of(key)}/forward", {"comment": "x"}).status == 400
    assert (
        graph.post(f"{path_of(key)}/forward", {"toRecipients": [{"emailAddress": {"address": BRAM}}]}).status
        == 202
    )
    before = graph.fake.event(ANNA, key)
    assert graph.post(f"{path_of(key)}/dismissReminder").status == 200
    after = graph.fake.event(ANNA, key)
    assert before["@odata.etag"] != after["@odata.etag"]
    assert graph.post(f"{path_of(key)}/permanentDelete").status == 204
