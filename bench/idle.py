"""A cycle without changes on a real server (Radicale): 1,000 logins with three calendars each, and one login with twenty.

The many are compared with a bare client that sends the same requests, the twenty with `vdirsyncer` where it is installed.

The bare client is Python's http.client with as many kept connections as syncd opens; it sends what syncd was seen to send
and reads the answers, nothing else. Requests and commits are counted: one request a login, commits by the batch.
"""

import base64
import http.client
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from bench.cycles import Clock, begun, commits_of, cycle
from bench.figures import Figure, paired
from bench.peers import installed, vdirsyncer
from connectors.caldav.listing import DETAILS, GATES
from connectors.caldav.xml import XML_HEADERS, propfind
from connectors.http.wire import Limits
from syncd.actions.context import Context
from syncd.actions.now import sync_now
from syncd.demo.server import running
from syncd.executor import READERS

LOGINS, EACH = 1000, 3
TWENTY = 20
ROUNDS = 5
MANY_ROUNDS = 3
EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//bench//\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20260101T000000Z\r
DTSTART:{start:%Y%m%dT%H%M%SZ}\r
DTEND:{end:%Y%m%dT%H%M%SZ}\r
SUMMARY:Something\r
END:VEVENT\r
END:VCALENDAR\r
"""

HEAD = """
[store]
url = "sqlite:///{folder}/syncd.db"
[sync]
interval = "60s"
[accounts.lab]
kind = "caldav"
url = "{url}"
"""

AGENT = """
[[agents]]
id = "{login}"
name = "{login}"
email = "{login}@example.com"
[[agents.calendars]]
account = "lab"
login = "{login}"
password = {{ env = "SYNCD_BENCH_SECRET" }}
"""

SECRET = "bench"


def measure() -> Iterator[Figure]:
    """The ratios of wall times, and the counts."""
    yield from _many()
    yield from _twenty()


def _many() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, stage(Path(name), LOGINS, EACH) as on:
        on.cycle()
        requests, commits = on.ctx.connections.requests, on.ctx.store.commits
        on.cycle()
        requests, commits = on.ctx.connections.requests - requests, on.ctx.store.commits - commits
        ratio, ours, bare = paired(on.cycle, on.bare, MANY_ROUNDS)
    what = f"idle cycle, {LOGINS} logins with {EACH} calendars each"
    yield Figure(f"{what}: requests", requests, LOGINS, "requests", "one a login")
    claims = "a claim and a saving a batch, and the last look"
    yield Figure(f"{what}: commits", commits, commits_of(LOGINS), "commits", claims)
    told = f"{ours:.0f} ms against {bare:.0f} ms, on Radicale"
    yield Figure(f"{what}: wall time against a bare client", ratio, 1.3, "x", told)


def _twenty() -> Iterator[Figure]:
    if not installed():
        return
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, stage(Path(name), 1, TWENTY) as on:
        names = [f"calendar{number}" for number in range(TWENTY)]
        peer = vdirsyncer(Path(name), f"{on.url}{on.logins[0]}/", on.logins[0], SECRET, names)
        peer("discover")
        peer("sync")
        ratio, theirs, ours = paired(lambda: peer("sync"), on.cycle, ROUNDS)
    told = f"{theirs:.0f} ms with its start, against {ours:.0f} ms, on Radicale"
    yield Figure(
        f"idle cycle, {TWENTY} calendars: vdirsyncer against syncd", ratio, 4.0, "x", told, at_least=True
    )


@dataclass
class Stage:
    """A synced store, the server, and a clock that makes everything due again."""

    ctx: Context
    pool: ThreadPoolExecutor
    url: str
    logins: list[str]

    def cycle(self) -> None:
        """One cycle of syncd, as the daemon runs it."""
        cycle(self.ctx, self.pool, CLOCK)

    def bare(self) -> None:
        """The same requests from a client that does nothing but send them."""
        connections = Limits().per_host
        shares = [self.logins[number::connections] for number in range(connections)]
        list(self.pool.map(self._send, shares))

    def _send(self, logins: list[str]) -> None:
        place = urlsplit(self.url)
        link = http.client.HTTPConnection(place.hostname or "", place.port)
        body = propfind((*DETAILS, *GATES["ctag"]))
        for login in logins:
            request(link, login, "PROPFIND", f"/{login}/", body, {**XML_HEADERS, "Depth": "1"})
        link.close()


CLOCK = Clock()


@contextmanager
def stage(folder: Path, many: int, each: int) -> Iterator[Stage]:
    """So many logins with so many calendars each, synced once."""
    os.environ["SYNCD_BENCH_SECRET"] = SECRET
    logins = [f"agent{number}" for number in range(many)]
    with running(folder / "server", dict.fromkeys(logins, SECRET)) as server:
        fill(server.url, logins, each)
        path = folder / "config.toml"
        agents = "".join(AGENT.format(login=login) for login in logins)
        path.write_text(HEAD.format(folder=folder, url=server.url) + agents)
        with begun(path, CLOCK) as ctx, ThreadPoolExecutor(READERS) as pool:
            failed = sync_now(ctx, pool).failed
            if failed:
                raise RuntimeError(f"the first sync failed: {failed[:3]}")
            yield Stage(ctx, pool, server.url, logins)


def fill(url: str, logins: list[str], each: int) -> None:
    """Calendars with two appointments for everyone."""
    place = urlsplit(url)
    link = http.client.HTTPConnection(place.hostname or "", place.port)
    start = CLOCK.now + timedelta(days=1)
    for login, number in product(logins, range(each)):
        request(link, login, "MKCALENDAR", f"/{login}/calendar{number}/")
        for event in range(2):
            text = EVENT.format(uid=f"{login}-{number}-{event}", start=start, end=start + timedelta(hours=1))
            headers = {"Content-Type": "text/calendar"}
            request(link, login, "PUT", f"/{login}/calendar{number}/{event}.ics", text.encode(), headers)
    link.close()


def request(
    link: http.client.HTTPConnection, login: str, method: str, path: str, body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> None:  # fmt: skip
    credentials = base64.b64encode(f"{login}:{SECRET}".encode()).decode()
    link.request(method, path, body, {**(headers or {}), "Authorization": f"Basic {credentials}"})
    answer = link.getresponse()
    answer.read()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status}")
