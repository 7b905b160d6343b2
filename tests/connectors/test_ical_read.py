"""When calendar objects take place: lengths, whole days, series with their exceptions and changed instances."""

import pytest
from test_ical_text import at, calendar, event, messages, reading, spans

ONE = ("DTSTART:20261201T090000Z", "DTEND:20261201T093000Z")
DAILY = (*ONE, "RRULE:FREQ=DAILY;COUNT=4")


def override(instant: str, *lines: str, uid: str = "one", parameters: str = "") -> tuple[str, ...]:
    return event(f"RECURRENCE-ID{parameters}:{instant}", *lines, uid=uid)


# -- length


def test_end_duration_or_neither():
    start = "DTSTART:20261201T090000Z"
    assert spans(reading(calendar(*event(start, "DTEND:20261201T093000Z")))) == ["12-01 09:00/09:30"]
    assert spans(reading(calendar(*event(start, "DURATION:PT1H15M")))) == ["12-01 09:00/10:15"]
    assert spans(reading(calendar(*event(start)))) == ["12-01 09:00/09:00"]
    assert spans(reading(calendar(*event("DTSTART;VALUE=DATE:20261201")))) == ["11-30 23:00/23:00"]


def test_an_end_is_an_exact_length_and_a_duration_in_days_follows_the_calendar():
    zoned = "DTSTART;TZID=Europe/Amsterdam:20270326T120000"
    end = event(zoned, "DTEND;TZID=Europe/Amsterdam:20270327T120000", "RRULE:FREQ=DAILY;COUNT=2")
    assert spans(reading(calendar(*end))) == ["03-26 11:00/11:00", "03-27 11:00/11:00"]
    duration = event(zoned, "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=2")
    assert spans(reading(calendar(*duration))) == ["03-26 11:00/11:00", "03-27 11:00/10:00"]


def test_an_end_may_be_in_another_zone():
    flight = event(
        "DTSTART;TZID=Europe/Amsterdam:20261201T100000", "DTEND;TZID=America/New_York:20261201T120000"
    )
    assert spans(reading(calendar(*flight))) == ["12-01 09:00/17:00"]


def test_a_date_as_the_end_of_a_time_is_its_midnight_on_the_clock_of_the_start():
    for end in ("DTEND;VALUE=DATE:20261202", "DTEND:20261202"):
        late = event("DTSTART;TZID=America/New_York:20261201T220000", end)
        assert spans(reading(calendar(*late))) == ["12-02 03:00/05:00"], "the owner lives in Amsterdam"


def test_an_end_before_the_start_or_an_unreadable_one_is_unknown_and_reported():
    for end in ("DTEND:20261201T080000Z", "DTEND:soon", "DURATION:PT999999999999999H", "DURATION:-PT1H"):
        result = reading(calendar(*event("DTSTART:20261201T090000Z", end)))
        assert [(interval.start, interval.status) for interval in result.intervals] == [
            (at("2026-12-01 09:00"), "unknown")
        ]
        assert [(problem.uid, problem.line) for problem in result.problems] == [("one", 8)]


def test_intervals_that_overlap_the_window_come_whole_and_windows_are_half_open():
    long = calendar(*event("DTSTART:20250101T000000Z", "DTEND:20261121T000001Z"))
    assert [interval.start for interval in reading(long).intervals] == [at("2025-01-01")]
    assert reading(calendar(*event("DTSTART:20261120T000000Z", "DTEND:20261121T000000Z"))).intervals == ()
    assert reading(calendar(*event("DTSTART:20270521T000000Z", "DTEND:20270521T010000Z"))).intervals == ()
    assert len(reading(calendar(*event("DTSTART:20261121T000000Z"))).intervals) == 1
    assert reading(calendar(*event("DTSTART:20270521T000000Z"))).intervals == ()


# -- whole days


def test_whole_days_run_from_midnight_to_midnight_where_the_owner_is():
    data = calendar(*event("DTSTART;VALUE=DATE:20270327", "DTEND;VALUE=DATE:20270329"))
    (there,) = reading(data, zone="Europe/Amsterdam").intervals
    assert (there.start, there.end, there.all_day) == (at("2027-03-26 23:00"), at("2027-03-28 22:00"), True)
    (far,) = reading(data, zone="Pacific/Auckland").intervals
    assert (far.start, far.end) == (at("2027-03-26 11:00"), at("2027-03-28 11:00"))


def test_a_date_needs_no_value_parameter_and_an_empty_whole_day_is_one_day():
    assert spans(reading(calendar(*event("DTSTART:20261201", "DTEND:20261201")), zone="UTC")) == [
        "12-01 00:00/00:00"
    ]
    (day,) = reading(calendar(*event("DTSTART:20261201", "DTEND:20261201")), zone="UTC").intervals
    assert day.end == at("2026-12-02")


def test_microsofts_all_day_mark_is_kept_on_timed_events():
    data = calendar(
        *event("DTSTART:20261201T000000Z", "DTEND:20261202T000000Z", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE")
    )
    assert [interval.all_day for interval in reading(data).intervals] == [True]


def test_whole_day_series_keep_midnight_over_changes_of_the_clock():
    data = calendar(*event("DTSTART;VALUE=DATE:20270327", "RRULE:FREQ=DAILY;COUNT=3"))
    assert spans(reading(data)) == ["03-26 23:00/23:00", "03-27 23:00/22:00", "03-28 22:00/22:00"]


def test_until_and_exceptions_as_exchange_writes_them_for_whole_days():
    rule = "RRULE:FREQ=DAILY;UNTIL=20261203T230000Z"
    data = calendar(*event("DTSTART;VALUE=DATE:20261201", rule, "EXDATE:20261201T230000Z"))
    assert [interval.start.day for interval in reading(data).intervals] == [30, 2, 3]


# -- series


def test_exceptions_are_left_out_in_every_form():
    for exception in (
        "EXDATE:20261202T090000Z",
        "EXDATE;TZID=Europe/Amsterdam:20261202T100000",
        "EXDATE;VALUE=DATE:20261202",
    ):
        data = calendar(*event(*DAILY, exception, "EXDATE:20261203T090000Z,20261204T090000Z"))
        assert spans(reading(data)) == ["12-01 09:00/09:30"]
    floating = event(
        "DTSTART;TZID=Europe/Amsterdam:20261201T100000", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20261202T100000"
    )
    assert spans(reading(calendar(*floating), zone="America/New_York")) == ["12-01 09:00/09:00"]
    whole = event("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;VALUE=DATE:20261201")
    assert len(reading(calendar(*whole)).intervals) == 1


def test_the_first_instance_can_be_left_out_too():
    assert spans(reading(calendar(*event(*ONE, "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20261201T090000Z")))) == [
        "12-02 09:00/09:30"
    ]


def test_extra_dates_as_time_date_and_period():
    lines = (
        "RDATE:20261205T150000Z,20261201T090000Z",
        "RDATE;VALUE=DATE:20261206",
        "RDATE;VALUE=PERIOD:20261207T100000Z/20261207T120000Z,20261208T100000Z/PT15M",
        "RDATE;TZID=Europe/Amsterdam:20261209T100000",
    )
    assert spans(reading(calendar(*event(*ONE, *lines)))) == [
        "12-01 09:00/09:30", "12-05 15:00/15:30", "12-06 09:00/09:30", "12-07 10:00/12:00", "12-08 10:00/10:15",
        "12-09 09:00/09:30",
    ]  # fmt: skip


def test_several_rules_and_an_excluded_rule():
    data = calendar(
        *event(
            *ONE,
            "RRULE:FREQ=DAILY;COUNT=3",
            "RRULE:FREQ=WEEKLY;COUNT=3",
            "EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2",
        )
    )
    assert spans(reading(data)) == ["12-02 09:00/09:30", "12-08 09:00/09:30", "12-15 09:00/09:30"]


def test_a_start_that_the_rule_does_not_name_is_the_first_occurrence():
    tuesday = event(*ONE, "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=3")
    assert spans(reading(calendar(*tuesday))) == [
        "12-01 09:00/09:30",
        "12-02 09:00/09:30",
        "12-09 09:00/09:30",
    ]


def test_a_series_that_ended_before_it_began_takes_no_time():
    assert reading(calendar(*event(*ONE, "RRULE:FREQ=DAILY;UNTIL=20261130T090000Z"))).intervals == ()


def test_old_series_reach_the_window():
    data = calendar(*event("DTSTART:19700105T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2"))
    days = [interval.start for interval in reading(data, end=at("2026-12-20")).intervals]
    assert len(days) == 2
    assert all((day - at("1970-01-05 09:00")).days % 14 == 0 for day in days)


def test_long_occurrences_that_began_before_the_window_are_found():
    data = calendar(*event("DTSTART:20261001T000000Z", "DURATION:P40D", "RRULE:FREQ=MONTHLY;COUNT=2"))
    assert [interval.start for interval in reading(data).intervals] == [at("2026-11-01")]


# -- changed instances


def test_an_override_replaces_its_instance():
    moved = override("20261202T090000Z", "DTSTART:20261202T140000Z", "DTEND:20261202T150000Z")
    assert spans(reading(calendar(*event(*DAILY), *moved))) == [
        "12-01 09:00/09:30", "12-02 14:00/15:00", "12-03 09:00/09:30", "12-04 09:00/09:30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "instant",
    [(";TZID=Europe/Amsterdam", "20261202T100000"), (";VALUE=DATE", "20261202"), ("", "20261202T090000Z")],
)
def test_an_instance_is_named_in_another_zone_or_as_a_date(instant):
    parameters, value = instant
    moved = override(value, "DTSTART:20261210T140000Z", parameters=parameters)
    assert spans(reading(calendar(*moved, *event(*DAILY)))) == [
        "12-01 09:00/09:30", "12-03 09:00/09:30", "12-04 09:00/09:30", "12-10 14:00/14:00",
    ]  # fmt: skip


def test_instances_move_into_and_out_of_the_window():
    series = event("DTSTART:20260101T090000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY")
    into = override("20260102T090000Z", "DTSTART:20261201T120000Z", "DURATION:PT1H")
    out = override("20261202T090000Z", "DTSTART:20280101T120000Z", "DURATION:PT1H")
    found = spans(reading(calendar(*series, *into, *out), start=at("2026-12-01"), end=at("2026-12-04")))
    assert found == ["12-01 09:00/09:30", "12-01 12:00/13:00", "12-03 09:00/09:30"]


def test_a_cancelled_override_frees_its_time():
    off = override(
        "20261202T090000Z", "DTSTART:20261202T090000Z", "DTEND:20261202T093000Z", "STATUS:CANCELLED"
    )
    result = reading(calendar(*event(*DAILY), *off))
    assert [str(interval.status) for interval in result.intervals] == ["busy", "cancelled", "busy", "busy"]


def test_an_override_without_its_series_stands_alone():
    alone = override("20261202T090000Z", "DTSTART:20261202T140000Z", "DTEND:20261202T150000Z")
    assert spans(reading(calendar(*alone))) == ["12-02 14:00/15:00"]


def test_this_and_future_moves_what_follows_until_the_next_change():
    wide = ";RANGE=THISANDFUTURE"
    later = override("20261202T090000Z", "DTSTART:20261202T110000Z", "DURATION:PT1H", parameters=wide)
    single = override("20261203T090000Z", "DTSTART:20261203T160000Z", "DURATION:PT5M")
    assert spans(reading(calendar(*event(*DAILY), *later, *single))) == [
        "12-01 09:00/09:30", "12-02 11:00/12:00", "12-03 16:00/16:05", "12-04 11:00/12:00",
    ]  # fmt: skip
    ended = override("20261203T090000Z", "DTSTART:20261203T090000Z", "STATUS:CANCELLED", parameters=wide)
    kinds = [str(interval.status) for interval in reading(calendar(*event(*DAILY), *later, *ended)).intervals]
    assert kinds == ["busy", "busy", "cancelled", "cancelled"]


def test_this_and_future_moves_instances_into_the_window():
    series = event("DTSTART:20261101T090000Z", "DURATION:PT30M", "RRULE:FREQ=WEEKLY;COUNT=3")
    later = override(
        "20261108T090000Z", "DTSTART:20261208T090000Z", "DURATION:PT1H", parameters=";RANGE=THISANDFUTURE"
    )
    assert spans(reading(calendar(*series, *later))) == ["12-08 09:00/10:00", "12-15 09:00/10:00"]


def test_the_newest_of_several_versions_counts():
    old = event(*ONE, "SEQUENCE:1")
    new = event("DTSTART:20261205T090000Z", "SEQUENCE:2")
    for lines in ((*old, *new), (*new, *old)):
        result = reading(calendar(*lines))
        assert spans(result) == ["12-05 09:00/09:00"]
        assert messages(result, "warning") == ["the same UID stands here again; the newest one counts"]


def test_events_without_uid_are_not_taken_for_one():
    data = calendar(*("BEGIN:VEVENT", *ONE, "END:VEVENT") * 2)
    assert len(reading(data).intervals) == 2
