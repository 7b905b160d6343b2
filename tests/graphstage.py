"""The fake Graph as a stage for the connectors' contract: what somebody does in Outlook, told in the suite's iCalendar text.

The first calendar of a user is the mailbox's default one under another name; names of objects stand for ids.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import icalendar
from servers import free_port
from stages import event_text

from connectors.account import Account, Connections
from connectors.outlook.calendars import calendar_href, default_href, event_id, object_href
from connectors.outlook.connector import OutlookConnector
from syncd.demo.graph import FakeGraph, Refused, Running, serve
from syncd.demo.graph.routes.calendars import delete_calendar

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
BOSS = "boss@example.org"


def account_at(running: Running) -> Account:
    """The account as it would be configured."""
    return Account(
        "outlook", running.graph_url, tenant=running.tenant, client_id=running.client_id,
        authority=running.authority, ca_file=str(running.ca_file),
    )  # fmt: skip


@dataclass
class OnGraph:
    """A tenant of the fake Graph as a stage. `names`: calendar and name -> the id of the event that stands for it."""

    running: Running
    connections: Connections = field(default_factory=Connections)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        return "graph"

    @property
    def fake(self) -> FakeGraph:
        return self.running.fake

    def add_user(self) -> str:
        address = f"agent{len(self.fake.state.mailboxes)}@example.com"
        self.fake.add_mailbox(address)
        return address

    def add_calendar(self, user: str, name: str) -> str:
        if user in self.started:
            return calendar_href(user, self.fake.add_calendar(user, name))
        self.started.add(user)
        self._box(user).default.name = name
        return default_href(user)

    def remove_calendar(self, user: str, calendar: str) -> None:
        with self.fake.state.lock:
            delete_calendar(self.fake._call(user, {"calendar": calendar_id(calendar)}))

    def put(self, user: str, calendar: str, name: str, ics: str) -> str:
        (event,) = icalendar.Calendar.from_ical(ics).walk("VEVENT")
        key = self._id(user, calendar, name)
        start, end = event["DTSTART"].dt, event["DTEND"].dt
        if key:
            self.fake.move(user, key, start, end)
            self.fake.edit(user, key, subject=str(event["SUMMARY"]))
        elif "ORGANIZER" in event:
            key = self._invited(user, start, end)
        else:
            key = self.fake.add_event(
                user, start, end, subject=str(event["SUMMARY"]), calendar=calendar_id(calendar)
            )
            self.fake._seen(user, key).entry.uid = str(event["UID"])
        self.names[calendar, name] = key
        return object_href(calendar, key)

    def put_broken(self, user: str, calendar: str, name: str) -> str:
        """Of a kind that no version of Graph documents."""
        href = self.put(user, calendar, name, event_text(name))
        self.fake._seen(user, event_id(href)).entry.odd = {"showAs": "meditating"}
        self.fake.state.odd = True  # so that no judge takes the answers for Graph's
        return href

    def get(self, user: str, href: str) -> str | None:
        try:
            said = self.fake.event(user, event_id(href))
        except Refused:
            return None
        times = {name: _ical(said[name]["dateTime"]) for name in ("start", "end")}
        people = "\n".join(
            f"ATTENDEE:mailto:{one['emailAddress']['address']}" for one in said["attendees"] or ()
        )
        text = event_text(said["iCalUId"], more=people, **times)
        return text.replace("Somebody else's appointment", said["subject"])

    def delete(self, user: str, href: str) -> None:
        self.fake.delete(user, event_id(href))

    def hrefs(self, user: str, calendar: str) -> list[str]:
        found = self.fake.busy(user, *EVER, calendar_id(calendar))
        return sorted({object_href(calendar, one.series or one.id) for one in found})

    def connector(self, user: str, secret: str | None = None) -> OutlookConnector:
        return self._connector(account_at(self.running), user, secret)

    def unreachable(self, user: str) -> OutlookConnector:
        nowhere = f"https://127.0.0.1:{free_port()}"
        account = replace(account_at(self.running), url=f"{nowhere}/v1.0", authority=f"{nowhere}/tenant")
        return self._connector(account, user)

    def _connector(self, account: Account, user: str, secret: str | None = None) -> OutlookConnector:
        return OutlookConnector(
            account, user, secret or self.running.client_secret, self.connections, clock=self.fake.now
        )

    def _id(self, user: str, calendar: str, name: str) -> str:
        """What the name stands for, or the last part of an href names; "" where there is no such event (any more)."""
        key = self.names.get((calendar, name), unquote(name))
        return key if self.get(user, object_href(calendar, key)) is not None else ""

    def _invited(self, user: str, start: datetime, end: datetime) -> str:
        """Somebody invites the user, who answers "perhaps"."""
        if self.fake.state.found(BOSS) is None:
            self.fake.add_mailbox(BOSS)
        before = {one["id"] for one in self.fake.events(user)}
        self.fake.add_event(BOSS, start, end, attendees=[user])
        (copy,) = {one["id"] for one in self.fake.events(user)} - before
        self.fake.answer(user, copy, "tentativelyAccepted")
        return copy

    def _box(self, user: str) -> Any:
        return self.fake.state.found(user)


def calendar_id(calendar: str) -> str:
    """The id in a calendar's href; "" for the default one."""
    parts = calendar.strip("/").split("/")
    return unquote(parts[3]) if len(parts) > 3 else ""


@contextmanager
def running_graph() -> Iterator[Running]:
    """A tenant being served, whose clock stands; it ends with the block."""
    with serve(FakeGraph(NOW), bell=False) as running:
        yield running


def _ical(clock: str) -> str:
    return clock[:19].replace("-", "").replace(":", "") + "Z"
