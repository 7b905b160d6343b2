"""The fake Graph, served: what a test asks it with plain `requests`, and how syncd is told where it is.

Every test has a tenant of its own on a free loopback port, whose clock stands until the test moves it. What is recorded
while no knob is turned can be held against the referee.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from scripted import Asked, Said, ScriptedServer, reply

from connectors.account import Account
from syncd.demo.graph import FakeGraph, Running, serve

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; every fake's clock stands there at first."""

ANNA, BRAM = "anna@example.com", "bram@example.com"
IMMUTABLE = 'IdType="ImmutableId"'
MONTH = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-04-01T00:00:00Z"
CONFORMANCE = os.environ.get("SYNCD_CONFORMANCE", "")

needs_referee = pytest.mark.skipif(not CONFORMANCE, reason="the referee is found through SYNCD_CONFORMANCE")


@dataclass(frozen=True)
class Told:
    """An answer: its JSON as `said` (None: no body), and headers."""

    status: int
    said: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        return str(self.said["error"]["code"])


@dataclass
class GraphServer:
    """A running fake and a plain client of it. Paths are relative to /v1.0, or absolute links."""

    running: Running
    session: requests.Session
    prefer: str = IMMUTABLE
    token: str = ""

    @property
    def fake(self) -> FakeGraph:
        return self.running.fake

    @property
    def account(self) -> Account:
        """As the configuration would give it to a connector; the logins' secret is `running.client_secret`."""
        at = self.running
        return Account(
            kind="outlook", url=at.graph_url, ca_file=str(at.ca_file), tenant=at.tenant, client_id=at.client_id,
            authority=at.authority,
        )  # fmt: skip

    def sign_in(self) -> str:
        """A fresh token, by the client's secret; used from now on."""
        asked = {
            "grant_type": "client_credentials", "client_id": self.running.client_id,
            "client_secret": self.running.client_secret, "scope": "https://graph.microsoft.com/.default",
        }  # fmt: skip
        answer = self.session.post(f"{self.running.authority}/oauth2/v2.0/token", data=asked, timeout=20)
        self.token = str(answer.json()["access_token"])
        return self.token

    def ask(
        self, method: str, path: str, body: object = None, *, prefer: str | None = None, **headers: str
    ) -> Told:
        """Any request. `headers` are named with underscores: If_Match."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        said.setdefault("Authorization", f"Bearer {self.token or self.sign_in()}")
        if prefers := self.prefer if prefer is None else prefer:
            said["Prefer"] = prefers
        url = path if path.startswith("https://") else self.running.graph_url + path
        data = None if body is None else json.dumps(body)
        said |= {} if data is None else {"Content-Type": "application/json"}
        answer = self.session.request(method, url, data=data, headers=said, timeout=20)
        return Told(answer.status_code, answer.json() if answer.content else None, answer.headers)

    def get(self, path: str, **more: Any) -> Told:
        return self.ask("GET", path, **more)

    def post(self, path: str, body: object = None, **more: Any) -> Told:
        return self.ask("POST", path, body, **more)

    def patch(self, path: str, body: object, **more: Any) -> Told:
        return self.ask("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Told:
        return self.ask("DELETE", path, **more)

    def round(self, link: str, **more: Any) -> "Round":
        """A whole delta round from this link (or path), its pages as they came."""
        found = Round()
        while link and len(found.pages) < 50:
            page = self.get(link, **more)
            assert page.status == 200, page.said
            found.pages.append(page.said["value"])
            link, found.delta = page.said.get("@odata.nextLink", ""), page.said.get("@odata.deltaLink", "")
        return found

    def first_round(self, mailbox: str = ANNA, window: str = MONTH, **more: Any) -> "Round":
        return self.round(f"/users/{mailbox}/calendarView/delta?{window}", **more)

    def findings(self, folder: Path, *, severity: str = "ERROR", only_plain: bool = True) -> list[str]:
        """What the referee holds against the record: by default, errors in what was said with every knob at its default."""
        record = folder / "exchanges.jsonl"
        self.fake.app.recording.write(record, only_plain=only_plain)
        judge = [sys.executable, f"{CONFORMANCE}/graph/graph_validate.py", "--json", str(record)]
        done = subprocess.run(judge, capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return [
            f"{one['label']}: {one['rule']} {one['where']}: {one['msg']}"
            for one in found
            if one["sev"] == severity
        ]


@dataclass
class Round:
    """A delta round as it came. `delta`: the link to go on from."""

    pages: list[list[dict[str, Any]]] = field(default_factory=list)
    delta: str = ""

    @property
    def items(self) -> list[dict[str, Any]]:
        return [item for page in self.pages for item in page]

    @property
    def removed(self) -> list[str]:
        return [item["id"] for item in self.items if "@removed" in item]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [item for item in self.items if item.get("type") == kind]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def time(day: int, hour: int, zone: str = "UTC") -> dict[str, str]:
    """The same as Graph is told it."""
    return {"dateTime": f"2026-03-{day:02}T{hour:02}:00:00", "timeZone": zone}


def event(day: int = 3, hour: int = 9, **more: Any) -> dict[str, Any]:
    """A body for a POST: an hour, and what else is said."""
    return {"subject": "Talk", "start": time(day, hour), "end": time(day, hour + 1), **more}


def weekly(*days: str, start: str = "2026-03-02", **limits: Any) -> dict[str, Any]:
    """A weekly recurrence without an end, unless `limits` says so."""
    pattern = {"type": "weekly", "interval": 1, "daysOfWeek": list(days)}
    return {"pattern": pattern, "range": {"type": "noEnd", "startDate": start, **limits}}


def path_of(event_id: str, mailbox: str = ANNA) -> str:
    """Where an event is."""
    return f"/users/{mailbox}/events/{quote(event_id, safe='')}"


@dataclass
class Doorbell:
    """A subscriber: keeps what it is told, and answers as the test wants. `answers`: statuses for the next notifications."""

    url: str = ""
    shakes: bool = True
    answers: list[int] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    shaken: list[str] = field(default_factory=list)

    def subscription(self, mailbox: str = ANNA, **more: Any) -> dict[str, Any]:
        """A body that asks for a mailbox's changes to be told here."""
        until = (NOW + timedelta(minutes=4200)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "changeType": "created,updated,deleted", "resource": f"users/{mailbox}/events", "notificationUrl": self.url,
            "lifecycleNotificationUrl": f"{self.url}/lifecycle", "expirationDateTime": until, "clientState": "s3cret",
            **more,
        }  # fmt: skip

    def __call__(self, asked: Asked) -> Said:
        path, _, query = asked.path.partition("?")
        if query.startswith("validationToken="):
            self.shaken.append(path)
            token = requests.utils.unquote(query.partition("=")[2]) if self.shakes else "no"
            return reply(200, token.encode(), Content_Type="text/plain")
        status = self.answers.pop(0) if self.answers else 202
        if status < 300:
            self.told += json.loads(asked.body)["value"]
        return reply(status)


@pytest.fixture
def graph() -> Iterator[GraphServer]:
    """A fake Graph with the mailboxes of Anna and Bram; notifications wait until `fake.bell.ring()`."""
    fake = FakeGraph(NOW)
    fake.add_mailbox(ANNA, "Anna de Vries")
    fake.add_mailbox(BRAM, "Bram Bakker", zone="Pacific Standard Time")
    with serve(fake, bell=False) as running, requests.Session() as session:
        session.trust_env = False
        session.verify = str(running.ca_file)
        yield GraphServer(running, session)


@pytest.fixture
def doorbell(graph: GraphServer) -> Iterator[Doorbell]:
    """Somebody to be told, with a certificate of the fake's own authority."""
    tls = graph.running.authorities.issue("doorbell")
    bell = Doorbell()
    with ScriptedServer(bell, tls=tls) as server:
        bell.url = f"https://{server.name}/push"
        yield bell
