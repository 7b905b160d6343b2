"""The page without a browser: a client that signs in, reads pages, and sends their forms as they stand, filled in.

It sees what a browser without scripts would. `Visitor.send` takes a form from a page, hidden fields and all, so that a test
which does not forge anything can't get around what the forms carry.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from lxml import html
from worlds import World

from store.model import TokenScope
from syncd.actions.tokens import create_token
from syncd.web.app import make_app

HOST = "127.0.0.1:8420"
ELSEWHERE = ("192.0.2.7", 50000)
AT_HOME = ("127.0.0.1", 50000)


EVERY_PAGE = (
    "/", "/meeting?id=m1", "/meeting/invite?id=m1", "/meeting/reschedule?id=m1", "/meeting/cancel?id=m1",
    "/meeting/assign?id=m1", "/meeting/assign?id=m1&to=ben", "/people", "/person?id=anna", "/health",
)  # fmt: skip
EVERY_FORM = (
    "/meeting/invite", "/meeting/reschedule", "/meeting/cancel", "/meeting/assign", "/person/block", "/person/unblock",
    "/health/delivery", "/health/drift", "/sign-out",
)  # fmt: skip
"""Of the page, with a meeting m1 that is anna's."""


@dataclass
class Wire:
    """Requests straight to the application, from an address of one's choice, with the cookies that it gave."""

    app: Any
    host: str
    client: tuple[str, int]
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("GET", path, more))

    def post(self, path: str, **more: Any) -> httpx.Response:
        return asyncio.run(self._ask("POST", path, more))

    async def _ask(self, method: str, path: str, more: dict[str, Any]) -> httpx.Response:
        to = httpx.ASGITransport(self.app, client=self.client, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=to, base_url=self.host, cookies=self.cookies) as client:
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
            return answer


@dataclass
class Shown:
    """A page as it was answered."""

    status: int
    text: str
    headers: dict[str, str]
    path: str

    @property
    def tree(self) -> html.HtmlElement:
        return html.document_fromstring(self.text)

    @property
    def words(self) -> str:
        """What can be read of its content, on one line."""
        return " ".join(self.tree.find(".//main").text_content().split())

    def links(self) -> list[str]:
        """Where its links lead."""
        return [link.get("href") for link in self.tree.iter("a")]

    def form(self, action: str, **holding: str) -> dict[str, str]:
        """The fields of the form that is sent there, as they stand; of several the one that holds these."""
        for form in self.tree.forms:
            fields = {name: value or "" for name, value in form.fields.items()}
            if urlsplit(form.get("action", "")).path == action and holding.items() <= fields.items():
                return fields
        raise AssertionError(f"no form for {action} with {holding} in {self.path}: {self.words[:400]}")


@dataclass
class Visitor:
    """Somebody at the page."""

    client: Wire

    def get(self, path: str, **headers: str) -> Shown:
        """Ask for a page, and go where it sends on to."""
        return self._followed(self.client.get(path, headers=headers))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Shown:
        """Send fields, whether a form had them or not."""
        return self._followed(self.client.post(path, data=fields, headers=headers))

    def send(self, page: Shown, action: str, filled: dict[str, str] | None = None, **holding: str) -> Shown:
        """Send a form of a page with some fields filled in."""
        return self.post(action, {**page.form(action, **holding), **(filled or {})})

    def sign_in(self, secret: str) -> Shown:
        """With a token."""
        return self.send(self.get("/sign-in"), "/sign-in", {"token": secret})

    def _followed(self, answer: httpx.Response) -> Shown:
        while answer.status_code == 303:
            answer = self.client.get(answer.headers["location"])
        path = answer.request.url.raw_path.decode()
        return Shown(answer.status_code, answer.text, dict(answer.headers), path)


@dataclass
class Pages:
    """The application on a world, and whoever comes to it."""

    world: World

    def visitor(
        self, *, visitor: int | None = None, client: tuple[str, int] = ELSEWHERE, host: str = f"http://{HOST}"
    ) -> Visitor:
        """Somebody who is not signed in. `visitor`: the token as which those on this machine are let in."""
        app = make_app(self.world.ctx, visitor)
        return Visitor(Wire(app, host, client))

    def signed_in(self, scope: TokenScope = "write", agent: str | None = None) -> Visitor:
        """Somebody with a token of this scope, bound to an agent or an operator."""
        found = self.visitor()
        assert found.sign_in(create_token(self.world.ctx, scope, by="test", agent=agent).secret).status == 200
        return found


@pytest.fixture
def pages(world: World) -> Iterator[Pages]:
    """The page on a world of three agents with calendars in memory."""
    return Pages(world)
