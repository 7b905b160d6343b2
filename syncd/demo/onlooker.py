"""An independent look at the calendar server: the `caldav` library's own client and `icalendar`, never our connector.

What syncd claims to have written is read back through this, and through this an agent adds an appointment, as any
calendar program would (RFC 4791 through somebody else's code).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from caldav.calendarobjectresource import Event as RemoteEvent
from caldav.collection import Calendar as RemoteCalendar
from caldav.collection import Principal
from caldav.davclient import DAVClient
from icalendar import Event

SECONDS = 30
"""How long the server may take for one answer."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it stands on the server: whose, in which calendar, and what a person would see of it there."""

    agent: str
    calendar: str
    uid: str
    title: str
    start: datetime
    end: datetime
    text: str
    location: str
    people: int

    @property
    def where(self) -> str:
        """Agent and calendar, readable."""
        return f"{self.agent}/{self.calendar}"


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Looks into the calendars of all logins (name -> password) of one server."""

    url: str
    logins: Mapping[str, str]

    def names(self, login: str) -> set[str]:
        """The login's calendars by name."""
        with self._principal(login) as principal:
            return {str(calendar.get_display_name()) for calendar in _calendars(principal)}

    def add_calendars(self, login: str, texts: Mapping[str, list[str]]) -> None:
        """Make calendars (name -> texts of their objects)."""
        with self._principal(login) as principal:
            for name, objects in texts.items():
                made = cast("RemoteCalendar", principal.make_calendar(name=name, cal_id=name.lower()))
                for text in objects:
                    made.add_event(text)

    def add(self, login: str, calendar: str, text: str) -> None:
        """The agent adds an object to one of their calendars."""
        with self._principal(login) as principal:
            for found in _calendars(principal):
                if found.get_display_name() == calendar:
                    found.add_event(text)

    def move(self, login: str, title: str, start: datetime, end: datetime) -> None:
        """The agent moves the event of this title to another time."""
        with self._principal(login) as principal:
            for found in _remote(principal):
                event = cast("Event", found.icalendar_component)
                if str(event.get("summary", "")) == title:
                    for name, moment in (("dtstart", start), ("dtend", end)):
                        del event[name]
                        event.add(name, moment)
                    found.save()

    def count(self, login: str) -> dict[str, int]:
        """How many objects stand in each of the login's calendars."""
        with self._principal(login) as principal:
            return {str(one.get_display_name()): len(_objects(one)) for one in _calendars(principal)}

    def events(self, login: str, title: str) -> list[Seen]:
        """All events of this title in the login's calendars."""
        return [seen for seen in self._events(login) if seen.title == title]

    def _events(self, login: str) -> Iterator[Seen]:
        with self._principal(login) as principal:
            for calendar in _calendars(principal):
                name = str(calendar.get_display_name())
                for event in (event for found in _objects(calendar) for event in found):
                    yield _seen(login, name, event)

    @contextmanager
    def _principal(self, login: str) -> Iterator[Principal]:
        """Signed in as that agent. What the environment says of proxies and DNS is no business of a loopback server."""
        with DAVClient(
            url=self.url, username=login, password=self.logins[login], auth_type="basic", timeout=SECONDS,
            enable_rfc6764=False, require_tls=False,
        ) as client:  # fmt: skip
            client.session.trust_env = False
            yield client.principal()  # type: ignore[no-untyped-call]  # the library leaves it untyped


def _calendars(principal: Principal) -> list[RemoteCalendar]:
    return cast("list[RemoteCalendar]", principal.get_calendars())  # typed for its asynchronous twin, too


def _remote(principal: Principal) -> list[RemoteEvent]:
    """All objects in all calendars, as the library lets them be changed."""
    return [
        one for calendar in _calendars(principal) for one in cast("list[RemoteEvent]", calendar.get_events())
    ]


def _objects(calendar: RemoteCalendar) -> list[list[Event]]:
    """Each object's events: the series first, then its exceptions."""
    found = cast("list[RemoteEvent]", calendar.get_events())
    return [cast("list[Event]", one.icalendar_instance.walk("VEVENT")) for one in found]


def _seen(agent: str, calendar: str, event: Event) -> Seen:
    return Seen(
        agent=agent,
        calendar=calendar,
        uid=str(event.get("uid", "")),
        title=str(event.get("summary", "")),
        start=_moment(event.start),
        end=_moment(event.end),
        text=str(event.get("description", "")),
        location=str(event.get("location", "")),
        people=len(event.attendees) + ("organizer" in event),
    )


def _moment(value: object) -> datetime:
    """A time as it stands; a date counts from midnight UTC, for none of the events looked for here has only a date."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
