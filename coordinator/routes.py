"""Every URL of the product, in one table. The order decides: fixed words before names."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from coordinator import api, pages
from coordinator.live import Live
from coordinator.pages.render import Renderer


def make_routes(renderer: Renderer, live: Live) -> list[BaseRoute]:
    """Static files, the operators' URLs, the API, the socket, then pages."""
    return [
        Route("/static/{release}/{path:path}", renderer.static.endpoint, name="static"),
        *api.ROUTES,
        *live.routes,
        *pages.ROUTES,
    ]
