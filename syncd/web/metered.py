"""Every request is told to the meter: how it was answered, and how long that took."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.meter import Meter

KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class Metered:
    """An application whose answers are counted by route: a path nobody serves is counted as `other`, whatever it says."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app, self._meter = app, meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if scope["type"] == "http" and status:
                self._meter.answered(_method(scope), _path(scope), status, time.monotonic() - began)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in KNOWN_METHODS else "other"


def _path(scope: Scope) -> str:
    """The route's template, once the router has found one."""
    path = getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) else "other"
