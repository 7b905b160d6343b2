"""The example agents' calendars as people have them, built around the meeting of the story (RFC 5545).

Weekly series with moved and cancelled instances, absences of whole days, tentative, free, declined and private entries.
Everything is dated from the present week, so the story works on any day; `expected` says what it must lead to. Built
with the `icalendar` library and not by syncd's own writer, as foreign calendars would be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress

from syncd.demo.days import DAY, WEEK, WEEKS_AGO, Days, at
from syncd.demo.people import (
    ANNA,
    BRAM,
    CLARA,
    DANIEL,
    EMMA,
    FRANK,
    PRIVATE,
    WORK,
    Person,
)

MINUTES, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar object: of which agent, in which calendar, and its text."""

    person: Person
    calendar: str
    text: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What must stand in the way of the story's meeting for one agent: kind, calendar and the whole interval in UTC."""

    status: Literal["busy", "tentative", "out_of_office"]
    calendar: str
    start: datetime
    end: datetime


def expected(days: Days) -> dict[str, Obstacle | None]:
    """Agent -> what the calendars below must give for the story's meeting; None: available."""
    away = [at(days.day + DAY * n, "00:00", CLARA.zone).astimezone(UTC) for n in (-1, 4)]
    return {
        ANNA.id: None,
        BRAM.id: Obstacle("busy", WORK, days.start, days.start + HOUR),
        CLARA.id: Obstacle("out_of_office", WORK, away[0], away[1]),
        DANIEL.id: None,
        EMMA.id: Obstacle("tentative", WORK, days.start - 30 * MINUTES, days.start + 30 * MINUTES),
        FRANK.id: Obstacle("busy", PRIVATE, days.start + 15 * MINUTES, days.end + 45 * MINUTES),
    }


def entries(days: Days) -> tuple[Entry, ...]:
    """All objects of all calendars."""
    return (*_anna(days), *_bram(days), *_clara(days), *_daniel(days), *_emma(days), *_frank(days))


def appointment(person: Person, title: str, start: datetime, end: datetime, stamp: datetime) -> str:
    """One more appointment, as the agent's own calendar program would add it."""
    return _text([_event(person, title, _in(person, start), _in(person, end), stamp)])


# ---------------------------------------------------------------------------------------------------------------------
# One agent each


def _anna(days: Days) -> Iterable[Entry]:
    """Has an entry over the meeting's time, but it is marked free: available."""
    book = _Book(ANNA, days)
    yield book.weekly(WORK, "Stand-up", days.office("09:00"), 15 * MINUTES)
    yield book.once(WORK, "Client files", days.office("13:30"), HOUR)
    yield book.once(WORK, "Office drinks (come by if you like)", days.start, 2 * HOUR, transp="TRANSPARENT")
    yield book.whole_days(
        PRIVATE, "Birthday of Sam", days.day, 1, transp="TRANSPARENT", rrule={"FREQ": "YEARLY"}
    )
    yield book.weekly(PRIVATE, "Choir", days.office("20:00"), 2 * HOUR)


def _bram(days: Days) -> Iterable[Entry]:
    """The weekly review was moved onto the meeting's time: not available. Next week's is cancelled."""
    book = _Book(BRAM, days)
    review = days.office("10:00")
    yield book.weekly(WORK, "Desk review", review, HOUR, moved=days.start, cancelled=[1])
    yield book.once(WORK, "Call with the notary", days.office("11:00"), HOUR / 2)
    yield book.weekly(PRIVATE, "Football", days.office("19:30"), 2 * HOUR)


def _clara(days: Days) -> Iterable[Entry]:
    """Away for five whole days: not available, out of office."""
    book = _Book(CLARA, days)
    yield book.whole_days(
        WORK, "On leave", days.day - DAY, 5, x_microsoft_cdo_busystatus="OOF", transp="OPAQUE"
    )
    yield book.weekly(WORK, "Claims meeting", days.office("11:00"), HOUR)
    yield book.once(PRIVATE, "Flight to Funchal", days.office("08:30", -1), 2 * HOUR)


def _daniel(days: Days) -> Iterable[Entry]:
    """The weekly talk was moved away from the meeting's time, and an invitation to it declined: available."""
    book = _Book(DANIEL, days)
    yield book.weekly(WORK, "Talk with Emma", days.start, HOUR, moved=days.office("10:30"), cancelled=[2])
    yield book.invitation(WORK, "Sales webinar", days.start, HOUR, "DECLINED")
    yield book.invitation(WORK, "Budget round", days.office("17:00"), HOUR, "ACCEPTED")
    yield book.weekly(PRIVATE, "Piano lesson", days.office("19:00"), HOUR)


def _emma(days: Days) -> Iterable[Entry]:
    """Said maybe to something in the meeting's time: not available, tentative."""
    book = _Book(EMMA, days)
    yield book.invitation(WORK, "Broker visit", days.start - 30 * MINUTES, HOUR, "TENTATIVE")
    yield book.weekly(WORK, "Rates call", days.office("18:00"), HOUR / 2, left_out=[1])
    yield book.once(PRIVATE, "School play", days.office("22:00"), 2 * HOUR)


def _frank(days: Days) -> Iterable[Entry]:
    """A private appointment in the private calendar; today's work series is left out: not available, nobody sees why."""
    book = _Book(FRANK, days)
    start = days.start + 15 * MINUTES
    yield book.once(PRIVATE, "Physiotherapist", start, days.end + 45 * MINUTES - start, klass="PRIVATE")
    yield book.weekly(WORK, "Policy renewals", days.start, HOUR, left_out=[0])
    yield book.once(WORK, "Site inspection", days.office("17:00", 1), 3 * HOUR, status="TENTATIVE")


# ---------------------------------------------------------------------------------------------------------------------
# How entries are made


@dataclass(frozen=True, slots=True)
class _Book:
    """Makes one agent's entries, in that agent's zone."""

    person: Person
    days: Days

    def once(self, calendar: str, title: str, start: datetime, length: timedelta, **more: object) -> Entry:
        first = _in(self.person, start)
        return self._entry(calendar, [self._event(title, first, first + length, **more)])

    def whole_days(self, calendar: str, title: str, first: date, days: int, **more: object) -> Entry:
        return self._entry(calendar, [self._event(title, first, first + DAY * days, **more)])

    def weekly(
        self, calendar: str, title: str, today: datetime, length: timedelta, *, moved: datetime | None = None,
        cancelled: Iterable[int] = (), left_out: Iterable[int] = (),
    ) -> Entry:  # fmt: skip
        """A series with an instance at `today`: `moved` there, others cancelled or left out (in so many weeks)."""
        instance = _in(self.person, today)  # clock arithmetic within the zone: a series keeps its local time
        first = instance - WEEK * WEEKS_AGO
        rule: dict[str, object] = {"rrule": {"FREQ": "WEEKLY"}}
        if exceptions := [instance + WEEK * n for n in left_out]:
            rule["exdate"] = exceptions
        series = [self._event(title, first, first + length, **rule)]
        if moved is not None:
            there = _in(self.person, moved)
            series.append(self._event(title, there, there + length, recurrence_id=instance))
        series += [
            self._event(title, when, when + length, recurrence_id=when, status="CANCELLED")
            for when in (instance + WEEK * n for n in cancelled)
        ]
        return self._entry(calendar, series)

    def invitation(
        self, calendar: str, title: str, start: datetime, length: timedelta, answer: Literal["ACCEPTED", "TENTATIVE", "DECLINED"]
    ) -> Entry:  # fmt: skip
        """Somebody else's event, with this agent's answer to it."""
        first = _in(self.person, start)
        event = self._event(title, first, first + length)
        event.add("organizer", vCalAddress("mailto:host@example.net"))
        event.add("attendee", vCalAddress(f"mailto:{self.person.email}"), parameters={"PARTSTAT": answer})
        return self._entry(calendar, [event])

    def _event(self, title: str, start: date, end: date, **more: object) -> Event:
        return _event(self.person, title, start, end, self.days.stamp, **more)

    def _entry(self, calendar: str, events: list[Event]) -> Entry:
        return Entry(self.person, calendar, _text(events))


def _event(person: Person, title: str, start: date, end: date, stamp: datetime, **more: object) -> Event:
    name = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
    event = Event()
    event.add("uid", f"{person.id}-{name}@demo.example.com")
    event.add("dtstamp", stamp)
    event.add("summary", title)
    event.add("dtstart", start)
    event.add("dtend", end)
    for key, value in more.items():
        event.add({"klass": "class"}.get(key, key.replace("_", "-")), value)
    return event


def _text(events: list[Event]) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//syncd//demo//EN")
    calendar.add("version", "2.0")
    for event in events:
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical()).decode()


def _in(person: Person, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(person.zone))
