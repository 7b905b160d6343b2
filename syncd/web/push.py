"""POST /push/outlook: where Graph shakes hands before it sends notifications, and then sends them (webhook delivery).

Anybody can send here, so a request costs little: the body is small or refused, is read for a few seconds at most, and means
at most "look again" (`actions.push` knows the genuine ones). The answer is the same for genuine and forged ones, and comes
before anything is looked at: Graph gives up on addresses that are slow.
"""

import asyncio
import json
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from syncd.actions.context import Context
from syncd.actions.push import PUSH_PATH, Notification, notified

LONGEST_TOKEN = 1024
LARGEST_BODY = 256 * 1024
"""Bytes. Graph's basic notifications have some 700 each."""

SECONDS_TO_READ = 10
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
ACCEPTED, NOT_UNDERSTOOD, TOO_SLOW, TOO_LARGE = 202, 400, 408, 413


def routes(ctx: Context) -> APIRouter:
    """The route, for a daemon's context."""
    router = APIRouter()

    @router.post(PUSH_PATH, include_in_schema=False)
    async def push_outlook(request: Request) -> Response:
        """A handshake, or notifications."""
        tokens = request.query_params.getlist("validationToken")
        return _handshake(tokens) if tokens else await _received(ctx, request)

    return router


def _handshake(tokens: list[str]) -> Response:
    """The token as it came, as text that no browser takes for anything else."""
    token = tokens[0].encode(errors="replace")
    if len(tokens) > 1 or not token or len(token) > LONGEST_TOKEN:
        return Response(status_code=NOT_UNDERSTOOD)
    return Response(token, media_type="text/plain", headers=PLAIN)


async def _received(ctx: Context, request: Request) -> Response:
    try:
        async with asyncio.timeout(SECONDS_TO_READ):
            body = await _body(request)
    except TimeoutError:
        return Response(status_code=TOO_SLOW)
    except ClientDisconnect:
        return Response(status_code=NOT_UNDERSTOOD)
    if body is None:
        return Response(status_code=TOO_LARGE, headers={"Connection": "close"})
    notifications = understood(body)
    if notifications is None:
        return Response(status_code=NOT_UNDERSTOOD)
    genuine = await run_in_threadpool(notified, ctx, notifications)
    ctx.meter.notified(genuine, len(notifications) - genuine)
    return Response(status_code=ACCEPTED)


async def _body(request: Request) -> bytes | None:
    """The body; None if it is larger than it may be."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def understood(body: bytes) -> list[Notification] | None:
    """What counts of the notifications in a body; None if it holds none, whatever else it may be."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    items = said.get("value") if isinstance(said, dict) else None
    if not isinstance(items, list):
        return None
    return [_notification(item) for item in items if isinstance(item, dict)]


def _notification(item: Mapping[str, object]) -> Notification:
    return Notification(*(_word(item, name) for name in ("subscriptionId", "clientState", "lifecycleEvent")))


def _word(item: Mapping[str, object], name: str) -> str:
    said = item.get(name)
    return said if isinstance(said, str) else ""
