"""What a cycle costs, in requests: the figures the design promises, counted at real servers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from servers import SECRET, CalDavServer

from connectors import Account, Connections, open_connector
from connectors.interface import Calendar, Changes, Connector, Event, Identity

START = datetime(2026, 3, 2, tzinfo=UTC)
OBJECTS = 12


def text(name: str, day: int = 3) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//requests//EN", "BEGIN:VEVENT", f"UID:{name}",
             "DTSTAMP:20260101T000000Z", f"DTSTART:2026030{day}T100000Z", f"DTEND:2026030{day}T110000Z",
             "SUMMARY:Busy", "END:VEVENT", "END:VCALENDAR"]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines)


class Agent:
    """An agent with two calendars that were read once; `cost` counts the requests of what a test does."""

    def __init__(self, server: CalDavServer, connections: Connections) -> None:
        self.server, self.connections = server, connections
        self.user = server.add_user()
        self.calendars = [server.add_calendar(self.user, name) for name in ("Work", "Private")]
        for number in range(OBJECTS):
            server.put(self.user, self.calendars[0], f"e{number}", text(f"e{number}"))
        self.connector: Connector = open_connector(
            Account("caldav", server.url), self.user, SECRET, connections
        )
        self.memo: str | None = None
        self.revisions: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.known: dict[str, dict[str, str]] = {href: {} for href in self.calendars}

    def cycle(self) -> tuple[int, list[Changes]]:
        """List, then read what changed, as `sync` does; returns the number of requests and what came."""
        before, came = self.connections.requests, []
        listing = self.connector.calendars(self.memo)
        self.memo = listing.memo
        for info in listing.calendars:
            if info.href in self.known and info.revision != self.revisions.get(info.href):
                came.append(self._read(info.href))
                self.revisions[info.href] = info.revision
        return self.connections.requests - before, came

    def _read(self, href: str) -> Changes:
        calendar = Calendar(href, "UTC", (), START, START + timedelta(days=30))
        changes = self.connector.changes(calendar, self.states.get(href), self.known[href])
        self.states[href] = changes.state
        self.known[href] |= {one.href: one.etag for one in changes.upserts}
        for gone in changes.gone:
            del self.known[href][gone]
        return changes


@pytest.fixture(params=["radicale", "xandikos"])
def agent(request: pytest.FixtureRequest) -> Iterator[Agent]:
    """An agent at each real server, synced once and settled."""
    connections = Connections()
    agent = Agent(request.getfixturevalue(request.param), connections)
    agent.cycle()
    agent.cycle()
    yield agent
    connections.close()


def test_the_first_sync_is_a_listing_a_report_and_a_multiget(agent: Agent) -> None:
    agent.memo, agent.revisions, agent.states = None, {}, {}
    agent.known = {href: {} for href in agent.calendars}
    cost, came = agent.cycle()
    assert sum(len(changes.upserts) for changes in came) == OBJECTS
    assert cost == 2 + 1 + 2 + 1  # discovery, listing, a report a calendar, one multiget


def test_a_cycle_without_changes_is_one_request(agent: Agent) -> None:
    assert agent.cycle() == (1, [])


def test_one_changed_object_is_three(agent: Agent) -> None:
    agent.server.put(agent.user, agent.calendars[0], "e3", text("e3", day=4))
    cost, (changes,) = agent.cycle()
    assert cost == 3
    assert [one.uid for one in changes.upserts] == ["e3"]
    assert agent.cycle() == (1, [])


def test_ten_changed_objects_are_three_too(agent: Agent) -> None:
    for number in range(10):
        agent.server.put(agent.user, agent.calendars[0], f"e{number}", text(f"e{number}", day=4))
    cost, (changes,) = agent.cycle()
    assert cost == 3
    assert len(changes.upserts) == 10


def test_a_deleted_object_is_two(agent: Agent) -> None:
    agent.server.delete(agent.user, next(iter(agent.known[agent.calendars[0]])))
    cost, (changes,) = agent.cycle()
    assert cost == 2
    assert len(changes.gone) == 1


def test_a_write_is_two_a_removal_too_and_looking_before_either_one(agent: Agent) -> None:
    event = Event("ours", "marker", START, START + timedelta(hours=1), "Europe/Amsterdam", "Conversation")
    before = agent.connections.requests
    assert agent.connector.find(agent.calendars[0], Identity(event.uid, event.marker)) is None
    found = agent.connector.put(agent.calendars[0], event, None)
    assert agent.connections.requests - before == 3
    agent.connector.remove(agent.calendars[0], found)
    assert agent.connections.requests - before == 5


def test_many_agents_at_one_server_share_their_connections(radicale: CalDavServer) -> None:
    connections = Connections()
    for _ in range(5):
        Agent(radicale, connections).cycle()
    idle = [wire for wires in connections.pool._idle.values() for wire in wires]
    assert len(idle) <= 1
    connections.close()
