"""Every fault of the API has one shape (RFC 9457), whichever layer finds it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from coordinator.api.shapes import Problem
from coordinator.errors import ChorusError
from tests.api.world import API, PROPOSAL, World, open_world
from tests.conftest import FakeClock

KEY = "contract-2027"

Sent = tuple[str, str, Any, str]  # method, path, body, role

FAULTS: dict[str, tuple[int, Sent]] = {
    "unknown path": (404, ("GET", "/nothing", None, "")),
    "unknown action": (404, ("GET", "/actions/nosuch", None, "")),
    "wrong method": (405, ("DELETE", "/groups", None, "")),
    "no link": (401, ("GET", "/health", None, "")),
    "no right": (403, ("GET", "/health", None, "member")),
    "no JSON": (422, ("POST", "/groups/{group}/actions", b"{", "custodian")),
    "bad UTF-8": (422, ("POST", "/groups/{group}/actions", b'{"title":"\xff"}', "custodian")),
    "wrong types": (422, ("POST", "/groups/{group}/actions", {"title": 1}, "custodian")),
    "broken rules": (422, ("POST", "/groups/{group}/actions", PROPOSAL | {"title": "", "kind": "x"}, "custodian")),
    "broken query": (422, ("GET", "/actions?quarter=soon", None, "")),
    "wrong state": (409, ("POST", "/actions/{slug}/cancel", {"reason": "Rain."}, "custodian")),
    "too large": (413, ("POST", "/groups/{group}/actions", b'"' + b"x" * 300_000 + b'"', "custodian")),
}


@pytest.fixture
async def world(sqlite_database_url: str, clock: FakeClock) -> AsyncIterator[World]:
    async with open_world(sqlite_database_url, clock) as opened:
        yield opened


@pytest.mark.parametrize(("status", "sent"), FAULTS.values(), ids=FAULTS)
async def test_fault_is_a_problem_of_the_one_shape(world: World, status: int, sent: Sent) -> None:
    method, path, body, role = sent
    slug = await world.draft()
    content: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}

    answer = await world.client.request(
        method, API + path.format(group=world.group, slug=slug), headers=world.headers(role) | {"Accept-Language": "en"}, **content
    )

    told = answer.json()
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert {"type", "title", "status", "detail"} <= set(told) <= {"type", "title", "status", "detail", "code", "problems"}
    assert (told["type"], told["status"]) == ("about:blank", status)
    msgspec.convert(told, Problem)
    assert ("problems" in told) == (status == 422)
    assert ("code" in told) == (status == 409)
    for found in told.get("problems", []):
        assert set(found) == {"field", "code", "value", "remedy", "sentence"}
        assert found["sentence"]


async def test_reused_key_is_a_problem_without_fields(world: World) -> None:
    path = f"/groups/{world.group}/actions"
    await world.post(path, PROPOSAL, "custodian", key=KEY)

    told = (await world.post(path, PROPOSAL | {"title": "Another"}, "custodian", key=KEY)).json()

    assert (told["status"], set(told)) == (422, {"type", "title", "status", "detail"})


def test_every_kind_of_fault_has_a_status_of_its_own() -> None:
    from coordinator.edge import STATUSES  # the map under test

    mapped = {kind for kind, _ in STATUSES}
    raised = {kind for kind in ChorusError.__subclasses__() if kind.__module__ == "coordinator.errors"}
    assert raised == mapped
