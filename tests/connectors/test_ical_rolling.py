"""A year goes by: what is kept of an object gives every day what the object itself would give, and nothing is fetched again."""

from datetime import UTC, datetime, timedelta

import pytest
from test_ical_text import calendar, event

from bench.objects import objects
from connectors.ical import read_object
from connectors.interface import NEVER_STORED, CalendarObject

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
HORIZON = timedelta(days=180)
OFFICE = (
    "BEGIN:VTIMEZONE", "TZID:Office", "BEGIN:STANDARD", "DTSTART:19701025T030000", "TZOFFSETFROM:+0330", "TZOFFSETTO:+0230",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT", "DTSTART:19700329T020000", "TZOFFSETFROM:+0230",
    "TZOFFSETTO:+0330", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT", "END:VTIMEZONE",
)  # fmt: skip
START, LONG = "DTSTART;TZID=Europe/Amsterdam:20260105T090000", "DURATION:PT1H"
CASES = {
    "weekly": event(START, LONG, "RRULE:FREQ=WEEKLY;BYDAY=MO,TH"),
    "with exceptions": event(START, LONG, "RRULE:FREQ=DAILY", "EXDATE;TZID=Europe/Amsterdam:20260405T090000,20261225T090000"),
    "ends by count": event(START, LONG, "RRULE:FREQ=DAILY;COUNT=250"),
    "ends by date": event(START, LONG, "RRULE:FREQ=WEEKLY;UNTIL=20261001T000000Z"),
    "the last of February": event("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"),
    "listed dates": event(START, LONG, "RDATE;TZID=Europe/Amsterdam:20260601T100000,20270101T100000"),
    "listed periods": event(START, LONG, "RDATE;VALUE=PERIOD:20261201T100000Z/PT3H,20270110T100000Z/20270110T120000Z"),
    "a zone of its own": (*OFFICE, *event("DTSTART;TZID=Office:20260105T090000", LONG, "RRULE:FREQ=WEEKLY")),
    "a Windows zone": event("DTSTART;TZID=Eastern Standard Time:20260105T090000", LONG, "RRULE:FREQ=WEEKLY"),
    "floating": event("DTSTART:20260105T090000", LONG, "RRULE:FREQ=WEEKLY"),
    "floating in a named zone": ("X-WR-TIMEZONE:Asia/Tokyo", *event("DTSTART:20260105T090000", LONG, "RRULE:FREQ=WEEKLY")),
    "whole days": event("DTSTART;VALUE=DATE:20260105", "DTEND;VALUE=DATE:20260107", "RRULE:FREQ=MONTHLY"),
    "changed from then on": (
        *event(START, LONG, "RRULE:FREQ=WEEKLY"),
        *event("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Amsterdam:20260706T090000", "DTSTART;TZID=Europe/Amsterdam:20260706T130000", LONG),
    ),
    "one moved far ahead": (
        *event(START, LONG, "RRULE:FREQ=WEEKLY;COUNT=9"),
        *event("RECURRENCE-ID;TZID=Europe/Amsterdam:20260112T090000", "DTSTART;TZID=Europe/Amsterdam:20270112T090000", LONG),
    ),
    "one declined": (
        *event(START, LONG, "RRULE:FREQ=WEEKLY"),
        *event("RECURRENCE-ID;TZID=Europe/Amsterdam:20260601T090000", START, LONG, "ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.com"),
    ),
    "a single one far ahead": event("DTSTART:20270115T090000Z", LONG),
    "a single one longer than the window": event("DTSTART:20260701T090000Z", "DTEND:20270401T090000Z"),
    "free time": ("BEGIN:VFREEBUSY", "UID:busy", "FREEBUSY:20260401T090000Z/PT1H,20270201T090000Z/PT1H", "END:VFREEBUSY"),
    "a rule that is refused": event("DTSTART:20260805T090000Z", LONG, "RRULE:FREQ=WEEKLY;BYDAY=XX"),
    "two versions, the newer first": (
        *event(START, LONG, "RRULE:FREQ=WEEKLY", "SEQUENCE:2"),
        *event("DTSTART:20260106T150000Z", LONG, "RRULE:FREQ=WEEKLY", "SEQUENCE:1"),
    ),
    "a series without its end": event(START, LONG, "RRULE:FREQ=WEEKLY")[:-1],
    "a rule with a part of its own": event(START, LONG, "RRULE:FREQ=WEEKLY;X-NOTE=\u00e9_1.0;BYDAY=MO"),
    "an added date among others that is none": event(START, LONG, "RDATE:20260901T090000Z,20261301T.,20270101T090000Z"),
    "a tab where nobody sees it": event(f"{START}\t", f"{LONG}\t", "RRULE:FREQ=WEEKLY\t", "EXDATE:20260601T090000Z,\t20260608T070000Z"),
    "a zone of its own with a tab": (*(f"{line}\t" for line in OFFICE), *event("DTSTART;TZID=Office:20260105T090000", LONG, "RRULE:FREQ=WEEKLY")),
    "more often than is kept": event("DTSTART:20260101T000000Z", "DURATION:PT5M", "RRULE:FREQ=HOURLY"),
}  # fmt: skip


def seen(data: bytes, day: datetime, zone: str = "Europe/Amsterdam") -> CalendarObject:
    return read_object(
        "h", "e", data, zone=zone, start=day, end=day + HORIZON, addresses=("anna@example.com",)
    )


def blocking(obj: CalendarObject) -> list[tuple[object, ...]]:
    return [tuple(one) for one in obj.intervals if one.status not in NEVER_STORED and one.start < one.end]


def a_year_of_days(data: bytes, step: int) -> int:
    """Roll what is kept, from day to day, and compare with the object itself; returns how many days had something."""
    kept, busy = seen(data, FIRST), 0
    for number in range(0, 365, step):
        day = FIRST + timedelta(days=number)
        fresh = blocking(seen(data, day))
        if kept.reduced is not None:
            kept = seen(kept.reduced, day)
        then = [one for one in blocking(kept) if one[1] > day]
        assert then == fresh, day
        busy += bool(fresh)
    return busy


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_of_it_gives_the_same_through_a_year(case: str) -> None:
    assert a_year_of_days(calendar(*CASES[case]), 13) > 0


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_of_it_gives_the_same_every_day_of_a_year(case: str) -> None:
    assert a_year_of_days(calendar(*CASES[case]), 1) > 0


def test_nothing_of_what_is_kept_names_a_person_or_a_thing() -> None:
    data = calendar(
        *event(
            START,
            LONG,
            "RRULE:FREQ=WEEKLY",
            "SUMMARY:Secret",
            "LOCATION:Secret",
            "ATTENDEE;CN=Secret:mailto:secret@example.org",
        )
    )
    kept = seen(data, FIRST).reduced
    assert kept is not None
    assert b"secret" not in kept.lower()


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("case", CASES)
def test_another_zone_of_the_owner_needs_no_fetching_either(case: str, zone: str) -> None:
    data = calendar(*CASES[case])
    kept = seen(data, FIRST).reduced
    assert kept is not None
    for number in (0, 100, 300):
        day = FIRST + timedelta(days=number)
        assert blocking(seen(kept, day, zone)) == blocking(seen(data, day, zone))


@pytest.mark.long
def test_made_objects_roll_through_a_year() -> None:
    assert sum(a_year_of_days(data, 3) > 0 for data in objects(150)) > 100
