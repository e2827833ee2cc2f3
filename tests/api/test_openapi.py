from __future__ import annotations

import msgspec
from starlette.routing import Route

from coordinator.api.openapi import FAULTS, build_document, statuses
from coordinator.api.operation import PREFIX
from coordinator.api.operations import OPERATIONS
from tests.api.world import World


async def test_document_and_routes_name_the_same_operations(world: World) -> None:
    document = (await world.get("/openapi.json")).json()

    documented = {(method.upper(), PREFIX + path) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (method, route.path)
        for route in world.app.routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in (route.methods or ()) - {"HEAD"}
    }
    assert documented == routed
    assert document["openapi"] == "3.1.0"


def test_operations_have_names_of_their_own() -> None:
    names = [operation.name for operation in OPERATIONS]

    assert sorted(set(names)) == sorted(names)


def test_operations_that_change_something_are_posts_and_need_a_link_but_for_coming_in() -> None:
    posts = {operation.name for operation in OPERATIONS if operation.command is not None}
    open_posts = {operation.name for operation in OPERATIONS if operation.method == "POST" and operation.right == "read_public"}

    assert {operation.method for operation in OPERATIONS if operation.name in posts} == {"POST"}
    assert open_posts == {"openSession"}


def test_document_describes_every_status_and_each_reference_leads_somewhere() -> None:
    document = build_document(OPERATIONS)
    components = document["components"]

    references = set(_references(document))
    known = {f"#/components/{kind}/{name}" for kind in components for name in components[kind]}
    assert references <= known
    for operation in OPERATIONS:
        described = document["paths"][operation.path][operation.method.lower()]["responses"]
        assert set(described) == {str(status) for status in statuses(operation)}
        assert all(status in FAULTS or status < 400 for status in statuses(operation))


async def test_document_is_the_same_for_everybody_and_may_be_kept(world: World) -> None:
    first = await world.get("/openapi.json")
    again = await world.get("/openapi.json", "steward", headers={"If-None-Match": f"W/{first.headers['etag']}"})

    assert first.headers["cache-control"] == "public, max-age=5"
    assert (again.status_code, again.content) == (304, b"")
    assert msgspec.json.decode(first.content) == msgspec.json.decode(msgspec.json.encode(build_document(OPERATIONS)))


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []
