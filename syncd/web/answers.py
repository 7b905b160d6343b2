"""How an answer is sent: JSON as the actions made it, for nobody's cache and no browser's guesses.

The bodies are not built a second time by a model: what the command line prints is what is sent, and the models of
`syncd.web.api.shapes` describe it (a test holds each answer against them).
"""

import json
from http import HTTPStatus

from fastapi import Response

from syncd.shapes import Json

PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def encoded(body: Json) -> bytes:
    """JSON in UTF-8 (RFC 8259 section 8.1). A lone surrogate, which that can't hold, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
        errors="replace"
    )


def answer(body: Json, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
    """A JSON answer; `headers` by their names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(encoded(body), status, {**PRIVATE, **named}, media_type="application/json")
