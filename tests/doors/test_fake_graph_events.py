"""The fake Graph's single events: what a client writes and reads (points 1 to 14, 25 to 27, 30 and 37 of what it must do)."""

from datetime import timedelta

import pytest
from graphs import ANNA, IMMUTABLE, GraphServer, at, event, path_of, time

EVENTS = f"/users/{ANNA}/events"
MARKER = "String {6f0a2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90} Name syncdMarker"
AMSTERDAM = "W. Europe Standard Time"


def test_no_token_no_answer(graph: GraphServer) -> None:
    refused = graph.get(EVENTS, Authorization="Bearer nobody's")
    assert (refused.status, refused.code) == (401, "InvalidAuthenticationToken")


def test_a_token_ends_after_its_life_and_when_it_is_killed(graph: GraphServer) -> None:
    graph.fake.knobs.token_life = timedelta(minutes=10)
    assert graph.get(EVENTS).status == 200
    graph.fake.advance(minutes=11)
    assert graph.get(EVENTS).status == 401
    graph.sign_in()
    assert graph.get(EVENTS).status == 200
    graph.fake.expire_sign_ins()
    assert graph.get(EVENTS).status == 401


def test_the_tenant_gives_tokens_only_to_its_application(graph: GraphServer) -> None:
    url = f"{graph.running.authority}/oauth2/v2.0/token"
    asked = {
        "grant_type": "client_credentials",
        "client_id": graph.running.client_id,
        "client_secret": "guess",
    }
    wrong = graph.session.post(url, data=asked, timeout=20)
    assert (wrong.status_code, wrong.json()["error_codes"]) == (401, [7000215])
    stranger = graph.session.post(url, data={**asked, "client_id": "other"}, timeout=20)
    assert (stranger.status_code, stranger.json()["error_codes"]) == (400, [700016])
    elsewhere = graph.session.post(url.replace(graph.running.tenant, "nowhere"), data=asked, timeout=20)
    assert elsewhere.json()["error_codes"] == [90002]


def test_every_answer_says_which_request_it_answers(graph: GraphServer) -> None:
    told = graph.get(EVENTS, client_request_id="mine")
    assert told.headers["client-request-id"] == "mine"
    assert told.headers["request-id"]
    assert told.headers["Date"] == "Mon, 02 Mar 2026 08:00:00 GMT"
    refused = graph.get(path_of("nonsense"), client_request_id="mine")
    assert refused.said["error"]["innerError"]["client-request-id"] == "mine"


def test_unknown_paths_and_methods_are_refused_in_odatas_form(graph: GraphServer) -> None:
    assert graph.get(f"/users/{ANNA}/appointments").status == 400
    put = graph.ask("PUT", EVENTS, {})
    assert (put.status, set(put.said)) == (405, {"error"})
    assert put.headers["Allow"] == "GET, POST"


def test_an_event_is_created_read_changed_and_deleted(graph: GraphServer) -> None:
    made = graph.post(EVENTS, event(showAs="oof", body={"contentType": "text", "content": "a < b"}))
    assert made.status == 201
    key = made.said["id"]
    assert made.said["start"] == {"dateTime": "2026-03-03T09:00:00.0000000", "timeZone": "UTC"}
    assert made.said["body"]["contentType"] == "html"
    assert "a &lt; b" in made.said["body"]["content"]
    assert made.said["organizer"]["emailAddress"]["address"] == ANNA
    assert made.said["isOrganizer"] is True
    assert made.said["responseStatus"]["response"] == "organizer"
    assert made.said["iCalUId"]
    assert made.said["webLink"]

    changed = graph.patch(
        path_of(key), {"subject": "Moved", "start": time(4, 9), "end": time(4, 10), "showAs": "tentative"}
    )
    assert changed.status == 200
    assert (changed.said["subject"], changed.said["showAs"]) == ("Moved", "tentative")
    assert changed.said["changeKey"] != made.said["changeKey"]
    assert graph.get(path_of(key)).said["start"]["dateTime"].startswith("2026-03-04T09")

    assert graph.delete(path_of(key)).status == 204
    assert graph.get(path_of(key)).code == "ErrorItemNotFound"
    assert graph.delete(path_of(key)).status == 404


def test_events_are_addressed_at_the_mailbox_its_calendar_and_by_calendar(graph: GraphServer) -> None:
    other = graph.fake.add_calendar(ANNA, "Work")
    here = graph.post(f"/users/{ANNA}/calendar/events", event()).said["id"]
    there = graph.post(f"/users/{ANNA}/calendars/{other}/events", event()).said["id"]
    assert [one["id"] for one in graph.get(f"/users/{ANNA}/calendar/events").said["value"]] == [here]
    assert [one["id"] for one in graph.get(f"/users/{ANNA}/calendars/{other}/events").said["value"]] == [
        there
    ]
    assert graph.get(f"/users/{ANNA}/calendars/{other}/events/{here}").status == 404
    assert graph.get(f"/users/{ANNA}/events/{there}").status == 200
    assert graph.get(f"/users('{ANNA}')/events('{there}')").status == 200


def test_ids_come_in_two_forms_and_the_normal_one_changes_on_a_move(graph: GraphServer) -> None:
    lasting = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    plain = graph.get(path_of(lasting), prefer="idless").said["id"]
    assert plain != lasting
    assert plain.startswith("AAMkA")
    assert lasting.startswith("AAkA")
    assert graph.get(path_of(plain), prefer=IMMUTABLE).said["id"] == lasting
    graph.fake.move_to_calendar(ANNA, lasting, graph.fake.add_calendar(ANNA, "Work"))
    assert graph.get(path_of(plain)).code == "ErrorItemNotFound"
    assert graph.get(path_of(lasting)).status == 200
    assert graph.get(path_of(lasting.swapcase())).code == "ErrorInvalidIdMalformed"


def test_ids_are_translated(graph: GraphServer) -> None:
    lasting = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    asked = {
        "inputIds": [lasting, "nonsense"],
        "sourceIdType": "restImmutableEntryId",
        "targetIdType": "restId",
    }
    found = graph.post(f"/users/{ANNA}/translateExchangeIds", asked).said["value"]
    assert graph.get(path_of(found[0]["targetId"])).said["id"] == lasting
    assert found[1]["errorDetails"]["code"] == "ErrorInvalidIdMalformed"


def test_a_repeated_post_makes_no_second_event(graph: GraphServer) -> None:
    first = graph.post(EVENTS, event(transactionId="t-1"))
    again = graph.post(EVENTS, event(transactionId="t-1"))
    assert (first.status, again.status, again.said["id"]) == (201, 201, first.said["id"])
    graph.fake.knobs.repeat_status = 200
    assert graph.post(EVENTS, event(transactionId="t-1")).status == 200
    assert len(graph.fake.events(ANNA)) == 1


def test_another_event_under_a_used_transaction_id_is_refused(graph: GraphServer) -> None:
    first = graph.post(EVENTS, event(transactionId="t-1"))
    other = graph.post(EVENTS, event(4, transactionId="t-1"))
    assert (other.status, other.code) == (400, "ErrorDuplicateTransactionId")
    assert other.said["error"]["@event.existingEventId"] == first.said["id"]
    graph.fake.knobs.duplicate_status = 409
    graph.fake.knobs.duplicate_names_event = False
    other = graph.post(EVENTS, event(4, transactionId="t-1"))
    assert other.status == 409
    assert "@event.existingEventId" not in other.said["error"]
    assert graph.patch(path_of(first.said["id"]), {"transactionId": "t-2"}).status == 400


def test_a_transaction_id_outlives_its_event_or_does_not(graph: GraphServer) -> None:
    key = graph.post(EVENTS, event(transactionId="t-1")).said["id"]
    graph.delete(path_of(key))
    assert graph.post(EVENTS, event(transactionId="t-1")).code == "ErrorDuplicateTransactionId"
    graph.fake.knobs.transaction_outlives_event = False
    again = graph.post(EVENTS, event(transactionId="t-1"))
    assert (again.status, again.said["id"] != key) == (201, True)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"end": time(3, 8)}, "ErrorPropertyValidationFailure"),
        ({"start": None}, "ErrorPropertyValidationFailure"),
        ({"start": {"dateTime": "yesterday", "timeZone": "UTC"}}, "ErrorPropertyValidationFailure"),
        ({"start": time(3, 9, "Tokyo")}, "TimeZoneNotSupportedException"),
        ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
        ({"showAs": "occupied"}, "RequestBodyRead"),
        ({"isCanceled": True}, "RequestBodyRead"),
        ({"subject": 7}, "RequestBodyRead"),
        ({"recurrence": {"pattern": {"type": "weekly", "interval": 1}, "range": {"type": "noEnd"}}}, "ErrorPropertyValidationFailure"),
        ({"singleValueExtendedProperties": [{"id": "marker", "value": "1"}]}, "ErrorInvalidProperty"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(graph: GraphServer, more: dict[str, object], code: str) -> None:
    refused = graph.post(EVENTS, event(**more))
    assert (refused.status, refused.code) == (400, code)
    assert graph.fake.events(ANNA) == []


def test_read_only_properties_are_ignored_or_refused(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert graph.patch(path_of(key), {"isCancelled": True}).said["isCancelled"] is False
    graph.fake.knobs.read_only = "refused"
    assert graph.patch(path_of(key), {"isCancelled": True}).status == 400


def test_patch_replaces_collections_and_keeps_the_rest(graph: GraphServer) -> None:
    key = graph.post(EVENTS, event(categories=["a", "b"], location={"displayName": "Room"})).said["id"]
    changed = graph.patch(path_of(key), {"categories": ["c"]}).said
    assert (changed["categories"], changed["location"]["displayName"]) == (["c"], "Room")
    assert graph.patch(path_of(key), {"location": None}).said["location"]["displayName"] == ""
    assert graph.patch(path_of(key), {"subject": None}).said["subject"] is None
    assert graph.patch(path_of(key), {"showAs": None}).status == 400
    graph.fake.knobs.null_enum = "default"
    assert graph.patch(path_of(key), {"showAs": None}).said["showAs"] == "busy"


def test_if_match_counts_or_is_not_looked_at(graph: GraphServer) -> None:
    made = graph.post(EVENTS, event()).said
    fresh = graph.patch(path_of(made["id"]), {"subject": "b"}, If_Match=made["@odata.etag"])
    assert fresh.status == 200
    stale = graph.patch(path_of(made["id"]), {"subject": "c"}, If_Match=made["@odata.etag"])
    assert (stale.status, stale.code) == (412, "ErrorIrresolvableConflict")
    assert graph.delete(path_of(made["id"]), If_Match=made["@odata.etag"]).status == 412
    graph.fake.knobs.conflict_status = 409
    assert graph.delete(path_of(made["id"]), If_Match=made["@odata.etag"]).status == 409
    graph.fake.knobs.if_match_counts = False
    assert graph.delete(path_of(made["id"]), If_Match=made["@odata.etag"]).status == 204


def test_a_conflict_out_of_nowhere_passes(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.knobs.conflicts = 1
    assert graph.patch(path_of(key), {"subject": "b"}).status == 412
    assert graph.patch(path_of(key), {"subject": "b"}).status == 200


def test_times_come_in_the_zone_asked_for(graph: GraphServer) -> None:
    made = graph.post(EVENTS, event(start=time(3, 9, AMSTERDAM), end=time(3, 10, AMSTERDAM)))
    assert made.said["start"] == {"dateTime": "2026-03-03T08:00:00.0000000", "timeZone": "UTC"}
    assert made.said["originalStartTimeZone"] == AMSTERDAM
    tokyo = graph.get(path_of(made.said["id"]), prefer='outlook.timezone="Tokyo Standard Time"')
    assert tokyo.said["start"] == {
        "dateTime": "2026-03-03T17:00:00.0000000",
        "timeZone": "Tokyo Standard Time",
    }
    assert tokyo.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'
    assert graph.get(EVENTS, prefer='outlook.timezone="Tokyo"').code == "TimeZoneNotSupportedException"


def test_few_iana_names_are_known_or_all(graph: GraphServer) -> None:
    assert graph.get(EVENTS, prefer='outlook.timezone="Europe/Berlin"').status == 200
    assert graph.get(EVENTS, prefer='outlook.timezone="Europe/Amsterdam"').status == 400
    graph.fake.knobs.every_iana_zone = True
    assert graph.get(EVENTS, prefer='outlook.timezone="Europe/Amsterdam"').status == 200


def test_all_day_events_are_at_midnight_of_their_days(graph: GraphServer) -> None:
    days = {
        "start": time(3, 0, "Tokyo Standard Time"),
        "end": time(4, 0, "Tokyo Standard Time"),
        "isAllDay": True,
    }
    made = graph.post(EVENTS, event(**days)).said
    assert made["start"] == {"dateTime": "2026-03-03T00:00:00.0000000", "timeZone": "UTC"}
    tokyo = 'outlook.timezone="Tokyo Standard Time"'
    assert (
        graph.get(path_of(made["id"]), prefer=tokyo).said["start"]["dateTime"]
        == "2026-03-03T00:00:00.0000000"
    )
    graph.fake.knobs.all_day_floats = False
    assert (
        graph.get(path_of(made["id"]), prefer=tokyo).said["start"]["dateTime"]
        == "2026-03-03T09:00:00.0000000"
    )


def test_a_body_comes_as_text_if_that_is_preferred(graph: GraphServer) -> None:
    key = graph.post(EVENTS, event(body={"contentType": "text", "content": "a < b\nc"})).said["id"]
    said = graph.get(path_of(key), prefer='outlook.body-content-type="text"').said
    assert said["body"] == {"contentType": "text", "content": "a < b\nc"}


def test_extended_properties_are_kept_found_and_told_only_when_asked_for(graph: GraphServer) -> None:
    held = [{"id": MARKER, "value": "Secret-1"}]
    made = graph.post(EVENTS, event(singleValueExtendedProperties=held))
    graph.post(EVENTS, event(4))
    assert "singleValueExtendedProperties" not in made.said
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{MARKER}')"
    assert graph.get(f"{path_of(made.said['id'])}?{expand}").said["singleValueExtendedProperties"] == held
    found = graph.get(
        f"{EVENTS}?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{MARKER}' and ep/value eq 'secret-1')"
    )
    assert [one["id"] for one in found.said["value"]] == [made.said["id"]]
    begins = f"singleValueExtendedProperties/any(p:p/id eq '{MARKER}' and startswith(p/value,'sec'))"
    assert len(graph.get(f"{EVENTS}?$filter={begins}").said["value"]) == 1
    other = MARKER.replace("Marker", "marker")
    none = graph.get(
        f"{EVENTS}?$filter=singleValueExtendedProperties/Any(ep: ep/id eq '{other}' and ep/value eq 'secret-1')"
    )
    assert none.said["value"] == []


def test_lists_are_cut_selected_ordered_and_counted(graph: GraphServer) -> None:
    for day in (5, 3, 4):
        graph.fake.add_event(ANNA, at(day, 9), at(day, 10), subject=f"Day {day}")
    page = graph.get(f"{EVENTS}?$select=subject&$orderby=start/dateTime desc&$top=2&$count=true").said
    assert [one["subject"] for one in page["value"]] == ["Day 5", "Day 4"]
    assert page["@odata.count"] == 3
    assert set(page["value"][0]) == {"@odata.etag", "id", "subject"}
    rest = graph.get(page["@odata.nextLink"]).said
    assert [one["subject"] for one in rest["value"]] == ["Day 3"]
    assert "@odata.nextLink" not in rest
    late = graph.get(f"{EVENTS}?$filter=start/dateTime ge '2026-03-04T00:00:00' and subject ne 'Day 5'").said[
        "value"
    ]
    assert [one["subject"] for one in late] == ["Day 4"]
    assert graph.get(f"{EVENTS}?$filter=subject has 'x'").status == 400
