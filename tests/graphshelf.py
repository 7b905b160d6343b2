"""A scripted mailbox that keeps the events it is sent, and loses, refuses or changes what a test says.

For what is written through Graph: it is told by method what to do wrong, before anything is done or after.
"""

import copy
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from graphlike import GraphLike, error
from scripted import Asked, Said, reply

Fault = Callable[[], Said]
"""What is answered to a request instead of the truth."""


def says(status: int, said: object) -> Said:
    return reply(status, json.dumps(said).encode(), Content_Type="application/json")


def refused(status: int, code: str, **more: str) -> Said:
    """Graph's error; `more` stands beside its code."""
    return says(status, {"error": {**error(code)["error"], **more}})


EXISTING = "@event.existingEventId"


class Shelf(GraphLike):
    """A mailbox's events by id. `faults`: what to answer to the next requests of a method; `after`: those are done first.

    `wrote`: method, body and If-Match of every write.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, Any]] = {}
        self.bodies: dict[str, tuple[str, dict[str, Any]]] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.after: dict[str, list[Fault]] = {}
        self.wrote: list[tuple[str, Any, str]] = []
        self.duplicate = lambda key: refused(400, "ErrorDuplicateTransactionId", **{EXISTING: key})

    def __call__(self, asked: Asked) -> Said:
        if not asked.path.startswith("/v1.0/"):
            return super().__call__(asked)
        path, _, query = unquote(asked.path.removeprefix("/v1.0")).partition("?")
        self.asked.append(f"{path}?{query}" if query else path)
        if asked.method != "GET":
            body = json.loads(asked.body) if asked.body else None
            self.wrote.append((asked.method, body, asked.headers.get("if-match", "")))
        if faults := self.faults.get(asked.method):
            return faults.pop(0)()
        said = getattr(self, asked.method.lower())(asked, path, query)
        after = self.after.get(asked.method)
        return after.pop(0)() if after else said

    def post(self, asked: Asked, path: str, _query: str) -> Said:
        body = json.loads(asked.body)
        given = body["transactionId"]
        if given in self.bodies:
            key, first = self.bodies[given]
            return says(201, self.events[key]) if first == body else self.duplicate(key)
        key = f"AAMk-{len(self.bodies)}="
        self.bodies[given] = (key, body)
        kept = {"id": key, "iCalUId": f"ical-{key}", "type": "singleInstance", "isOrganizer": True}
        zone = body["start"]["timeZone"]
        self.events[key] = {**kept, "originalStartTimeZone": zone, **copy.deepcopy(body)}
        self.touch(key)
        return says(201, self.events[key])

    def get(self, _asked: Asked, path: str, query: str) -> Said:
        if query.startswith("$filter"):
            found = [one for one in self.events.values() if f"'{_marker(one)}'" in query]
            return says(200, {"value": [_plain(_in_utc(one)) for one in found]})
        there = self.events.get(path.partition("/events/")[2])
        if there is None:
            return refused(404, "ErrorItemNotFound")
        return says(200, _in_utc(there) if query.startswith("$expand") else _plain(_in_utc(there)))

    def patch(self, asked: Asked, path: str, _query: str) -> Said:
        return self.if_matching(asked, path, lambda one: one.update(json.loads(asked.body)))

    def delete(self, asked: Asked, path: str, _query: str) -> Said:
        key = path.partition("/events/")[2]
        said = self.if_matching(asked, path, lambda one: self.events.pop(key))
        return said if key in self.events or not isinstance(said, bytes) or b" 404" in said else reply(204)

    def if_matching(self, asked: Asked, path: str, do: Callable[[dict[str, Any]], object]) -> Said:
        key = path.partition("/events/")[2]
        found = self.events.get(key)
        if found is None:
            return refused(404, "ErrorItemNotFound")
        if asked.headers.get("if-match", found["@odata.etag"]) != found["@odata.etag"]:
            return refused(412, "ErrorIrresolvableConflict")
        do(found)
        self.touch(key)
        return says(200, found)

    def touch(self, key: str) -> None:
        """Somebody, or Exchange itself, changed the event."""
        if key in self.events:
            number = int(self.events[key].get("changeKey", "0")) + 1
            self.events[key] |= {"changeKey": str(number), "@odata.etag": f'W/"{number}"'}

    @property
    def only(self) -> dict[str, Any]:
        """The only event there is."""
        (one,) = self.events.values()
        return one


def _marker(said: dict[str, Any]) -> str:
    return str(said["singleValueExtendedProperties"][0]["value"])


def _plain(said: dict[str, Any]) -> dict[str, Any]:
    """Extended properties come only when asked for."""
    return {name: value for name, value in said.items() if name != "singleValueExtendedProperties"}


def _in_utc(said: dict[str, Any]) -> dict[str, Any]:
    """As Graph answers under Prefer: outlook.timezone="UTC" (what is written here is in Amsterdam's winter)."""
    times = {}
    for name in ("start", "end"):
        wall = datetime.fromisoformat(said[name]["dateTime"])
        wall -= timedelta(hours=1) if said[name]["timeZone"] == "W. Europe Standard Time" else timedelta(0)
        times[name] = {"dateTime": f"{wall:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
    return {**said, **times}
