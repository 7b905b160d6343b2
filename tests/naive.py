"""Who is available, answered from a random world's facts by painting every 5 minutes: slow, plain, and without a line of syncd.

It shares no code with what it judges: policies are looked up setting by setting, repeats are walked day by day, working hours
are asked of the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from randomworlds import ASKED, DAY, HOUR, MINUTE, STEP, RandomWorld, local

DEFAULTS = {
    "tentative": True, "out_of_office": True, "unknown": True, "working_elsewhere": False, "all_day": True,
    "buffer_before": "0m", "buffer_after": "0m",
}  # fmt: skip
WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
STALE = 10 * MINUTE
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
REACH = 18 * DAY
"""How far from now on is painted."""

Key = tuple[str, str | None, str | None, str | None, str | None]
"""What may be told of an obstacle: (source, kind of event, calendar, title, meeting)."""


@dataclass(frozen=True)
class Wall:
    """An interval that blocks, and the room it needs."""

    key: Key
    start: datetime
    end: datetime
    before: timedelta
    after: timedelta


def step_at(moment: datetime) -> int:
    """The number of the 5 minutes that begin at this moment."""
    return (moment - BEGINNING) // STEP


def begins(step: int) -> datetime:
    return BEGINNING + step * STEP


def steps(start: datetime, end: datetime) -> set[int]:
    """The 5 minutes that an interval takes, each by its number."""
    return set(range(step_at(start), step_at(end)))


@cache
def shown_at(step: int, zone: str) -> tuple[int, int]:
    """What the zone's clocks show then: weekday and minute of the day."""
    shown = local(begins(step), zone)
    return shown.weekday(), shown.hour * 60 + shown.minute


def minutes(text: str) -> timedelta:
    return int(text.removesuffix("m")) * MINUTE


class Naive:
    """One agent of a world."""

    def __init__(self, world: RandomWorld, agent: dict[str, Any]) -> None:
        self.world, self.agent = world, agent
        self.groups = [world.settings["groups"][name] for name in agent["groups"]]
        self.walls = [
            *self._calendar_walls(), *self._meeting_walls(), *self._block_walls(), *self._holiday_walls(),
        ]  # fmt: skip

    # The answers ----------------------------------------------------------------------------------------------------

    def hits(self, start: datetime, end: datetime) -> tuple[set[Key], bool]:
        """What is in the way of [start, end): by key, "buffer" where only the room is; and whether some of it is off work."""
        asked = steps(start, end)
        found = set[Key]()
        for wall in self.walls:
            if asked & steps(wall.start, wall.end):
                found.add(wall.key)
            elif asked & steps(wall.start - wall.before, wall.end + wall.after):
                found.add(("buffer", *wall.key[1:]))
        return found, any(not self.works(step) for step in asked)

    def doubts(self, start: datetime, end: datetime) -> set[tuple[str, str]]:
        found = set[tuple[str, str]]()
        mine = [one for one in self.world.seen if one.agent == self.agent["id"]]
        for one in mine:
            if not one.checked:
                continue
            if one.at is None or one.start is None or one.end is None:
                found.add(("never-seen", one.calendar))
                continue
            if one.at < self.world.now - STALE:
                found.add(("stale", one.calendar))
            if not one.start <= start <= end <= one.end:
                found.add(("horizon", one.calendar))
        for login in self.agent["calendars"]:
            checked = [one for one in mine if one.login == login["login"] and one.checked]
            if not checked and login["check"]:
                found.add(("never-seen", f"cloud/{login['login']}"))
        return found

    def mark(self, start: datetime, end: datetime) -> str:
        keys, off = self.hits(start, end)
        return "not available" if keys or off else "unknown" if self.doubts(start, end) else "available"

    @cached_property
    def taken(self) -> set[int]:
        """Every 5 minutes, from a day ago on, that can't be used."""
        first, last = self.world.now - DAY, self.world.now + REACH
        found = {step for step in steps(first, last) if not self.works(step)} if self.lines else set[int]()
        for wall in self.walls:
            start, end = max(wall.start - wall.before, first), min(wall.end + wall.after, last)
            found |= steps(start, end) if wall.start < wall.end else set()
        return found

    def next_free(self, start: datetime, length: timedelta) -> datetime | None:
        checked = [one for one in self.world.seen if one.agent == self.agent["id"] and one.checked]
        ends, reach = [one.end for one in checked], start + 14 * DAY
        silent = any(name in ("never-seen", "stale") for name, _ in self.doubts(start, start + length))
        if silent or None in ends:
            return None
        until = min([reach, *(end for end in ends if end)])
        start = max([start, *(one.start for one in checked if one.start)])
        while start + length <= until:
            if not steps(start, start + length) & self.taken:
                return start
            start += STEP
        return None

    @property
    def seen_at(self) -> datetime | None:
        """When the calendar seen longest ago was read; None where one never was, or none is checked."""
        now = self.world.now
        if any(kind == "never-seen" for kind, _ in self.doubts(now, now)):
            return None
        checked = [one for one in self.world.seen if one.agent == self.agent["id"] and one.checked]
        return min((one.at for one in checked if one.at), default=None)

    @property
    def unreadable(self) -> int:
        """How many objects of the checked calendars could not be read whole."""
        mine = [one for one in self.world.seen if one.agent == self.agent["id"] and one.checked]
        return sum(one.unreadable for one in mine)

    def load(self, start: datetime, end: datetime) -> int:
        mine = [
            one for one in self.world.meetings if one.agent == self.agent["id"] and one.status != "cancelled"
        ]
        return sum(start <= one.start < end for one in mine)

    # What is in the way -----------------------------------------------------------------------------------------------

    def setting(self, name: str, login: dict[str, Any] | None = None, calendar: str = "") -> Any:
        entries = [one for one in (login or {}).get("check", ()) if one["name"] == calendar]
        for layer in (*entries, *([login] if login else []), self.agent):
            if name in layer.get("policy", {}):
                return layer["policy"][name]
        of_groups = [group["policy"][name] for group in self.groups if name in group.get("policy", {})]
        if of_groups:
            return max(of_groups, key=minutes) if name.startswith("buffer") else any(of_groups)
        return self.world.settings["policy"].get(name, DEFAULTS[name])

    def _wall(self, key: Key, start: datetime, end: datetime, *of: Any) -> Wall:
        return Wall(
            key,
            start,
            end,
            minutes(self.setting("buffer_before", *of)),
            minutes(self.setting("buffer_after", *of)),
        )

    def _calendar_walls(self) -> Iterator[Wall]:
        checked = {(one.login, one.calendar) for one in self.world.seen if one.checked}
        logins = {one["login"]: one for one in self.agent["calendars"]}
        for one in self.world.events:
            if one.agent != self.agent["id"] or (one.login, one.calendar) not in checked:
                continue
            where = (logins[one.login], one.calendar)
            blocks = one.status == "busy" or self.setting(one.status, *where)
            if blocks and (not one.all_day or self.setting("all_day", *where)):
                yield self._wall(
                    ("calendar", one.status, one.calendar, None, None), one.start, one.end, *where
                )

    def _meeting_walls(self) -> Iterator[Wall]:
        open_ones = {one.id: one for one in self.world.meetings if one.status in ("scheduled", "live")}
        for one in open_ones.values():
            if one.agent == self.agent["id"]:
                start = min(one.start, one.live_at or one.start)
                end = one.end if self.world.now < one.end else one.end + 2 * HOUR
                yield self._wall(("meeting", None, None, one.title, one.id), start, end)
        for meeting, agent, start, end in self.world.moved:
            if agent == self.agent["id"]:
                told = "moved" if meeting in open_ones else "made use of"
                yield self._wall(("meeting", None, None, f"{told} in the calendar", meeting), start, end)

    def without_the_meeting(self) -> "Naive":
        """The same agent, for whom the meeting in question stands nowhere."""
        other = Naive(self.world, self.agent)
        other.walls = [wall for wall in self.walls if wall.key[4] != ASKED]
        return other

    def _block_walls(self) -> Iterator[Wall]:
        mine = {"company", f"agent:{self.agent['id']}", *(f"group:{name}" for name in self.agent["groups"])}
        for block in (*self.world.settings["blocks"], *self.world.made):
            if block["scope"] in mine:
                for start, end in takes_place(block, (self.world.now + REACH + DAY).date()):
                    yield self._wall(("block", None, None, block["title"], None), start, end)

    def _holiday_walls(self) -> Iterator[Wall]:
        """Each whole day of a file, by the agent's own clocks."""
        files = [self.world.settings.get("holidays"), *(group.get("holidays") for group in self.groups)]
        zone = ZoneInfo(self.agent["timezone"])
        for line in (line for file in files if file for line in file.data.decode().splitlines()):
            if line.startswith("SUMMARY:Feast "):
                day = date.fromisoformat(line.removeprefix("SUMMARY:Feast "))
                start, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + DAY))
                yield self._wall(("block", None, None, f"Feast {day}", None), start, end)

    @cached_property
    def lines(self) -> list[str]:
        of_groups = [line for group in self.groups for line in group.get("working_hours", ())]
        return self.agent.get("working_hours", of_groups)

    def works(self, step: int) -> bool:
        return not self.lines or any(
            _holds(line, *shown_at(step, self.agent["timezone"])) for line in self.lines
        )


@cache
def _holds(line: str, day: int, minute: int) -> bool:
    """Is this what the clock shows within a line's hours, of this day or of the night before?"""
    days, times = line.split(" ")
    opens, closes = (int(one[:2]) * 60 + int(one[3:]) for one in times.split("-"))
    if closes > opens:
        return day in _days(days) and opens <= minute < closes
    evening = day in _days(days) and opens <= minute
    return evening or ((day - 1) % 7 in _days(days) and minute < closes)


def _days(text: str) -> set[int]:
    found = set[int]()
    for part in text.split(","):
        first, _, last = part.partition("-")
        day = WEEKDAYS[first]
        found.add(day)
        while last and day != WEEKDAYS[last]:
            day = (day + 1) % 7
            found.add(day)
    return found


def takes_place(block: dict[str, Any], last: date) -> Iterator[tuple[datetime, datetime]]:
    """Every time of a block until this day, walking day by day; its wall-clock times are such as exist once."""
    start, end = datetime.fromisoformat(block["start"]), datetime.fromisoformat(block["end"])
    zone, begun, day = ZoneInfo(block["timezone"]), 0, start.date()
    final = date.fromisoformat(block["until"]) if "until" in block else last
    while day <= min(last, final) and begun < block.get("count", 10**9):
        if _begins(block, (day - start.date()).days, day):
            begun += 1
            if day.isoformat() not in block.get("except", ()):
                walls = (wall + (day - start.date()) for wall in (start, end))
                first, after = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls)
                yield first, after
        day += DAY


def _begins(block: dict[str, Any], passed: int, day: date) -> bool:
    match block.get("repeat"):
        case None:
            return passed == 0
        case "daily":
            return True
        case "weekly":
            return passed % 7 == 0
        case "FREQ=DAILY;INTERVAL=3":
            return passed % 3 == 0
        case "FREQ=WEEKLY;BYDAY=MO,WE,FR":
            return passed == 0 or day.weekday() in (0, 2, 4)
        case other:
            raise AssertionError(other)


def day_of(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    """The day, by the zone's clocks."""
    return _whole_days(local(moment, zone).date(), 1, zone)


def week_of(moment: datetime, zone: str) -> tuple[datetime, datetime]:
    """The week from Monday, by the zone's clocks."""
    day = local(moment, zone).date()
    return _whole_days(day - day.weekday() * DAY, 7, zone)


def _whole_days(first: date, number: int, zone: str) -> tuple[datetime, datetime]:
    start, end = (
        datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in (first, first + number * DAY)
    )
    return start, end
