"""What every request passes on its way to a page: no token in the address, a session, the mark of a form.

A page is a function from a visit to an answer, run in a thread, for the store waits. What it raises becomes a page that says
so, with nothing of our insides. How large a body may be, and how long it may take, is `syncd.web.limits`.
"""

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from store.errors import StoreError
from store.model import TokenScope
from syncd import logs
from syncd.actions import sessions
from syncd.actions.context import Context
from syncd.actions.sessions import SignedIn
from syncd.actions.work import as_defect
from syncd.errors import NotPermitted, SyncdError, TokenRefused, TooOften
from syncd.problems import kind_of
from syncd.web.pages import guard
from syncd.web.pages.frame import Frame, guarded, see
from syncd.web.pages.visit import Visit, address, zone_of
from syncd.web.problems import TRY_AGAIN_SECONDS
from syncd.web.rates import Rates

MOST_FIELDS = 100

Page = Callable[[Visit], Response]


class NotOurs(NotPermitted):
    """A form that was not made for this session, or was sent from another site."""


class Unreadable(Exception):
    """A request that is not looked into further; `word` names the text that says why."""

    def __init__(self, status: HTTPStatus, word: str) -> None:
        super().__init__(word)
        self.status, self.word = status, word


class Doorway:
    """Registers pages and forms. `visitor`: the token as which whoever asks from this machine itself is let in, if any."""

    def __init__(self, ctx: Context, frame: Frame, rates: Rates, visitor: int | None = None) -> None:
        self.ctx, self.frame, self.rates, self.visitor = ctx, frame, rates, visitor
        self.router = APIRouter(include_in_schema=False)
        public = ctx.config.http.public_url
        self.https = public.startswith("https://")
        self.cookie = "__Host-syncd" if self.https else "syncd"

    def page(self, path: str, answer: Page) -> None:
        """A page to look at."""
        self._route(path, "GET", answer, "read")

    def form(self, path: str, answer: Page, scope: TokenScope = "write") -> None:
        """A form that changes something."""
        self._route(path, "POST", answer, scope)

    def open(self, path: str, method: str, answer: Callable[["Knock"], Response]) -> None:
        """For those who are not signed in too."""

        async def endpoint(request: Request) -> Response:
            return await self._answered(request, answer)

        self.router.add_route(path, endpoint, methods=[method])

    def _route(self, path: str, method: str, answer: Page, scope: TokenScope) -> None:
        async def endpoint(request: Request) -> Response:
            return await self._answered(request, lambda knock: self._admitted(knock, answer, scope))

        self.router.add_route(path, endpoint, methods=[method])

    async def _answered(self, request: Request, answer: Callable[["Knock"], Response]) -> Response:
        try:
            self._look_at(request)
            knock = Knock(request, await _form(request) if request.method == "POST" else {}, self)
            found = await run_in_threadpool(self._safely, knock, answer)
        except Unreadable as refused:
            found = self._error(None, refused.status, refused.word)
        return guarded(found, guard.HTTPS_ONLY if self.https else {})

    def _look_at(self, request: Request) -> None:
        if guard.names_a_token(request.url.query):
            raise Unreadable(HTTPStatus.BAD_REQUEST, "token_in_address")
        if request.method == "POST" and guard.comes_from_elsewhere(request.headers, self.ctx.config.http):
            raise Unreadable(HTTPStatus.FORBIDDEN, "elsewhere")

    def _safely(self, knock: "Knock", answer: Callable[["Knock"], Response]) -> Response:
        try:
            return answer(knock)
        except StoreError as error:
            logs.error("store_failed", error=error.message, hint=error.hint)
            return self._away("store", HTTPStatus.SERVICE_UNAVAILABLE, TRY_AGAIN_SECONDS)
        except NotOurs:
            return self._error(None, HTTPStatus.FORBIDDEN, "mark")
        except TokenRefused:
            return self._to_sign_in(knock)
        except TooOften as error:
            return self._away("too-often", HTTPStatus.TOO_MANY_REQUESTS, error.wait)
        except SyncdError as error:
            return self._error(knock.visit, kind_of(error).status, "refused", said=error.message)
        except Exception as error:  # noqa: BLE001  # a defect: told in one line, and nothing of it to the visitor
            as_defect(error)
            return self._error(None, HTTPStatus.INTERNAL_SERVER_ERROR, "defect")

    def seen(self, request: Request) -> Visit | None:
        """Who asks, for a page that is for anybody; None for whoever is not signed in, and when that can't be looked up."""
        knock = Knock(request, {}, self)
        try:
            held, found = (
                self._by_proxy(knock)
                if knock.named
                else (knock.held, sessions.signed_in(self.ctx, knock.held))
            )
            return self._visit(knock, found, held)
        except (SyncdError, StoreError):
            return None

    def _admitted(self, knock: "Knock", answer: Page, scope: TokenScope) -> Response:
        held, found = self._by_proxy(knock) if knock.named else self._by_session(knock)
        self.rates.count(found.caller.name)
        visit = knock.visit = self._visit(knock, found, held)
        if knock.request.method == "POST" and not sessions.is_mark(found.mark, knock.form.get("mark", "")):
            raise NotOurs("the form was not made for this session")
        if not visit.caller.may(scope):
            raise NotPermitted(f"this token is of scope {visit.caller.scope}, and this needs {scope}")
        answered = answer(visit)
        return answered if held == knock.held else self.holding(answered, held)

    def _by_session(self, knock: "Knock") -> tuple[str, SignedIn]:
        """What the browser holds, and who is signed in by it; a visitor of the demo gets something to hold."""
        held = knock.held or self._let_in(knock)
        try:
            return held, sessions.signed_in(self.ctx, held)
        except TokenRefused:
            held = self._let_in(knock)
            return held, sessions.signed_in(self.ctx, held)

    def _by_proxy(self, knock: "Knock") -> tuple[str, SignedIn]:
        """Likewise, where a proxy has signed them in."""
        held = knock.held or secrets.token_urlsafe(32)
        return held, sessions.known_by_proxy(self.ctx, knock.named, held)

    def _let_in(self, knock: "Knock") -> str:
        """A session for a visitor of the demo. Raises `TokenRefused` for everybody else."""
        at_home = guard.is_loopback(knock.client, knock.request.headers)
        if self.visitor is None or not at_home or knock.request.method != "GET":
            raise TokenRefused("nobody is signed in here", "sign in with a token")
        return sessions.let_in(self.ctx, self.visitor)

    def _visit(self, knock: "Knock", found: SignedIn, held: str) -> Visit:
        caller, url = found.caller, knock.request.url
        query, zone = dict(knock.request.query_params), zone_of(self.ctx, caller)
        return Visit(self.ctx, caller, found.mark, url.path, query, knock.form, zone, held, bool(knock.named))

    def _to_sign_in(self, knock: "Knock") -> Response:
        url = knock.request.url
        then = address(url.path, **dict(knock.request.query_params)) if knock.request.method == "GET" else "/"
        return see("/sign-in", then="" if then == "/" else then)

    def _error(self, visit: Visit | None, status: int, word: str, *, said: str = "") -> Response:
        return self.frame.page(visit, "error.html", code=status, word=word, said=said)

    def _away(self, word: str, status: int, seconds: int) -> Response:
        """Not now; and when it is worth another try."""
        found = self._error(None, status, word)
        found.headers["Retry-After"] = str(seconds)
        return found

    def holding(self, answer: Response, held: str) -> Response:
        """The answer with which the browser gets what it is to hold: for this site's own requests, and for no script."""
        answer.set_cookie(
            self.cookie, held, max_age=int(sessions.LASTS.total_seconds()), path="/", secure=self.https, httponly=True,
            samesite="strict",
        )  # fmt: skip
        return answer


class Knock:
    """A request before it is known who asks. `visit` is set once that is known; `named`: whom a trusted proxy says it is."""

    def __init__(self, request: Request, form: Mapping[str, str], door: Doorway) -> None:
        self.request, self.form, self.door = request, form, door
        self.held = request.cookies.get(door.cookie, "")
        self.client = request.client.host if request.client else None
        self.named = guard.named_by_proxy(self.client, request.headers, door.ctx.config.http)
        self.visit: Visit | None = None


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form as browsers send it without files (WHATWG URL, application/x-www-form-urlencoded)."""
    try:
        body = await request.body()
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except (ClientDisconnect, ValueError):
        raise Unreadable(HTTPStatus.BAD_REQUEST, "form") from None
