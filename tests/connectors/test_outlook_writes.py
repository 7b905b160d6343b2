"""Our events in Outlook: one for each, whatever was lost on the way; changed only where they differ and as they were found.

Against a scripted mailbox that keeps what it is sent, and loses, refuses or changes what a test says.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from certificates import CERTIFICATE, KEY
from graphlike import HREF, MAILBOX, OUR_UID, graph_at
from graphshelf import EXISTING, Fault, Shelf, refused, says
from scripted import Said, Serve, reply, then_hang_up

from connectors.account import Connections
from connectors.interface import (
    Conflict,
    Event,
    Found,
    Garbled,
    Identity,
    NoAccess,
    OutcomeUnknown,
    Taken,
    Unsupported,
)
from connectors.outlook import writes
from connectors.outlook.calendars import calendar_href, object_href
from connectors.outlook.client import Graph
from connectors.outlook.events import MARKER_ID

MARKER = "0f" * 16
EVENT = Event(
    uid=OUR_UID,
    marker=MARKER,
    start=datetime(2026, 3, 3, 9, tzinfo=UTC),
    end=datetime(2026, 3, 3, 10, tzinfo=UTC),
    zone="Europe/Amsterdam",
    title="Mortgage advice",
    text="Guest: Eva <eva@example.org>\nMeeting m-1",
    link="https://meet.example.com/m-1",
)
LATER = replace(EVENT, start=EVENT.start + timedelta(hours=2), end=EVENT.end + timedelta(hours=2))
ROOM = calendar_href(MAILBOX, "AQ=/room")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def graph(shelf: Shelf, serve: Serve, connections: Connections, tmp_path: Path) -> Graph:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    client, _ = graph_at(serve(shelf, tls=(certificate, key)), shelf, certificate, connections)
    return client


def identity(href: str = "") -> Identity:
    return Identity(OUR_UID, MARKER, href)


def lost() -> Said:
    return None


def told(found: Found | None) -> Event | None:
    """The event found, without its zone's name: Windows has one for several of them."""
    return replace(found.event, zone=EVENT.zone) if found and found.event else None


# ---------------------------------------------------------------------------------------------------------------------
# Creating


def test_it_is_created_as_a_private_appointment_under_our_uid(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    assert told(found) == EVENT
    assert (found.uid, found.organizer, found.etag) == (OUR_UID, False, 'W/"1"')
    assert found.href == object_href(HREF, shelf.only["id"])
    ((method, body, _),) = shelf.wrote
    assert method == "POST"
    assert body["transactionId"] == OUR_UID
    assert body["sensitivity"] == "private"
    assert "attendees" not in body
    assert shelf.asked[0] == f"/users/{MAILBOX}/calendar/events"


def test_another_calendar_is_written_where_it_is(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, ROOM, EVENT, None)
    assert found.href.startswith(ROOM)
    assert [path.partition("?")[0] for path in shelf.asked] == [
        f"/users/{MAILBOX}/calendars/AQ=/room/events",
        f"/users/{MAILBOX}/calendars/AQ=/room/events/{shelf.only['id']}",
    ]


def test_after_a_lost_answer_it_is_found_by_its_marker(shelf: Shelf, graph: Graph) -> None:
    shelf.after["POST"] = [lost]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, EVENT, None)
    found = writes.find(graph, HREF, identity())
    assert found is not None
    assert found.event is not None
    assert (found.event.uid, found.event.marker) == (OUR_UID, MARKER)
    wanted = f"singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER_ID}' and ep/value eq '{MARKER}')"
    assert shelf.asked[-2:] == [
        f"/users/{MAILBOX}/calendar/events?$filter={wanted}",
        f"/users/{MAILBOX}/events/{shelf.only['id']}?$expand=singleValueExtendedProperties($filter=id eq '{MARKER_ID}')",
    ]


def test_a_repeated_creation_gives_the_same_event(shelf: Shelf, graph: Graph) -> None:
    shelf.after["POST"] = [lost]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, EVENT, None)
    assert told(writes.put(graph, HREF, EVENT, None)) == EVENT
    assert len(shelf.events) == 1


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("status", [400, 409])
def test_a_creation_that_says_something_else_by_now_adopts_the_first(
    shelf: Shelf, graph: Graph, status: int, named: bool
) -> None:
    """Graph names the event that has the transaction id, or does not; then the marker leads there."""
    writes.put(graph, HREF, EVENT, None)
    more = {EXISTING: shelf.only["id"]} if named else {}
    shelf.duplicate = lambda _key: refused(status, "ErrorDuplicateTransactionId", **more)
    assert told(writes.put(graph, HREF, LATER, None)) == LATER
    assert len(shelf.events) == 1
    assert [method for method, _, _ in shelf.wrote] == ["POST", "POST", "PATCH"]


def test_a_transaction_id_whose_event_is_gone_is_spent(shelf: Shelf, graph: Graph) -> None:
    writes.put(graph, HREF, EVENT, None)
    shelf.events.clear()
    with pytest.raises(Taken):
        writes.put(graph, HREF, LATER, None)


@pytest.mark.parametrize(
    "change",
    [
        {"singleValueExtendedProperties": [{"id": MARKER_ID, "value": "11" * 16}]},
        {"singleValueExtendedProperties": []},
        {"attendees": [{"emailAddress": {"address": "eva@example.org"}}]},
    ],
)
def test_an_event_under_our_transaction_id_that_is_not_ours_is_left_alone(
    shelf: Shelf, graph: Graph, change: dict[str, Any]
) -> None:
    writes.put(graph, HREF, EVENT, None)
    shelf.only.update(change)
    with pytest.raises(Taken):
        writes.put(graph, HREF, LATER, None)
    assert [method for method, _, _ in shelf.wrote] == ["POST", "POST"]


# ---------------------------------------------------------------------------------------------------------------------
# Changing


@pytest.mark.parametrize(
    ("change", "patched"),
    [
        ({"title": "Mortgage advice, part 2"}, {"subject"}),
        ({"text": "Guest: Bob <bob@example.org>"}, {"body"}),
        ({"text": EVENT.text.replace("\n", " \r\n\r\n")}, None),
        ({"link": ""}, {"location"}),
        ({"private": False}, {"sensitivity"}),
        ({"reminder": timedelta(minutes=10)}, {"isReminderOn", "reminderMinutesBeforeStart"}),
        ({"start": LATER.start, "end": LATER.end}, {"start", "end", "isAllDay"}),
        ({"end": LATER.end}, {"start", "end", "isAllDay"}),
        ({"zone": "America/New_York"}, None),
        ({}, None),
    ],
)
def test_only_what_differs_is_patched_and_only_as_it_was_found(
    shelf: Shelf, graph: Graph, change: dict[str, Any], patched: set[str] | None
) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.wrote.clear()
    wanted = replace(EVENT, **change)
    held = writes.put(graph, HREF, wanted, found)
    if patched is None:
        assert (shelf.wrote, held) == ([], found)
        return
    ((method, body, if_match),) = shelf.wrote
    assert (method, set(body), if_match) == ("PATCH", patched, found.etag)
    assert told(held) == wanted
    assert held.etag != found.etag


def test_an_event_made_all_day_becomes_a_meeting_again(shelf: Shelf, graph: Graph) -> None:
    writes.put(graph, HREF, EVENT, None)
    midnight = {"dateTime": "2026-03-03T00:00:00.0000000", "timeZone": "UTC"}
    shelf.only.update(
        isAllDay=True, start=midnight, end={**midnight, "dateTime": "2026-03-04T00:00:00.0000000"}
    )
    found = writes.find(graph, HREF, identity())
    writes.put(graph, HREF, EVENT, found)
    assert shelf.only["isAllDay"] is False


def test_what_somebody_changed_meanwhile_is_not_overwritten(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.only["subject"] = "Moved by Anna"
    shelf.touch(shelf.only["id"])
    with pytest.raises(Conflict):
        writes.put(graph, HREF, LATER, found)
    assert shelf.only["subject"] == "Moved by Anna"


def test_an_event_that_went_meanwhile_is_looked_for_again(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.events.clear()
    with pytest.raises(Conflict):
        writes.put(graph, HREF, LATER, found)


# ---------------------------------------------------------------------------------------------------------------------
# Removing


def test_it_is_removed_as_it_was_found(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    writes.remove(graph, HREF, found)
    assert shelf.events == {}
    assert shelf.wrote[-1] == ("DELETE", None, found.etag)
    writes.remove(graph, HREF, found)


def test_what_changed_meanwhile_is_not_removed(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.touch(shelf.only["id"])
    with pytest.raises(Conflict):
        writes.remove(graph, HREF, found)
    assert len(shelf.events) == 1


def test_a_conflict_over_an_event_that_is_gone_is_none(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.after["DELETE"] = [lambda: refused(409, "ConcurrentItemSave")]
    writes.remove(graph, HREF, found)
    assert shelf.events == {}


# ---------------------------------------------------------------------------------------------------------------------
# Finding


def test_it_is_read_where_it_was_last_seen(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.asked.clear()
    assert writes.find(graph, HREF, identity(found.href)) == found
    expanded = f"$expand=singleValueExtendedProperties($filter=id eq '{MARKER_ID}')"
    assert shelf.asked == [f"/users/{MAILBOX}/events/{shelf.only['id']}?{expanded}"]


def test_what_is_not_there_any_more_is_searched_once(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.events.clear()
    shelf.asked.clear()
    assert writes.find(graph, HREF, identity(found.href)) is None
    assert len(shelf.asked) == 2


def test_a_copy_that_the_agent_made_is_not_taken_for_it(shelf: Shelf, graph: Graph) -> None:
    """Copied in Outlook, an event keeps our marker, but not the transaction id."""
    found = writes.put(graph, HREF, EVENT, None)
    copied = {name: value for name, value in shelf.only.items() if name != "transactionId"}
    shelf.events = {"copied": {**copied, "id": "copied"}}
    assert writes.find(graph, HREF, identity(found.href)) is None


def test_what_became_a_meeting_is_said_to_have_an_organizer(shelf: Shelf, graph: Graph) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.only["attendees"] = [{"emailAddress": {"address": "eva@example.org"}}]
    again = writes.find(graph, HREF, identity(found.href))
    assert again is not None
    assert again.organizer


@pytest.mark.parametrize("said", [b'{"value": 1}', b"<html>", b"[]"])
def test_an_answer_that_is_none_is_no_absence(shelf: Shelf, graph: Graph, said: bytes) -> None:
    shelf.faults["GET"] = [lambda: reply(200, said, Content_Type="application/json")] * 2
    for href in ("", object_href(HREF, "x")):
        with pytest.raises(Garbled):
            writes.find(graph, HREF, identity(href))


# ---------------------------------------------------------------------------------------------------------------------
# Unknown outcomes and refusals

UNSURE: dict[str, Fault] = {
    "no answer": lost,
    "half an answer": lambda: then_hang_up(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"),
    "500": lambda: refused(500, "ErrorInternalServerTransientError"),
    "502 in HTML": lambda: reply(502, b"<html>", Content_Type="text/html"),
    "504": lambda: refused(504, "UnknownError"),
    "a page": lambda: reply(200, b"<html>", Content_Type="text/html"),
}


@pytest.mark.parametrize("fault", UNSURE.values(), ids=UNSURE)
@pytest.mark.parametrize("done", [True, False])
def test_whether_it_was_written_is_settled_by_looking(
    shelf: Shelf, graph: Graph, fault: Fault, done: bool
) -> None:
    (shelf.after if done else shelf.faults)["POST"] = [fault]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, EVENT, None)
    found = writes.find(graph, HREF, identity())
    assert (found is not None) is done
    assert told(writes.put(graph, HREF, LATER, found)) == LATER
    assert len(shelf.events) == 1


@pytest.mark.parametrize("fault", UNSURE.values(), ids=UNSURE)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_changes_and_removals_may_be_lost_likewise(
    shelf: Shelf, graph: Graph, method: str, fault: Fault
) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    shelf.after[method] = [fault]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, LATER, found) if method == "PATCH" else writes.remove(graph, HREF, found)
    found = writes.find(graph, HREF, identity(found.href))
    assert told(found) == (None if method == "DELETE" else LATER)


def test_a_created_event_without_an_id_is_looked_for(shelf: Shelf, graph: Graph) -> None:
    shelf.after["POST"] = [lambda: says(201, {})]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, EVENT, None)


def test_written_and_not_read_back_is_not_known(shelf: Shelf, graph: Graph) -> None:
    shelf.faults["GET"] = [lambda: refused(503, "UnknownError")]
    with pytest.raises(OutcomeUnknown):
        writes.put(graph, HREF, EVENT, None)


def test_written_and_gone_at_once_is_looked_at_again(shelf: Shelf, graph: Graph) -> None:
    shelf.faults["GET"] = [lambda: refused(404, "ErrorItemNotFound")]
    with pytest.raises(Conflict):
        writes.put(graph, HREF, EVENT, None)


@pytest.mark.parametrize(
    ("status", "code", "failure"),
    [
        (400, "ErrorPropertyValidationFailure", Unsupported),
        (400, "TimeZoneNotSupportedException", Unsupported),
        (403, "ErrorAccessDenied", NoAccess),
        (404, "MailboxNotEnabledForRESTAPI", NoAccess),
        (409, "ErrorIrresolvableConflict", Conflict),
    ],
)
def test_refusals_are_what_they_mean(
    shelf: Shelf, graph: Graph, status: int, code: str, failure: type[Exception]
) -> None:
    found = writes.put(graph, HREF, EVENT, None)
    for method in ("POST", "PATCH", "DELETE"):
        shelf.faults[method] = [lambda: refused(status, code)]
    with pytest.raises(failure):
        writes.put(graph, HREF, EVENT, None)
    with pytest.raises(failure):
        writes.put(graph, HREF, LATER, found)
    with pytest.raises(failure):
        writes.remove(graph, HREF, found)
