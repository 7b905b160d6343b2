"""What hardly anybody writes, and a stranger might: odd overrides, series and texts, and what they must not hide."""

import pytest
from test_ical_text import at, calendar, event, messages, reading, spans

from connectors.ical import Limits

WIDE = ";RANGE=THISANDFUTURE"
DAILY = event("DTSTART:20261201T090000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY;COUNT=4")


def override(instant: str, *lines: str, parameters: str = "") -> tuple[str, ...]:
    return event(f"RECURRENCE-ID{parameters}:{instant}", *lines)


@pytest.mark.parametrize("owner", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_a_day_names_the_instance_from_which_on_a_series_is_moved(owner):
    """RFC 5545 section 3.8.4.4 wants a time beside times; there are programs that write the day."""
    later = override("20261203", "DTSTART:20261203T110000Z", "DURATION:PT1H", parameters=f"{WIDE};VALUE=DATE")
    assert spans(reading(calendar(*DAILY, *later), zone=owner)) == [
        "12-01 09:00/09:30", "12-02 09:00/09:30", "12-03 11:00/12:00", "12-04 11:00/12:00",
    ]  # fmt: skip


def test_a_time_names_the_whole_day_from_which_on_a_series_is_moved():
    series = event("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=3")
    later = override("20261202T093000Z", "DTSTART:20261202T100000Z", "DURATION:PT1H", parameters=WIDE)
    assert spans(reading(calendar(*series, *later), zone="UTC")) == [
        "12-01 00:00/00:00", "12-02 10:00/11:00", "12-03 10:00/11:00",
    ]  # fmt: skip


def test_what_is_moved_back_behind_what_was_moved_ahead_is_not_lost_beyond_the_cap():
    series = event("DTSTART:20261121T000000Z", "DURATION:PT30M", "RRULE:FREQ=HOURLY")
    ahead = override("20261122T000000Z", "DTSTART:20261222T000000Z", "DURATION:PT30M", parameters=WIDE)
    back = override("20270213T000000Z", "DTSTART:20270114T003000Z", "DURATION:PT30M", parameters=WIDE)
    data = calendar(*series, *ahead, *back)
    kept = reading(data).intervals
    rest = next(one for one in kept if one.status.value == "unknown")
    for one in reading(data, limits=Limits(occurrences=10_000)).intervals:
        assert one in kept or rest.start <= one.start <= one.end <= rest.end


def test_a_refused_rule_of_free_time_does_not_free_what_is_busy_from_some_instance_on():
    free = event("DTSTART:20261201T090000Z", "TRANSP:TRANSPARENT", "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=X")
    busy = override("20261202T090000Z", "DTSTART:20261202T090000Z", "DURATION:PT1H", parameters=WIDE)
    kinds = [str(one.status) for one in reading(calendar(*free, *busy)).intervals]
    assert kinds == ["free", "busy", "unknown"]


def test_changed_instances_beyond_the_cap_still_take_their_time():
    changed = [
        line
        for day in (1, 2, 3)
        for line in override(f"2026120{day}T090000Z", f"DTSTART:2026120{day}T150000Z", "DURATION:PT1H")
    ]
    found = reading(calendar(*DAILY, *changed), limits=Limits(overrides=2))
    assert [(one.start.day, one.start.hour, str(one.status)) for one in found.intervals] == [
        (1, 15, "busy"), (2, 15, "busy"), (3, 9, "busy"), (3, 15, "unknown"), (4, 9, "busy"),
    ]  # fmt: skip
    assert ["more than 2 changed instances" in message for message in messages(found)] == [True]
    assert reading(calendar(*DAILY, *changed), limits=Limits(overrides=3)).problems == ()


def test_an_instance_is_named_by_a_floating_time_on_the_clock_of_its_series():
    series = event(
        "DTSTART;TZID=Europe/Amsterdam:20261201T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"
    )
    moved = override("20261202T100000", "DTSTART:20261202T150000Z", "DURATION:PT1H")
    found = spans(reading(calendar(*series, *moved), zone="America/New_York"))
    assert found == ["12-01 09:00/10:00", "12-02 15:00/16:00"]


def test_a_period_far_longer_than_its_series_reaches_into_the_window():
    period = "RDATE;VALUE=PERIOD:20260901T090000Z/P100D"
    lines = ("DTSTART:20260101T090000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY;COUNT=1", period)
    assert spans(reading(calendar(*event(*lines)))) == ["09-01 09:00/09:00"]


def test_where_an_end_and_a_duration_stand_the_end_counts():
    both = event("DTSTART:20261201T090000Z", "DURATION:PT3H", "DTEND:20261201T100000Z")
    assert spans(reading(calendar(*both))) == ["12-01 09:00/10:00"]


def test_a_vcalendar_1_0_reads_as_far_as_it_makes_sense():
    lines = (
        "BEGIN:VCALENDAR", "VERSION:1.0", "TZ:+01", "DAYLIGHT:TRUE;+02;20270328T020000;20271031T030000;;",
        "BEGIN:VEVENT", "UID:plain", "DTSTART:20261201T090000Z", "DTEND:20261201T100000Z",
        "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:one=", "=0D=0Atwo", "END:VEVENT",
        "BEGIN:VEVENT", "UID:series", "DTSTART:20261202T090000Z", "DTEND:20261202T100000Z", "RRULE:D1 #5", "END:VEVENT",
        "END:VCALENDAR", "",
    )  # fmt: skip
    found = reading("\r\n".join(lines).encode())
    assert [(one.uid, str(one.status)) for one in found.intervals] == [
        ("plain", "busy"),
        ("series", "unknown"),
    ]
    assert [(one.line, one.level) for one in found.problems] == [(10, "warning"), (16, "error")]


def test_what_is_moved_from_some_instance_on_keeps_the_wall_clock_and_its_own_length():
    zone = ";TZID=Europe/Amsterdam"
    series = event(f"DTSTART{zone}:20270326T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
    later = override(
        "20270327T090000", f"DTSTART{zone}:20270327T110000", "DURATION:P5D", parameters=f"{WIDE}{zone}"
    )
    data = calendar(*series, *later)
    every = ["03-26 08:00/09:00", "03-27 10:00/09:00", "03-28 09:00/09:00", "03-29 09:00/09:00"]
    assert spans(reading(data)) == every
    assert spans(reading(data, start=at("2027-04-02 12:00"))) == every[3:]
    across = override(
        "20270327T090000", f"DTSTART{zone}:20270329T110000", "DURATION:PT1H", parameters=f"{WIDE}{zone}"
    )
    assert spans(reading(calendar(*series, *across)))[1:] == [f"03-{day} 09:00/10:00" for day in (29, 30, 31)]


def test_of_two_versions_with_one_sequence_the_later_stamp_counts():
    new = event("DTSTART:20261205T090000Z", "SEQUENCE:1")
    old = (
        "BEGIN:VEVENT",
        "UID:one",
        "DTSTAMP:20250101T000000Z",
        "DTSTART:20261201T090000Z",
        "SEQUENCE:1",
        "END:VEVENT",
    )
    for lines in ((*old, *new), (*new, *old)):
        assert spans(reading(calendar(*lines))) == ["12-05 09:00/09:00"]


def test_the_files_zone_is_neither_that_of_an_unknown_name_nor_of_whole_days():
    lines = (
        "X-WR-TIMEZONE:Asia/Tokyo",
        *event("DTSTART;TZID=Nowhere:20261201T120000"),
        *event("DTSTART;VALUE=DATE:20261202T000000", uid="two"),
    )
    assert spans(reading(calendar(*lines), zone="America/New_York")) == [
        "12-01 17:00/17:00",
        "12-02 05:00/05:00",
    ]


def test_series_in_a_skipped_and_in_a_repeated_hour():
    """RFC 5545 section 3.3.5: before the gap the old offset; of two the first."""
    for day, utc in (
        ("20270327", ["03-27 01:30", "03-28 01:30", "03-29 00:30"]),
        ("20261024", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ):
        data = calendar(*event(f"DTSTART;TZID=Europe/Amsterdam:{day}T023000", "RRULE:FREQ=DAILY;COUNT=3"))
        assert [span[:11] for span in spans(reading(data, start=at("2026-10-01")))] == utc


def test_a_series_at_the_very_ends_of_the_window_is_outside_of_it():
    data = calendar(*event("DTSTART:20261201T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY;COUNT=24"))
    days = calendar(*event("DTSTART:20261201T000000Z", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=9"))
    window = {"start": at("2026-12-01 01:00"), "end": at("2026-12-01 03:00")}
    assert spans(reading(data, **window)) == ["12-01 01:00/02:00", "12-01 02:00/03:00"]
    window = {"start": at("2026-12-02 00:00"), "end": at("2026-12-04 00:00")}
    assert spans(reading(days, **window)) == ["12-02 00:00/00:00", "12-03 00:00/00:00"]


def test_an_answer_of_ones_own_counts_before_one_given_for_somebody_else():
    lines = (
        'ATTENDEE;PARTSTAT=DECLINED;SENT-BY="MAILTO:A.Smit@Example.com":mailto:boss@example.com',
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.com",
    )
    data = calendar(*event("DTSTART:20261201T090000Z", *lines))
    own = ("anna@example.com", "a.smit@example.com")
    assert [str(one.status) for one in reading(data, addresses=own).intervals] == ["busy"]
    assert [str(one.status) for one in reading(data, addresses=own[1:]).intervals] == ["declined"]


def test_microsofts_mark_of_a_whole_day_in_any_case():
    data = calendar(*event("DTSTART:20261201T000000Z", "X-MICROSOFT-CDO-ALLDAYEVENT:true"))
    assert [one.all_day for one in reading(data).intervals] == [True]


def test_utf_16_is_read_without_a_complaint():
    data = calendar(*event("DTSTART:20261201T090000Z", "SUMMARY:caf\u00e9 \u4e2d")).decode().encode("utf-16")
    assert reading(data).problems == ()
    assert spans(reading(data)) == ["12-01 09:00/09:00"]
