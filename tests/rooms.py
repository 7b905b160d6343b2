"""The world of `worlds` with real calendar servers: agents whose calendars are on Radicale, or in mailboxes of the fake Graph.

What agents do there, and how it stands there, is told in the same words for both; a test that takes `room` runs on each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
from icalendar import Calendar, Component
from servers import SECRET, CalDavServer
from worlds import AGENTS, HEAD, NOW, World, event

from connectors import open_connector
from connectors.account import Account, Connections
from connectors.interface import Connector
from connectors.outlook.connector import OutlookConnector
from store.database import Store
from syncd.actions.context import Opener
from syncd.demo.graph import FakeGraph, Running, serve

PERSON = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
groups = ["advice"]
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One of our events as another client shows it. `rings`: it has an alarm; `struck`: the server says it is cancelled."""

    title: str
    start: datetime
    end: datetime
    text: str
    link: str
    free: bool
    rings: bool
    struck: bool


class Server(Protocol):
    """Calendars of a kind, and what an agent does in one of them with a client of their own."""

    def account(self) -> str: ...
    def calendar(self, agent: str) -> str: ...
    def opener(self, clock: Callable[[], datetime]) -> Opener: ...
    def shown(self, agent: str) -> list[Shown]: ...
    def edit(self, agent: str, **changed: Any) -> None: ...
    def delete(self, agent: str) -> None: ...
    def duplicate(self, agent: str) -> None: ...
    def enter(self, agent: str, uid: str, start: datetime, end: datetime) -> None: ...


# ---------------------------------------------------------------------------------------------------------------------
# CalDAV

PROPERTIES = {"title": "SUMMARY", "text": "DESCRIPTION", "link": "LOCATION"}


@dataclass
class OnRadicale:
    """Each agent has a calendar `Work`."""

    server: CalDavServer
    logins: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for agent in AGENTS:
            self.logins[agent] = self.server.add_user()
            self.server.add_calendar(self.logins[agent], "Work")

    def account(self) -> str:
        return f'[accounts.lab]\nkind = "caldav"\nurl = "{self.server.url}"\n'

    def calendar(self, agent: str) -> str:
        which = 'password = { env = "SYNCD_TEST_SECRET" }\ncheck = ["Work"]\nwrite = "Work"\n'
        return f'[[agents.calendars]]\naccount = "lab"\nlogin = "{self.logins[agent]}"\n{which}'

    def opener(self, _clock: Callable[[], datetime]) -> Opener:
        return open_connector

    def shown(self, agent: str) -> list[Shown]:
        return [_of_text(part) for _, part in self._ours(agent)]

    def edit(self, agent: str, **changed: Any) -> None:
        """`title`, `text`, `link`, `start`, `end` (aware), `free`, or `repeats`: a series is made of it."""
        ((href, part),) = self._ours(agent)
        for name, value in changed.items():
            if name in PROPERTIES:
                _set(part, PROPERTIES[name], value)
            elif name in ("start", "end"):
                _set(part, f"DT{name.upper()}", value)
            elif name == "repeats":
                _set(part, "RRULE", {"freq": "weekly"})
            else:
                _set(part, "TRANSP", "TRANSPARENT" if value else "OPAQUE")
                _set(part, "X-MICROSOFT-CDO-BUSYSTATUS", "FREE" if value else "BUSY")
                if not value:
                    _set(part, "STATUS", "CONFIRMED")
        self._put(agent, href.rpartition("/")[2], part)

    def delete(self, agent: str) -> None:
        ((href, _),) = self._ours(agent)
        self.server.delete(self.logins[agent], href)

    def duplicate(self, agent: str) -> None:
        """As clients do that copy all they find: another UID, and our mark."""
        ((_, part),) = self._ours(agent)
        _set(part, "UID", "a-duplicate")
        self._put(agent, "a-duplicate.ics", part)

    def enter(self, agent: str, uid: str, start: datetime, end: datetime) -> None:
        self.server.put(self.logins[agent], self._work(agent), uid, event(uid, start, end))

    def _work(self, agent: str) -> str:
        return f"{self.server.home(self.logins[agent])}work/"

    def _ours(self, agent: str) -> list[tuple[str, Component]]:
        login, found = self.logins[agent], []
        for href in self.server.hrefs(login, self._work(agent)):
            (part,) = Calendar.from_ical(self.server.get(login, href)).walk("VEVENT")
            if "X-SYNCD-MARKER" in part:
                found.append((href, part))
        return found

    def _put(self, agent: str, name: str, part: Component) -> None:
        calendar = Calendar({"VERSION": "2.0", "PRODID": "-//another client//"})
        calendar.add_component(part)
        self.server.put(self.logins[agent], self._work(agent), name, calendar.to_ical())


def _set(part: Component, name: str, value: object) -> None:
    part.pop(name, None)
    part.add(name, value)


def _of_text(part: Component) -> Shown:
    start, end = (part.decoded(name).astimezone(UTC) for name in ("DTSTART", "DTEND"))
    return Shown(
        str(part["SUMMARY"]), start, end, str(part.get("DESCRIPTION", "")), str(part.get("LOCATION", "")),
        free=part.get("TRANSP") == "TRANSPARENT", rings=bool(part.walk("VALARM")),
        struck=part.get("STATUS") == "CANCELLED",
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Outlook


@dataclass
class OnFakeGraph:
    """Each agent has a mailbox."""

    running: Running

    def __post_init__(self) -> None:
        for agent in AGENTS:
            self.fake.add_mailbox(f"{agent}@example.com", agent)

    @property
    def fake(self) -> FakeGraph:
        return self.running.fake

    def account(self) -> str:
        at = self.running
        who = f'tenant = "{at.tenant}"\nclient_id = "{at.client_id}"\nca_file = "{at.ca_file}"\n'
        where = f'graph_url = "{at.graph_url}"\nauthority = "{at.authority}"\n'
        return (
            f'[accounts.lab]\nkind = "outlook"\n{who}{where}client_secret = {{ env = "SYNCD_TEST_SECRET" }}\n'
        )

    def calendar(self, agent: str) -> str:
        which = 'check = ["default"]\nwrite = "default"\n'
        return f'[[agents.calendars]]\naccount = "lab"\nlogin = "{agent}@example.com"\n{which}'

    def opener(self, clock: Callable[[], datetime]) -> Opener:
        def opened(account: Account, login: str, secret: str, connections: Connections) -> Connector:
            return OutlookConnector(account, login, secret, connections, clock=clock)

        return opened

    def shown(self, agent: str) -> list[Shown]:
        return [_of_json(one) for one in self._ours(agent)]

    def edit(self, agent: str, **changed: Any) -> None:
        """As `OnRadicale.edit`."""
        ((one),) = self._ours(agent)
        fields: dict[str, Any] = {}
        for name, value in changed.items():
            match name:
                case "title":
                    fields["subject"] = value
                case "text":
                    fields["body"] = {"contentType": "text", "content": value}
                case "link":
                    fields["location"] = {"displayName": value}
                case "start" | "end":
                    fields[name] = {"dateTime": f"{value:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
                case "repeats":
                    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}
                    until = {"type": "noEnd", "startDate": f"{NOW:%Y-%m-%d}"}
                    fields["recurrence"] = {"pattern": pattern, "range": until}
                case _:
                    fields["showAs"] = "free" if value else "busy"
        self.fake.edit(f"{agent}@example.com", one["id"], **fields)

    def delete(self, agent: str) -> None:
        (one,) = self._ours(agent)
        self.fake.delete(f"{agent}@example.com", one["id"])

    def duplicate(self, agent: str) -> None:
        """Outlook gives a duplicate an identity of its own, and neither our UID nor, as clients see it, our mark."""
        (one,) = self._ours(agent)
        extended = [{"id": key, "value": value} for key, value in one["extended"].items()]
        self.fake.add_event(
            f"{agent}@example.com", _instant(one["start"]), _instant(one["end"]), subject=one["subject"],
            singleValueExtendedProperties=extended,
        )  # fmt: skip

    def enter(self, agent: str, uid: str, start: datetime, end: datetime) -> None:
        login = f"{agent}@example.com"
        key = self.fake.add_event(login, start, end, subject=uid)
        self.fake._seen(login, key).entry.uid = uid

    def _ours(self, agent: str) -> list[dict[str, Any]]:
        return [one for one in self.fake.events(f"{agent}@example.com") if one["extended"]]


def _of_json(one: dict[str, Any]) -> Shown:
    return Shown(
        one["subject"], _instant(one["start"]), _instant(one["end"]), one["body"]["content"],
        one["location"]["displayName"], free=one["showAs"] == "free", rings=one["isReminderOn"],
        struck=one["isCancelled"],
    )  # fmt: skip


def _instant(said: dict[str, str]) -> datetime:
    return datetime.fromisoformat(said["dateTime"][:19]).replace(tzinfo=UTC)


# ---------------------------------------------------------------------------------------------------------------------
# The room


@dataclass
class Room(World):
    """A world whose calendars are on `at`. What is in memory in a World is not there."""

    at: Server = None  # type: ignore[assignment]  # given by the fixture

    def furnish(self, more: str = "", languages: dict[str, str] | None = None) -> None:
        """Take up the configuration: three agents with a calendar each, and `more`."""
        people = ""
        for agent in AGENTS:
            language = (languages or {}).get(agent, "en")
            people += f'{PERSON.format(id=agent)}language = "{language}"\n{self.at.calendar(agent)}'
        self.configure(f"{HEAD}{self.at.account()}{more}{people}")
        self.ctx = replace(self.ctx, opener=self.at.opener(lambda: self.now))

    def only(self, agent: str) -> Shown:
        """Our only event in this agent's calendar."""
        (one,) = self.at.shown(agent)
        return one


@pytest.fixture(params=["radicale", "graph"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Calendars of each kind."""
    if request.param == "radicale":
        monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
        yield OnRadicale(request.getfixturevalue("radicale"))
        return
    with serve(FakeGraph(NOW), bell=False) as running:
        monkeypatch.setenv("SYNCD_TEST_SECRET", running.client_secret)
        yield OnFakeGraph(running)


@pytest.fixture
def room(server: Server, store: Store, tmp_path: Path) -> Iterator[Room]:
    """Three agents, each with an empty calendar, synced once."""
    made = Room(store, tmp_path, at=server)
    made.furnish()
    assert made.sync().failed == ()
    yield made
    made.ctx.connections.close()
