"""The days of the demo's story, counted from the present moment, and how its times are told: in the company's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syncd.demo.people import OFFICE

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
WEEKS_AGO = 4
"""How long the weekly series and the company's blocks have been going on."""


@dataclass(frozen=True, slots=True)
class Days:
    """`day`: of the first meeting, a Monday to Thursday ahead, so that a working day follows. `stamp`: now, in UTC."""

    day: date
    stamp: datetime

    @classmethod
    def around(cls, now: datetime) -> "Days":
        """From the present moment (aware)."""
        tomorrow = now.astimezone(ZoneInfo(OFFICE)).date() + DAY
        ahead = (tomorrow + DAY * n for n in range(7))
        return cls(
            next(day for day in ahead if day.weekday() < 4), now.astimezone(UTC).replace(microsecond=0)
        )

    def office(self, clock: str, days: int = 0) -> datetime:
        """A clock time in the company's zone, so many days after the first meeting's day; in UTC."""
        return at(self.day + DAY * days, clock, OFFICE).astimezone(UTC)

    @property
    def start(self) -> datetime:
        """When the story's meeting starts."""
        return self.office("15:00")

    @property
    def end(self) -> datetime:
        """When the story's meeting ends."""
        return self.office("15:45")

    @property
    def past_friday(self) -> date:
        """A Friday some weeks ago."""
        return self.day - DAY * ((self.day.weekday() - 4) % 7) - WEEK * WEEKS_AGO


def at(day: date, clock_time: str, zone: str) -> datetime:
    """A clock time ("15:00") on a day in a zone; aware, in that zone."""
    return datetime.combine(day, time.fromisoformat(clock_time), ZoneInfo(zone))


def clock(moment: datetime) -> str:
    """Day and clock time in the company's zone, as the demo tells it."""
    return moment.astimezone(ZoneInfo(OFFICE)).strftime("%a %d %b %H:%M")


def span(start: datetime, end: datetime) -> str:
    """From when to when in the company's zone; the second day only where it is another."""
    one, other = (moment.astimezone(ZoneInfo(OFFICE)) for moment in (start, end))
    return (
        f"{clock(start)}-{other.strftime('%H:%M')}"
        if one.date() == other.date()
        else f"{clock(start)} - {clock(end)}"
    )
