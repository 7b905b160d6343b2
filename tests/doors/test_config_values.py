"""Single values of a configuration: durations, moments, zones, repetitions, URLs; what they mean and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.config.times import LONGEST, duration, moment, repeat, zone
from syncd.config.values import is_loopback, url
from syncd.rules.blocks import Block, expand

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0m", timedelta(0)),
        ("60s", timedelta(seconds=60)),
        ("10m", timedelta(minutes=10)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("1d", timedelta(days=1)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("90m", timedelta(minutes=90)),
        ("3660d", LONGEST),
    ],
)
def test_durations(text, length):
    assert duration(text) == length


@pytest.mark.parametrize("text", ["", "60", "s", "1.5h", "-5m", "5 m", "30m2h", "1h1h", "1w", "5M", "\u0665m\n", "1h\n", "4000d", "999999d", 60, True, None, [], 1.5])  # fmt: skip
def test_no_durations(text):
    with pytest.raises(ValueError, match="expected a duration"):
        duration(text)


@given(st.integers(0, 3659), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(days, hours, minutes, seconds):
    wanted = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    assert duration(f"{days}d{hours}h{minutes}m{seconds}s") == wanted
    assert duration(f"{int(wanted.total_seconds()) // 60}m{seconds}s" if wanted < 100_000 * HOUR / 60 else "0s") in (wanted, timedelta(0))  # fmt: skip


@given(st.text(max_size=12))
def test_a_text_is_a_duration_or_refused_never_an_accident(text):
    try:
        assert timedelta(0) <= duration(text) <= LONGEST
    except ValueError as error:
        assert "expected a duration" in str(error)  # noqa: PT017 - either outcome is right, an accident is not


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-01-01T19:00", "2026-01-01T18:00"),
        ("2026-07-01T19:00", "2026-07-01T17:00"),
        ("2026-07-01 19:00", "2026-07-01T17:00"),
        ("2026-07-01T19:00:00Z", "2026-07-01T19:00"),
        ("2026-07-01T19:00:00-05:00", "2026-07-02T00:00"),
        ("2026-07-01", "2026-06-30T22:00"),
        # Twice that night: the first of the two. Never that night: as if the clock had not changed.
        ("2026-10-25T02:30", "2026-10-25T00:30"),
        ("2026-03-29T02:30", "2026-03-29T01:30"),
        (datetime(2026, 7, 1, 19), "2026-07-01T17:00"),  # noqa: DTZ001 - TOML's own local time
        (datetime(2026, 7, 1, 19, tzinfo=UTC), "2026-07-01T19:00"),
        (datetime(2026, 7, 1).date(), "2026-06-30T22:00"),  # noqa: DTZ001 - TOML's own date
    ],
)
def test_moments(value, utc):
    assert moment(value, "Europe/Amsterdam") == datetime.fromisoformat(f"{utc}Z")


def test_a_date_can_mean_its_last_second():
    assert moment("2026-07-01", "UTC", last=True) == datetime(2026, 7, 1, 23, 59, 59, tzinfo=UTC)
    assert moment("2026-07-01T00:00", "UTC", last=True) == datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["", "soon", "19:00", "2026-13-01", "2026-02-30T10:00", "0001-01-01", "9999-12-31T23:00-12:00", 5, True, None, [], {}])  # fmt: skip
def test_no_moments(value):
    with pytest.raises(ValueError, match="expected a time such as"):
        moment(value, "Asia/Tokyo")


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - local times, that is the point
def test_a_moment_with_an_offset_does_not_depend_on_the_zone(local):
    text = f"{local.isoformat()}+02:00"
    assert moment(text, "Asia/Tokyo") == moment(text, "America/New_York")
    assert moment(text, "UTC").utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Amsterdam", "Asia/Kathmandu", "America/Argentina/Buenos_Aires"]
)
def test_zones(name):
    assert zone(name) == name


@pytest.mark.parametrize("name", ["", "Europe", "Europe/Amsterdm", "CEST", "/etc/passwd", "../../etc/passwd", "a\x00b", "+02:00"])  # fmt: skip
def test_no_zones(name):
    with pytest.raises(ValueError, match="is no time zone"):
        zone(name)


def test_a_zone_with_a_slip_names_the_right_one():
    with pytest.raises(ValueError, match="did you mean 'Europe/Amsterdam'"):
        zone("Europe/Amsterdm")


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("daily", "daily"),
        ("Yearly", "yearly"),
        ("FREQ=WEEKLY;BYDAY=MO,FR", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("RRULE:freq=monthly;byday=-1fr;", "FREQ=MONTHLY;BYDAY=-1FR;"),
        ("FREQ=DAILY;UNTIL=20261231T000000Z", "FREQ=DAILY;UNTIL=20261231T000000Z"),
        ("FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231"),
        ("FREQ=YEARLY;COUNT=3;INTERVAL=2", "FREQ=YEARLY;COUNT=3;INTERVAL=2"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"),
        ("freq=hourly;byhour=9,13,17", "FREQ=HOURLY;BYHOUR=9,13,17"),
        ("FREQ=HOURLY", "FREQ=HOURLY"),
        ("FREQ=MINUTELY;INTERVAL=90", "FREQ=MINUTELY;INTERVAL=90"),
        (
            "FREQ=DAILY;BYHOUR=9,13;BYMINUTE=0,30;BYSECOND=0",
            "FREQ=DAILY;BYHOUR=9,13;BYMINUTE=0,30;BYSECOND=0",
        ),
    ],
)
def test_repetitions(rule, meant):
    assert repeat(rule) == meant
    first = datetime(2026, 1, 1, tzinfo=UTC)
    block = Block("1", "company", "x", first, first + HOUR, "Europe/Amsterdam", repeat(rule), None)
    assert (first, first + HOUR) in expand(block, first, first + timedelta(days=40))


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("dayly", "did you mean 'daily'"),
        ("", 'expected "daily"'),
        ("FREQ=MINUTELY;INTERVAL=30", "once an hour at most"),
        ("FREQ=SECONDLY", "once an hour at most"),
        ("FREQ=SECONDLY;UNTIL=20270101", "once an hour at most"),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29", "once an hour at most"),
        ("FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,10,20,30,40", "once an hour at most"),
        ("FREQ=OFTEN", "expected FREQ=YEARLY"),
        ("BYDAY=MO", "expected FREQ=YEARLY"),
        ("FREQ=DAILY;BYDAYS=MO", "no part 'BYDAYS'; did you mean 'BYDAY'"),
        ("FREQ=DAILY;BYDAY=XX", "no RRULE"),
        ("FREQ=DAILY;COUNT=x", "no RRULE"),
        ("FREQ=DAILY;INTERVAL=0", "no RRULE"),
        ("FREQ=YEARLY;BYMONTH=13", "no RRULE"),
        ("FREQ=DAILY\nEXRULE:FREQ=DAILY", "expected FREQ"),
    ],
)
def test_no_repetitions(rule, what):
    with pytest.raises(ValueError, match=what):
        repeat(rule)


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0", "::", "2130706433", "example.com"])  # fmt: skip
def test_not_this_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("address", ["https://dav.example.com", "https://dav.example.com:8443/a/?b=c", "http://127.0.0.1:5232/", "http://[::1]:5232", "http://localhost", "https://10.0.0.1/"])  # fmt: skip
def test_urls(address):
    assert url(address) == address


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("dav.example.com", "expected a URL"),
        ("//dav.example.com/", "expected a URL"),
        ("https://", "expected a URL"),
        ("ftp://dav.example.com", "expected a URL"),
        ("https://dav.example.com:port/", "expected a URL"),
        ("https://dav.example.com:99999/", "expected a URL"),
        ("https://[::1/", "expected a URL"),
        ("https://dav example.com/", "expected a URL"),
        ("http://dav.example.com/", "this machine only"),
        ("http://10.0.0.1/", "this machine only"),
        ("http://127.0.0.1.example.com/", "this machine only"),
        ("http://127.0.0.1@evil.example.com/", "may not carry a name"),
        ("https://anna:canary@dav.example.com/", "may not carry a name"),
        ("https://dav.example.com/#x", "after '#'"),
    ],
)
def test_no_urls(address, what):
    with pytest.raises(ValueError, match=what) as refusal:
        url(address)
    assert "canary" not in str(refusal.value)
