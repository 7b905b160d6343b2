"""The HTTP application: its routes, and what happens to a request when something goes wrong that has no word of its own.

It is made for one daemon's context. Nothing of a request, and nothing of an error's text, reaches the log.
"""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd import __version__
from syncd.actions.context import Context
from syncd.actions.push import PUSH_PATH
from syncd.actions.work import as_defect
from syncd.executor import by_account
from syncd.web import api, health, pages, push
from syncd.web.api.description import by_name
from syncd.web.health import LIVE, READY
from syncd.web.hosts import OwnHosts
from syncd.web.limits import Limits
from syncd.web.metered import Metered
from syncd.web.pages.wrong import ForPeople
from syncd.web.problems import tell_problems
from syncd.web.rates import Rates
from syncd.web.server import WebServer
from syncd.web.turns import InTurn


def serve(ctx: Context, visitor: int | None = None) -> WebServer:
    """Listen where the configuration says, and answer. Raises `CantListen`."""
    return WebServer(make_app(ctx, visitor), ctx.config.http.listen)


def make_app(ctx: Context, visitor: int | None = None) -> ASGIApp:
    """The application for a daemon. Its context has to stay open as long as requests come.

    `visitor`: the token as which the page lets in whoever asks from this machine itself (the demo).
    """
    app = FastAPI(
        title="syncd",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=by_name,
    )
    app.state.ctx = ctx
    app.state.readers = by_account("asked")
    app.include_router(push.routes(ctx))
    app.include_router(api.routes())
    app.include_router(health.routes(ctx))
    app.state.rates = Rates(ctx.config.http.requests_per_second)
    door = pages.doorway(ctx, app.state.rates, visitor)
    app.include_router(door.router)
    tell_problems(app)
    in_turn = InTurn(app, ctx.store.readers, exempt=frozenset({LIVE, READY}))
    within = Limits(in_turn, exempt=frozenset({PUSH_PATH}))
    asked_rightly = OwnHosts(within, ctx.config.http, exempt=frozenset({PUSH_PATH, LIVE, READY}))
    return _Guarded(Metered(ForPeople(asked_rightly, door), ctx.meter))


class _Guarded:
    """The application, with defects told in one line. Starlette has answered 500 by the time they get here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  # the outermost boundary: uvicorn would log a stranger's words
            as_defect(error)
