"""A small world for tests of the actions: agents with calendars in memory, a real store, and a clock the test sets.

Everything is real (the store on both databases, the rules, iCalendar text); only the calendar servers are in memory, and
keep the connectors' contract.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.account import Account, Connections
from connectors.interface import Connector
from connectors.memory import MemoryServer
from store import calendars, copies, due
from store.database import Store
from store.model import Calendar, Copy, Delivery, Guest, Meeting, MeetingStatus
from syncd import config
from syncd.actions import changes
from syncd.actions.accept import Accepted, Wish, accept
from syncd.actions.context import Context
from syncd.actions.follow import follow
from syncd.actions.look import busy, story
from syncd.actions.now import SyncReport, sync_now
from syncd.actions.status import CalendarHealth, status
from syncd.actions.suggest import Candidate, candidates
from syncd.actions.work import run_deliveries, run_shards

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; the world begins here."""

TEN, ELEVEN = NOW.replace(hour=10), NOW.replace(hour=11)
GUEST = Guest("Gerda Guest", "gerda@example.org")

HEAD = """
timezone = "Europe/Amsterdam"
[sync]
interval = "60s"
[accounts.memory]
kind = "caldav"
url = "https://memory.example.com/"
[groups.advice]
name = "Advice"
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
groups = ["advice"]
[[agents.calendars]]
account = "memory"
login = "{id}"
password = {{ env = "SYNCD_TEST_SECRET" }}
check = ["Work"]
write = "Work"
"""

AGENTS = ("anna", "ben", "cleo")


def event(uid: str, start: datetime, end: datetime, *more: str) -> str:
    """An event as another client would store it."""
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//another client//", "BEGIN:VEVENT", f"UID:{uid}",
            "DTSTAMP:20260101T000000Z", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}",
            "SUMMARY:A private matter", *more, "END:VEVENT", "END:VCALENDAR", "",
        )
    )  # fmt: skip


@dataclass
class World:
    """Agents, their calendars in memory, the store, and the time."""

    store: Store
    folder: Path
    server: MemoryServer = field(default_factory=MemoryServer)
    now: datetime = NOW
    ctx: Context = None  # type: ignore[assignment]  # set by `configure`

    def configure(self, text: str | None = None) -> Context:
        """Take up a configuration, as a restart of the daemon would."""
        body = HEAD + "".join(AGENT.format(id=agent) for agent in AGENTS) if text is None else text
        path = self.folder / "config.toml"
        path.write_text(body)
        self.ctx = Context(
            config.load(path), self.store, clock=lambda: self.now, jitter=lambda: 0.5, opener=self._open
        )
        follow(self.ctx)
        return self.ctx

    def _open(self, _account: Account, login: str, secret: str, _connections: Connections) -> Connector:
        return self.server.connector(login, secret)

    def work(self, agent: str) -> str:
        """The href of the agent's calendar."""
        return f"/{agent}/work/"

    def enter(self, agent: str, uid: str, start: datetime, end: datetime, *more: str) -> str:
        """The agent enters an appointment; returns its href."""
        return self.server.store(self.work(agent), uid, event(uid, start, end, *more))

    def sync(self, agent: str | None = None, *, full: bool = False) -> SyncReport:
        """`syncd sync`."""
        with ThreadPoolExecutor(2) as pool:
            return sync_now(self.ctx, pool, agent=agent, full=full)

    def tick(self, ahead: timedelta = timedelta(0)) -> int:
        """What the daemon does when something is due, `ahead` later."""
        self.now += ahead
        with self.store.reading() as tx:
            shards = due.due_shards(tx, self.now)
        with ThreadPoolExecutor(2) as pool:
            return run_shards(self.ctx, shards, pool)

    def deliver(self) -> list[Delivery]:
        """Work off everything that is owed and due, until nothing more is due."""
        done: list[Delivery] = []
        with ThreadPoolExecutor(2) as pool:
            while claimed := self.claim():
                done += run_deliveries(self.ctx, claimed, pool)
        return done

    def claim(self) -> list[Delivery]:
        """Claim the deliveries that are due."""
        with self.store.writing() as tx:
            return due.claim_deliveries(tx, self.now)

    def accept(self, wish: Wish) -> Accepted:
        return accept(self.ctx, wish)

    def plan(
        self, meeting: str = "m1", agent: str = "anna", start: datetime = TEN, end: datetime = ELEVEN, **more
    ) -> Meeting:
        """A meeting, planned and delivered."""
        wanted = Meeting(
            meeting, 1, MeetingStatus.SCHEDULED, agent, start, end, "Mortgage talk", guests=(GUEST,)
        )
        accepted = self.accept(changes.plan(replace(wanted, **more), by="test"))
        self.deliver()
        return accepted.meeting

    def assign(self, to: str, meeting: str = "m1") -> Accepted:
        return self.accept(changes.assign(meeting, to, by="test"))

    def ours(self, agent: str) -> list[str]:
        """The (unfolded) texts of syncd's events in the agent's calendar, as another client reads them."""
        texts = [
            (self.server.text(href) or "").replace("\r\n ", "")
            for href in self.server.hrefs(self.work(agent))
        ]
        return [text for text in texts if "X-SYNCD-MARKER" in text]

    def copies(self, meeting: str = "m1") -> dict[tuple[str, int], Copy]:
        with self.store.reading() as tx:
            return {(one.agent, one.generation): one for one in copies.copies(tx, meeting=meeting)}

    def owed(self, meeting: str = "m1") -> list[Delivery]:
        return [one for one in story(self.ctx, meeting).deliveries if one.state in ("pending", "failed")]

    def candidates(self, meeting: str = "m1") -> dict[str, Candidate]:
        return {one.agent.id: one for one in candidates(self.ctx, meeting).page}

    def known(
        self, agent: str, start: datetime = NOW - timedelta(days=1), end: datetime = NOW + timedelta(days=30)
    ) -> list[tuple[datetime, datetime, str]]:
        """What `syncd busy` tells of the agent's calendars."""
        slots = busy(self.ctx, agent, start, end)
        return [(one.start, one.end, one.status) for one in slots if one.source == "calendar"]

    def health(self, agent: str) -> CalendarHealth:
        """The agent's only calendar in `syncd status`."""
        (line,) = status(self.ctx, agent=agent).calendars
        return line

    def row(self, agent: str = "anna") -> Calendar:
        """The agent's only calendar in the store."""
        with self.store.reading() as tx:
            (one,) = calendars.calendars(tx, agent=agent)
        return one

    def operations(self, login: str) -> list[str]:
        """What was asked of the server for this login since the last look."""
        asked = [call.operation for call in self.server.calls if call.login == login]
        self.server.calls = [call for call in self.server.calls if call.login != login]
        return asked


@pytest.fixture
def world(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Three agents, each with an empty calendar, synced once."""
    monkeypatch.setenv("SYNCD_TEST_SECRET", "secret")
    made = World(store, tmp_path)
    for agent in AGENTS:
        made.server.add_login(agent)
        made.server.add_calendar(agent, "Work")
    made.configure()
    assert made.sync().failed == ()
    made.server.calls.clear()
    yield made
    made.ctx.connections.close()
