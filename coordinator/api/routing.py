"""How do the operations of the table become routes? One a path, so that a wrong method is told all the right ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from coordinator.api.openapi import build_document
from coordinator.api.operation import PREFIX, Cache, Endpoint, Operation, answer_json
from coordinator.api.operations import OPERATIONS


def make_routes(operations: Iterable[Operation] = OPERATIONS) -> list[BaseRoute]:
    """The routes of the operations that are served here; fixed words before names."""
    endpoints: dict[str, dict[str, Endpoint]] = {}
    for operation in operations:
        endpoint = operation.make_endpoint()
        if endpoint is not None:
            endpoints.setdefault(operation.path, {})[operation.method] = endpoint
    ordered = sorted(endpoints.items(), key=lambda item: [(part.startswith("{"), part) for part in item[0].split("/")])
    return [Route(f"{PREFIX}/openapi.json", show_document), *(_make_route(path, methods) for path, methods in ordered)]


def _make_route(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return Route(PREFIX + path, endpoint, methods=list(endpoints))


async def show_document(request: Request) -> Response:
    """GET `/openapi.json`: the same bytes for everybody."""
    return answer_json(request, _document(), Cache.PUBLIC, signed_in=False)


@cache
def _document() -> bytes:
    return msgspec.json.encode(build_document(OPERATIONS))
