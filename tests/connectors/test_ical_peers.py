"""Series made up at random, against recurring-ical-events, which reads them through another parser and another rule engine.

Where that library is known to be right: it takes DTEND of a series as a wall-clock time, where RFC 5545 section 3.8.5.3 says that "the
same exact duration will apply to all the members", so nothing here lasts through the night in which a clock changes. It leaves out an instance that is both excepted and changed, which
blocks with us. It does not count a DTSTART that is no instance of its rule, where the RFC says that "the DTSTART property value, if
specified, counts as the first occurrence"; so all series here begin with an instance.
"""

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ical_text import calendar, event

from connectors.ical import read

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "")
DAYS = st.lists(
    st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")), min_size=1, max_size=3, unique=True
).map(",".join)
PARTS = st.one_of(
    st.just("FREQ=DAILY"),
    st.just("FREQ=WEEKLY"),
    DAYS.map("FREQ=WEEKLY;BYDAY={}".format),
    st.integers(1, 31).map("FREQ=MONTHLY;BYMONTHDAY={}".format),
    st.sampled_from(("1MO", "2TU", "-1FR", "3WE,3TH")).map("FREQ=MONTHLY;BYDAY={}".format),
    st.just("FREQ=MONTHLY;BYMONTHDAY=-1"),
    st.just("FREQ=YEARLY"),
    DAYS.map("FREQ=MONTHLY;BYDAY={};BYSETPOS=-1".format),
)


@st.composite
def series(draw: st.DrawFn) -> bytes:
    """A series with exceptions, added dates and changed instances. Hours at which no clock is put forward or back."""
    first = datetime(2026, 1, 1) + timedelta(days=draw(st.integers(0, 200)), hours=draw(st.integers(6, 20)))  # noqa: DTZ001  # a wall clock's
    parts = f"{draw(PARTS)};INTERVAL={draw(st.integers(1, 3))}"
    first = next(iter(rrulestr(parts, dtstart=first)))
    zone, whole_days = draw(st.sampled_from(ZONES)), draw(st.booleans())

    def at(moment: datetime) -> str:
        if whole_days:
            return f";VALUE=DATE:{moment:%Y%m%d}"
        return f";TZID={zone}:{moment:%Y%m%dT%H%M%S}" if zone else f":{moment:%Y%m%dT%H%M%SZ}"

    length = (
        timedelta(days=draw(st.integers(1, 3)))
        if whole_days
        else timedelta(minutes=draw(st.integers(5, 180)))
    )
    ends = draw(st.sampled_from(("", f";COUNT={draw(st.integers(1, 40))}")))
    rule = f"RRULE:{parts}{ends}"
    near = st.integers(0, 60).map(lambda days: first + timedelta(days=days))
    excepted = draw(st.lists(near, max_size=3))
    exceptions = [f"EXDATE{at(day)}" for day in excepted]
    added = [f"RDATE{at(day)}" for day in draw(st.lists(near, max_size=2))]
    master = event(f"DTSTART{at(first)}", f"DTEND{at(first + length)}", rule, *exceptions, *added)
    changed: list[str] = []
    for replaced in draw(st.lists(near, max_size=2, unique=True)):
        if replaced in excepted:
            continue
        moved = replaced + timedelta(hours=24 if whole_days else draw(st.integers(-30, 30)))
        changed += event(f"RECURRENCE-ID{at(replaced)}", f"DTSTART{at(moved)}", f"DTEND{at(moved + length)}")
    return calendar(*master, *changed)


def moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    assert isinstance(value, date)
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


@settings(max_examples=100)
@given(series())
def test_series_mean_what_recurring_ical_events_makes_of_them(data: bytes) -> None:
    compare(data)


@pytest.mark.long
@settings(max_examples=int(os.environ.get("SYNCD_FUZZ", "2000")))
@given(series())
def test_many_series_mean_what_recurring_ical_events_makes_of_them(data: bytes) -> None:
    compare(data)


def compare(data: bytes) -> None:
    ours = {(one.start, one.end) for one in read(data, zone="UTC", start=START, end=END).intervals}
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(START, END)
    theirs = {(moment(one["DTSTART"].dt), moment(one["DTEND"].dt)) for one in found}
    assert ours == theirs
