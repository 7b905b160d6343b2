"""A real daemon on a real server: two agents at a Radicale behind a proxy, and an independent witness beside it.

For tests that start `syncd run` as a process of its own, and kill it.
"""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from faults import FaultProxy
from killing import end
from servers import SECRET, CalDavServer

from store import due
from store.database import open_store
from store.model import Guest, Meeting, MeetingStatus
from syncd import config
from syncd.actions import changes
from syncd.actions.accept import accept
from syncd.actions.context import Context, utc_now
from syncd.actions.follow import follow
from syncd.actions.look import story
from syncd.actions.now import sync_now
from syncd.actions.work import run_deliveries

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
END = START + timedelta(minutes=45)

CONFIG = """
timezone = "Europe/Amsterdam"
[store]
url = "sqlite:///{folder}/syncd.db"
[http]
listen = "127.0.0.1:0"
[sync]
interval = "10m"
stale_after = "30m"
[accounts.lab]
kind = "caldav"
url = "{url}"
"""

AGENT = """
[[agents]]
id = "{id}"
name = "{id}"
email = "{id}@example.com"
[[agents.calendars]]
account = "lab"
login = "{login}"
password = {{ env = "SYNCD_TEST_SECRET" }}
check = ["Work"]
write = "Work"
"""


@dataclass
class Scene:
    """Two agents with a calendar each, and the way to both: through the proxy for syncd, directly for the witness."""

    server: CalDavServer
    proxy: FaultProxy
    folder: Path
    logins: dict[str, str]
    calendars: dict[str, str]
    meetings: Iterator[str]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def context(self, ahead: timedelta = timedelta(0)) -> Context:
        """A context of this process; `ahead`: with a clock that is so much further on, past any lease."""
        loaded = config.load(self.config)
        store = open_store(loaded.store.url)
        return Context(loaded, store, clock=lambda: utc_now() + ahead)

    def events(self, agent: str, meeting: str) -> list[str]:
        """What an independent client finds of the meeting in the agent's calendar."""
        texts = [
            self.server.get(self.logins[agent], href)
            for href in self.server.hrefs(self.logins[agent], self.calendars[agent])
        ]
        return [text for text in texts if text and f"SUMMARY:{meeting}" in text]

    def planned(self) -> str:
        """A meeting of anna's that stands in her calendar, and is then accepted to go to ben: owed, not yet done."""
        meeting = next(self.meetings)
        with self.context() as ctx:
            guest = Guest("Gerda", "gerda@example.org")
            accept(
                ctx,
                changes.plan(
                    Meeting(
                        meeting, 1, MeetingStatus.SCHEDULED, "anna", START, END, meeting, guests=(guest,)
                    ),
                    by="test",
                ),
            )
            settle(ctx)
            assert len(self.events("anna", meeting)) == 1
            accept(ctx, changes.assign(meeting, "ben", by="test"))
        return meeting

    def check(self, meeting: str) -> None:
        """One event in ben's calendar, at the right time; none in anna's; the store says the same."""
        with self.context(timedelta(minutes=1)) as ctx:
            settle(ctx)
            told = story(ctx, meeting)
        assert [one.state for one in told.deliveries if one.state in ("pending", "failed")] == []
        assert told.meeting.agent == "ben"
        assert self.events("anna", meeting) == []
        (event,) = self.events("ben", meeting)
        assert f"{START.astimezone(ZoneInfo('Europe/Amsterdam')):%Y%m%dT%H%M%S}" in event


def settle(ctx: Context) -> None:
    """Work off what is owed, as often as it takes."""
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            with ctx.store.writing() as tx:
                owed = due.claim_deliveries(tx, ctx.clock(), even_if_early=True)
            if not owed:
                return
            run_deliveries(ctx, owed, pool)


@pytest.fixture
def scene(radicale: CalDavServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("SYNCD_TEST_SECRET", SECRET)
    logins = {agent: radicale.add_user() for agent in ("anna", "ben")}
    calendars = {agent: radicale.add_calendar(login, "Work") for agent, login in logins.items()}
    agents = "".join(AGENT.format(id=agent, login=login) for agent, login in logins.items())
    with FaultProxy(radicale.url) as proxy:
        (tmp_path / "config.toml").write_text(CONFIG.format(folder=tmp_path, url=proxy.url) + agents)
        made = Scene(radicale, proxy, tmp_path, logins, calendars, (f"talk-{number}" for number in count(1)))
        with made.context() as ctx, ThreadPoolExecutor(2) as pool:
            ctx.store.migrate()
            follow(ctx)
            assert sync_now(ctx, pool).failed == ()
        yield made


def ended_or_done(scene: Scene, daemon: subprocess.Popen[bytes], meeting: str) -> bool:
    """Wait until the daemon was killed or has delivered the meeting; whatever comes first."""
    with scene.context() as ctx:
        while daemon.poll() is None:
            if all(one.state not in ("pending", "failed") for one in story(ctx, meeting).deliveries):
                end(daemon)
                return False
            with contextlib.suppress(subprocess.TimeoutExpired):
                daemon.wait(0.1)
    assert daemon.returncode == -signal.SIGKILL, (scene.folder / "daemon.log").read_text()
    return True
