"""The fake Graph's people: users, settings, free/busy, and mailboxes that are not to be had (points 5, 28, 29 and 38)."""

from datetime import timedelta
from typing import Any

import pytest
from graphs import ANNA, BRAM, GraphServer, at, time, weekly

SCHEDULE = f"/users/{ANNA}/calendar/getSchedule"


def schedule(*people: str, **more: Any) -> dict[str, Any]:
    return {
        "schedules": list(people),
        "startTime": time(3, 9),
        "endTime": time(3, 13),
        "availabilityViewInterval": 60,
        **more,
    }


def test_a_user_is_found_by_id_and_by_address_in_any_case(graph: GraphServer) -> None:
    guid = graph.fake.add_mailbox("cees@example.com", "Cees Smit")
    for who in (guid, guid.upper(), "cees@example.com", "CEES@Example.com"):
        told = graph.get(f"/users/{who}").said
        assert (told["id"], told["userPrincipalName"], told["surname"]) == (guid, "cees@example.com", "Smit")
    assert graph.get("/users/nobody@example.com").code == "Request_ResourceNotFound"
    assert len(graph.get("/users").said["value"]) == 3


def test_a_mailbox_nobody_has(graph: GraphServer) -> None:
    unknown = graph.get("/users/nobody@example.com/calendars")
    assert (unknown.status, unknown.code) == (404, "Request_ResourceNotFound")
    graph.fake.knobs.unknown_user_code = "ErrorInvalidUser"
    assert graph.get("/users/nobody@example.com/calendars").code == "ErrorInvalidUser"


def test_an_application_has_no_mailbox_of_its_own(graph: GraphServer) -> None:
    assert graph.get("/me/calendars").status == 400


@pytest.mark.parametrize(
    ("access", "status", "code"),
    [("no-access", 403, "ErrorAccessDenied"), ("not-enabled", 404, "MailboxNotEnabledForRESTAPI"), ("unlicensed", 404, "ErrorNonExistentMailbox")],
)  # fmt: skip
def test_a_mailbox_that_is_shut(graph: GraphServer, access: Any, status: int, code: str) -> None:
    graph.fake.set_access(ANNA, access)
    shut = graph.get(f"/users/{ANNA}/calendars")
    assert (shut.status, shut.code) == (status, code)
    assert graph.get(f"/users/{BRAM}/calendars").status == 200
    graph.fake.set_access(ANNA, "open")
    assert graph.get(f"/users/{ANNA}/calendars").status == 200


def test_a_licence_takes_a_while(graph: GraphServer) -> None:
    graph.fake.set_access(ANNA, "unlicensed", opens_in=timedelta(minutes=15))
    assert graph.get(f"/users/{ANNA}/calendars").status == 404
    graph.fake.advance(minutes=15)
    assert graph.get(f"/users/{ANNA}/calendars").status == 200


def test_a_migrated_mailbox_has_other_normal_ids(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    plain = graph.get(f"/users/{ANNA}/events/{key}", prefer="idless").said["id"]
    graph.fake.migrate(ANNA)
    assert graph.get(f"/users/{ANNA}/events/{plain}").status == 404
    assert graph.get(f"/users/{ANNA}/events/{key}").status == 200


def test_free_and_busy_by_the_digit(graph: GraphServer) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10), subject="Talk")
    graph.fake.add_event(ANNA, at(3, 10), at(3, 11), show_as="tentative", sensitivity="private")
    graph.fake.add_event(ANNA, at(3, 10, 30), at(3, 11), show_as="oof")
    graph.fake.add_event(ANNA, at(3, 11, 30), at(3, 12), show_as="free")
    graph.fake.add_event(BRAM, at(3, 12), at(3, 13), show_as="workingElsewhere")
    graph.fake.add_event(BRAM, at(3, 9), at(3, 10), recurrence=weekly("tuesday", start="2026-03-03"))
    anna, bram = graph.post(SCHEDULE, schedule(ANNA, BRAM)).said["value"]
    assert (anna["availabilityView"], bram["availabilityView"]) == ("2300", "2004")
    assert [(one["status"], one.get("subject")) for one in anna["scheduleItems"][:2]] == [
        ("busy", "Talk"),
        ("tentative", None),
    ]
    finer = graph.post(SCHEDULE, schedule(ANNA, availabilityViewInterval=30)).said["value"][0]
    assert finer["availabilityView"] == "22130000"


def test_somebody_nobody_knows_is_an_error_of_its_own(graph: GraphServer) -> None:
    told = graph.post(SCHEDULE, schedule(ANNA, "nobody@example.com"))
    assert told.status == 200
    assert told.said["value"][1]["error"]["responseCode"] == "ErrorMailRecipientNotFound"


def test_too_much_in_a_slot_is_an_error_of_its_own(graph: GraphServer) -> None:
    graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    graph.fake.add_event(ANNA, at(3, 9, 30), at(3, 10))
    graph.fake.knobs.most_in_a_slot = 1
    anna, bram = graph.post(SCHEDULE, schedule(ANNA, BRAM)).said["value"]
    assert (anna["error"]["responseCode"], bram["availabilityView"]) == ("5006", "0000")
    graph.fake.knobs.most_in_a_slot = 2
    assert graph.post(SCHEDULE, schedule(ANNA)).said["value"][0]["availabilityView"] == "2000"


@pytest.mark.parametrize(
    "more",
    [{"schedules": []}, {"schedules": [ANNA] * 21}, {"endTime": time(3, 9)}, {"endTime": {"dateTime": "2026-04-14T09:00:00", "timeZone": "UTC"}},
     {"availabilityViewInterval": 4}, {"availabilityViewInterval": 1441}],
)  # fmt: skip
def test_limits_of_get_schedule(graph: GraphServer, more: dict[str, Any]) -> None:
    assert graph.post(SCHEDULE, schedule(ANNA, **more)).status == 400


def test_a_null_interval_fails_or_is_half_an_hour(graph: GraphServer) -> None:
    assert graph.post(SCHEDULE, schedule(ANNA, availabilityViewInterval=None)).status == 500
    graph.fake.knobs.null_interval_fails = False
    assert (
        graph.post(SCHEDULE, schedule(ANNA, availabilityViewInterval=None)).said["value"][0][
            "availabilityView"
        ]
        == "0" * 8
    )


def test_settings_of_a_mailbox(graph: GraphServer) -> None:
    path = f"/users/{BRAM}/mailboxSettings"
    told = graph.get(path).said
    assert told["timeZone"] == "Pacific Standard Time"
    assert told["workingHours"]["timeZone"] == {"name": "Pacific Standard Time"}
    assert graph.patch(path, {"timeZone": "Tokyo Standard Time"}).said["timeZone"] == "Tokyo Standard Time"
    assert graph.patch(path, {"timeZone": "Tokyo"}).code == "TimeZoneNotSupportedException"
    assert graph.patch(path, {"colour": "red"}).status == 400
    assert graph.get(f"{path}/timeZone").said["value"] == "Tokyo Standard Time"
    hours = {"startTime": "09:00:00.0000000", "endTime": "12:00:00.0000000"}
    assert graph.patch(path, {"workingHours": hours}).said["workingHours"]["endTime"] == "12:00:00.0000000"
    assert graph.get(f"{path}/workingHours").said["startTime"] == "09:00:00.0000000"


def test_a_zone_without_a_name(graph: GraphServer) -> None:
    graph.fake.set_custom_zone(ANNA)
    told = graph.get(f"/users/{ANNA}/mailboxSettings").said
    assert told["timeZone"] == "Customized Time Zone"
    assert told["workingHours"]["timeZone"]["@odata.type"] == "#microsoft.graph.customTimeZone"


def test_zones_a_mailbox_can_have(graph: GraphServer) -> None:
    names = {one["alias"] for one in graph.get(f"/users/{ANNA}/outlook/supportedTimeZones").said["value"]}
    assert {"UTC", "W. Europe Standard Time", "Tokyo Standard Time"} <= names
