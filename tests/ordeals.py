"""syncd as a whole in front of a server that fails: what it must never say meanwhile, and how it must stand afterwards.

An ordeal has a real store, real connectors, a real server behind the proxy of `faults`, a clock that the test moves, and an
independent client that knows the truth. Another kind of server is one more `Ground`, and one more table of `matrices.Row`.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from exchanges import Request
from faults import FaultProxy

from connectors.account import Connections
from connectors.http.wire import Limits
from store import calendars, deliveries, due, meetings
from store.database import Store
from store.model import Delivery, Guest, Login, Meeting, MeetingStatus
from syncd import config
from syncd.actions import changes
from syncd.actions.accept import Wish, accept
from syncd.actions.context import Context, Opener
from syncd.actions.follow import follow
from syncd.actions.suggest import Candidate, candidates
from syncd.actions.work import run_due_deliveries, run_due_logins
from syncd.rules import retry
from syncd.rules.availability import Mark

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; the ordeal begins here."""

DAY = NOW + timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
BODY = 1_000_000
PATIENT = Limits(connect=10, silence=30, total=60, body=BODY)
"""So long a server may take that is only busy."""

IMPATIENT = Limits(connect=0.15, silence=0.15, total=0.4, body=BODY)
"""For faults that nothing but these limits ends. What a busy server loses by them is one more fault, and borne as such."""

SHARDS = range(due.SHARDS)
MOST_TRIES = 10
TRIES_FOR_ONE = 2
"""In so many cycles an event is tried to be fetched before that is put down to the event itself."""

HEAD = """
timezone = "Europe/Amsterdam"
[sync]
interval = "60s"
stale_after = "30m"
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
"""


def at(hour: int) -> datetime:
    """That hour (UTC) of the day of which everything here is about."""
    return DAY.replace(hour=hour)


# ---------------------------------------------------------------------------------------------------------------------
# The server, and the truth


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """An event as the independent client finds it. `name`: a foreign event's UID, the title of one of ours."""

    name: str
    start: datetime
    end: datetime
    ours: bool


class Ground(Protocol):
    """A real server: how syncd is configured for it, and what an independent client does there."""

    @property
    def upstream(self) -> str:
        """Where the server is."""

    def account(self, url: str) -> str:
        """The [accounts.lab] of the configuration, for a server at `url`."""

    def calendar(self, login: str) -> str:
        """The [[agents.calendars]] of that login: one calendar, checked and written to."""

    def add_login(self) -> str:
        """A new login with one empty calendar."""

    def enter(self, login: str, name: str, start: datetime, end: datetime) -> None:
        """Somebody enters an appointment."""

    def strike(self, login: str, name: str) -> None:
        """Somebody deletes it."""

    def standing(self, login: str) -> list[Standing]:
        """What stands in the calendar, in any order."""

    @property
    def idle(self) -> str:
        """The kind of the one request that a login costs when nothing is new."""

    def kind_of(self, request: Request) -> str:
        """What kind of request this is, in the words of the table."""

    def concerns(self, request: Request, login: str) -> bool:
        """Is it made for this login?"""

    @property
    def preamble(self) -> tuple[str, ...]:
        """The kinds of requests that fresh connections cost before any login's."""

    def opener(self, clock: Callable[[], datetime]) -> Opener:
        """How syncd comes to its connectors."""


@dataclass(slots=True)
class Entry:
    """Somebody's appointment, and since and until when it stood in the calendar."""

    agent: str
    name: str
    start: datetime
    end: datetime
    since: datetime
    until: datetime = NEVER

    def stood(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


# ---------------------------------------------------------------------------------------------------------------------
# The ordeal


@dataclass
class Ordeal:
    """The whole; `wrong` is what `look` saw that must never be seen."""

    ground: Ground
    proxy: FaultProxy
    store: Store
    folder: Path
    now: datetime = NOW
    logins: dict[str, str] = field(default_factory=dict)
    truth: list[Entry] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ctx: Context = None  # type: ignore[assignment]  # set by `join`
    cycles: list[datetime] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # -- what happens ---------------------------------------------------------------------------------------------------

    def join(self, *agents: str) -> None:
        """Further agents, with a login each, as a restart of the daemon would take them up."""
        self.logins |= {agent: self.ground.add_login() for agent in agents}
        blocks = (AGENT.format(id=one) + self.ground.calendar(login) for one, login in self.logins.items())
        path = self.folder / "config.toml"
        path.write_text(
            HEAD + self.ground.account(self.proxy.url) + AGENT.format(id="nobody") + "".join(blocks)
        )
        connections = self.ctx.connections if self.ctx else Connections(PATIENT)
        self.ctx = Context(
            config.load(path), self.store, connections, clock=lambda: self.now, jitter=lambda: 0.5,
            opener=self.ground.opener(lambda: self.now),
        )  # fmt: skip
        follow(self.ctx)

    def enter(self, agent: str, start: datetime, end: datetime) -> str:
        """Somebody enters an appointment in the agent's calendar; its name."""
        name = f"foreign-{next(self._numbers)}"
        self._later()
        self.ground.enter(self.logins[agent], name, start, end)
        self.truth.append(Entry(agent, name, start, end, self.now))
        return name

    def strike(self, agent: str, start: datetime) -> None:
        """Somebody deletes the appointment of that time."""
        entry = next(
            one for one in self.truth if (one.agent, one.start) == (agent, start) and one.stood(self.now)
        )
        self._later()
        self.ground.strike(self.logins[agent], entry.name)
        entry.until = self.now

    def plan(self, meeting: str, agent: str, start: datetime) -> None:
        """A meeting of an hour; `nobody` is an agent without a calendar."""
        guest = Guest("Gerda", "gerda@example.org")
        end = start + timedelta(hours=1)
        wanted = Meeting(meeting, 1, MeetingStatus.SCHEDULED, agent, start, end, meeting, guests=(guest,))
        self.accept(changes.plan(wanted, by="test"))

    def accept(self, wish: Wish) -> None:
        self._later()
        accept(self.ctx, wish)

    def _later(self) -> None:
        self.now += timedelta(seconds=1)

    # -- what syncd does ------------------------------------------------------------------------------------------------

    def cycle(self) -> None:
        """What the daemon does once everything is due that it put off: deliveries, then logins, then what these owe."""
        limit = self.now + retry.LONGEST
        latest = max(one.due_at for one in self._waiting())
        assert latest <= limit, "put off for longer than anything may be"
        self.now = max(self.now + timedelta(minutes=1), latest)
        self.cycles.append(self.now)
        with ThreadPoolExecutor(2) as pool:
            self._deliver(pool)
            run_due_logins(self.ctx, SHARDS, pool)
            self._deliver(pool)
        self.look()

    def _deliver(self, pool: ThreadPoolExecutor) -> None:
        for _ in range(MOST_TRIES):
            if not run_due_deliveries(self.ctx, SHARDS, pool):
                return
        raise AssertionError("deliveries are due again and again at the same moment")

    @contextmanager
    def limited(self, limits: Limits) -> Iterator[None]:
        """With other limits, and so with other connections."""
        usual = self.ctx
        self.ctx = replace(usual, connections=Connections(limits))
        try:
            yield
        finally:
            self.ctx.connections.close()
            self.ctx = usual

    # -- what must never be -----------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Is anybody said to be available who is not, as far as could be known? Noted in `wrong`."""
        for meeting in self.meetings():
            self._look_at(meeting)

    def glance(self, request: Request) -> None:
        """The same between two requests, for one meeting in turn."""
        every = self.meetings()
        self._look_at(every[request.number % len(every)])

    def _look_at(self, meeting: Meeting) -> None:
        for one in candidates(self.ctx, meeting.id).page:
            if one.verdict.mark is Mark.AVAILABLE and (why := self._unfounded(meeting, one)):
                self.wrong.append(f"{one.agent.id} is said to be available for {meeting.id}: {why}")

    def _unfounded(self, meeting: Meeting, one: Candidate) -> str:
        if one.agent.id not in self.logins:
            return ""
        seen = one.known.seen_at
        if seen is None:
            return "never read"
        if self.now - seen > self.ctx.config.sync.stale_after:
            return "read too long ago"
        missed = [entry for entry in self._busy(one.agent.id, meeting, seen) if not self._excused(entry, one)]
        return f"busy when it was read at {seen}" if missed else ""

    def _excused(self, entry: Entry, one: Candidate) -> bool:
        """An event that could not be fetched in two cycles is told beside the mark; it must not spoil the mark itself."""
        tries = sum(cycle > entry.since for cycle in self.cycles)
        return one.known.unreadable > 0 and tries >= TRIES_FOR_ONE

    def _busy(self, agent: str, meeting: Meeting, moment: datetime) -> list[Entry]:
        return [
            one
            for one in self.truth
            if one.agent == agent
            and one.stood(moment)
            and one.start < meeting.end
            and meeting.start < one.end
        ]

    # -- how it must stand in the end -------------------------------------------------------------------------------------

    def check(self) -> None:
        """All is as if nothing had happened: the server, what is owed, what is known, and what is said of it."""
        _same(self.wrong, [], "wrongly said")
        _same([(one.meeting, one.agent, one.state, one.error) for one in self.owed()], [], "owed")
        for agent, login in self.logins.items():
            _same(sorted(self.ground.standing(login)), self._wanted(agent), f"in the calendar of {agent}")
        self._check_what_is_known()
        for meeting in self.meetings():
            marks = {one.agent.id: one.verdict.mark for one in candidates(self.ctx, meeting.id).page}
            _same(
                {agent: marks[agent] for agent in self.logins},
                self._marks(meeting),
                f"said for {meeting.id}",
            )

    def rests(self) -> bool:
        """A cycle: did each login cost one request, because there was nothing left to do?"""
        self.proxy.forget()
        self.cycle()
        return [self.ground.kind_of(one) for one in self.proxy.seen] == [self.ground.idle] * len(self.logins)

    def _wanted(self, agent: str) -> list[Standing]:
        foreign = [
            Standing(one.name, one.start, one.end, False)
            for one in self.truth
            if one.agent == agent and one.stood(self.now)
        ]
        ours = [Standing(one.id, one.start, one.end, True) for one in self.meetings() if one.agent == agent]
        return sorted([*foreign, *ours])

    def _check_what_is_known(self) -> None:
        with self.store.reading() as tx:
            rows = [(row.agent, row.state, row.error, row.unreadable) for row in calendars.calendars(tx)]
        logins = [(one.agent, one.state, one.error, one.failures) for one in self.logins_now()]
        fine = [(agent, "ok", "", 0) for agent in sorted(self.logins)]
        _same(logins, fine, "logins")
        _same(sorted(rows), fine, "calendars")

    def _marks(self, meeting: Meeting) -> dict[str, Mark]:
        def busy(agent: str) -> bool:
            others = [one for one in self.meetings() if one.agent == agent and one.id != meeting.id]
            taken = any(one.start < meeting.end and meeting.start < one.end for one in others)
            return taken or bool(self._busy(agent, meeting, self.now))

        return {agent: Mark.NOT_AVAILABLE if busy(agent) else Mark.AVAILABLE for agent in self.logins}

    # -- what is in the store ---------------------------------------------------------------------------------------------

    def meetings(self) -> list[Meeting]:
        with self.store.reading() as tx:
            return meetings.meetings(tx, status=(MeetingStatus.SCHEDULED,))

    def owed(self) -> list[Delivery]:
        with self.store.reading() as tx:
            return deliveries.deliveries(tx, states=("pending", "failed"))

    def logins_now(self) -> list[Login]:
        with self.store.reading() as tx:
            return sorted(calendars.logins(tx), key=lambda one: one.agent)

    def _waiting(self) -> list[Login | Delivery]:
        return [*self.logins_now(), *self.owed()]

    def put_off(self, agent: str) -> timedelta:
        """How long from now until this agent's server is next asked for what just failed."""
        waiting = [one.due_at for one in self._waiting() if one.agent == agent]
        return max(waiting) - self.now


def _same(found: object, wanted: object, what: str) -> None:
    assert found == wanted, f"{what}:\n{found}\ninstead of\n{wanted}"
