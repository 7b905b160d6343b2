"""The desks that tests work at."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

import desks
import pytest


def test_a_run_that_goes_on_past_midnight_stays_with_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six tests of the page failed when CI ran past midnight: a meeting was planned for one day and looked for on another."""

    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(days=1)

    before = desks.day(), desks.hours(10)
    monkeypatch.setattr(desks, "datetime", Tomorrow)
    assert (desks.day(), desks.hours(10)) == before


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York"])
def test_the_clocks_do_not_change_on_that_day(zone: str) -> None:
    """On two days a year the picture of a day is an hour longer or shorter, which other tests are about."""
    for at in range(4 * 366):
        one = desks.started(date(2026, 1, 1) + timedelta(days=at)) + timedelta(days=3)
        midnights = (
            datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
            for day in (one, one + timedelta(days=1))
        )
        assert len({midnight.utcoffset() for midnight in midnights}) == 1
