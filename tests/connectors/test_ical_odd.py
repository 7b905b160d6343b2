"""What hardly anybody writes, and a stranger might: odd overrides, series and texts, and what they must not hide."""

import pytest
from test_ical_text import calendar, event, messages, reading, spans

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
