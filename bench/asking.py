"""Candidates over HTTP, asked by 16 clients at once, against the same answer made in process: what the HTTP door costs.

The clients are a process of their own (Python's http.client), on the same machine: they take a part of it from the server. Some
agents have a meeting at that time, and a block that repeats hits a tenth of them. For information stand beside it what of the
processor an answer takes here and there, without the clients; and how often they get the same bytes from a server that has them
ready, which is as fast as this HTTP server and these clients can be.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from starlette.types import ASGIApp, Receive, Scope, Send

from bench.figures import Figure
from store.database import open_store
from store.model import Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.accept import accept
from syncd.actions.answers import candidates_answer
from syncd.actions.blocking import add_block
from syncd.actions.context import Context
from syncd.actions.follow import follow
from syncd.actions.suggest import candidates
from syncd.actions.tokens import create_token
from syncd.config import load
from syncd.web.answers import encoded
from syncd.web.app import serve
from syncd.web.server import WebServer

CLIENTS = 16
ROUNDS = 3
SIZES = (100, 10_000)
ANSWERS = 320
"""So many are asked for in a round."""

WITH_A_MEETING = 50
"""Of how many agents the meetings really stand in the store: planning thousands would take longer than everything else."""

HEAD = """
timezone = "UTC"
[store]
url = "sqlite:///{folder}/syncd.db"
[http]
listen = "127.0.0.1:0"
[groups.tenth]
name = "A tenth"
"""

AGENT = """
[[agents]]
id = "agent{number}"
name = "Agent {number}"
email = "agent{number}@example.com"
groups = {groups}
"""

ASKING = r"""
import http.client, json, sys, threading, time
address, token, clients, each = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def details(answer):
    shown = answer["candidates"]
    return len(shown) == 50 and all(one["next_free"] and one["load"] and "reasons" in one for one in shown)

def ask():
    link = http.client.HTTPConnection(address)
    for _ in range(each):
        link.request("GET", "/v1/meetings/asked/candidates", headers={"Authorization": "Bearer " + token})
        answer = link.getresponse()
        body = answer.read()
        assert answer.status == 200 and details(json.loads(body)), body[:200]

began = time.perf_counter()
threads = [threading.Thread(target=ask) for _ in range(clients)]
[one.start() for one in threads]
[one.join() for one in threads]
print(json.dumps(clients * each / (time.perf_counter() - began)))
"""


@dataclass(frozen=True)
class Pace:
    """Answers a second, and milliseconds of this process's processor for each: of all its threads."""

    rate: float
    processor: float


@dataclass(frozen=True)
class House:
    """A store with agents, the server over it, and a token."""

    ctx: Context
    address: str
    token: str

    def answer(self) -> bytes:
        """The answer, made in process."""
        return encoded(candidates_answer(candidates(self.ctx, "asked")))

    def in_process(self, number: int) -> float:
        """Answers a second, made one after the other."""
        began = perf_counter()
        for _ in range(number):
            self.answer()
        return number / (perf_counter() - began)

    def over_http(self, number: int) -> float:
        """Answers a second, asked for by all clients at once."""
        return _asked(self.address, self.token, number)

    def ready(self, number: int) -> float:
        """Likewise, from a server that has the answer ready."""
        echo = WebServer(_echo(self.answer()), "127.0.0.1:0")
        try:
            return _asked(echo.address, self.token, number)
        finally:
            echo.stop(10)


def measure() -> Iterator[Figure]:
    """The rate over HTTP as a part of the rate in process."""
    for agents in SIZES:
        with _house(agents) as house:
            house.in_process(2)
            house.over_http(CLIENTS)
            pairs = [(_pace(house.over_http), _pace(house.in_process)) for _ in range(ROUNDS)]
            ready = house.ready(ANSWERS)
        ratio = median(over.rate / within.rate for over, within in pairs)
        name = f"candidates of {agents} agents over HTTP, {CLIENTS} clients"
        yield Figure(name, ratio, 0.5, "x", _told(pairs, ready), at_least=True)


def _pace(ask: Callable[[int], float]) -> Pace:
    began = process_time()
    rate = ask(ANSWERS)
    return Pace(rate, 1000 * (process_time() - began) / ANSWERS)


def _told(pairs: list[tuple[Pace, Pace]], ready: float) -> str:
    (over, there), (within, here) = (
        (median(one.rate for one in paces), median(one.processor for one in paces))
        for paces in zip(*pairs, strict=True)
    )
    return (
        f"{over:.0f}/s against {within:.0f}/s in process; processor {there:.1f} ms an answer against {here:.1f};"
        f" the same bytes ready: {ready:.0f}/s"
    )


def _asked(address: str, token: str, number: int) -> float:
    words = (address, token, str(CLIENTS), str(number // CLIENTS))
    said = subprocess.run([sys.executable, "-c", ASKING, *words], check=True, capture_output=True, text=True)
    return float(json.loads(said.stdout))


def _echo(body: bytes) -> ASGIApp:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


@contextmanager
def _house(agents: int) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as folder:
        path = Path(folder) / "config.toml"
        people = (
            AGENT.format(number=one, groups='["tenth"]' if one % 10 == 0 else "[]") for one in range(agents)
        )
        path.write_text(HEAD.format(folder=folder) + "".join(people))
        settings = load(path)
        with Context(settings, open_store(settings.store.url)) as ctx:
            ctx.store.migrate()
            follow(ctx)
            _furnish(ctx)
            web = serve(ctx)
            yield House(ctx, web.address, create_token(ctx, "read", by="bench").secret)
            web.stop(10)


def _furnish(ctx: Context) -> None:
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
    times = start, start + timedelta(hours=1)
    for number in range(WITH_A_MEETING):
        name = f"meeting{number}" if number else "asked"
        planned = Meeting(name, 1, MeetingStatus.SCHEDULED, f"agent{number}", *times, "Talk")
        accept(ctx, changes.plan(planned, by="bench"))
    add_block(ctx, "group:tenth", "Training", *times, "UTC", repeat="daily", until=None, by="bench")
