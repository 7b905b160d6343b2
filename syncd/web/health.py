"""/livez: is the process there? /readyz: could it work? /metrics: how does it go? (Kubernetes calls the first two probes; others ask by HEAD.)

A broken calendar does not make it unready: the others go on. The probes say nothing that a stranger may not know and need no
token. The metrics say how large the house is and what does not work, and a proxy on the same machine makes every stranger
look like a neighbour; so they take a token of scope read, also from this machine.
"""

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from syncd.actions.context import Context
from syncd.web.answers import PRIVATE, answer
from syncd.web.api.callers import Ctx, ReadingOperator
from syncd.web.counting import Counting
from syncd.web.figures import Figures

LIVE, READY, METRICS = "/livez", "/readyz", "/metrics"


def routes(ctx: Context) -> APIRouter:
    """The three, for a daemon's context."""
    router = APIRouter(include_in_schema=False)
    standing = CollectorRegistry()
    standing.register(Figures(ctx))

    @router.head(LIVE)
    @router.get(LIVE)
    async def livez() -> Response:
        """The process answers."""
        return answer({"live": True})

    @router.head(READY)
    @router.get(READY)
    def readyz(ctx: Ctx) -> Response:
        """The store can be read and has the tables of this version; else 503."""
        ctx.store.check()
        return answer({"ready": True})

    @router.get(METRICS)
    def metrics(ctx: Ctx, caller: ReadingOperator) -> Response:
        """All figures in Prometheus' text format."""
        del caller  # any operator
        counted = generate_latest(ctx.meter.registry) if isinstance(ctx.meter, Counting) else b""
        return Response(generate_latest(standing) + counted, 200, PRIVATE, media_type=CONTENT_TYPE_LATEST)

    return router
