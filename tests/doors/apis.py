"""The HTTP interface as the platform uses it: a real server on a real port, over the small world (tests/worlds.py).

Every answer is held against the OpenAPI document the server gives out: its status, its media type, and its shape, in which
nothing may be that the document does not name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from worlds import AGENT, AGENTS, HEAD, World

from store.model import TokenScope
from syncd.actions.tokens import create_token
from syncd.web.app import serve
from syncd.web.counting import Counting
from syncd.web.server import WebServer

HTTP = '[http]\nlisten = "127.0.0.1:0"\npublic_url = "https://syncd.example.com"\n'
PLAN = {
    "agent": "anna", "start": "2026-03-02T11:00:00+01:00", "end": "2026-03-02T12:00:00+01:00", "title": "Mortgage talk",
    "guests": [{"name": "Gerda Guest", "email": "gerda@example.org"}],
}  # fmt: skip
"""At ten in UTC, on the day on which the world begins."""

ANYWHERE = (408, 421, 500)
"""What may happen to any request, and stands at none."""

PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


@dataclass
class Said:
    """An answer."""

    status: int
    body: Any
    headers: Any

    @property
    def problem(self) -> str:
        """Which one it is."""
        kind: str = self.body["type"]
        assert kind.startswith("urn:syncd:problem:")
        return kind.rpartition(":")[2]

    @property
    def paths(self) -> list[str]:
        """Where something is wrong."""
        return [one["path"] for one in self.body["errors"]]


@dataclass
class Api:
    """The server, and a way to ask it with a token. `judged`: how many answers were held against the document."""

    world: World
    web: WebServer
    token: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    judged: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.web.address}"

    def restart(self) -> None:
        """Serve the configuration as it now stands."""
        self.web = serve(self.world.ctx)

    def new_token(
        self, scope: TokenScope = "write", agent: str | None = None, name: str | None = None
    ) -> str:
        return create_token(self.world.ctx, scope, by="test", agent=agent, name=name).secret

    def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = None, headers: dict[str, str] | None = None,
        **query: object,
    ) -> Said:  # fmt: skip
        """Ask, and hold the answer against the document. `query`: with _ behind the name where Python keeps it for itself."""
        bearer = self.token if token is None else token
        wanted = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        asked = {name.rstrip("_"): value for name, value in query.items()}
        said = requests.request(
            method, self.url + path, json=body, headers=wanted | (headers or {}), params=asked, timeout=30
        )
        found = Said(said.status_code, said.json(), said.headers)
        self.judge(method, path, found)
        return found

    def ok(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """The body of an answer that must be a good one."""
        said = self.ask(method, path, body, **more)
        assert said.status in (200, 201), said
        return said.body

    def plan(self, meeting: str = "m1", **more: object) -> Any:
        return self.ok("PUT", f"/v1/meetings/{meeting}", {**PLAN, **more})

    def judge(self, method: str, path: str, said: Said) -> None:
        """Is it what the document says?"""
        assert said.headers["Cache-Control"] == "no-store"
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        operation = self.operation(method, path)
        if operation is None:
            return
        told = operation["responses"].get(str(said.status)) or (PROBLEM if said.status in ANYWHERE else None)
        assert told is not None, f"{method} {path}: {said.status} is not documented: {said.body}"
        ((kind, content),) = told["content"].items()
        assert said.headers["Content-Type"] == kind
        wrong = [error.message for error in self.validator(content["schema"]).iter_errors(said.body)]
        assert wrong == [], f"{method} {path}: {said.body}"
        self.judged += 1

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """What the document says of it; the most exact path counts."""
        for template, item in sorted(
            self.document.get("paths", {}).items(), key=lambda one: one[0].count("{")
        ):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return item.get(method.lower())
        return None

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        return Draft202012Validator(
            {**schema, "components": {"schemas": closed(self.document["components"]["schemas"])}}
        )


def closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """The schemas, with nothing allowed in them that they do not name."""
    return {
        name: {"additionalProperties": False, **one} if "properties" in one else one
        for name, one in schemas.items()
    }


_KEPT: list[dict[str, Any]] = []


def document_of(api: Api) -> dict[str, Any]:
    """What the server gives out: asked for once, for making it takes longer than most tests."""
    if not _KEPT:
        _KEPT.append(api.ok("GET", "/openapi.json"))
    return _KEPT[0]


@pytest.fixture
def api(world: World) -> Iterator[Api]:
    """The interface over three agents with a calendar each, for an operator who may write."""
    world.configure(HEAD + HTTP + "".join(AGENT.format(id=agent) for agent in AGENTS))
    made = Api(world, serve(world.ctx))
    made.token = made.new_token(name="platform")
    made.document = document_of(made)
    yield made
    assert made.web.stop(10)


@pytest.fixture
def counted(api: Api) -> Api:
    """The interface of a daemon that counts."""
    object.__setattr__(api.world.ctx, "meter", Counting())
    api.web.stop(10)
    api.restart()
    return api
