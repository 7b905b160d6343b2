"""What every request has to keep to before anybody looks at it: the size of its body, and time to send it.

A body is read to its end here, so that no worker's thread waits for a slow sender. An answer has its time, too; a change
that is accepted all the same is found again by its Idempotency-Key.
"""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.web.problems import BUSY, TOO_LARGE, TOO_SLOW, problem

LARGEST_BODY = 256 * 1024
"""Bytes. The longest plan there can be (100 guests, long texts) has some 60,000."""

MOST_READ = 8 * LARGEST_BODY
"""Bytes. So much of a body that is too large is read and dropped: a sender in the middle of it would not hear the answer."""

SECONDS_TO_READ = 10
SECONDS_TO_ANSWER = 60
CLOSE = {"Connection": "close"}


class Limits:
    """An application whose requests keep to the limits. `exempt`: paths that see to it themselves."""

    def __init__(self, app: ASGIApp, exempt: frozenset[str]) -> None:
        self._app, self._exempt = app, exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if len(announced) > 9 or int(announced) > MOST_READ:
            await _too_large(scope, receive, send)
            return
        try:
            async with asyncio.timeout(SECONDS_TO_READ):
                body = await _body(receive)
        except TimeoutError:
            await problem(TOO_SLOW, f"a body is waited for {SECONDS_TO_READ} s", headers=CLOSE)(
                scope, receive, send
            )
            return
        if body is not None and len(body) > LARGEST_BODY:
            await _too_large(scope, receive, send)
        elif body is not None:
            await _answered_in_time(self._app, scope, _replayed(body, receive), send)


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    told = problem(TOO_LARGE, f"a body has at most {LARGEST_BODY} bytes here", headers=CLOSE)
    await told(scope, receive, send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or as much as shows that it is too large; None from a sender who hung up."""
    body, size, more = bytearray(), 0, True
    while more and size <= MOST_READ:
        message = await receive()
        if message["type"] != "http.request":
            return None
        piece, more = message.get("body", b""), message.get("more_body", False)
        size += len(piece)
        body += piece if size <= LARGEST_BODY else b""
    return bytes(body) if size <= LARGEST_BODY else bytes(LARGEST_BODY + 1)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """As if the body came now, in one piece."""
    pieces = [body]

    async def again() -> Message:
        return (
            {"type": "http.request", "body": pieces.pop(), "more_body": False} if pieces else await receive()
        )

    return again


async def _answered_in_time(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    begun = False

    async def sending(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        async with asyncio.timeout(SECONDS_TO_ANSWER):
            await app(scope, receive, sending)
    except TimeoutError:
        if begun:
            raise
        await problem(BUSY, "there was no answer in time: try again with the same key")(scope, receive, send)
