"""The HTTP application: its routes, and what happens to a request when something goes wrong that has no word of its own.

It is made for one daemon's context. Nothing of a request, and nothing of an error's text, reaches the log.
"""

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from store.errors import StoreError
from syncd import logs
from syncd.actions.context import Context
from syncd.actions.work import as_defect
from syncd.web import push
from syncd.web.server import WebServer


def serve(ctx: Context) -> WebServer:
    """Listen where the configuration says, and answer. Raises `CantListen`."""
    return WebServer(make_app(ctx), ctx.config.http.listen)


def make_app(ctx: Context) -> ASGIApp:
    """The application for a daemon. Its context has to stay open as long as requests come."""
    app = FastAPI(title="syncd", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(push.routes(ctx))
    app.add_exception_handler(StoreError, _store_failed)
    return _Guarded(app)


async def _store_failed(_request: Request, error: Exception) -> Response:
    """Whoever asked may try again: Graph does so for hours."""
    if isinstance(error, StoreError):
        logs.error("store_failed", error=error.message, hint=error.hint)
    return Response(status_code=503)


class _Guarded:
    """The application, with defects told in one line. Starlette has answered 500 by the time they get here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  # the outermost boundary: uvicorn would log a stranger's words
            as_defect(error)
