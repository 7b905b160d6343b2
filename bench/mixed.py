"""Everything at once: the daemon reads 1,000 calendars of a real server (Radicale) for the first time and then as they change, while
16 clients plan, move, hand over and cancel meetings over HTTP, and ask who could take them. Nothing of it may fail.

The clients are a process of their own; somebody else keeps entering appointments at the server. Errors are answers other than
those expected (also 503), passes over a login and deliveries that failed, and lines of the log that tell of an error.
"""

import http.client
import json
import logging
import os
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from prometheus_client.parser import text_string_to_metric_families

from bench.cycles import begun
from bench.figures import Figure
from bench.idle import AGENT, EVENT, SECRET, fill, request
from syncd.actions.context import utc_now
from syncd.actions.tokens import create_token
from syncd.daemon import Daemon
from syncd.demo.server import running

CALENDARS, CLIENTS = 1000, 16
SECONDS, LIMIT = 30, 900
"""The load goes on at least so long, and until every calendar was read; and no longer than the limit."""

HEAD = """
timezone = "UTC"
[store]
url = "sqlite:///{folder}/syncd.db"
[sync]
interval = "10s"
[http]
listen = "127.0.0.1:0"
[accounts.lab]
kind = "caldav"
url = "{url}"
"""

LOAD = r"""
import collections, datetime, http.client, json, random, sys, threading, time
address, token, clients, agents = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
over, told, times, lock = threading.Event(), collections.Counter(), [], threading.Lock()
SOON = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0) + datetime.timedelta(days=2)

class Client:
    def __init__(self, number):
        self.number, self.chance, self.link = number, random.Random(number), http.client.HTTPConnection(address, timeout=70)

    def ask(self, what, method, path, body=None, good=(200,)):
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
        began = time.perf_counter()
        try:
            self.link.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = self.link.getresponse()
            said, status = answer.read(), answer.status
        except Exception as error:
            self.link.close()
            said, status = repr(error).encode(), 0
        with lock:
            times.append(time.perf_counter() - began)
            told["asked"] += 1
            if status not in good:
                told[f"{what}: {status}"] += 1
                print(what, status, said[:300], file=sys.stderr)

    def agent(self):
        return f"agent{self.chance.randrange(agents)}"

    def span(self):
        start = SOON + datetime.timedelta(minutes=30 * self.chance.randrange(480))
        return {"start": start.isoformat(), "end": (start + datetime.timedelta(minutes=30)).isoformat()}

    def life(self, turn):
        name, asked = f"m{self.number}-{turn}", self.span()
        where = "start=" + asked["start"].replace("+", "%2B") + "&end=" + asked["end"].replace("+", "%2B")
        self.ask("plan", "PUT", f"/v1/meetings/{name}", {"agent": self.agent(), "title": "Talk", **asked}, good=(201,))
        self.ask("candidates", "GET", f"/v1/meetings/{name}/candidates")
        self.ask("busy", "GET", f"/v1/agents/{self.agent()}/busy?{where}")
        self.ask("reschedule", "POST", f"/v1/meetings/{name}/reschedule", {**self.span(), "reason": "Another day"})
        self.ask("explain", "GET", f"/v1/agents/{self.agent()}/explain?{where}")
        self.ask("candidates", "GET", f"/v1/meetings/{name}/candidates")
        self.ask("assign", "POST", f"/v1/meetings/{name}/assign", {"to": self.agent()})
        self.ask("guests", "POST", f"/v1/meetings/{name}/guests", {"email": f"{name}@example.org"})
        self.ask("meetings", "GET", "/v1/meetings?limit=20")
        self.ask("meeting", "GET", f"/v1/meetings/{name}")
        if turn % 2:
            self.ask("cancel", "POST", f"/v1/meetings/{name}/cancel", {"reason": "No longer needed"})

    def run(self):
        turn = 0
        while not over.is_set():
            turn += 1
            self.life(turn)

threads = [threading.Thread(target=Client(number).run) for number in range(clients)]
began = time.perf_counter()
[one.start() for one in threads]
sys.stdin.read()
over.set()
[one.join() for one in threads]
times.sort()
print(json.dumps({"rate": len(times) / (time.perf_counter() - began), "p95": times[len(times) * 95 // 100],
                  "slowest": times[-1], "told": told}))
"""


def measure() -> Iterator[Figure]:
    """Errors, and how much went on meanwhile."""
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as name, _house(Path(name)) as house:
        said = house.under_load()
        counted = house.counted()
    errors = {**said["wrong"], **counted.errors}
    about = f"{said['asked']} requests, {said['rate']:.0f}/s, p95 {1000 * said['p95']:.0f} ms, slowest {said['slowest']:.1f} s"
    told = f"; {', '.join(f'{what} ({number})' for what, number in errors.items())}" if errors else ""
    what = f"mixed load of {CLIENTS} clients while {CALENDARS} calendars are synced, on Radicale"
    yield Figure(f"{what}: errors", sum(errors.values()), 0, "errors", about + told)
    done = f"{counted.passes} passes, {counted.delivered} deliveries in {said['seconds']:.0f} s"
    yield Figure(f"{what}: calendars read", counted.read, CALENDARS, "calendars", done, at_least=True)


@dataclass
class Counted:
    """What the daemon's own figures tell."""

    read: int
    passes: int
    delivered: int
    errors: dict[str, int]


class _Errors(logging.Handler):
    """Counts the lines of the log that tell of an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.told = Counter[str]()

    def emit(self, record: logging.LogRecord) -> None:
        self.told[f"log: {record.getMessage()[:80]}"] += 1


@dataclass
class House:
    """The daemon, the server of calendars, and a token."""

    daemon: Daemon
    calendars: str
    token: str
    errors: _Errors

    @property
    def address(self) -> str:
        """Where the daemon listens."""
        if self.daemon.web is None:
            raise RuntimeError("the daemon listens nowhere")
        return self.daemon.web.address

    def under_load(self) -> dict[str, Any]:
        """Have everything going on at once; what the clients tell of it."""
        over, began = threading.Event(), monotonic()
        others = threading.Thread(target=self._others, args=(over,))
        words = (self.address, self.token, str(CLIENTS), str(CALENDARS))
        with subprocess.Popen(
            [sys.executable, "-c", LOAD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as clients:
            others.start()
            while monotonic() - began < LIMIT and (
                monotonic() - began < SECONDS or self.counted().read < CALENDARS
            ):
                sleep(1)
            seconds = monotonic() - began
            said = json.loads(clients.communicate("")[0])
            over.set()
        others.join()
        asked = said["told"].pop("asked")
        return {**said, "asked": asked, "wrong": said["told"], "seconds": seconds}

    def _others(self, over: threading.Event) -> None:
        """Somebody enters appointments at the server, here and there."""
        place, chance = urlsplit(self.calendars), random.Random(1)
        link = http.client.HTTPConnection(place.hostname or "", place.port)
        for number in count():
            if over.wait(0.05):
                break
            login, start = (
                f"agent{chance.randrange(CALENDARS)}",
                utc_now() + timedelta(hours=chance.randrange(500)),
            )
            text = EVENT.format(uid=f"more-{number}", start=start, end=start + timedelta(hours=1))
            path = f"/{login}/calendar0/more-{number}.ics"
            request(link, login, "PUT", path, text.encode(), {"Content-Type": "text/calendar"})
        link.close()

    def counted(self) -> Counted:
        """How far it is, by /metrics."""
        link = http.client.HTTPConnection(self.address, timeout=70)
        link.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.token}"})
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        if answer.status != 200:
            return Counted(0, 0, 0, {f"metrics: {answer.status}": 1})
        figures = Counter[tuple[str, str]]()
        for family in text_string_to_metric_families(text):
            for one in family.samples:
                figures[one.name, one.labels.get("result") or one.labels.get("state") or ""] += int(one.value)
        wrong = {
            "passes that failed": figures["syncd_calendar_sync_total", "failed"],
            "deliveries that failed": figures["syncd_delivery_total", "failed"] + figures["syncd_delivery_total", "retry"],
        }  # fmt: skip
        return Counted(
            read=_read(figures), passes=figures["syncd_calendar_sync_total", "ok"],
            delivered=figures["syncd_delivery_total", "delivered"],
            errors={what: number for what, number in {**wrong, **self.errors.told}.items() if number},
        )  # fmt: skip


def _read(figures: Mapping[tuple[str, str], int]) -> int:
    """How many calendars were read at least once: one that is late by now was."""
    states = {state: number for (name, state), number in figures.items() if name == "syncd_calendars"}
    return sum(number for state, number in states.items() if state not in ("never-seen", "syncing"))


@contextmanager
def _house(folder: Path) -> Iterator[House]:
    os.environ["SYNCD_BENCH_SECRET"] = SECRET
    logins = [f"agent{number}" for number in range(CALENDARS)]
    with running(folder / "server", dict.fromkeys(logins, SECRET)) as server:
        fill(server.url, logins, 1)
        path = folder / "config.toml"
        people = (AGENT.format(login=one) + f'write = "{one}/calendar0"\n' for one in logins)
        path.write_text(HEAD.format(folder=folder, url=server.url) + "".join(people))
        log, errors = logging.getLogger("syncd"), _Errors()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        log.addHandler(errors)
        with begun(path) as ctx:
            daemon = Daemon(ctx)
            daemon.start()
            yield House(daemon, server.url, create_token(ctx, "write", by="bench").secret, errors)
            daemon.stop()
