"""Some of the demo's agents in Outlook: mailboxes on the fake Graph, filled as people fill them, read by a plain client.

Filling goes through the fake's own hands (what somebody does in Outlook); whatever is looked at is asked over HTTPS with
`requests`, signed in as an administrator's script would be, never through our connector. Graph: resource type event.
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import requests
from icalendar import Calendar, Event
from tzlocal.windows_tz import tz_win

from syncd.demo.graph import Running
from syncd.demo.onlooker import Seen
from syncd.demo.people import PEOPLE, Person

HOST = "host@example.net"
"""Who invites the agents; has a mailbox in the tenant, so that invitations arrive as Exchange delivers them."""

RESPONSES = {"ACCEPTED": "accepted", "TENTATIVE": "tentativelyAccepted", "DECLINED": "declined"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SECONDS = 30


@dataclass
class Mailboxes:
    """The mailboxes of some agents in one tenant."""

    running: Running
    people: Mapping[str, Person] = field(default_factory=lambda: {one.id: one for one in PEOPLE})
    _folders: dict[tuple[str, str], str] = field(default_factory=dict)
    _session: requests.Session = field(default_factory=requests.Session)

    def open(self, agents: Iterable[str]) -> None:
        """Give these agents mailboxes. One more is of whoever invites them."""
        fake = self.running.fake
        self._session.trust_env = False
        self._session.verify = str(self.running.ca_file)
        fake.add_mailbox(HOST, "A host")
        for agent in agents:
            person = self.people[agent]
            fake.add_mailbox(person.email, person.name, _windows(person))

    def close(self) -> None:
        """Close the client's connections."""
        self._session.close()

    # -- as people fill their calendars -----------------------------------------------------------------------------------

    def add_calendars(self, agent: str, texts: Mapping[str, list[str]]) -> None:
        """Make calendars (name -> texts of their objects)."""
        for name, objects in texts.items():
            self._folders[agent, name] = self.running.fake.add_calendar(self.people[agent].email, name)
            for text in objects:
                self.add(agent, name, text)

    def add(self, agent: str, calendar: str, text: str) -> None:
        """The agent enters what this text says, or is invited to it and answers."""
        first, *parts = cast("list[Event]", Calendar.from_ical(text).walk("VEVENT"))
        if "ATTENDEE" in first:
            self._invite(agent, calendar, first)
            return
        made = self._enter(agent, calendar, first)
        for day in first.exdates:
            self._drop(agent, made, day.date() if isinstance(day, datetime) else day)
        for part in parts:
            self._change(agent, made, part)

    def _enter(self, agent: str, calendar: str, event: Event) -> str:
        person, fields = self.people[agent], _shown(event)
        if "RRULE" in event:
            fields["recurrence"] = _weekly(event, person)
        return self.running.fake.add_event(
            person.email,
            event.start,
            event.end,
            calendar=self._folders[agent, calendar],
            zone=_windows(person),
            **fields,
        )

    def _drop(self, agent: str, series: str, day: date) -> None:
        self.running.fake.delete_occurrence(self.people[agent].email, series, day)

    def _change(self, agent: str, series: str, part: Event) -> None:
        """One instance of a series: called off, or moved."""
        person = self.people[agent]
        day = _local(part.decoded("RECURRENCE-ID"), person).date()
        if part.get("STATUS") == "CANCELLED":
            self._drop(agent, series, day)
            return
        instance = self.running.fake.occurrence(person.email, series, day)
        self.running.fake.move(person.email, instance, part.start, part.end, _windows(person))

    def _invite(self, agent: str, calendar: str, event: Event) -> None:
        """Somebody else's event, put into the calendar it is for, with this agent's answer to it."""
        fake, person = self.running.fake, self.people[agent]
        fake.add_event(
            HOST, event.start, event.end, zone=_windows(person), attendees=[person.email], **_shown(event)
        )
        (copy,) = [one["id"] for one in fake.events(person.email) if one["subject"] == str(event["SUMMARY"])]
        fake.move_to_calendar(person.email, copy, self._folders[agent, calendar])
        fake.answer(person.email, copy, RESPONSES[event["ATTENDEE"].params["PARTSTAT"]])

    def move(self, agent: str, title: str, start: datetime, end: datetime) -> None:
        """The agent moves the event of this title to another time."""
        fake, mailbox = self.running.fake, self.people[agent].email
        (event,) = [str(one["id"]) for one in fake.events(mailbox) if one["subject"] == title]
        fake.move(mailbox, event, start, end)

    # -- as another program sees them ---------------------------------------------------------------------------------------

    def count(self, agent: str) -> dict[str, int]:
        """How many events and series stand in each calendar that was made."""
        return {name: len(self._listed(agent, name)) for whose, name in self._folders if whose == agent}

    def events(self, agent: str, title: str) -> list[Seen]:
        """All events of this title in the agent's calendars."""
        names = [name for whose, name in self._folders if whose == agent]
        return [
            _seen(agent, name, event)
            for name in names
            for event in self._listed(agent, name)
            if event["subject"] == title
        ]

    def _listed(self, agent: str, name: str) -> list[dict[str, Any]]:
        mailbox = f"{self.running.graph_url}/users/{self.people[agent].email}"
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Prefer": 'outlook.timezone="UTC", IdType="ImmutableId"',
        }
        answer = self._session.get(
            f"{mailbox}/calendars/{self._folders[agent, name]}/events?$top=200",
            headers=headers,
            timeout=SECONDS,
        )
        answer.raise_for_status()
        return list(answer.json()["value"])

    def _token(self) -> str:
        """A fresh one each time: the demo asks seldom."""
        at = self.running
        asked = {
            "grant_type": "client_credentials", "client_id": at.client_id, "client_secret": at.client_secret,
            "scope": "https://graph.microsoft.com/.default",
        }  # fmt: skip
        answer = self._session.post(f"{at.authority}/oauth2/v2.0/token", data=asked, timeout=SECONDS)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def _shown(event: Event) -> dict[str, Any]:
    """What Outlook's form has besides the times: title, "show as", "private"."""
    if event.get("TRANSP") == "TRANSPARENT":
        show_as = "free"
    elif event.get("X-MICROSOFT-CDO-BUSYSTATUS") == "OOF":
        show_as = "oof"
    else:
        show_as = "tentative" if event.get("STATUS") == "TENTATIVE" else "busy"
    private = {"sensitivity": "private"} if event.get("CLASS") == "PRIVATE" else {}
    return {"subject": str(event["SUMMARY"]), "show_as": show_as, **private}


def _windows(person: Person) -> str:
    """The person's zone as Outlook calls it."""
    return str(tz_win[person.zone])


def _local(moment: object, person: Person) -> datetime:
    if not isinstance(moment, datetime):
        raise TypeError("the example series of Outlook's agents have times, not days")
    return moment.astimezone(ZoneInfo(person.zone))


def _weekly(event: Event, person: Person) -> dict[str, Any]:
    """The only rule of the example calendars of Outlook's agents (Graph: recurrencePattern)."""
    first = _local(event.start, person)
    return {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": [DAYS[first.weekday()]]},
        "range": {"type": "noEnd", "startDate": f"{first:%Y-%m-%d}"},
    }


def _seen(agent: str, calendar: str, event: Mapping[str, Any]) -> Seen:
    return Seen(
        agent=agent,
        calendar=calendar,
        uid=str(event["id"]),
        title=str(event["subject"]),
        start=_moment(event["start"]),
        end=_moment(event["end"]),
        text=html.unescape(str(event["body"]["content"])),
        location=str(event["location"]["displayName"]),
        people=len(event["attendees"]) + (not event["isOrganizer"]),
    )


def _moment(said: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(said["dateTime"][:19]).replace(tzinfo=UTC)
