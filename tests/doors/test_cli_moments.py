"""Times, lengths and guests on the command line: what is read, what is refused, and how times are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.model import Guest
from syncd.errors import WrongUse
from syncd.moments import ago, guest, moment, patience, shown, span, window

AMSTERDAM = "Europe/Amsterdam"
NOW = datetime(2026, 3, 2, 8, 0, 0, 5, UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T10:00", "2026-03-02T09:00"),
        ("2026-07-02 10:00", "2026-07-02T08:00"),
        ("2026-03-02T10:00:30Z", "2026-03-02T10:00:30"),
        ("2026-03-02t10:00:00z", "2026-03-02T10:00"),
        ("2026-03-02T10:00:00-05:00", "2026-03-02T15:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # shown twice: the first
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30"),
    ],
)
def test_a_time_is_read_in_the_zone_unless_it_has_an_offset(text, expected):
    assert moment(text, AMSTERDAM, "--start") == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-03-02", "10:00", "2026-13-02T10:00", "2026-W10-1T10:00", "20260302T100000", "2026-03-02T25:00",
     "2026-03-02T10:00:60Z", "2026-03-02T10", "2026-03-02T10:00+1", "2026-03-02T10:00 Europe/Amsterdam"],
)  # fmt: skip
def test_what_is_no_time_is_refused_by_the_option_that_has_it(text):
    with pytest.raises(WrongUse, match="--start"):
        moment(text, AMSTERDAM, "--start")


def test_a_time_that_the_clocks_skip_is_refused_and_says_so():
    with pytest.raises(WrongUse, match=r"2026-03-29T02:30:00 does not exist in Europe/Amsterdam"):
        moment("2026-03-29T02:30", AMSTERDAM, "--start")


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00+14:00", "1969-12-31T23:59", "2201-01-01T00:00Z", "9999-12-31T23:59"]
)
def test_a_year_that_must_be_a_slip_is_refused(text):
    with pytest.raises(WrongUse, match="must be a slip"):
        moment(text, AMSTERDAM, "--start")


def test_a_date_alone_is_a_moment_only_where_days_are_meant():
    assert moment("2026-03-02", AMSTERDAM, "--from", days=True) == datetime(2026, 3, 1, 23, tzinfo=UTC)
    last = moment("2026-03-02", AMSTERDAM, "--until", days=True, last=True)
    assert last == datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)


def test_a_day_whose_midnight_the_clocks_skip_begins_when_they_go_on():
    found = moment("2026-09-06", "America/Santiago", "--from", days=True)
    assert found == datetime(2026, 9, 6, 4, tzinfo=UTC)  # 01:00 there, right after 23:59
    with pytest.raises(WrongUse, match="does not exist"):
        moment("2026-09-06T00:00", "America/Santiago", "--from", days=True)


def test_a_window_starts_now_and_has_a_length_by_default():
    found = window(None, None, AMSTERDAM, now=NOW, length=timedelta(days=7))
    assert found == (NOW.replace(microsecond=0), NOW.replace(microsecond=0) + timedelta(days=7))
    with pytest.raises(WrongUse):
        window("2026-03-02", "2026-03-02", AMSTERDAM, now=NOW, length=timedelta(days=7))


@given(st.datetimes(datetime.fromisoformat("1980-01-01"), datetime.fromisoformat("2100-01-01")))
def test_what_an_offset_says_does_not_depend_on_the_zone(value):
    value = value.replace(microsecond=0)
    text = f"{value.isoformat()}+02:00"
    assert (
        moment(text, AMSTERDAM, "T")
        == moment(text, "Asia/Tokyo", "T")
        == value.replace(tzinfo=UTC) - timedelta(hours=2)
    )


def test_lengths_are_written_as_in_the_configuration():
    assert patience("2h30m") == timedelta(hours=2, minutes=30)
    assert patience("0s") == timedelta(0)
    for text in ("30", "-1s", "soon", ""):
        with pytest.raises(WrongUse):
            patience(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Eva Jansen <eva@example.org>", Guest("Eva Jansen", "eva@example.org")),
        ('"Jansen, Eva" <eva@example.org>', Guest("Jansen, Eva", "eva@example.org")),
        (" eva@example.org ", Guest("", "eva@example.org")),
        ("<eva@example.org>", Guest("", "eva@example.org")),
        ("Zoë d'Ò <zoë@example.org>", Guest("Zoë d'Ò", "zoë@example.org")),
    ],
)
def test_a_guest_is_a_name_and_an_address_or_an_address(text, expected):
    assert guest(text) == expected


@pytest.mark.parametrize(
    "text", ["", "Eva", "Eva <>", "Eva <eva>", "<a@b> <c@d>", "a@b, c@d", "Eva <a@b", "eva@@example.org"]
)
def test_what_is_no_guest_is_refused_without_repeating_an_address(text):
    with pytest.raises(WrongUse) as refused:
        guest(text)
    assert text == "" or text not in refused.value.message


def test_times_are_shown_in_the_zone_with_the_second_day_only_where_there_is_one():
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert shown(start, AMSTERDAM) == "Mon 2026-03-02 10:00"
    assert shown(None, AMSTERDAM, never="never") == "never"
    assert span(start, start + timedelta(hours=1), AMSTERDAM) == "Mon 2026-03-02 10:00-11:00"
    assert span(start, start + timedelta(days=1), AMSTERDAM) == "Mon 2026-03-02 10:00 - Tue 2026-03-03 10:00"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 d")]
)
def test_how_long_ago_is_told_in_one_unit(seconds, expected):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == f"{expected} ago"
    assert ago(None, NOW) == "never"
