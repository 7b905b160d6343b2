"""The JSON interface under /v1: a file for each noun, and each route only asks an action and sends its answer.

`asking` is what requests bring, `bodies` their bodies, `callers` who asks, `shapes` what is answered, `description` the
OpenAPI document. docs/http.md tells it all to those who use it.
"""

from fastapi import APIRouter

from syncd.web.api import agents, blocks, changes, deliveries, description, drift, meetings


def routes() -> APIRouter:
    """All routes of the interface."""
    router = APIRouter()
    for noun in (agents, meetings, changes, blocks, deliveries, drift, description):
        router.include_router(noun.router)
    return router
