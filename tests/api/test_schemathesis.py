"""Is the OpenAPI document true, and does nothing that it allows (or forbids) break us? Generated requests to every operation, by every role.

Names in the address are known ones half of the time, else nothing but 404 would be seen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)

from coordinator.api.openapi import build_document
from coordinator.api.operations import OPERATIONS
from tests.api.world import API, BASE, ROLES, SPOTLIGHT, World, open_world
from tests.conftest import SOAK, FakeClock

EXAMPLES = 400 if SOAK else 12
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
SERVED_BY_THE_HUB = {"/time", "/asyncapi.json"}  # its process is not started here
CALLERS = ("", *("steward", "custodian") * 4, *ROLES, "other", "hidden")
OURS = {"authorization", "cookie", "host", "user-agent", "content-length"}
UNDOING = {  # would leave the later examples without roles or words: aimed beside
    "/groups/{group}/archive",
    "/links/{link}/revoke",
    "/spotlights/{spotlight}/delete",
    "/translations/{translation}/delete",
}
WORDS: dict[str, list[Any]] = {
    "language": ["en", "es"],
    "zone": ["Asia/Kathmandu", "Asia/Calcutta"],
    "name": ["Neighbours", "Jirani"],
    "title": ["Keep the taps open"],
    "story": ["One instant, one demand."],
    "consent": ["Names of places may be shown."],
    "links": [[{"url": "https://example.org/river", "words": "The map"}]],
    "sections": [{"title": "Que no cierren los grifos"}],
    "source_hash": [""],
    "reply": ["We stand with you."],
    "command": ["start", "next", "pause"],
    "alias": ["heron"],
    "until": ["2027-03-01"],
    "shape": ["instant", "wave", "relay"],
    "start": [
        "2027-02-10T18:00:00Z",
        "2027-01-04T12:30:00Z",
        "other",
        "2027-02-10T18:00",
        ["2027-02-10T18:00:00Z", "2027-02-11T06:00:00Z"],
    ],
    "gap": ["later"],
    "deadline": ["2027-01-20T12:00:00Z"],
    "wall_time": ["2027-02-12 19:15"],
    "windows": [[{"days": ["MO"], "from": "17:30", "to": "21:30"}]],
    "duration_minutes": [30],
    "in_minutes": [3],
    "seat": [1],
    "revision": [1],
    "invited": [[]],
    "required": [[]],
}

SCHEMA = schemathesis.openapi.from_dict(build_document(OPERATIONS))
GENERATED = [found.ok() for found in SCHEMA.get_all_operations()]


@dataclass
class Served:
    """The application in a loop of its own, with one action in each state."""

    portal: BlockingPortal
    world: World
    known: dict[str, list[str]]

    def send(self, make: Callable[[], Awaitable[Any]]) -> Any:
        return self.portal.call(make)

    def authorize(self, role: str) -> dict[str, str]:
        """A session of its own for each request, as some of them end it."""
        return {"Authorization": f"Bearer {self.portal.call(self.world.open_session, role)}"} if role else {}


@pytest.fixture(scope="module")
def served(sqlite_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("schemathesis") / "chorus.db"
    path.write_bytes(sqlite_template.read_bytes())
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(AsyncExitStack()) as stack:
        world = portal.call(stack.enter_async_context, open_world(f"sqlite+aiosqlite:///{path}", FakeClock()))
        yield Served(portal, world, portal.call(_prepare, world))


async def _prepare(world: World) -> dict[str, list[str]]:
    slugs = [await world.draft(), await world.propose(), await world.confirm(), await world.draft(practice=True)]
    draft = await world.post(f"/groups/{world.group}/spotlights", SPOTLIGHT, "member")
    spotlights = [await world.tell(), await world.tell(world.hidden, "hidden"), draft.json()["slug"]]
    begun = await world.post(f"/groups/{world.group}/uploads", {"size": 1, "sha256": "ab" * 32}, "custodian")
    return {
        "slug": slugs,
        "spotlight": spotlights,
        "meeting": [await world.set_up(spotlights[0]), await world.set_up(spotlights[1])],
        "translation": [await world.translate(spotlights[0]), await world.translate(spotlights[1])],
        "group": [world.group, world.other],
        "link": [],
        "job": [],
        "upload": [begun.json()["upload"]],
        "number": ["0", "1"],
        "quarter": ["2027-Q1"],
        "start": ["2027-02-10T18:00:00Z", "2027-02-10T18:00:00+05:45"],
    }


@pytest.mark.parametrize("operation", GENERATED, ids=lambda operation: operation.label)
def test_operation_answers_anything_as_documented(operation: Any, served: Served) -> None:
    if operation.path in SERVED_BY_THE_HUB:
        pytest.skip("tests/live has it")

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def answer(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=data.draw(st.sampled_from(list(GenerationMode)))))
        role = data.draw(st.sampled_from(CALLERS))
        if operation.path not in UNDOING:
            case.path_parameters = _aim(dict(case.path_parameters or {}), served.known, data)
        if isinstance(case.body, dict):
            case.body = _aim(case.body, served.known | WORDS, data)
        sent = requests.Request(**_plain(case.as_transport_kwargs(base_url=BASE + API))).prepare()
        headers = {name: value for name, value in sent.headers.items() if name.lower() not in OURS} | served.authorize(role)

        async def send() -> Any:
            return await served.world.client.request(sent.method or "", sent.url or "", headers=headers, content=sent.body)

        case.validate_response(served.send(send), checks=list(CHECKS))

    answer()


def _aim(given_: dict[str, Any], known: dict[str, list[Any]], data: st.DataObject) -> dict[str, Any]:
    """Replaces what is there by something that exists, most of the time."""
    aimed = dict(given_)
    for name in aimed:
        if known.get(name) and data.draw(st.sampled_from([True, True, False])):
            aimed[name] = data.draw(st.sampled_from(known[name]))
    return aimed


def _plain(sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name in {"method", "url", "headers", "params", "data", "json", "files"}}
