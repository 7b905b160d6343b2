"""Candidates over HTTP, asked by 16 clients at once, against the same answer made in process: what the HTTP door costs.

The clients are a process of their own (Python's http.client), on the same machine: they take a part of it from the server. Some
agents have a meeting at that time, and a block that repeats hits a tenth of them.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

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

CLIENTS = 16
ROUNDS = 3
SIZES = {100: 320, 10_000: 16}
"""Agents -> how many answers are asked for in a round."""

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
class House:
    """A store with agents, the server over it, and a token."""

    ctx: Context
    address: str
    token: str

    def in_process(self, number: int) -> float:
        """Answers a second, made one after the other."""
        began = perf_counter()
        for _ in range(number):
            encoded(candidates_answer(candidates(self.ctx, "asked")))
        return number / (perf_counter() - began)

    def over_http(self, number: int) -> float:
        """Answers a second, asked for by all clients at once."""
        words = (self.address, self.token, str(CLIENTS), str(max(1, number // CLIENTS)))
        said = subprocess.run(
            [sys.executable, "-c", ASKING, *words], check=True, capture_output=True, text=True
        )
        return float(json.loads(said.stdout))


def measure() -> Iterator[Figure]:
    """The rate over HTTP as a part of the rate in process."""
    for agents, number in SIZES.items():
        with _house(agents) as house:
            house.in_process(2)
            house.over_http(CLIENTS)
            pairs = [(house.over_http(number), house.in_process(number)) for _ in range(ROUNDS)]
        ratio = median(over / within for over, within in pairs)
        rates = f"{median(one for one, _ in pairs):.0f}/s against {median(one for _, one in pairs):.0f}/s in process"
        yield Figure(
            f"candidates of {agents} agents over HTTP, {CLIENTS} clients",
            ratio,
            0.5,
            "x",
            rates,
            at_least=True,
        )


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
