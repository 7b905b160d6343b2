"""The kill campaign: a real daemon is killed at the n-th request, commit or mail of a change, and then everything must be right.

A campaign has a real server behind a proxy, a real mail server, a real store, and `syncd run` as a process of its own. Kill
points come from outside (`killing`). Afterwards, looked at by an independent client: exactly one event, in the right calendar,
at the right time; no orphan; nothing owed; the story agrees with what is there; every mail at least once, under one Message-ID.
"""

import contextlib
import itertools
import os
import random
import signal
import ssl
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from caldavground import CalDavGround
from certificates import CERTIFICATE, KEY
from faults import FaultProxy
from graphground import GraphGround
from killing import When, end, killing, start_daemon
from mailboxes import Mailboxes
from ordeals import AGENT, Ground, Standing

from store import due
from store.database import open_store
from store.model import Guest, Meeting, MeetingStatus
from store.told import told_of
from syncd import config
from syncd.actions import changes
from syncd.actions.accept import Wish, accept, preview
from syncd.actions.context import Context, utc_now
from syncd.actions.dry_run import mails_of
from syncd.actions.follow import follow
from syncd.actions.look import Story, story
from syncd.actions.now import sync_now
from syncd.actions.work import run_deliveries
from syncd.demo.graph import Running
from syncd.rules.notices import OVER

AGENTS = ("anna", "ben")
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
HOUR = timedelta(hours=1)
GERDA, HANS = Guest("Gerda", "gerda@example.org"), Guest("Hans", "hans@example.org", "nl")

HEAD = """
timezone = "Europe/Amsterdam"
[store]
url = "{store}"
[http]
listen = ""
[sync]
interval = "10m"
stale_after = "30m"
[mail]
server = "127.0.0.1:{port}"
from = "Meetings <meetings@example.com>"
"""

Point = Literal["request", "commit", "mail"]
"""Where a daemon is killed."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Before or after the n-th of these, counted from the daemon's start."""

    point: Point
    when: When
    number: int


@dataclass(frozen=True, slots=True)
class Act:
    """A kind of change: what is accepted and delivered before it, and the change. Both are told a meeting's id."""

    name: str
    before: tuple[Callable[[str], Wish], ...]
    change: Callable[[str], Wish]


def plan(meeting: str) -> Wish:
    wanted = Meeting(
        meeting, 1, MeetingStatus.SCHEDULED, "anna", START, START + HOUR, meeting, guests=(GERDA,)
    )
    return changes.plan(wanted, by="test")


def invite(meeting: str) -> Wish:
    return changes.invite(meeting, HANS, by="test")


def move(meeting: str) -> Wish:
    return changes.reschedule(meeting, START + 3 * HOUR, None, "a traffic jam", by="test")


def cancel(meeting: str) -> Wish:
    return changes.cancel(meeting, "ill", "agent", by="test")


def to_ben(meeting: str) -> Wish:
    return changes.assign(meeting, "ben", by="test")


def to_anna(meeting: str) -> Wish:
    return changes.assign(meeting, "anna", by="test")


ACTS = (
    Act("plan", (), plan),
    Act("invite", (plan,), invite),
    Act("reschedule", (plan, invite), move),
    Act("cancel", (plan, invite), cancel),
    Act("assign", (plan,), to_ben),
    Act("assign back", (plan, to_ben), to_anna),
)


@dataclass
class Campaign:
    """A ground, a mail server and a store, on which meetings are changed while daemons are killed."""

    ground: Ground
    proxy: FaultProxy
    boxes: Mailboxes
    store_url: str
    folder: Path
    logins: dict[str, str] = field(default_factory=dict)
    kills: int = 0
    begun_at: int = 0
    _meetings: Iterator[str] = field(default_factory=lambda: (f"talk-{n}" for n in itertools.count(1)))

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def begin(self) -> None:
        """Two agents with a calendar each, read once."""
        self.logins = {agent: self.ground.add_login() for agent in AGENTS}
        people = (
            AGENT.format(id=agent) + self.ground.calendar(login) for agent, login in self.logins.items()
        )
        head = HEAD.format(store=self.store_url, port=self.boxes.port)
        self.config.write_text(head + self.ground.account(self.proxy.url) + "".join(people))
        with self.context() as ctx, ThreadPoolExecutor(2) as pool:
            follow(ctx)
            assert sync_now(ctx, pool).failed == ()

    def context(self, ahead: timedelta = timedelta(0)) -> Context:
        """A context of this process; `ahead`: with a clock that is so much further on, past any lease."""
        loaded = config.load(self.config)
        return Context(loaded, open_store(loaded.store.url), clock=lambda: utc_now() + ahead)

    # -- what happens ---------------------------------------------------------------------------------------------------

    def survives(self, act: Act, kill: Kill) -> bool:
        """Have the change delivered by a daemon that is killed, and look at everything; False if it was done before that."""
        meeting = self.begun(act)
        with self.context() as ctx:
            mails = [
                (str(one["to"]), str(one["subject"]))
                for one in mails_of(ctx, preview(ctx, act.change(meeting)))
            ]
            accept(ctx, act.change(meeting))
        killed = self.run(kill, meeting)
        told = self.check(meeting)
        arrived = [(to[0], str(mail["Subject"])) for to, mail in self.boxes.arrived]
        assert set(arrived) == set(mails), "everybody concerned is told, and nobody else"
        assert len({mail["Message-ID"] for _, mail in self.boxes.arrived}) == len(set(mails)), (
            "under one Message-ID"
        )
        assert told.meeting.version == len(act.before) + 1
        return killed

    def begun(self, act: Act) -> str:
        """A meeting, as it is before this act: all is delivered."""
        meeting = next(self._meetings)
        with self.context() as ctx:
            for wish in act.before:
                accept(ctx, wish(meeting))
                settle(ctx)
        self.begun_at = len(act.before)
        self.boxes.arrived.clear()
        return meeting

    def run(self, kill: Kill, meeting: str) -> bool:
        """Run a daemon until it is killed; False if it delivered everything before it came to that point."""
        by_commit = kill.number if kill.point == "commit" else 0
        daemon = start_daemon(self.config, self.folder / "daemon.log", commit=by_commit, when=kill.when)
        if kill.point == "request":
            self.proxy.program(killing(daemon.pid, kill.when), number=kill.number)
        elif kill.point == "mail":
            self._at_mail(daemon.pid, kill)
        try:
            return self._ended_or_done(daemon, meeting)
        finally:
            end(daemon)
            self.proxy.heal()
            self.boxes.before_data = self.boxes.after_data = lambda: None

    def _at_mail(self, victim: int, kill: Kill) -> None:
        seen = itertools.count(1)

        def strike() -> None:
            if next(seen) == kill.number:
                os.kill(victim, signal.SIGKILL)

        setattr(self.boxes, f"{kill.when}_data", strike)

    def _ended_or_done(self, daemon: subprocess.Popen[bytes], meeting: str) -> bool:
        with self.context() as ctx:
            while daemon.poll() is None:
                if not owed(story(ctx, meeting)):
                    return False
                with contextlib.suppress(subprocess.TimeoutExpired):
                    daemon.wait(0.1)
        assert daemon.returncode == -signal.SIGKILL, (self.folder / "daemon.log").read_text()
        self.kills += 1
        return True

    # -- how it must stand in the end -------------------------------------------------------------------------------------

    def check(self, meeting: str) -> Story:
        """Whatever was cut off is worked off; then calendars, store, story and mailboxes agree."""
        with self.context(timedelta(minutes=1)) as ctx:
            settle(ctx)
            told = story(ctx, meeting)
        assert owed(told) == []
        for agent, login in self.logins.items():
            here = [one for one in self.ground.standing(login) if one.name.endswith(meeting)]
            assert here == self.wanted(told.meeting, agent), (agent, here, told.meeting)
        self._check_story(told)
        return told

    def wanted(self, meeting: Meeting, agent: str) -> list[Standing]:
        """What is to stand in the agent's calendar."""
        if meeting.agent != agent or meeting.status is MeetingStatus.CANCELLED:
            return []
        return [Standing(meeting.title, meeting.start, meeting.end, True)]

    def _check_story(self, told: Story) -> None:
        """What was written and not removed is what stands there; every mail told of arrived."""
        last = {(one.agent, one.generation): one for one in told.deeds if one.target == "calendar"}
        stands = {agent: one for (agent, _), one in last.items() if one.kind == "put"}
        assert len([one for one in last.values() if one.kind == "put"]) == len(stands) <= 1, told.deeds
        for agent in self.logins:
            there = [(one.start, one.end) for one in self.wanted(told.meeting, agent)]
            assert there == [(one.start, one.end) for whose, one in stands.items() if whose == agent]
        mails = {one.guest or f"{one.agent}@example.com": one for one in told.deeds if one.target == "mail"}
        since = {address for address, one in mails.items() if one.version > self.begun_at}
        arrived = {to[0] for to, _ in self.boxes.arrived}
        assert since <= arrived <= set(mails), (since, arrived, told.deeds)

    def check_last_mails(self, told: Story) -> None:
        """All know the time that counts; and of what arrived, the same Message-ID always says the same."""
        said: dict[str, tuple[str, str, str]] = {}
        for to, mail in self.boxes.arrived:
            content = (to[0], str(mail["Subject"]), str(mail.get_body(("plain",)).get_content()))
            assert said.setdefault(str(mail["Message-ID"]), content) == content
        with self.context() as ctx, ctx.store.reading() as tx:
            last = told_of(tx, told.meeting.id)
        if told.meeting.status is MeetingStatus.SCHEDULED:
            assert {guest.email for guest in told.meeting.guests} <= {one.who for one in last}
        for one in last:
            if one.notice not in OVER:
                assert (one.start, one.end) == (told.meeting.start, told.meeting.end), one


def owed(told: Story) -> list[str]:
    return [f"{one.kind}: {one.error}" for one in told.deliveries if one.state in ("pending", "failed")]


def settle(ctx: Context) -> None:
    """Work off what is owed, as often as it takes."""
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            with ctx.store.writing() as tx:
                claimed = due.claim_deliveries(tx, ctx.clock(), even_if_early=True)
            if not claimed:
                return
            run_deliveries(ctx, claimed, pool)


# ---------------------------------------------------------------------------------------------------------------------
# Sequences of kills


def wander(campaign: Campaign, seed: int) -> int:
    """Several changes of one meeting, each while daemons are killed once to five times altogether; how many were killed."""
    chance = random.Random(seed)
    meeting = campaign.begun(Act("", (plan,), plan))
    before = campaign.kills
    for _ in range(chance.randint(1, 5)):
        for wish in chance.sample((invite, move, to_ben, to_anna), chance.randint(1, 2)):
            with campaign.context() as ctx:
                accept(ctx, wish(meeting))
        point = chance.choice(("request", "commit", "mail"))
        campaign.run(Kill(point, chance.choice(("before", "after")), chance.randint(1, 5)), meeting)
    if chance.random() < 0.3:
        with campaign.context() as ctx:
            accept(ctx, cancel(meeting))
    told = campaign.check(meeting)
    campaign.check_last_mails(told)
    return campaign.kills - before


# ---------------------------------------------------------------------------------------------------------------------
# Grounds


@contextmanager
def on_caldav(ground: CalDavGround, boxes: Mailboxes, store_url: str, folder: Path) -> Iterator[Campaign]:
    """A campaign on a CalDAV server."""
    with FaultProxy(ground.upstream) as proxy:
        made = Campaign(ground, proxy, boxes, store_url, folder)
        made.begin()
        yield made


@contextmanager
def on_graph(running: Running, boxes: Mailboxes, store_url: str, folder: Path) -> Iterator[Campaign]:
    """A campaign on the fake Graph, with TLS on both sides of the proxy."""
    (folder / "proxy.pem").write_text(CERTIFICATE)
    (folder / "proxy.key").write_text(KEY)
    (folder / "ca.pem").write_text(CERTIFICATE + running.ca_file.read_text())
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(folder / "proxy.pem", folder / "proxy.key")
    there = ssl.create_default_context(cafile=running.ca_file)
    ground = GraphGround(running, folder / "ca.pem")
    with FaultProxy(ground.upstream, tls=here, trust=there, keeps_host=True) as proxy:
        made = Campaign(ground, proxy, boxes, store_url, folder)
        made.begin()
        yield made
