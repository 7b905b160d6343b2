"""What goes wrong outside any page, told to people as a page: an address nobody serves, a body that is too large, a store that is gone.

The application tells everything as a problem (RFC 9457). Where a browser asked for a page, the answer says the same in words, with
the frame and, for who is signed in, the navigation around it; status and headers stay. Programs, and everything that is
for programs only, keep the problem.
"""

import json
from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.actions.push import PUSH_PATH
from syncd.problems import URN
from syncd.web.health import LIVE, METRICS, READY
from syncd.web.pages.doorway import Doorway
from syncd.web.pages.frame import guarded
from syncd.web.pages.guard import HTTPS_ONLY
from syncd.web.problems import MEDIA_TYPE, NO_SUCH_METHOD, NO_SUCH_PATH

FOR_PROGRAMS = ("/v1", "/openapi.json", LIVE, READY, METRICS, PUSH_PATH)
OF_THE_BODY = frozenset({"content-type", "content-length"})
SIGNED_IN_OR_NOT = frozenset({NO_SUCH_PATH.name, NO_SUCH_METHOD.name})
"""Nothing is wrong with the store then, so it can be looked up who asks."""


class ForPeople:
    """An application that tells problems to browsers as pages."""

    def __init__(self, app: ASGIApp, door: Doorway) -> None:
        self._app, self._door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_for_programs(scope["path"]) or not wants_html(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        problem = _Problem(send)
        try:
            await self._app(scope, receive, problem.sending)
        finally:
            if problem.start is not None:
                await (await self._told(problem, scope))(scope, receive, send)

    async def _told(self, problem: "_Problem", scope: Scope) -> Response:
        known = problem.name in SIGNED_IN_OR_NOT
        visit = await run_in_threadpool(self._door.seen, Request(scope)) if known else None
        answer = self._door.frame.page(visit, "error.html", code=problem.status, word=problem.name, said="")
        answer.headers.update({**problem.headers, "Vary": "Accept"})
        return guarded(answer, HTTPS_ONLY if self._door.https else {})


class _Problem:
    """Passes everything on but a problem, which it keeps."""

    def __init__(self, send: Send) -> None:
        self._send, self._body = send, bytearray()
        self.start: Message | None = None

    async def sending(self, message: Message) -> None:
        """In the place of `send`."""
        begins = message["type"] == "http.response.start"
        if begins and Headers(raw=message["headers"]).get("content-type") == MEDIA_TYPE:
            self.start = message
        elif self.start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")

    @property
    def name(self) -> str:
        """Which problem it is."""
        return str(json.loads(self._body)["type"]).removeprefix(URN)

    @property
    def status(self) -> int:
        """Its status."""
        return int(self.start["status"]) if self.start is not None else 0

    @property
    def headers(self) -> Mapping[str, str]:
        """What it says beside its body: when to try again, which methods there are."""
        said = Headers(raw=self.start["headers"]) if self.start is not None else {}
        return {name: value for name, value in said.items() if name not in OF_THE_BODY}


def is_for_programs(path: str) -> bool:
    """Does nobody look at this address with a browser, or only as a program would?"""
    return any(path == one or path.startswith(f"{one}/") for one in FOR_PROGRAMS)


def wants_html(headers: Headers) -> bool:
    """Would whoever asks rather have HTML than JSON (RFC 9110 section 12.5.1)? `*/*` alone says nothing of the kind."""
    wanted = {
        kind.strip().lower(): _weight(parameters)
        for kind, _, parameters in (part.partition(";") for part in headers.get("accept", "").split(","))
    }
    html = max(wanted.get("text/html", 0.0), wanted.get("application/xhtml+xml", 0.0))
    return html > 0 and html >= max(wanted.get("application/json", 0.0), wanted.get(MEDIA_TYPE, 0.0))


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
