"""The fake Graph's series: their days, their exceptions, and the plain list of a window (points 15 to 17)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from graphs import ANNA, BRAM, MONTH, GraphServer, at, event, path_of, time, weekly

from syncd.demo.graph import Refused

AMSTERDAM = "W. Europe Standard Time"
YEARS = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2029-01-01T00:00:00Z&$top=999"
ENDLESS = {"type": "noEnd", "startDate": "2026-03-02"}


def days(graph: GraphServer, window: str = YEARS) -> list[str]:
    told = graph.get(f"/users/{ANNA}/calendarView?{window}").said["value"]
    return [one["start"]["dateTime"][:10] for one in told]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 3}, ["2026-03-02", "2026-03-05", "2026-03-08", "2026-03-11"]),
        ({"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "Sunday"]}, ["2026-03-02", "2026-03-15", "2026-03-16", "2026-03-29"]),
        ({"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "sunday"], "firstDayOfWeek": "monday"}, ["2026-03-02", "2026-03-08", "2026-03-16", "2026-03-22"]),
        ({"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}, ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]),
        ({"type": "relativeMonthly", "interval": 1, "daysOfWeek": ["tuesday"], "index": "second"}, ["2026-03-10", "2026-04-14", "2026-05-12", "2026-06-09"]),
        ({"type": "relativeMonthly", "interval": 2, "daysOfWeek": ["friday"], "index": "last"}, ["2026-03-27", "2026-05-29", "2026-07-31", "2026-09-25"]),
        ({"type": "absoluteYearly", "interval": 1, "dayOfMonth": 4, "month": 7}, ["2026-07-04", "2027-07-04", "2028-07-04"]),
        ({"type": "relativeYearly", "interval": 1, "daysOfWeek": ["monday"], "index": "first", "month": 9}, ["2026-09-07", "2027-09-06", "2028-09-04"]),
    ],
)  # fmt: skip
def test_the_days_of_a_pattern(graph: GraphServer, pattern: dict[str, Any], expected: list[str]) -> None:
    graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence={"pattern": pattern, "range": ENDLESS})
    assert days(graph)[:4] == expected


def test_short_months_are_skipped_if_the_knob_says_so(graph: GraphServer) -> None:
    graph.fake.knobs.short_months = "skip"
    pattern = {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31}
    graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence={"pattern": pattern, "range": ENDLESS})
    assert days(graph)[:3] == ["2026-03-31", "2026-05-31", "2026-07-31"]


@pytest.mark.parametrize(
    ("limits", "last"),
    [({"type": "endDate", "endDate": "2026-03-16"}, "2026-03-16"), ({"type": "numbered", "numberOfOccurrences": 2}, "2026-03-09")],
)  # fmt: skip
def test_the_end_of_a_range(graph: GraphServer, limits: dict[str, Any], last: str) -> None:
    graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday", **limits))
    assert days(graph)[-1] == last


def test_a_series_keeps_its_hour_over_clock_changes(graph: GraphServer) -> None:
    body = event(23, 9, recurrence=weekly("monday", start="2026-03-23"))
    body |= {"start": time(23, 9, AMSTERDAM), "end": time(23, 10, AMSTERDAM)}
    key = graph.post(f"/users/{ANNA}/events", body).said["id"]
    window = "startDateTime=2026-03-20T00:00:00Z&endDateTime=2026-04-04T00:00:00Z"
    told = graph.get(f"/users/{ANNA}/calendarView?{window}").said["value"]
    assert [one["start"]["dateTime"][:16] for one in told] == ["2026-03-23T08:00", "2026-03-30T07:00"]
    master = graph.get(path_of(key)).said
    assert master["recurrence"]["range"]["recurrenceTimeZone"] == AMSTERDAM


def test_dateutil_and_the_wall_agree_with_a_second_count(graph: GraphServer) -> None:
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, 3, 2, 23, 30, tzinfo=zone)
    rule = {"pattern": {"type": "daily", "interval": 1}, "range": ENDLESS}
    graph.fake.add_event(
        ANNA, begin, begin + timedelta(hours=1), zone="Eastern Standard Time", recurrence=rule
    )
    told = graph.fake.busy(ANNA, at(1, 0), at(31, 0))
    by_hand = [datetime(2026, 3, day, 23, 30, tzinfo=zone) for day in range(2, 30)]
    assert [one.start for one in told] == [one.astimezone(at(1, 0).tzinfo) for one in by_hand]


def test_occurrences_of_a_window_come_in_full_without_their_master(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"), show_as="oof")
    told = graph.get(f"/users/{ANNA}/calendarView?{MONTH}").said["value"]
    assert {one["type"] for one in told} == {"occurrence"}
    assert {(one["showAs"], one["seriesMasterId"], one["recurrence"]) for one in told} == {("oof", key, None)}
    assert len({one["id"] for one in told}) == 5
    assert [one["id"] for one in graph.get(f"/users/{ANNA}/events").said["value"]] == [key]
    instances = graph.get(f"{path_of(key)}/instances?{MONTH}").said["value"]
    assert [one["id"] for one in instances] == [one["id"] for one in told]
    assert graph.get(path_of(told[1]["id"])).said["start"] == told[1]["start"]
    single = graph.fake.add_event(ANNA, at(3, 9), at(3, 10))
    assert graph.get(f"{path_of(single)}/instances?{MONTH}").status == 400


def test_a_window_comes_ten_at_a_time_unless_more_is_asked_for(graph: GraphServer) -> None:
    rule = {"pattern": {"type": "daily", "interval": 1}, "range": ENDLESS}
    graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=rule)
    path = f"/users/{ANNA}/calendarView?{MONTH}"
    sizes, link = [], path
    while link:
        page = graph.get(link).said
        sizes.append(len(page["value"]))
        link = page.get("@odata.nextLink", "")
    assert sizes == [10, 10, 10]
    assert len(graph.get(f"{path}&$top=999").said["value"]) == 30
    assert graph.get(f"{path}&$top=1001").status == 400
    assert graph.get(f"/users/{ANNA}/calendarView").status == 400


def test_a_changed_occurrence_keeps_its_id_and_says_when_it_was(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"))
    part = graph.fake.occurrence(ANNA, key, date(2026, 3, 9))
    changed = graph.patch(path_of(part), {"start": time(10, 15), "end": time(10, 16)})
    assert (changed.status, changed.said["id"], changed.said["type"]) == (200, part, "exception")
    assert changed.said["originalStart"] == "2026-03-09T09:00:00.0000000Z"
    assert days(graph, MONTH) == ["2026-03-02", "2026-03-10", "2026-03-16", "2026-03-23", "2026-03-30"]
    again = graph.patch(path_of(part), {"subject": "Twice"}).said
    assert (again["subject"], again["start"]["dateTime"][:13]) == ("Twice", "2026-03-10T15")
    assert graph.get(path_of(key)).said["subject"] == "Busy"


def test_an_occurrence_does_not_cross_its_neighbours(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"))
    part = graph.fake.occurrence(ANNA, key, date(2026, 3, 9))
    crossing = graph.patch(path_of(part), {"start": time(17, 9), "end": time(17, 10)})
    assert (crossing.status, crossing.code) == (400, "ErrorOccurrenceCrossingBoundary")
    with pytest.raises(Refused):
        graph.fake.move(ANNA, part, at(2, 9), at(2, 11))
    assert graph.patch(path_of(part), {"recurrence": weekly("friday")}).status == 400


def test_a_deleted_occurrence_is_gone_and_listed_as_cancelled(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"))
    part = graph.fake.occurrence(ANNA, key, date(2026, 3, 9))
    assert graph.delete(path_of(part)).status == 204
    assert graph.get(path_of(part)).status == 404
    assert "2026-03-09" not in days(graph, MONTH)
    assert "cancelledOccurrences" not in graph.get(path_of(key)).said
    assert graph.get(f"{path_of(key)}?$select=cancelledOccurrences").said["cancelledOccurrences"] == [part]
    graph.fake.knobs.cancelled_occurrences_always = True
    assert graph.get(path_of(key)).said["cancelledOccurrences"] == [part]
    with pytest.raises(KeyError):
        graph.fake.occurrence(ANNA, key, date(2026, 3, 9))


def test_a_rescheduled_series_forgets_its_exceptions_or_keeps_them(graph: GraphServer) -> None:
    for forgets in (True, False):
        graph.fake.knobs.reschedule_drops_exceptions = forgets
        key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"))
        old = graph.fake.occurrence(ANNA, key, date(2026, 3, 16))
        graph.fake.delete_occurrence(ANNA, key, date(2026, 3, 9))
        graph.fake.move(ANNA, key, at(2, 14), at(2, 15))
        assert ("2026-03-09" in days(graph, MONTH)) == forgets
        assert graph.get(path_of(old)).status == 404
        graph.fake.delete(ANNA, key)


def test_a_series_becomes_a_single_event(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"))
    assert graph.patch(path_of(key), {"recurrence": None}).said["type"] == "singleInstance"
    assert days(graph) == ["2026-03-02"]


def test_a_series_begins_where_its_rule_does(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("thursday"))
    assert graph.get(path_of(key)).said["start"]["dateTime"][:10] == "2026-03-05"


def test_all_day_series(graph: GraphServer) -> None:
    graph.fake.add_event(
        ANNA, date(2026, 3, 2), date(2026, 3, 3), zone="Tokyo Standard Time", recurrence=weekly("monday")
    )
    told = graph.fake.busy(ANNA, at(1, 0), at(15, 0))
    assert [(one.start, one.end) for one in told] == [(at(2, 0), at(3, 0)), (at(9, 0), at(10, 0))]


def test_one_day_of_a_meeting_is_moved_called_off_and_declined(graph: GraphServer) -> None:
    key = graph.fake.add_event(ANNA, at(2, 9), at(2, 10), recurrence=weekly("monday"), attendees=[BRAM])
    copy = graph.fake.events(BRAM)[0]["id"]
    graph.fake.move(ANNA, graph.fake.occurrence(ANNA, key, date(2026, 3, 9)), at(10, 9), at(10, 10))
    graph.fake.delete_occurrence(ANNA, key, date(2026, 3, 16))
    graph.fake.decline(BRAM, graph.fake.occurrence(BRAM, copy, date(2026, 3, 23)))
    theirs = graph.fake.busy(BRAM, at(1, 0), at(31, 23))
    assert [(one.start, one.cancelled, one.show_as) for one in theirs] == [
        (at(2, 9), False, "tentative"), (at(10, 9), False, "tentative"), (at(16, 9), True, "free"), (at(30, 9), False, "tentative"),
    ]  # fmt: skip
    assert len(graph.fake.busy(ANNA, at(1, 0), at(31, 23))) == 4
