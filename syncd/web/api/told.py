"""What each route says of its answers in the OpenAPI document: the shape when it went well, and which problems there may be."""

from collections.abc import Collection
from types import UnionType
from typing import Any

from pydantic import BaseModel

from syncd.web.problems import MEDIA_TYPE

Responses = dict[int | str, dict[str, Any]]

FINE = {200: "Done.", 201: "Made."}
PROBLEMS = {
    401: "No token, or one that lets nobody in.",
    403: "The token does not reach that far.",
    404: "There is no such thing, or the token does not reach it.",
    409: "A rule forbids it, or the key was used for another change.",
    412: "The meeting is at another version.",
    413: "The body is too large.",
    422: "The request is not what is expected; `errors` says where.",
    429: "The token is used too often: try again after `Retry-After` seconds.",
    503: "The store is locked or gone: try again after `Retry-After` seconds.",
}
ALWAYS = (401, 403, 422, 429, 503)
CHANGING = (404, 409, 413)

ETAG = {
    "ETag": {"description": "The meeting's version: give it as `If-Match`.", "schema": {"type": "string"}}
}

RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}


def told(
    shape: type[BaseModel] | UnionType, *problems: int, fine: Collection[int] = (200,), etag: bool = False
) -> Responses:
    """The answers of a route: those in `fine` have this shape."""
    body: dict[str, Any] = {"model": shape, **({"headers": ETAG} if etag else {})}
    found: Responses = {code: {"description": FINE[code], **body} for code in fine}
    return found | {code: _problem(code) for code in sorted({*ALWAYS, *problems})}


def _problem(code: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    again = {"headers": RETRY_AFTER} if code in (429, 503) else {}
    return {"description": PROBLEMS[code], "content": {MEDIA_TYPE: {"schema": schema}}, **again}
