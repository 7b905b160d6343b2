"""Recurrence rules: what they name, what is refused, and that they agree with dateutil where dateutil is right."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from connectors.ical import occurrences

FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a Monday


def named(rule, first=FIRST, days=730, start=None):
    start = start or datetime(2026, 1, 1, tzinfo=UTC)
    return list(occurrences(rule, first, start=start, end=start + timedelta(days=days)))


def dates(rule, **more):
    return [f"{instant:%y-%m-%d}" for instant in named(rule, **more)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["26-01-05", "26-01-06", "26-01-07"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20260125T090000Z", ["26-01-05", "26-01-15", "26-01-25"]),
        ("FREQ=DAILY;BYMONTH=3;BYMONTHDAY=-1;COUNT=2", ["26-03-31", "27-03-31"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", ["26-01-05", "26-01-07", "26-01-12"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU;COUNT=3", ["26-01-05", "26-01-18", "26-01-19"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO;COUNT=3", ["26-01-05", "26-01-11", "26-01-19"]),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=-1;COUNT=2", ["26-01-07", "26-01-14"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["26-01-31", "26-03-31", "26-05-31"]),
        ("FREQ=MONTHLY;BYDAY=2TU,-1FR;COUNT=3", ["26-01-13", "26-01-30", "26-02-10"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", ["26-02-13", "26-03-13"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["26-01-30", "26-02-27"]),
        ("FREQ=MONTHLY;BYDAY=5MO;COUNT=2", ["26-03-30", "26-06-29"]),
        ("FREQ=YEARLY;COUNT=2", ["26-01-05", "27-01-05"]),
        ("FREQ=YEARLY;BYMONTH=7;COUNT=1", ["26-07-05"]),
        ("FREQ=YEARLY;BYMONTHDAY=9;COUNT=2", ["26-01-09", "27-01-09"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=1", ["26-05-18"]),
        ("FREQ=YEARLY;BYDAY=MO,1MO;BYSETPOS=2;COUNT=1", ["26-01-12"]),
        ("FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3,10;COUNT=2", ["26-03-29", "26-10-25"]),
        ("FREQ=YEARLY;BYYEARDAY=1,100,-1;COUNT=3", ["26-04-10", "26-12-31", "27-01-01"]),
        ("FREQ=YEARLY;BYWEEKNO=20;COUNT=2", ["26-05-11", "27-05-17"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO,FR;COUNT=2", ["26-05-11", "26-05-15"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;WKST=SU;COUNT=2", ["26-01-05", "27-01-04"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", ["27-01-03"]),
    ],
)
def test_rules_name_the_days_rfc_5545_says(rule, expected):
    assert dates(rule) == expected


def test_leap_days_and_the_skip_of_rfc_7529():
    first = datetime(2024, 2, 29, 9, tzinfo=UTC)
    assert dates("FREQ=YEARLY", first=first, days=1200) == ["28-02-29"]
    backward = "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD"
    forward = "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD"
    assert dates(backward, first=first, days=700) == ["26-02-28", "27-02-28"]
    assert dates(forward, first=first, days=700) == ["26-03-01", "27-03-01"]
    monthly = "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD;COUNT=3"
    assert dates(monthly) == ["26-01-31", "26-02-28", "26-03-31"]
    first_wednesday = "RSCALE=GREGORIAN;SKIP=BACKWARD;FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=7;BYDAY=1WE;COUNT=1"
    assert dates(first_wednesday) == ["26-10-07"]


def test_hours_minutes_and_seconds():
    assert [f"{at:%H:%M}" for at in named("FREQ=HOURLY;INTERVAL=6;COUNT=3")] == ["09:00", "15:00", "21:00"]
    assert [f"{at:%H:%M}" for at in named("FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30;COUNT=3")] == [
        "09:00",
        "09:30",
        "17:00",
    ]
    assert [f"{at:%H:%M:%S}" for at in named("FREQ=MINUTELY;BYSECOND=0,60;COUNT=3")] == [
        "09:00:00",
        "09:00:59",
        "09:01:00",
    ]
    assert [f"{at:%d %H:%M}" for at in named("FREQ=MINUTELY;INTERVAL=90;BYHOUR=10;COUNT=2")] == [
        "05 10:30",
        "06 10:30",
    ]
    assert [f"{at:%M:%S}" for at in named("FREQ=SECONDLY;INTERVAL=50;BYMINUTE=1;COUNT=2")] == [
        "01:40",
        "01:40",
    ]


def test_the_first_moment_is_an_occurrence_only_if_the_rule_names_it():
    assert dates("FREQ=WEEKLY;BYDAY=TU;COUNT=2") == ["26-01-06", "26-01-13"]


def test_dates_and_floating_times_are_read_as_utc():
    assert named("FREQ=DAILY;COUNT=1;BYHOUR=5", first=date(2026, 1, 5)) == [datetime(2026, 1, 5, tzinfo=UTC)]
    floating = datetime(2026, 1, 5, 9)  # noqa: DTZ001  # that is the point
    assert named("FREQ=DAILY;COUNT=1", first=floating) == [FIRST]


def test_until_is_inclusive_in_all_its_forms():
    for until in ("20260106", "20260106T090000", "20260106T090000Z"):
        assert dates(f"FREQ=DAILY;UNTIL={until}") == ["26-01-05", "26-01-06"]
    assert dates("FREQ=DAILY;UNTIL=20260106T085959Z") == ["26-01-05"]
    new_york = datetime(2026, 1, 5, 20, tzinfo=ZoneInfo("America/New_York"))
    assert dates("FREQ=DAILY;UNTIL=20260107T010000Z", first=new_york) == ["26-01-06", "26-01-07"]
    assert dates("FREQ=DAILY;UNTIL=20260107T005959Z", first=new_york) == ["26-01-06"]


def test_a_series_keeps_its_wall_clock_over_changes_of_the_clock():
    first = datetime(2026, 3, 27, 9, tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert [f"{at:%d %H}" for at in named("FREQ=DAILY;COUNT=4", first=first)] == [
        "27 08",
        "28 08",
        "29 07",
        "30 07",
    ]


def test_a_skipped_hour_counts_as_if_it_were_not_skipped_and_a_repeated_one_once():
    zone = ZoneInfo("Europe/Amsterdam")
    skipped = named("FREQ=DAILY;COUNT=2", first=datetime(2026, 3, 28, 2, 30, tzinfo=zone))
    assert [f"{at:%d %H:%M}" for at in skipped] == ["28 01:30", "29 01:30"]
    repeated = named("FREQ=DAILY;COUNT=2", first=datetime(2026, 10, 24, 2, 30, tzinfo=zone))
    assert [f"{at:%d %H:%M}" for at in repeated] == ["24 00:30", "25 00:30"]
    hours = named("FREQ=HOURLY;COUNT=5", first=datetime(2026, 3, 29, 0, 30, tzinfo=zone))
    assert hours == sorted(set(hours))


def test_windows_are_half_open_and_far_ones_are_reached_at_once():
    start = datetime(2126, 1, 1, tzinfo=UTC)
    far = list(occurrences("FREQ=SECONDLY", FIRST, start=start, end=start + timedelta(seconds=2)))
    assert far == [start, start + timedelta(seconds=1)]
    assert list(occurrences("FREQ=DAILY", FIRST, start=FIRST, end=FIRST)) == []


def test_nothing_goes_beyond_the_last_year():
    start = datetime(9999, 12, 30, tzinfo=UTC)
    for frequency in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"):
        found = occurrences(
            f"FREQ={frequency};INTERVAL=7", FIRST, start=start, end=start + timedelta(hours=30)
        )
        assert len(list(found)) < 10


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ", "COUNT=2", "FREQ=FORTNIGHTLY", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;UNTIL=20260230", "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=YEARLY;BYMONTH=13",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;WKST=1",
        "FREQ=DAILY;BYNONSENSE=1", "RSCALE=CHINESE;FREQ=YEARLY", "FREQ=DAILY;SKIP=SOMETIMES", "D1 #5",
        "FREQ=DAILY;COUNT=99999999999999",
    ],
)  # fmt: skip
def test_refused_rules_say_why(rule):
    with pytest.raises(ValueError, match=r"\w{3}"):
        named(rule)


def test_rules_by_the_hour_are_refused_on_whole_days():
    with pytest.raises(ValueError, match="whole days"):
        named("FREQ=HOURLY", first=date(2026, 1, 5))


def test_a_rule_that_needs_too_many_steps_is_stopped_not_followed():
    with pytest.raises(ValueError, match="too many steps"):
        named("FREQ=SECONDLY;BYMINUTE=0;BYSECOND=0;COUNT=1000000000", first=datetime(1970, 1, 1, tzinfo=UTC))


def test_every_quarter_of_an_hour_of_twelve_years_of_work_is_counted_within_the_budget():
    rule = "FREQ=MINUTELY;INTERVAL=15;BYHOUR=9,10,11,12,13,14,15,16;BYDAY=MO,TU,WE,TH,FR;COUNT=999999"
    assert len(named(rule, first=datetime(2014, 1, 6, 9, tzinfo=UTC), days=1)) == 32


def test_rules_that_can_never_match_end_by_themselves():
    for rule in ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366", "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=5",
                 "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=3"):  # fmt: skip
        assert named(rule, days=3650) == []
    assert named("FREQ=MINUTELY;INTERVAL=3;BYSETPOS=-7,5", days=400) == []


def test_lower_case_blanks_and_a_trailing_semicolon_are_accepted():
    assert dates(" freq=daily;count=1;X-NOTE=a; ") == ["26-01-05"]


# ---------------------------------------------------------------------------------------------------------------------
# Against dateutil, where it follows RFC 5545: not BYSETPOS in a partial first week, not BYWEEKNO without BYDAY, not
# BYMONTHDAY in a YEARLY rule without BYMONTH, not BYDAY with and without numbers at once. Rules that can never match are left out: dateutil walks to the year 9999.

WEEKDAY = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])


def listed(values, most=3):
    return st.lists(values, min_size=1, max_size=most, unique=True).map(
        lambda found: ",".join(map(str, found))
    )


NTH = listed(st.builds(lambda nth, day: f"{nth}{day}", st.integers(-4, 4).filter(bool), WEEKDAY))
MONTHS = listed(st.integers(1, 12))
DAYS = {
    "YEARLY": [
        {},
        {"BYMONTH": MONTHS},
        {"BYMONTH": MONTHS, "BYMONTHDAY": listed(st.one_of(st.integers(1, 28), st.integers(-28, -1)))},
        {"BYMONTH": MONTHS, "BYDAY": NTH},
        {"BYDAY": NTH},
        {"BYYEARDAY": listed(st.one_of(st.integers(1, 366), st.integers(-366, -1)))},
        {
            "BYYEARDAY": listed(st.one_of(st.integers(1, 366), st.integers(-366, -1))),
            "BYDAY": listed(WEEKDAY),
        },
        {"BYWEEKNO": listed(st.one_of(st.integers(1, 53), st.integers(-53, -1))), "BYDAY": listed(WEEKDAY)},
    ],
    "MONTHLY": [
        {},
        {"BYMONTHDAY": listed(st.one_of(st.integers(1, 31), st.integers(-31, -1)))},
        {"BYMONTHDAY": listed(st.one_of(st.integers(1, 28), st.integers(-28, -1))), "BYDAY": listed(WEEKDAY)},
        {"BYDAY": NTH},
        {"BYDAY": listed(WEEKDAY), "BYMONTH": MONTHS},
    ],
    "WEEKLY": [{}, {"BYDAY": listed(WEEKDAY, 7)}, {"BYDAY": listed(WEEKDAY), "BYMONTH": MONTHS}],
    "DAILY": [
        {},
        {"BYDAY": listed(WEEKDAY)},
        {"BYMONTH": MONTHS},
        {"BYMONTHDAY": listed(st.integers(-28, -1))},
    ],
    "HOURLY": [{}, {"BYDAY": listed(WEEKDAY), "BYMONTH": MONTHS}, {"BYMONTHDAY": listed(st.integers(1, 28))}],
}


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(sorted(DAYS)))
    parts = draw(st.sampled_from(DAYS[frequency]))
    rule = {"FREQ": frequency, "WKST": draw(WEEKDAY)} | {name: draw(values) for name, values in parts.items()}
    if draw(st.booleans()):
        rule["BYHOUR"] = draw(listed(st.integers(0, 23)))
    if draw(st.booleans()):
        rule["BYMINUTE"] = draw(listed(st.integers(0, 59)))
    if parts and frequency != "WEEKLY" and draw(st.booleans()):
        rule["BYSETPOS"] = draw(listed(st.sampled_from([1, -1]), 2))
    if not parts or ("BYDAY" in parts and frequency in {"WEEKLY", "MONTHLY"} and "BYMONTH" not in parts):
        rule["INTERVAL"] = str(draw(st.sampled_from([1, 1, 2, 3, 5])))
    if draw(st.booleans()):
        rule["COUNT"] = str(draw(st.integers(1, 40)))
    return ";".join(f"{name}={value}" for name, value in rule.items())


FIRSTS = st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001  # wall-clock values
    lambda wall: wall.replace(microsecond=0, second=0)
)


@given(rules(), FIRSTS, st.integers(0, 900), st.integers(1, 500))
def test_agrees_with_dateutil(rule, first, ahead, days):
    start = first + timedelta(days=ahead)
    end = start + timedelta(days=days)
    ours = list(occurrences(rule, first, start=start.replace(tzinfo=UTC), end=end.replace(tzinfo=UTC)))
    try:
        theirs = rrulestr(rule, dtstart=first).between(start, end, inc=True)
    except ValueError:
        return  # dateutil refuses an hourly rule that can never match
    assert [at.replace(tzinfo=None) for at in ours] == [at for at in theirs if at < end]


@given(rules(), FIRSTS, st.integers(0, 300), st.integers(0, 300))
def test_a_window_is_a_cut_of_a_larger_window(rule, first, before, after):
    zone = ZoneInfo("Europe/Amsterdam")
    first = first.replace(tzinfo=zone)
    start = first.astimezone(UTC) + timedelta(days=before)
    end = start + timedelta(days=after, hours=1)
    wide = occurrences(rule, first, start=first.astimezone(UTC), end=end + timedelta(days=100))
    assert [at for at in wide if start <= at < end] == list(occurrences(rule, first, start=start, end=end))
