"""The referee's judgement of the fake Graph: what it answers with every knob at its default contradicts neither schema nor page.

The referee is somebody else's (`graph/graph_validate.py` of the conformance folder); it reads the record and shares no code
with the fake. Here both sides are judged, since the requests are meant to be right as well.
"""

from datetime import date
from pathlib import Path

import pytest
import requests
from graphs import (
    ANNA,
    BRAM,
    IMMUTABLE,
    MONTH,
    Doorbell,
    GraphServer,
    at,
    event,
    needs_referee,
    path_of,
    time,
    weekly,
)

MARKER = "String {6f0a2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90} Name syncdMarker"
JSON = {"Content-Type": "application/json"}


def write(graph: GraphServer) -> list[str]:
    """Every kind of event, by POST, PATCH and the actions."""
    events = f"/users/{ANNA}/events"
    marked = {"singleValueExtendedProperties": [{"id": MARKER, "value": "m"}]}
    zone = "W. Europe Standard Time"
    bodies = [
        event(transactionId="t-1", body={"contentType": "text", "content": "x"}, location={"displayName": "Room"}, **marked),
        event(4, transactionId="t-2", attendees=[{"emailAddress": {"address": BRAM}, "type": "required"}], showAs="oof"),
        event(5, transactionId="t-3", start=time(5, 9, zone), end=time(5, 10, zone), recurrence=weekly("thursday", start="2026-03-05")),
        event(6, transactionId="t-4", start=time(6, 0), end=time(7, 0), isAllDay=True),
    ]  # fmt: skip
    made = [graph.post(events, body).said["id"] for body in bodies]
    graph.post(events, bodies[0])
    graph.post(events, {**bodies[0], "subject": "Other"})
    graph.patch(
        path_of(made[0]), {"subject": "New", "start": time(3, 11), "end": time(3, 12), "showAs": "tentative"}
    )
    graph.patch(path_of(made[0]), {"subject": "Late"}, If_Match='W/"stale"')
    part = graph.fake.occurrence(ANNA, made[2], date(2026, 3, 12))
    graph.patch(path_of(part), {"start": time(13, 9, zone), "end": time(13, 10, zone)})
    graph.delete(path_of(graph.fake.occurrence(ANNA, made[2], date(2026, 3, 19))))
    copy = graph.fake.events(BRAM)[0]["id"]
    graph.post(f"{path_of(copy, BRAM)}/accept", {"sendResponse": True, "comment": "yes"})
    graph.post(f"{path_of(made[1])}/cancel", {"comment": "off"})
    graph.fake.advance(seconds=10)
    return made


def read(graph: GraphServer, made: list[str]) -> None:
    """Every way to read, in both forms of id and in another zone."""
    tokyo = f'{IMMUTABLE}, outlook.timezone="Tokyo Standard Time", outlook.body-content-type="text"'
    for prefer in (IMMUTABLE, "", tokyo):
        for key in (made[0], made[2], made[3]):
            graph.get(path_of(key), prefer=prefer)
        graph.get(f"/users/{ANNA}/events?$top=2", prefer=prefer)
        graph.get(f"/users/{ANNA}/calendarView?{MONTH}&$orderby=start/dateTime&$count=true", prefer=prefer)
        graph.get(f"{path_of(made[2])}/instances?{MONTH}", prefer=prefer)
        first = graph.first_round(prefer=f"{prefer}, odata.maxpagesize=2".lstrip(", "))
        graph.fake.touch(ANNA, made[2])
        brief = graph.fake.add_event(ANNA, at(20, 9), at(20, 10))
        graph.fake.delete(ANNA, brief)
        graph.round(first.delta, prefer=f"{prefer}, odata.maxpagesize=50".lstrip(", "))
    graph.get(f"{path_of(made[0])}?$expand=singleValueExtendedProperties($filter=id eq '{MARKER}')")
    graph.get(
        f"/users/{ANNA}/events?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'm')"
    )
    link = graph.first_round().delta
    graph.fake.kill_tokens()
    graph.get(link)


def look_around(graph: GraphServer) -> None:
    """People, calendars, settings, free/busy."""
    graph.get(f"/users/{ANNA}")
    graph.get("/users?$top=5")
    graph.get(f"/users/{ANNA}/calendars?$top=100")
    made = graph.post(f"/users/{ANNA}/calendars", {"name": "Work"}).said["id"]
    graph.get(f"/users/{ANNA}/calendars/{made}")
    graph.patch(f"/users/{ANNA}/calendars/{made}", {"name": "Play"})
    graph.delete(f"/users/{ANNA}/calendars/{made}")
    graph.get(f"/users/{ANNA}/calendar")
    for custom in (True, False):
        graph.fake.set_custom_zone(ANNA, custom=custom)
        graph.get(f"/users/{ANNA}/mailboxSettings")
        graph.get(f"/users/{ANNA}/mailboxSettings/workingHours")
    graph.patch(f"/users/{ANNA}/mailboxSettings", {"timeZone": "Tokyo Standard Time"})
    graph.get(f"/users/{ANNA}/mailboxSettings/timeZone")
    graph.get(f"/users/{ANNA}/outlook/supportedTimeZones")
    asked = {
        "schedules": [ANNA, "nobody@example.com"],
        "startTime": time(3, 0),
        "endTime": time(8, 0),
        "availabilityViewInterval": 60,
    }
    graph.post(f"/users/{ANNA}/calendar/getSchedule", asked)
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    ids = {"inputIds": [key], "sourceIdType": "restImmutableEntryId", "targetIdType": "restId"}
    graph.post(f"/users/{ANNA}/translateExchangeIds", ids)
    graph.post(f"{path_of(key)}/dismissReminder")
    graph.post(f"{path_of(key)}/forward", {"toRecipients": [{"emailAddress": {"address": BRAM}}]})
    graph.delete(path_of(key))


def subscribe(graph: GraphServer, doorbell: Doorbell) -> None:
    made = graph.post("/subscriptions", doorbell.subscription()).said["id"]
    graph.get("/subscriptions")
    graph.get(f"/subscriptions/{made}")
    graph.patch(
        f"/subscriptions/{made}", {"expirationDateTime": doorbell.subscription()["expirationDateTime"]}
    )
    graph.post(f"/subscriptions/{made}/reauthorize")
    graph.fake.add_event(ANNA, at(21, 9), at(21, 10))
    for kind in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        graph.fake.lifecycle(ANNA, kind)
    graph.fake.bell.ring()
    graph.delete(f"/subscriptions/{made}")
    made = graph.post("/subscriptions", doorbell.subscription()).said["id"]
    graph.delete(f"/subscriptions/{made}")


def in_batches(graph: GraphServer) -> None:
    making = {
        "id": "1",
        "method": "POST",
        "url": f"/users/{ANNA}/events",
        "headers": JSON,
        "body": event(22, transactionId="t-9"),
    }
    looking = {"id": "2", "method": "GET", "url": f"/users/{BRAM}/calendarView?{MONTH}"}
    failing = {"id": "3", "method": "GET", "url": f"/users/{BRAM}/calendar"}
    graph.post("/$batch", {"requests": [making, looking, failing]})


@needs_referee
def test_the_referee_finds_no_error_in_either_side(
    graph: GraphServer, doorbell: Doorbell, tmp_path: Path
) -> None:
    read(graph, write(graph))
    look_around(graph)
    subscribe(graph, doorbell)
    in_batches(graph)
    assert graph.findings(tmp_path) == []
    assert len(graph.fake.exchanges) > 70


@needs_referee
def test_the_referee_does_find_what_is_wrong(graph: GraphServer, tmp_path: Path) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.sign_in()
    graph.fake.fail("html")
    with pytest.raises(requests.RequestException):
        graph.get(f"/users/{ANNA}/calendar")
    graph.fake.knobs.occurrences_as_stubs = False
    graph.fake.add_event(ANNA, at(2, 10), at(2, 11), recurrence=weekly("monday"))
    graph.first_round()
    assert graph.findings(tmp_path) == []
    assert any("not JSON" in one for one in graph.findings(tmp_path, only_plain=False))
    assert any(
        "delta-occurrence" in one for one in graph.findings(tmp_path, severity="WARN", only_plain=False)
    )
