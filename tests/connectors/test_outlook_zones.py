"""Graph's times: odd zones, offsets where none belong, the ends of the calendar, and what is written."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.outlook.zones import owner_zone, read_time, start_of, windows_name, written, zone_name

AMSTERDAM = owner_zone("Europe/Amsterdam")
ZONES = sorted({*available_timezones()} - {"localtime", "Factory"})


def said(wall: object, zone: object = "UTC") -> dict[str, object]:
    return {"dateTime": wall, "timeZone": zone}


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("UTC", 9),
        ("tzone://Microsoft/Utc", 9),
        ("W. Europe Standard Time", 8),
        ("Europe/Amsterdam", 8),
        ("Tokyo Standard Time", 0),
        ("america/new_york", 14),
    ],
)
def test_names_of_zones_that_mean_one(zone: str, hour: int) -> None:
    read = read_time(said("2026-03-03T09:00:00.0000000", zone), AMSTERDAM)
    assert read.instant == datetime(2026, 3, 3, hour, tzinfo=UTC)
    assert not read.guessed


@pytest.mark.parametrize(
    "zone", ["tzone://Microsoft/Custom", "Customized Time Zone", "", None, [], {}, 7, "Moon/Sea of Rains"]
)
def test_names_that_mean_nothing_leave_it_to_the_owners_zone(zone: object) -> None:
    read = read_time(said("2026-03-03T09:00:00.0000000", zone), AMSTERDAM)
    assert read.instant == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert read.guessed


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        ("2026-03-03T09:00:00Z", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("2026-03-03T09:00:00.0000000Z", datetime(2026, 3, 3, 9, tzinfo=UTC)),
        ("2026-03-03T09:00:00+02:00", datetime(2026, 3, 3, 7, tzinfo=UTC)),
        ("2026-03-03T09:00:00.5-0330", datetime(2026, 3, 3, 12, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_stray_offset_wins_over_the_zones_name(wall: str, instant: datetime) -> None:
    read = read_time(said(wall, "Tokyo Standard Time"), AMSTERDAM)
    assert read.instant == instant
    assert not read.guessed


@pytest.mark.parametrize("wall", ["2026-03-03T09:00", "2026-03-03T09:00:00", "2026-03-03T09:00:00.0"])
def test_missing_digits_are_no_obstacle(wall: str) -> None:
    assert read_time(said(wall), AMSTERDAM).instant == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_the_ends_of_the_calendar_do_not_overflow() -> None:
    last = read_time(said("9999-12-31T23:59:59.9999999"), AMSTERDAM)
    assert last.instant.year == 9999
    west = read_time(said("9999-12-31T23:59:59.9999999", "Hawaiian Standard Time"), AMSTERDAM)
    assert west.instant.year == 9999
    first = read_time(said("0001-01-01T00:00:00.0000000", "Tokyo Standard Time"), AMSTERDAM)
    assert first.instant.year == 1
    assert start_of(date(9999, 12, 31), owner_zone("Pacific/Honolulu")).year == 9999
    assert start_of(date(1, 1, 1), owner_zone("Asia/Tokyo")).year == 1


@pytest.mark.parametrize(
    "nothing", [None, [], "2026-03-03T09:00:00", {}, said(None), said(""), said("soon"), said(5),
                said("2026-13-03T09:00:00"), said("2026-02-30T09:00:00"), said("0000-01-01T00:00:00"),
                said("2026-03-03T25:00:00"), said("2026-03-03T09:00:00+99:00"), said("\uff12026-03-03T09:00:00")]
)  # fmt: skip
def test_what_is_no_time_is_said_to_be_none(nothing: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_time(nothing, AMSTERDAM)


def test_a_day_begins_at_the_owners_midnight_whatever_the_clock_does() -> None:
    assert start_of(date(2026, 3, 29), AMSTERDAM) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert start_of(date(2026, 3, 30), AMSTERDAM) == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert start_of(date(2026, 9, 6), owner_zone("America/Santiago")) == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_windows_names_are_written() -> None:
    start = datetime(2026, 7, 3, 8, tzinfo=UTC)
    first, last = written(start, start + timedelta(hours=1), "Europe/Amsterdam")
    assert first == {"dateTime": "2026-07-03T10:00:00", "timeZone": "W. Europe Standard Time"}
    assert last == {"dateTime": "2026-07-03T11:00:00", "timeZone": "W. Europe Standard Time"}


def test_a_repeated_hour_is_written_in_utc() -> None:
    second_time = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    first, last = written(second_time, second_time + timedelta(hours=3), "Europe/Amsterdam")
    assert first == {"dateTime": "2026-10-25T01:30:00", "timeZone": "UTC"}
    assert last["timeZone"] == "UTC"


def test_a_zone_windows_does_not_know_is_written_in_utc() -> None:
    assert windows_name("Antarctica/Troll") == "UTC"
    first, _ = written(
        datetime(2026, 7, 3, 8, tzinfo=UTC), datetime(2026, 7, 3, 9, tzinfo=UTC), "Antarctica/Troll"
    )
    assert first == {"dateTime": "2026-07-03T08:00:00", "timeZone": "UTC"}


def test_what_can_not_be_written_is_refused() -> None:
    at = datetime(2026, 7, 3, 8, tzinfo=UTC)
    with pytest.raises(ValueError, match="no such time zone"):
        written(at, at, "Moon/Sea of Rains")
    with pytest.raises(ValueError, match="no zone"):
        written(at.replace(tzinfo=None), at, "Europe/Amsterdam")
    with pytest.raises(ValueError, match="owner's zone"):
        owner_zone("Moon/Sea of Rains")


def test_zone_names_are_read_back() -> None:
    assert zone_name("W. Europe Standard Time") == "Europe/Berlin"
    assert zone_name("Asia/Tokyo") == "Asia/Tokyo"
    assert zone_name("tzone://Microsoft/Custom") == zone_name(None) == zone_name("UTC") == "UTC"


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - naive bounds
    length=st.timedeltas(timedelta(0), timedelta(days=3)),
    zone=st.sampled_from(ZONES),
)
def test_what_is_written_reads_back_as_the_same_instants(
    start: datetime, length: timedelta, zone: str
) -> None:
    start, end = start.replace(microsecond=0), (start + length).replace(microsecond=0)
    for instant, time in zip((start, end), written(start, end, zone), strict=True):
        read = read_time(time, AMSTERDAM)
        assert read.instant == instant
        assert not read.guessed
        if time["timeZone"] != "UTC":
            wall = instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
            assert time["dateTime"] == wall
