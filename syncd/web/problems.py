"""Whatever goes wrong, as a problem (RFC 9457, `application/problem+json`): what it is, where, and nothing of our insides.

The types are those of `syncd.problems`; here stand those that only HTTP has. A store that is locked or gone is 503 with a
time to try again, never 500. A defect is 500 and says no more than that; the log has its type and place.
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from store.errors import StoreError
from syncd import logs
from syncd.errors import NotPermitted, SyncdError, TokenRefused, TooOften
from syncd.problems import FAILED, INVALID, STORE, ProblemKind, kind_of, places_of
from syncd.shapes import problem_json
from syncd.web.answers import PRIVATE, encoded

MEDIA_TYPE = "application/problem+json"
TRY_AGAIN_SECONDS = 5

NO_SUCH_PATH = ProblemKind("no-such-path", HTTPStatus.NOT_FOUND)
NO_SUCH_METHOD = ProblemKind("no-such-method", HTTPStatus.METHOD_NOT_ALLOWED)
TOO_LARGE = ProblemKind("too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
TOO_SLOW = ProblemKind("too-slow", HTTPStatus.REQUEST_TIMEOUT)
BUSY = ProblemKind("busy", HTTPStatus.SERVICE_UNAVAILABLE)
OTHER_HOST = ProblemKind("other-host", HTTPStatus.MISDIRECTED_REQUEST)
ONLY_HERE = (NO_SUCH_PATH, NO_SUCH_METHOD, TOO_LARGE, TOO_SLOW, BUSY, OTHER_HOST)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def problem(
    kind: ProblemKind, detail: str, *, hint: str = "", errors: Iterable[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:  # fmt: skip
    """The answer. A hint that names a command is for the command line, and left out."""
    shown = "" if "syncd " in hint else hint
    body = problem_json(kind.type, kind.status, detail, hint=shown, errors=errors)
    away = kind.status == HTTPStatus.SERVICE_UNAVAILABLE
    again = {"Retry-After": str(TRY_AGAIN_SECONDS)} if away else {}
    return Response(
        encoded(body), kind.status, {**PRIVATE, **again, **(headers or {})}, media_type=MEDIA_TYPE
    )


def tell_problems(app: FastAPI) -> None:
    """Have the application answer this way, whatever goes wrong."""
    app.add_exception_handler(SyncdError, _known)
    app.add_exception_handler(StoreError, _store_failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_exception_handler(Exception, _defect)


async def _known(_request: Request, error: Exception) -> Response:
    message, hint = (error.message, error.hint) if isinstance(error, SyncdError) else ("", "")
    again = {"Retry-After": str(error.wait)} if isinstance(error, TooOften) else {}
    headers = {**_challenge(error), **again}
    return problem(kind_of(error), message, hint=hint, errors=places_of(error), headers=headers)


def _challenge(error: Exception) -> Mapping[str, str]:
    """What a bearer token would have to be (RFC 6750 section 3)."""
    if isinstance(error, TokenRefused):
        return {"WWW-Authenticate": 'Bearer realm="syncd"'}
    if isinstance(error, NotPermitted):
        return {"WWW-Authenticate": 'Bearer realm="syncd", error="insufficient_scope"'}
    return {}


async def _store_failed(_request: Request, error: Exception) -> Response:
    if isinstance(error, StoreError):
        logs.error("store_failed", error=error.message, hint=error.hint)
    return problem(STORE, "the store can't be used at the moment: try again")


async def _invalid(_request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [(_path(one["loc"]), _wrong(one)) for one in found]
    return problem(INVALID, "the request is not what is expected here", errors=errors)


def _wrong(one: Mapping[str, Any]) -> str:
    """What is wrong with a part of the request. Of a body that is no object, or was not sent as JSON, nothing was read yet."""
    if tuple(one["loc"]) == ("body",) and one["type"] in {"model_attributes_type", "missing"}:
        return "expected a JSON object, sent with Content-Type: application/json"
    return str(one["msg"]).removeprefix("Value error, ")


def _path(place: Sequence[str | int]) -> str:
    """`guests[0].email` of a body; what is not in the body says so: `query.limit`."""
    where, *parts = place
    if where == "body" and parts and isinstance(parts[0], int):
        parts = []  # no JSON at all: pydantic tells at which character
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return path.removeprefix(".") or "body" if where == "body" else f"{where}{path}"


async def _unrouted(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: a path or a method there is not, or a body that can't even be looked at."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == NO_SUCH_METHOD.status:
        allow = {"Allow": ", ".join(allowed(request))}
        return problem(NO_SUCH_METHOD, "this is asked in another way", headers=allow)
    if error.status_code == NO_SUCH_PATH.status:
        return problem(NO_SUCH_PATH, "nothing is at this address")
    return problem(INVALID, "the body can't be read as JSON", errors=[("body", "expected JSON in UTF-8")])


def allowed(request: Request) -> list[str]:
    """The methods that this address takes, of all its routes (RFC 9110 section 10.2.1); the router names those of the first."""
    routes = request.app.router.routes
    asked = ({**request.scope, "method": method} for method in METHODS)
    return [one["method"] for one in asked if any(route.matches(one)[0] is Match.FULL for route in routes)]


async def _defect(_request: Request, _error: Exception) -> Response:
    return problem(FAILED, "a defect in syncd; its log says where")
