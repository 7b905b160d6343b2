"""The fake Graph's calendars, and the odd events real ones hold (points 6, 26 and 27)."""

from datetime import date, timedelta

import pytest
from graphs import ANNA, MONTH, NOW, GraphServer, at, event, path_of

EVENTS = f"/users/{ANNA}/events"


def test_an_online_meeting_where_the_mailbox_can_and_where_it_cannot(graph: GraphServer) -> None:
    assert graph.post(EVENTS, event(isOnlineMeeting=True)).said["isOnlineMeeting"] is False
    graph.fake.knobs.online_meetings = True
    assert graph.post(EVENTS, event(isOnlineMeeting=True)).said["isOnlineMeeting"] is True


@pytest.mark.parametrize(
    ("kind", "field", "told"),
    [
        ("custom-zone", "originalStartTimeZone", "tzone://Microsoft/Custom"),
        ("no-end", "end", {"dateTime": "9999-12-31T23:59:59.9999999", "timeZone": "UTC"}),
        ("nulls", "body", None),
        ("nulls", "organizer", None),
        ("empty-zone", "originalStartTimeZone", ""),
        ("stray-z", "start", {"dateTime": "2026-03-03T09:00:00.0000000Z", "timeZone": "UTC"}),
        ("private", "sensitivity", "private"),
        ("elsewhere", "showAs", "workingElsewhere"),
        ("unknown", "showAs", "unknown"),
        ("zero-length", "end", {"dateTime": "2026-03-03T09:00:00.0000000", "timeZone": "UTC"}),
        ("multi-day", "end", {"dateTime": "2026-03-06T09:00:00.0000000", "timeZone": "UTC"}),
        ("in-the-gap", "start", {"dateTime": "2026-03-29T01:30:00.0000000", "timeZone": "UTC"}),
    ],
)
def test_odd_events_come_as_they_were_seen_to(
    graph: GraphServer, kind: str, field: str, told: object
) -> None:
    key = graph.fake.add_odd(ANNA, kind, at(3, 9))
    assert graph.get(path_of(key)).said[field] == told
    assert key in {item["id"] for item in graph.first_round().items}


def test_a_calendar_that_may_only_be_read(graph: GraphServer) -> None:
    other = graph.fake.add_calendar(ANNA, "Holidays", writable=False)
    listed = graph.get(f"/users/{ANNA}/calendars").said["value"]
    assert [(one["name"], one["canEdit"], one["isDefaultCalendar"]) for one in listed] == [
        ("Calendar", True, True), ("Holidays", False, False),
    ]  # fmt: skip
    assert graph.post(f"/users/{ANNA}/calendars/{other}/events", event()).status == 403


def test_calendars_are_made_renamed_and_removed_and_their_ids_change(graph: GraphServer) -> None:
    made = graph.post(f"/users/{ANNA}/calendars", {"name": "Work"})
    assert made.status == 201
    path = f"/users/{ANNA}/calendars/{made.said['id']}"
    assert graph.post(f"/users/{ANNA}/calendars", {"name": "work"}).status == 409
    assert graph.patch(path, {"name": "Play"}).said["name"] == "Play"
    fresh = graph.fake.change_calendar_id(ANNA, made.said["id"])
    assert graph.get(path).code == "ErrorItemNotFound"
    path = f"/users/{ANNA}/calendars/{fresh}"
    assert graph.get(path).said["name"] == "Play"
    assert graph.delete(path).status == 204
    assert graph.get(path).status == 404
    assert graph.get(f"/users/{ANNA}/calendar").said["isDefaultCalendar"] is True


def test_what_python_does_in_outlook_and_what_graph_says_are_one(graph: GraphServer) -> None:
    key = graph.fake.add_event(
        ANNA, date(2026, 3, 3), date(2026, 3, 5), show_as="oof", zone="Pacific Standard Time"
    )
    (truth,) = graph.fake.busy(ANNA, NOW, NOW + timedelta(days=7))
    assert (truth.start, truth.end, truth.show_as, truth.all_day) == (at(3, 0), at(5, 0), "oof", True)
    (seen,) = graph.get(f"/users/{ANNA}/calendarView?{MONTH}").said["value"]
    assert (seen["id"], seen["isAllDay"], seen["end"]["dateTime"][:10]) == (key, True, "2026-03-05")
