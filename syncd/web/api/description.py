"""GET /openapi.json: the interface as OpenAPI 3.1, from which clients can be generated.

For anybody, as generators and gateways ask for it without a token: it tells what can be asked, which this house publishes anyway.
"""

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from syncd.web.answers import answer
from syncd.web.api import shapes

router = APIRouter()

ABOUT = """
Keeps agents' calendars and a video-meeting platform in step: who is not available, and why.

Every request carries a bearer token (`syncd token create`). Times are RFC 3339: with an offset when you send them, in UTC with
Z when you get them. A change with an `Idempotency-Key` happens once, however often it is sent. What goes wrong is told as a
problem (RFC 9457) whose `type` never changes.
"""


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """The document."""
    return answer(document(request.app))


def document(app: FastAPI) -> dict[str, Any]:
    """The interface under /v1; made once, then kept."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            routes=app.routes,
            description=ABOUT.strip(),
            servers=_servers(app),
        )
        found["paths"] = {path: one for path, one in found["paths"].items() if path.startswith("/v1/")}
        schemas = found["components"]["schemas"]
        schemas["Problem"] = shapes.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas["Problem"].pop("$defs", {})
        app.openapi_schema = found
    return app.openapi_schema


def _servers(app: FastAPI) -> list[dict[str, str]] | None:
    url: str = app.state.ctx.config.http.public_url
    return [{"url": url.rstrip("/")}] if url else None


def by_name(route: APIRoute) -> str:
    """An operation is called like its function, and so is what a generator makes of it."""
    return route.name
