"""What Graph's JSON means, and our own appointments there and back. Microsoft's own examples through SYNCD_CONFORMANCE."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import Event, Status
from connectors.outlook.events import (
    MARKER_ID,
    digest,
    event_from,
    event_json,
    filled,
    has_organizer,
    interval_of,
    may_be_ours,
    uid_of,
)

ZONE = "Europe/Amsterdam"
UID = "5a0c2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90"
EXAMPLES = Path(os.environ.get("SYNCD_CONFORMANCE", "/nowhere")) / "graph" / "examples"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def time(text: str, zone: object = "UTC") -> dict[str, object]:
    return {"dateTime": text, "timeZone": zone}


def item(**said: Any) -> dict[str, Any]:
    """A busy appointment on 3 March 2026, 9 to 10 UTC."""
    plain = {
        "id": "AAMk1", "iCalUId": "040000008200E", "type": "singleInstance", "showAs": "busy", "isAllDay": False,
        "isCancelled": False, "isOrganizer": True, "attendees": [], "responseStatus": {"response": "organizer"},
        "start": time("2026-03-03T09:00:00.0000000"), "end": time("2026-03-03T10:00:00.0000000"),
    }  # fmt: skip
    return {**plain, **said}


def ours(**said: Any) -> Event:
    plain = {
        "uid": UID, "marker": "0123456789abcdef", "start": at(3, 9), "end": at(3, 10), "zone": "Europe/Berlin",
        "title": "Conversation", "text": "Guest: Bo\nLink", "link": "https://meet.example.com/x",
        "reminder": timedelta(minutes=10),
    }  # fmt: skip
    return Event(**{**plain, **said})


def as_stored(event: Event) -> dict[str, Any]:
    """What Graph makes of it: times in UTC, the zone kept aside."""
    said = event_json(event)
    return {**said, "id": "AAMk2", "originalStartTimeZone": said["start"]["timeZone"]}


class TestTimes:
    def test_a_plain_event(self) -> None:
        reading = interval_of(item(), ZONE)
        (found,) = reading.intervals
        assert (found.start, found.end, found.status, found.all_day) == (
            at(3, 9),
            at(3, 10),
            Status.BUSY,
            False,
        )
        assert found.uid == "040000008200E"
        assert not reading.problems

    @pytest.mark.parametrize(
        ("zone", "start", "end"),
        [
            ("Europe/Amsterdam", at(2, 23), at(3, 23)),
            ("America/New_York", at(3, 5), at(4, 5)),
            ("Asia/Tokyo", at(2, 15), at(3, 15)),
        ],
    )
    def test_whole_days_are_dates_in_the_owners_zone(self, zone: str, start: datetime, end: datetime) -> None:
        day = item(
            isAllDay=True, start=time("2026-03-03T00:00:00.0000000"), end=time("2026-03-04T00:00:00.0")
        )
        (found,) = interval_of(day, zone).intervals
        assert (found.start, found.end, found.all_day) == (start, end, True)

    def test_a_whole_day_has_the_length_of_that_day(self) -> None:
        day = item(isAllDay=True, start=time("2026-03-29T00:00:00"), end=time("2026-03-30T00:00:00"))
        (found,) = interval_of(day, ZONE).intervals
        assert found.end - found.start == timedelta(hours=23)

    @pytest.mark.parametrize("end", ["2026-03-03T00:00:00", "2026-03-03T23:59:59"])
    def test_a_day_that_was_begun_is_meant_whole(self, end: str) -> None:
        day = item(isAllDay=True, start=time("2026-03-03T00:00:00"), end=time(end))
        (found,) = interval_of(day, ZONE).intervals
        assert (found.start, found.end) == (at(2, 23), at(3, 23))

    def test_a_whole_day_needs_no_zone(self) -> None:
        start, end = time("2026-03-03T00:00:00", ""), time("2026-03-04T00:00:00", [])
        reading = interval_of(item(isAllDay=True, start=start, end=end), ZONE)
        assert reading.intervals[0].start == at(2, 23)
        assert not reading.problems

    def test_an_odd_zone_is_read_in_the_owners_with_a_warning(self) -> None:
        start = time("2026-03-03T09:00:00", "tzone://Microsoft/Custom")
        reading = interval_of(item(start=start), ZONE)
        assert reading.intervals[0].start == at(3, 8)
        assert [problem.level for problem in reading.problems] == ["warning"]

    def test_the_year_9999_blocks_for_ever(self) -> None:
        (found,) = interval_of(item(end=time("9999-12-31T23:59:59.9999999")), ZONE).intervals
        assert found.end.year == 9999
        whole = item(isAllDay=True, end=time("9999-12-31T00:00:00"))
        assert interval_of(whole, "Pacific/Honolulu").intervals[0].end.year == 9999
        begun = item(isAllDay=True, end=time("9999-12-31T23:59:59.9999999"))
        assert interval_of(begun, ZONE).intervals[0].end.year == 9999

    @pytest.mark.parametrize(
        "broken", [{"start": None}, {"end": None}, {"start": {}}, {"end": time("later")}]
    )
    def test_without_times_there_is_an_error_and_no_interval(self, broken: dict[str, Any]) -> None:
        reading = interval_of(item(**broken), ZONE)
        assert not reading.intervals
        assert [problem.level for problem in reading.problems] == ["error"]

    def test_an_event_that_ends_before_it_starts_is_an_error(self) -> None:
        reading = interval_of(item(end=time("2026-03-03T08:00:00")), ZONE)
        assert not reading.intervals
        assert "ends before" in reading.problems[0].message


class TestKinds:
    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ("free", Status.FREE),
            ("tentative", Status.TENTATIVE),
            ("busy", Status.BUSY),
            ("oof", Status.OUT_OF_OFFICE),
            ("workingElsewhere", Status.WORKING_ELSEWHERE),
            ("unknown", Status.UNKNOWN),
            (None, Status.UNKNOWN),
        ],
    )
    def test_show_as(self, said: str | None, kind: Status) -> None:
        reading = interval_of(item(showAs=said), ZONE)
        assert reading.intervals[0].status is kind
        assert not reading.problems

    @pytest.mark.parametrize("said", ["meditating", 7, ["busy"], {}])
    def test_a_kind_not_known_is_unknown_with_a_warning(self, said: object) -> None:
        reading = interval_of(item(showAs=said), ZONE)
        assert reading.intervals[0].status is Status.UNKNOWN
        assert [problem.level for problem in reading.problems] == ["warning"]

    @pytest.mark.parametrize(
        ("answer", "shown", "kind"),
        [
            ("declined", "busy", Status.DECLINED),
            ("notResponded", "busy", Status.TENTATIVE),
            ("notResponded", "oof", Status.TENTATIVE),
            ("notResponded", "free", Status.FREE),
            ("notResponded", "workingElsewhere", Status.WORKING_ELSEWHERE),
            ("notResponded", "unknown", Status.UNKNOWN),
            ("tentativelyAccepted", "busy", Status.TENTATIVE),
            ("accepted", "busy", Status.BUSY),
            ("none", "oof", Status.OUT_OF_OFFICE),
        ],
    )
    def test_the_owners_answer(self, answer: str, shown: str, kind: Status) -> None:
        said = item(showAs=shown, responseStatus={"response": answer}, isOrganizer=False)
        assert interval_of(said, ZONE).intervals[0].status is kind

    def test_cancelled_wins_over_everything(self) -> None:
        said = item(isCancelled=True, responseStatus={"response": "declined"})
        assert interval_of(said, ZONE).intervals[0].status is Status.CANCELLED

    @pytest.mark.parametrize(
        "nothing", [{"responseStatus": None}, {"isCancelled": None}, {"attendees": None}]
    )
    def test_null_means_nothing(self, nothing: dict[str, None]) -> None:
        assert interval_of(item(**nothing), ZONE).intervals[0].status is Status.BUSY


class TestOccurrences:
    def test_a_stub_has_its_masters_kind_and_its_own_times(self) -> None:
        master = item(id="M", type="seriesMaster", showAs="oof", start=time("2020-01-01T09:00:00"))
        stub = {"id": "O", "seriesMasterId": "M", "type": "occurrence"}
        stub |= {"start": time("2026-03-10T09:00:00"), "end": time("2026-03-10T10:00:00")}
        (found,) = interval_of(filled(stub, master), ZONE).intervals
        assert (found.start, found.end, found.status) == (at(10, 9), at(10, 10), Status.OUT_OF_OFFICE)
        assert found.uid == "040000008200E"

    def test_an_exception_speaks_for_itself(self) -> None:
        master = item(id="M", type="seriesMaster", showAs="busy")
        exception = item(id="E", type="exception", seriesMasterId="M", showAs="free", isCancelled=None)
        assert interval_of(filled(exception, master), ZONE).intervals[0].status is Status.FREE

    def test_a_cancelled_series_is_cancelled_in_every_stub(self) -> None:
        stub = {"id": "O", "start": item()["start"], "end": item()["end"]}
        said = filled(stub, item(isCancelled=True))
        assert interval_of(said, ZONE).intervals[0].status is Status.CANCELLED


class TestOurs:
    def test_an_appointment_without_attendees(self) -> None:
        said = event_json(ours())
        assert not {"attendees", "organizer", "isOnlineMeeting", "recurrence"} & set(said)
        assert said["transactionId"] == UID
        assert (said["sensitivity"], said["showAs"]) == ("private", "busy")
        assert said["singleValueExtendedProperties"] == [{"id": MARKER_ID, "value": "0123456789abcdef"}]
        assert said["body"] == {"contentType": "text", "content": "Guest: Bo\nLink"}
        assert said["location"] == {"displayName": "https://meet.example.com/x"}
        assert (said["isReminderOn"], said["reminderMinutesBeforeStart"]) == (True, 10)
        assert event_json(ours(private=False, reminder=timedelta(0)))["sensitivity"] == "normal"

    def test_there_and_back(self) -> None:
        for event in (ours(), ours(private=False, reminder=timedelta(0), text="", link="")):
            assert event_from(as_stored(event)) == event

    def test_without_the_marker_it_is_not_ours(self) -> None:
        stored = as_stored(ours())
        for marks in (
            None,
            [],
            [{"id": "String {x} Name other", "value": "v"}],
            ["odd"],
            [{"id": MARKER_ID}],
        ):
            assert event_from({**stored, "singleValueExtendedProperties": marks}) is None
        assert event_from({**stored, "start": None}) is None

    def test_the_guid_may_come_back_in_capitals(self) -> None:
        marks = [{"id": MARKER_ID.upper().replace("NAME SYNCDMARKER", "Name syncdMarker"), "value": "m"}]
        event = event_from({**as_stored(ours()), "singleValueExtendedProperties": marks})
        assert event is not None
        assert event.marker == "m"

    def test_line_ends_of_the_server_do_not_count(self) -> None:
        body = {"contentType": "text", "content": "Guest: Bo\r\nLink\r\n"}
        assert event_from({**as_stored(ours()), "body": body}) == ours()

    def test_a_dismissed_reminder_is_no_change(self) -> None:
        assert event_from({**as_stored(ours()), "isReminderOn": False}) == ours()

    def test_control_characters_are_left_out(self) -> None:
        said = event_json(ours(title="a\x00b\nc", text="x\x07\r\ny", link="https://x/\n\x1f"))
        assert said["subject"] == "ab c"
        assert said["body"]["content"] == "x\ny"
        assert said["location"]["displayName"] == "https://x/"

    def test_uids(self) -> None:
        assert uid_of(item(transactionId=UID)) == UID
        assert uid_of(item(transactionId="7E163156-7762-4BEB-A1C6-729EA81755A7")) == "040000008200E"
        assert uid_of(item(iCalUId=None)) == "AAMk1"
        assert may_be_ours(item(transactionId=UID))
        assert not may_be_ours(item(transactionId=None))
        assert not may_be_ours(item(transactionId=UID.upper()))

    @pytest.mark.parametrize("more", [{"attendees": [{}]}, {"isOrganizer": False}])
    def test_meetings_have_an_organizer(self, more: dict[str, Any]) -> None:
        assert has_organizer(item(**more))
        assert not has_organizer(item())
        assert not has_organizer(item(attendees=None, isOrganizer=None))


class TestDigest:
    def of(self, said: dict[str, Any]) -> str:
        return digest([said], interval_of(said, ZONE))

    @pytest.mark.parametrize(
        "moved", [{"@odata.etag": "W/2", "changeKey": "x", "lastModifiedDateTime": "2026-03-03T00:00:00Z"},
                  {"subject": "Secret", "body": {"content": "x"}, "categories": ["a"]}, {"isReminderOn": False}]
    )  # fmt: skip
    def test_what_is_not_used_does_not_count(self, moved: dict[str, Any]) -> None:
        assert self.of(item(**moved)) == self.of(item())

    @pytest.mark.parametrize(
        "changed", [{"showAs": "free"}, {"isCancelled": True}, {"isAllDay": True}, {"end": time("2026-03-03T11:00:00")},
                    {"responseStatus": {"response": "declined"}}, {"attendees": [{}]}]
    )  # fmt: skip
    def test_what_is_used_counts(self, changed: dict[str, Any]) -> None:
        assert self.of(item(**changed)) != self.of(item())

    @pytest.mark.parametrize(
        "edited", [{"subject": "Other"}, {"body": {"content": "other"}}, {"location": None}, {"sensitivity": "normal"},
                   {"reminderMinutesBeforeStart": 5}]
    )  # fmt: skip
    def test_of_ours_everything_counts(self, edited: dict[str, Any]) -> None:
        assert self.of({**as_stored(ours()), **edited}) != self.of(as_stored(ours()))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-03-03T09:00:00"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["dateTime", "timeZone", "response", "content", "id", "value"]), inner
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted({*item(), *as_stored(ours())})), JUNK))
def test_nothing_in_an_event_makes_reading_fail(said: dict[str, Any]) -> None:
    spoilt = {**item(), **said}
    reading = interval_of(spoilt, ZONE)
    assert reading.intervals or reading.problems
    assert all(one.start <= one.end for one in reading.intervals)
    assert len(digest([spoilt], reading)) == 64
    has_organizer(spoilt)
    event = event_from({**as_stored(ours()), **said})
    assert event is None or event.marker


def events_in(said: object) -> Iterator[dict[str, Any]]:
    """Every event in an example, wherever it stands; fields that only hold a placeholder are left out."""
    if isinstance(said, dict):
        start = said.get("start")
        if isinstance(start, dict) and "dateTime" in start and "end" in said:
            yield said
        for one in said.values():
            yield from events_in(one)
    elif isinstance(said, list):
        for one in said:
            yield from events_in(one)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="SYNCD_CONFORMANCE does not point to the examples")
class TestMicrosoftsExamples:
    def test_every_event_in_them_reads_without_a_problem(self) -> None:
        count = 0
        for path in sorted(EXAMPLES.glob("*.json")):
            for said in events_in(json.loads(path.read_text())):
                reading = interval_of(said, ZONE)
                assert len(reading.intervals) == 1, path.name
                assert not reading.problems, path.name
                count += 1
        assert count >= 60

    def test_a_stub_of_a_delta_round_carries_only_its_times(self) -> None:
        curated = json.loads((EXAMPLES / "curated-delta-series.json").read_text())
        for example in curated["examples"]:
            stub = example["json"]
            assert interval_of(stub, ZONE).intervals[0].status is Status.UNKNOWN
            said = filled(stub, item(showAs="oof"))
            assert interval_of(said, ZONE).intervals[0].status is Status.OUT_OF_OFFICE
