"""A cycle without changes over 1,000 mailboxes on the fake Graph, against a bare client sending the same requests.

The fake runs as a process of its own, so that it does not share our interpreter. The bare client is `requests`, as any script
would use it: as many sessions as syncd opens connections, which send what syncd was seen to send (each mailbox's delta link) and
read the answers' JSON. For comparison the same by Python's http.client, the least that can be done here. The first sync is
counted and timed, and with `--profile` done in one thread and profiled.
"""

import cProfile
import http.client
import json
import os
import pstats
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import requests

from bench.cycles import Clock, begun, commits_of, cycle
from bench.figures import Figure, paired
from connectors.outlook.client import CONNECTIONS, IMMUTABLE
from connectors.outlook.delta import PREFER
from store import calendars
from syncd.actions.context import Context
from syncd.actions.now import SyncReport, sync_now
from syncd.executor import READERS

MAILBOXES = 1000
ROUNDS = 5
SHOWN = 15
"""So many lines of the profile."""

SERVER = """
import json, sys
from datetime import UTC, datetime, timedelta
from syncd.demo.graph import FakeGraph, serve
fake = FakeGraph(None)
start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
for number in range(int(sys.argv[1])):
    mailbox = f"agent{number}@example.com"
    fake.add_mailbox(mailbox)
    for hour in range(5):
        fake.add_event(mailbox, start + timedelta(hours=hour), start + timedelta(hours=hour + 1))
with serve(fake, bell=False) as at:
    said = {name: str(getattr(at, name)) for name in ("tenant", "client_id", "client_secret", "graph_url", "authority", "ca_file")}
    print(json.dumps(said), flush=True)
    sys.stdin.read()
"""
"""The fake with its mailboxes, five appointments in each, until its standard input closes."""

HEAD = """
[store]
url = "sqlite:///{folder}/syncd.db"
[sync]
interval = "60s"
[accounts.lab]
kind = "outlook"
tenant = "{tenant}"
client_id = "{client_id}"
graph_url = "{graph_url}"
authority = "{authority}"
ca_file = "{ca_file}"
client_secret = {{ env = "SYNCD_BENCH_SECRET" }}
"""

AGENT = """
[[agents]]
id = "agent{number}"
name = "agent{number}"
email = "agent{number}@example.com"
[[agents.calendars]]
account = "lab"
login = "agent{number}@example.com"
"""


def measure(*, profiled: bool = False) -> Iterator[Figure]:
    """The ratio of wall times, and the counts."""
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, _stage(Path(name), profiled) as stage:
        stage.cycle()
        requested, commits = stage.ctx.connections.requests, stage.ctx.store.commits
        stage.cycle()
        requested, commits = stage.ctx.connections.requests - requested, stage.ctx.store.commits - commits
        stage.look_up()
        ratio, ours, bare = paired(stage.cycle, stage.bare, ROUNDS)
        least, _, _ = paired(stage.cycle, stage.least, ROUNDS)
        yield Figure(
            "Outlook, first sync: requests", stage.first_requests, 2 * MAILBOXES + 2, "requests",
            f"a listing and a round a mailbox, and the sign-in; {stage.first_seconds:.1f} s, the fake included",
        )  # fmt: skip
        yield Figure(
            "Outlook, idle cycle: requests", requested, MAILBOXES, "requests", f"{MAILBOXES} mailboxes"
        )
        yield Figure(
            "Outlook, idle cycle: commits",
            commits,
            commits_of(MAILBOXES),
            "commits",
            "a claim and a saving a batch",
        )
        yield Figure(
            "Outlook, idle cycle: wall time against a bare client", ratio, 1.3, "x",
            f"{ours:.0f} ms against {bare:.0f} ms, on the fake Graph; against http.client {least:.2f} x",
        )  # fmt: skip


@dataclass
class Stage:
    """A synced store, the fake, and a clock that makes everything due again."""

    ctx: Context
    pool: ThreadPoolExecutor
    at: dict[str, str]
    clock: Clock
    first_requests: int
    first_seconds: float
    links: tuple[str, ...] = ()
    token: str = ""

    def cycle(self) -> None:
        """One cycle of syncd, as the daemon runs it."""
        cycle(self.ctx, self.pool, self.clock)

    def look_up(self) -> None:
        """What the bare client needs to know: each mailbox's link, and a token."""
        with self.ctx.store.reading() as tx:
            rows = calendars.calendars(tx)
        self.links = tuple(str(json.loads(row.sync_state or "{}")["link"]) for row in rows)
        asked = {
            "grant_type": "client_credentials", "client_id": self.at["client_id"],
            "client_secret": self.at["client_secret"], "scope": "https://graph.microsoft.com/.default",
        }  # fmt: skip
        answer = requests.post(
            f"{self.at['authority']}/oauth2/v2.0/token", data=asked, verify=self.at["ca_file"], timeout=30
        )
        self.token = str(answer.json()["access_token"])

    def bare(self) -> None:
        """The same requests from a client that does nothing but send them and read the answers."""
        list(self.pool.map(self._ask, self._shares()))

    def least(self) -> None:
        """The same requests, as cheaply as Python can send them."""
        list(self.pool.map(self._send, self._shares()))

    def _shares(self) -> list[tuple[str, ...]]:
        return [self.links[number::CONNECTIONS] for number in range(CONNECTIONS)]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Prefer": ", ".join((IMMUTABLE, *PREFER))}

    def _ask(self, links: tuple[str, ...]) -> None:
        with requests.Session() as session:
            session.verify, session.trust_env = self.at["ca_file"], False
            for one in links:
                answer = session.get(one, headers=self._headers(), timeout=30)
                answer.raise_for_status()
                answer.json()

    def _send(self, links: tuple[str, ...]) -> None:
        place = urlsplit(self.at["graph_url"])
        context = ssl.create_default_context(cafile=self.at["ca_file"])
        link = http.client.HTTPSConnection(place.hostname or "", place.port, context=context)
        for one in links:
            parts = urlsplit(one)
            link.request("GET", f"{parts.path}?{parts.query}", headers=self._headers())
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"GET {parts.path}: {answer.status}")
        link.close()


@contextmanager
def _stage(folder: Path, profiled: bool) -> Iterator[Stage]:
    with _fake() as at:
        os.environ["SYNCD_BENCH_SECRET"] = at["client_secret"]
        path = folder / "config.toml"
        agents = "".join(AGENT.format(number=number) for number in range(MAILBOXES))
        path.write_text(HEAD.format(folder=folder, **at) + agents)
        clock = Clock()
        with begun(path, clock) as ctx, ThreadPoolExecutor(READERS) as pool:
            began = perf_counter()
            failed = _profiled(ctx).failed if profiled else sync_now(ctx, pool).failed
            if failed:
                raise RuntimeError(f"the first sync failed: {failed[:3]}")
            yield Stage(ctx, pool, at, clock, ctx.connections.requests, perf_counter() - began)


@contextmanager
def _fake() -> Iterator[dict[str, str]]:
    command = [sys.executable, "-c", SERVER, str(MAILBOXES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait()


class Inline(Executor):
    """Runs everything at once in the thread that asks, which is the one that is profiled."""

    def submit(self, run: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:  # noqa: ANN401  # Executor's own
        """Run it, and return it as done."""
        future: Future[Any] = Future()
        future.set_result(run(*given, **named))
        return future


def _profiled(ctx: Context) -> SyncReport:
    """The first sync in one thread; prints where its time goes, the most expensive functions first."""
    profile = cProfile.Profile()
    report = profile.runcall(sync_now, ctx, Inline())
    pstats.Stats(profile).sort_stats("tottime").print_stats(SHOWN)
    return report
