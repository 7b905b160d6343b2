"""Worlds made up at random for questions about availability: everything that can stand in somebody's way, on a grid of 5 minutes.

A world is what it was made from (its facts) and a store that holds it; `naive` answers from the facts, syncd from the store.
The same seed is always the same world.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete

from store import agents, blocks, calendars, copies, meetings, schema, slots
from store.database import Store
from store.model import Calendar, Copy, MadeBlock, Meeting, MeetingStatus, Place, StoredObject
from syncd.config import Config, HolidayFile, to_agents, to_logins

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STEP = 5 * MINUTE
ZONES = (
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kolkata",
    "UTC",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
BEGINNINGS = (
    datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 6, 10, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC),
)  # fmt: skip
"""Ordinary days, and the eves of those on which clocks are set in Amsterdam or New York."""

HOLIDAY = (
    "BEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:Feast {day}\r\nTRANSP:TRANSPARENT\r\nDTSTART;VALUE=DATE:{day:%Y%m%d}\r\n"
    "END:VEVENT\r\n"
)

KINDS = ("busy", "busy", "tentative", "out_of_office", "working_elsewhere", "unknown")
STATES = (*[MeetingStatus.SCHEDULED] * 4, MeetingStatus.LIVE, MeetingStatus.LIVE, *MeetingStatus)
ASKED = "asked"
"""The meeting that is to be handed over."""


@dataclass(frozen=True)
class Busy:
    """An event in the calendar `calendar` of an agent's login."""

    agent: str
    login: str
    calendar: str
    start: datetime
    end: datetime
    status: str
    all_day: bool


@dataclass(frozen=True)
class Seen:
    """A calendar of an agent's login that is checked, or only written: when it was read, and how far."""

    agent: str
    login: str
    calendar: str
    checked: bool
    at: datetime | None
    start: datetime | None
    end: datetime | None
    unreadable: int


@dataclass
class RandomWorld:
    """The facts."""

    seed: int
    dice: Random = field(init=False)
    now: datetime = field(init=False)
    settings: dict[str, Any] = field(init=False)
    events: list[Busy] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    meetings: list[Meeting] = field(default_factory=list)
    moved: list[tuple[str, str, datetime, datetime]] = field(default_factory=list)
    made: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.now = self.pick(BEGINNINGS) + self.pick(range(288)) * STEP
        people = [self._agent(number) for number in range(self.pick(range(1, 5)))]
        self.settings = _said({
            "timezone": self.pick(ZONES), "policy": self._policy(), "agents": people, "holidays": self._holidays(),
            "groups": {name: self._group() for name in ("g1", "g2")},
            "accounts": {"cloud": {"kind": "caldav", "url": "https://cloud.example.com/"}},
            "blocks": [self._block() for _ in range(self.pick(range(4)))],
        })  # fmt: skip
        self.made = [self._block() for _ in range(self.pick(range(3)))]
        self._plan([one["id"] for one in people])
        self.made += [self._appointment(one["id"]) for one in people if self.chance(30)]
        for one in people:
            for login in one["calendars"]:
                self._fill(one["id"], login)

    @property
    def config(self) -> Config:
        return Config.model_validate(self.settings)

    @property
    def asked(self) -> Meeting:
        return self.meetings[0]

    def pick(self, choices: Any) -> Any:
        return self.dice.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.dice.randrange(100) < percent

    def moment(self, first: int = -2, last: int = 12) -> datetime:
        """A moment of the grid, so many days from now."""
        return self.now + self.pick(range(first * 288, last * 288)) * STEP

    def near(self) -> datetime:
        """A moment around the meeting in question, where things get in its way."""
        return self.asked.start + self.pick(range(-60, 60)) * STEP

    # Configuration ------------------------------------------------------------------------------------------------------

    def _policy(self) -> dict[str, Any]:
        flags = ("tentative", "out_of_office", "unknown", "working_elsewhere", "all_day")
        chosen: dict[str, Any] = {name: self.chance(50) for name in flags if self.chance(25)}
        for name in ("buffer_before", "buffer_after"):
            if self.chance(20):
                chosen[name] = self.pick(("0m", "5m", "15m", "40m", "130m", "1500m"))
        return chosen

    def _hours(self) -> list[str] | None:
        if self.chance(65):
            return None
        lines = (
            "mon-fri 09:00-17:30",
            "sat,sun 10:00-14:00",
            "mon-sun 00:00-24:00",
            "mon-sat 06:00-22:00",
            "thu-mon 20:00-04:30",
        )
        return self.dice.sample(lines, self.pick((1, 2)))

    def _group(self) -> dict[str, Any]:
        return _said({
            "policy": self._policy() or None, "working_hours": self._hours(), "holidays": self._holidays(),
        })  # fmt: skip

    def _holidays(self) -> HolidayFile | None:
        """Whole days of whichever zone an agent lives in, as such files have them: free, and once in a while not at all."""
        if self.chance(75):
            return None
        days = sorted(self.now.date() + self.pick(range(-3, 14)) * DAY for _ in range(3))
        events = "".join(HOLIDAY.format(number=number, day=day) for number, day in enumerate(days))
        return HolidayFile(f"{days}.ics", f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n".encode())

    def _agent(self, number: int) -> dict[str, Any]:
        name = f"a{number}"
        return _said({
            "id": name, "name": self.pick(("Kim", "Robin", name)), "email": f"{name}@example.com", "timezone": self.pick(ZONES),
            "groups": [group for group in ("g1", "g2") if self.chance(45)], "active": self.chance(90),
            "policy": self._policy() or None, "working_hours": self._hours(),
            "calendars": [self._login(f"{name}-{place}") for place in range(self.pick((0, 1, 1, 1, 2)))],
        })  # fmt: skip

    def _login(self, name: str) -> dict[str, Any]:
        check = [
            _said({"name": calendar, "policy": self._policy() or None})
            for calendar in ("Work", "Private") if self.chance(70)
        ]  # fmt: skip
        return _said({
            "account": "cloud", "login": name, "password": {"env": "X"}, "check": check, "policy": self._policy() or None,
        })  # fmt: skip

    def _block(self) -> dict[str, Any]:
        """Wall-clock times that no change of a clock touches; those have their own tests (rules.blocks)."""
        before = self.pick(range(-3, 12))
        first = (self.now - before * DAY).date()
        start = datetime.combine(first, time(self.pick(range(5, 23)), self.pick((0, 30))))
        end = start + self.pick((30, 60, 240, 600)) * MINUTE
        if end.time() < time(5) and end.date() > first:
            end = datetime.combine(end.date(), time(0, 30))
        repeat = self.pick((None, "daily", "weekly", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=DAILY;INTERVAL=3"))
        more = {} if repeat is None else {
            "until": f"{first + self.pick(range(40)) * DAY}" if self.chance(20) else None,
            "count": max(1, before + self.pick((0, 1, 2, 3))) if self.chance(30) else None,
            "except": [f"{first + self.pick(range(30)) * DAY}" for _ in range(3)] if self.chance(30) else None,
        }  # fmt: skip
        return _said({
            "scope": self.pick(("company", "group:g1", "group:g2", "agent:a0", "agent:a1")), "title": self.pick(("Night", "Lunch")),
            "timezone": self.pick(ZONES), "start": start.isoformat(), "end": end.isoformat(), "repeat": repeat, **more,
        })  # fmt: skip

    def _appointment(self, agent: str) -> dict[str, Any]:
        """A block of one agent that is nothing but that, about when the meeting in question is."""
        start = self.near().replace(tzinfo=None)
        times = {"start": start.isoformat(), "end": (start + self.pick((6, 12, 300)) * STEP).isoformat()}
        return {"scope": f"agent:{agent}", "title": "Dentist", "timezone": "UTC", **times}

    # What is known ------------------------------------------------------------------------------------------------------

    def _fill(self, agent: str, login: dict[str, Any]) -> None:
        if self.chance(10):
            return  # never listed
        for entry in login["check"] or ([{"name": "Elsewhere"}] if self.chance(30) else []):
            checked = entry["name"] != "Elsewhere"
            at = self.now - self.pick((0, 1, 5, 10, 10, 11, 60)) * MINUTE if self.chance(95) else None
            window = (
                self._edge(self.asked.start, -DAY),
                self._edge(self.asked.end, self.pick((1, 4, 30)) * DAY),
            )
            window = window if at else (None, None)
            self.seen.append(
                Seen(agent, login["login"], entry["name"], checked, at, *window, self.pick((0, 0, 0, 2)))
            )
            for _ in range(self.pick((0, 2, 6, 12))):
                self.events.append(self._event(agent, login["login"], entry["name"]))

    def _edge(self, moment: datetime, usual: timedelta) -> datetime:
        """How far a calendar was read: as far as usual from now, or just as far as a moment, or a step beside it."""
        return moment + self.pick((-1, 0, 0, 1)) * STEP if self.chance(20) else self.now + usual

    def _event(self, agent: str, login: str, calendar: str) -> Busy:
        start = self.moment() if self.chance(60) else self.near()
        length = self.pick((1, 6, 6, 12, 12, 24, 100, 500))
        if self.chance(2):  # kept whole, and found otherwise than what is cut into pieces
            start, length = start - self.pick((0, 5, 35)) * DAY, 40 * 288
        if all_day := self.chance(10):
            start, length = start.replace(hour=0, minute=0), 288 * self.pick((1, 1, 3))
        return Busy(agent, login, calendar, start, start + length * STEP, self.pick(KINDS), all_day)

    def _plan(self, people: list[str]) -> None:
        soon = self.chance(35)  # while others may run over
        start = (
            self.now
            + (self.pick(range(-6, 24)) if soon else self.pick((288, 288, 288, self.pick(range(2000)))))
            * STEP
        )
        group = self.pick((None, None, "g1"))
        self.meetings.append(self._meeting(ASKED, self.pick(people), start, MeetingStatus.SCHEDULED, group))
        for number in range(self.pick((0, 3, 8))):
            begins = self.near() if self.chance(50) else self.moment()
            if self.chance(50 if soon else 10):
                begins = self.now - self.pick(range(1, 40)) * STEP
            self.meetings.append(
                self._meeting(f"m{number}", self.pick(people), begins, self.pick(STATES), None)
            )
        for one in self.meetings:
            is_open = one.status in (MeetingStatus.SCHEDULED, MeetingStatus.LIVE)
            if self.chance(15 if is_open else 50):
                found = self.near()
                self.moved.append((one.id, one.agent, found, found + self.pick((6, 12)) * STEP))

    def _meeting(
        self, name: str, agent: str, start: datetime, status: MeetingStatus, group: str | None
    ) -> Meeting:
        end = start + self.pick((3, 6, 9, 12, 24)) * STEP
        live = start + self.pick((-60, -20, -3, 0, 2)) * STEP if status is MeetingStatus.LIVE else None
        return Meeting(name, 1, status, agent, start, end, f"Talk {name}", group=group, live_at=live)


def _said(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


# ---------------------------------------------------------------------------------------------------------------------
# Into a store


def keep(world: RandomWorld, store: Store) -> None:
    """Make the store hold this world and nothing else."""
    config = world.config
    with store.writing() as tx:
        for table in reversed(schema.metadata.sorted_tables):
            if table.name != "meta":
                tx.execute(delete(table))
        agents.follow(tx, to_agents(config), to_logins(config), world.now)
        logins = {one.login: one for one in calendars.logins(tx)}
        for seen in world.seen:
            row = calendars.save_calendar(tx, _row(seen, logins[seen.login].id))
            slots.save_objects(tx, row.id, seen.agent, list(_objects(world, seen)), ())
        for meeting in world.meetings:
            meetings.insert(tx, meeting)
        for number, (meeting_id, agent, start, end) in enumerate(world.moved):
            place = Place("cloud", agent, "Work")
            moved = Copy(
                0,
                meeting_id,
                agent,
                1,
                place,
                f"u{number}",
                "m",
                "present",
                found_start=start,
                found_end=end,
                drift="moved",
            )
            copies.save_copy(tx, moved)
        for block in Config.model_validate({**world.settings, "blocks": world.made}).blocks:
            blocks.add(tx, MadeBlock(
                0, block.scope, block.title, block.start, block.end, block.timezone, block.repeat, block.until, "x",
                world.now, block.count, block.exceptions,
            ))  # fmt: skip


def _row(seen: Seen, login: int) -> Calendar:
    return Calendar(
        0, login, seen.agent, "cloud", seen.login, seen.calendar, f"/{seen.login}/{seen.calendar}/", seen.calendar, seen.checked, True,
        "", None, seen.at, seen.start, seen.end, 0, seen.unreadable, "ok" if seen.at else "never-seen", "", "", None, None,
    )  # fmt: skip


def _objects(world: RandomWorld, seen: Seen) -> Iterator[StoredObject]:
    for number, one in enumerate(world.events):
        if (one.login, one.calendar) == (seen.login, seen.calendar):
            yield StoredObject(
                f"/{number}.ics", '"1"', f"{number}", ((one.start, one.end, one.status, one.all_day),)
            )


def local(moment: datetime, zone: str) -> datetime:
    """What the clocks of a zone show."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
