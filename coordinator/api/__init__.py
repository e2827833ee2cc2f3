"""JSON: parse a body, call one service, answer with JSON or a problem (RFC 9457)."""

from coordinator.api import operators
from coordinator.api.routing import make_routes

ROUTES = [*operators.ROUTES, *make_routes()]
