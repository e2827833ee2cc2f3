"""What do those ask who keep it running? /healthz: does the process answer; /readyz: does the network do its work; /metrics: figures.

All three are open to everybody who reaches the port and say nothing of groups, people or addresses.
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from coordinator.api.metrics import CONTENT_TYPE
from coordinator.edge import look
from coordinator.services.health import Level

NO_STORE = {"Cache-Control": "no-store"}
STATUS = {Level.OK: "ok", Level.DEGRADED: "degraded", Level.FAILING: "failing"}


async def healthz(_request: Request) -> Response:
    """GET `/healthz`: answers while the process does; asks nothing and nobody."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def readyz(request: Request) -> Response:
    """GET `/readyz`: 200 `ok`, 200 `degraded` with warnings, or 503 `failing` with failures."""
    health = await look(request)
    told = {
        "status": STATUS[health.level],
        "warnings": health.at_level(Level.DEGRADED),
        "failures": health.at_level(Level.FAILING),
        "canary_age_s": health.canary_age_s,
        "oldest_due_s": health.oldest_due_s,
        "revision": health.revision,
        "rules_version": health.rules_version,
    }
    status = 503 if health.level is Level.FAILING else 200
    return Response(msgspec.json.encode(told), status, NO_STORE, "application/json")


async def metrics(request: Request) -> Response:
    """GET `/metrics`: the text format of Prometheus."""
    health, live = await look(request), request.app.state.live
    delivered = {name: topic.delivered.seq for name, topic in live.hub.topics.items() if topic.delivered is not None}
    return Response(request.app.state.meters.write(health, live, delivered), headers=NO_STORE, media_type=CONTENT_TYPE)


PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
