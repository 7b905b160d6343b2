"""A scripted Graph for the rules no fake should have to break: each request is answered by what a test says.

It speaks TLS and hands out tokens, so that the real client, with the real sign-in, is what is tested.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from certificates import CERTIFICATE, KEY
from scripted import Asked, Said, ScriptedServer, Serve, reply

from connectors.account import Account, Connections
from connectors.interface import Calendar, CalendarObject, Changes
from connectors.outlook import reading
from connectors.outlook.calendars import default_href, event_id
from connectors.outlook.client import Graph
from connectors.outlook.events import MARKER_ID

TENANT = "3f0c1a52-0000-4000-8000-000000000001"
MAILBOX = "anna@example.com"

Answer = tuple[int, Any] | bytes
"""A status with its JSON, or a whole answer as it goes over the wire."""


START, END = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
HREF = default_href(MAILBOX)
VIEW = f"/users/{MAILBOX}/calendarView"
WINDOW = "startDateTime=2026-03-02T00:00:00Z&endDateTime=2026-04-09T00:00:00Z"
FIRST = f"{VIEW}/delta?{WINDOW}"
PLAIN = f"{VIEW}?{WINDOW}&$top=500"
NEXT, LATER = f"{VIEW}/delta?$deltatoken=one", f"{VIEW}/delta?$deltatoken=two"
OUR_UID = "5a0c2c1e-5d0b-5c39-9a4e-2f3b1d7c8e90"
EXPANDED = f"?$expand=singleValueExtendedProperties($filter=id eq '{MARKER_ID}')"


def time(day: int, hour: int) -> dict[str, str]:
    return {"dateTime": f"2026-03-{day:02}T{hour:02}:00:00.0000000", "timeZone": "UTC"}


def event(name: str, day: int = 3, hour: int = 9, **more: Any) -> dict[str, Any]:
    said = {
        "id": name,
        "iCalUId": f"uid-{name}",
        "type": "singleInstance",
        "showAs": "busy",
        "isAllDay": False,
    }
    return {**said, "start": time(day, hour), "end": time(day, hour + 1), **more}


def master(name: str, **more: Any) -> dict[str, Any]:
    first = {"start": {"dateTime": "2020-01-06T09:00:00.0000000", "timeZone": "UTC"}}
    first["end"] = {"dateTime": "2020-01-06T10:00:00.0000000", "timeZone": "UTC"}
    return event(name, type="seriesMaster", recurrence={"pattern": {}, "range": {}}, **{**first, **more})


def stub(series: str, day: int) -> dict[str, Any]:
    said = {"@odata.type": "#microsoft.graph.event", "@odata.etag": 'W/"x"', "id": f"{series}-{day}"}
    return {
        **said,
        "seriesMasterId": series,
        "type": "occurrence",
        "start": time(day, 9),
        "end": time(day, 10),
    }


def removed(name: str, reason: str = "deleted") -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.event", "id": name, "@removed": {"reason": reason}}


@dataclass
class GraphLike:
    """A script for `ScriptedServer`. `answers`: path and query after /v1.0, unquoted -> what is said, one after the
    other; the last one stays. `otherwise` answers the rest. `asked`: those requests, unquoted; `prefers`: their Prefer."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    otherwise: Callable[[str], Answer] = lambda _: (404, error("ErrorItemNotFound"))
    asked: list[str] = field(default_factory=list)
    prefers: list[str] = field(default_factory=list)
    url: str = ""

    def __call__(self, asked: Asked) -> Said:
        if not asked.path.startswith("/v1.0/"):
            return _as_json((200, self._sign_in(asked.path)))
        wanted = unquote(asked.path.removeprefix("/v1.0"))
        self.asked.append(wanted)
        self.prefers.append(asked.headers.get("prefer", ""))
        said = self.answers.get(wanted)
        return _as_json(self.otherwise(wanted) if not said else said.pop(0) if len(said) > 1 else said[0])

    def _sign_in(self, path: str) -> dict[str, Any]:
        authority = f"{self.url}{TENANT}"
        if path.endswith("openid-configuration"):
            return {
                "issuer": f"{authority}/v2.0",
                "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
                "token_endpoint": f"{authority}/oauth2/v2.0/token",
            }
        return {"token_type": "Bearer", "expires_in": 3600, "access_token": "a-token"}

    def link(self, rest: str) -> str:
        """An absolute link, as Graph gives them."""
        return f"{self.url}v1.0{rest}"


def error(code: str, *inner: str) -> dict[str, Any]:
    """Graph's error body, with codes nested inside."""
    deepest: dict[str, Any] = {"request-id": "1137f277-eab4-4b9b-bb13-2ceb880bffcb"}
    for one in reversed(inner):
        deepest = {"code": one, "innerError": deepest}
    return {"error": {"code": code, "message": "Something is wrong.", "innerError": deepest}}


def graph_at(
    server: ScriptedServer, script: GraphLike, ca_file: Path, connections: Connections
) -> tuple[Graph, Account]:
    """A client of this server for the mailbox `MAILBOX`, and its account."""
    script.url = server.url
    account = Account(
        kind="outlook", url=f"{server.url}v1.0", tenant=TENANT, client_id="app", ca_file=str(ca_file),
        authority=f"{server.url}{TENANT}",
    )  # fmt: skip
    return Graph(account, MAILBOX, "secret", connections), account


def _as_json(answer: Answer) -> bytes:
    if isinstance(answer, bytes):
        return answer
    return reply(answer[0], json.dumps(answer[1]).encode(), Content_Type="application/json")


class Mailbox:
    """The scripted mailbox, read through the real client; what is read is remembered as the store would."""

    def __init__(self, server: ScriptedServer, script: GraphLike, graph: Graph, server_url: str) -> None:
        self.server, self.script, self.graph, self.server_url = server, script, graph, server_url
        self.known: dict[str, str] = {}
        self.state: str | None = None

    def page(self, *items: dict[str, Any], next: str = "", delta: str = "") -> Answer:  # noqa: A002 - as Graph calls it
        said: dict[str, Any] = {"value": list(items)}
        said |= {"@odata.nextLink": self.script.link(next)} if next else {}
        said |= {"@odata.deltaLink": self.script.link(delta)} if delta else {}
        return 200, said

    def says(self, wanted: str, *answers: Answer) -> None:
        self.script.answers[wanted] = list(answers)

    def starts_with(self, *items: dict[str, Any]) -> Changes:
        self.says(FIRST, self.page(*items, delta=NEXT))
        return self.read()

    def then(self, *items: dict[str, Any]) -> Changes:
        self.says(NEXT, self.page(*items, delta=LATER))
        self.script.asked.clear()
        return self.read()

    def read(self, *, now: datetime = NOW, start: datetime = START, end: datetime = END) -> Changes:
        asked = Calendar(HREF, "Europe/Amsterdam", (MAILBOX,), start, end)
        found = reading.changes(self.graph, self.server_url, asked, self.state, self.known, now=now)
        seen = {one.href: one.etag for one in found.upserts}
        kept = {href: etag for href, etag in self.known.items() if href not in found.gone}
        self.known = {**({h: kept[h] for h in found.unchanged} if found.complete else kept), **seen}
        self.state = found.state
        return found


def mailbox_at(serve: Serve, connections: Connections, directory: Path) -> Mailbox:
    """A mailbox of which nothing was read yet, at a server that ends with the test."""
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    certificate.write_text(CERTIFICATE)
    key.write_text(KEY)
    script = GraphLike()
    server = serve(script, tls=(certificate, key))
    graph, account = graph_at(server, script, certificate, connections)
    return Mailbox(server, script, graph, account.url)


def named(changes: Changes) -> dict[str, CalendarObject]:
    return {event_id(one.href): one for one in changes.upserts}


def days(found: CalendarObject) -> list[int]:
    return [interval.start.day for interval in found.intervals]
