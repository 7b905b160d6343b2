"""Public holidays: whole days of each zone, by their names, free or not; and the same whatever part is asked for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.rules.holidays import UNNAMED, holidays, runs_out

DAY = timedelta(days=1)


def event(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", *lines, "END:VEVENT"))


def file(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


CHRISTMAS = event(
    "UID:c", "SUMMARY:Christmas\\, first day", "DTSTART;VALUE=DATE:20201225", "RRULE:FREQ=YEARLY"
)
KING = event("UID:k", "SUMMARY:K\u00f6nigstag", "DTSTART;VALUE=DATE:20260427", "TRANSP:TRANSPARENT")
NO_NAME = event("UID:n", "DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260503")
OFF = event("UID:o", "SUMMARY:Not this time", "DTSTART;VALUE=DATE:20260601", "STATUS:CANCELLED")
EVE = event("UID:e", "SUMMARY:Early end", "DTSTART;TZID=Europe/Amsterdam:20261224T150000", "DURATION:PT3H")
ALL = file(CHRISTMAS, KING, NO_NAME, OFF, EVE)


def of_year(data: bytes, zone: str, year: int = 2026) -> list[tuple[str, str, str]]:
    clocks = ZoneInfo(zone)
    start = datetime(year, 1, 1, tzinfo=clocks).astimezone(UTC)
    found = holidays(data, zone, start, start + 365 * DAY)
    return [
        (f"{a.astimezone(clocks):%m-%d %H:%M}", f"{b.astimezone(clocks):%m-%d %H:%M}", c) for a, b, c in found
    ]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York", "Pacific/Auckland", "UTC"])
def test_whole_days_are_those_of_the_zone_also_where_the_file_calls_them_free(zone: str) -> None:
    found = [one for one in of_year(ALL, zone) if one[2] != "Early end"]
    assert found == [
        ("04-27 00:00", "04-28 00:00", "K\u00f6nigstag"),
        ("05-01 00:00", "05-03 00:00", UNNAMED),
        ("12-25 00:00", "12-26 00:00", "Christmas, first day"),
    ]


def test_times_keep_their_own_zone() -> None:
    (eve,) = [one for one in of_year(ALL, "America/New_York") if one[2] == "Early end"]
    assert eve == ("12-24 09:00", "12-24 12:00", "Early end")


def test_a_title_can_not_forge_a_line_and_has_an_end() -> None:
    long = event("UID:l", f"SUMMARY:One\\nTwo{'x' * 400}", "DTSTART;VALUE=DATE:20260427")
    ((_, _, title),) = of_year(file(long), "UTC")
    assert title.startswith("One Twox")
    assert len(title) == 250


def test_years_far_away_are_no_accident() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert holidays(file(KING), "UTC", first, first + DAY) == []
    assert holidays(file(KING), "UTC", last - DAY, last) == []
    assert (
        len(holidays(file(KING), "UTC", datetime(2026, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC)))
        == 1
    )


@given(
    st.sampled_from(["Europe/Amsterdam", "America/Los_Angeles", "Pacific/Kiritimati"]), st.dates(date(2025, 11, 1), date(2027, 2, 1)),
    st.integers(1, 60),
)  # fmt: skip
def test_what_is_asked_for_decides_only_what_is_left_out(zone: str, day: date, days: int) -> None:
    start = datetime.combine(day, datetime.min.time(), UTC)
    end = start + days * DAY
    wide = holidays(ALL, zone, start - 400 * DAY, end + 400 * DAY)
    assert holidays(ALL, zone, start, end) == [one for one in wide if one[0] < end and start < one[1]]


@pytest.mark.parametrize(
    ("days", "more", "out"),
    [
        (["20261225", "20270101"], "", True),
        (["20261225", "20270101", "20270405"], "", False),
        (["20261225"], "RRULE:FREQ=YEARLY\r\n", False),
        (["20270405"], "RRULE:FREQ=YEARLY\r\n", False),
        (["20200101"], "", True),
    ],
)
def test_a_file_without_next_years_holidays_runs_out(days: list[str], more: str, out: bool) -> None:
    events = (
        event(f"UID:{day}", f"DTSTART;VALUE=DATE:{day}", *([more.strip()] if more else [])) for day in days
    )
    assert runs_out(file(*events), "Europe/Amsterdam", datetime(2026, 11, 29, tzinfo=UTC)) is out
