"""A small network behind the real application: three groups that list themselves differently, and a session for every role.

async with open_world(url, clock) as world:
    answer = await world.get("/actions", "custodian")
    answer = await world.post("/groups", {...}, "steward", key="…")
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.types import Message

from coordinator.app import make_app
from coordinator.keys import SESSION_COOKIE
from coordinator.settings import Settings
from coordinator.store.database import Database
from tests.conftest import FakeClock
from tests.factories import NOON, SECRET_KEY, MadeLink, add_group, add_link, add_network, add_session

BASE = "http://127.0.0.1"
API = "/api/v1"
NO_REDIS = "unix:///nonexistent/redis.sock"
ROLES = ("steward", "custodian", "lapsed", "member", "witness", "room", "remote")
HIDDEN = {"name": "Colectivo Quetzaltenango", "place": "Xelajú", "zone_id": "America/Guatemala"}
HIDDEN_WORDS = ("Quetzaltenango", "Xelaj", "Guatemala")


@dataclass
class World:
    """The application with what a test knows of its network. `tokens`: role → the secret of a session that holds it."""

    app: Starlette
    database: Database
    clock: FakeClock
    client: httpx.AsyncClient
    group: str = ""  # the public one, whose roles `tokens` holds
    other: str = ""  # lists itself to partners
    hidden: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    links: dict[str, MadeLink] = field(default_factory=dict)

    async def get(self, path: str, role: str = "", **options: Any) -> httpx.Response:
        return await self.client.get(API + path, headers=self.headers(role, options.pop("headers", {})), **options)

    async def post(self, path: str, body: Any = None, role: str = "", *, key: str | None = None, **options: Any) -> httpx.Response:
        headers = self.headers(role, options.pop("headers", {}))
        if key is not None:
            headers["Idempotency-Key"] = key
        content = {"content": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        return await self.client.post(API + path, headers=headers, **content, **options)

    def headers(self, role: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**({"Authorization": f"Bearer {self.tokens[role]}"} if role else {}), **(more or {})}

    async def open_session(self, role: str) -> str:
        """One more session with the link of that role; what it carries as a bearer token."""
        async with self.database.write(self.clock.now()) as work:
            return await add_session(work.conn, self.links[role])

    # --- what most tests need first ---

    async def draft(self, role: str = "custodian", **fields: Any) -> str:
        """A draft of the public group; its slug."""
        answer = await self.post(f"/groups/{self.group}/actions", PROPOSAL | fields, role)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["slug"])

    async def propose(self, start: str = "2027-02-10T18:00:00Z") -> str:
        """A moment before all groups; the action's slug."""
        slug = await self.draft()
        answer = await self.post(f"/actions/{slug}/put-forward", {"start": start}, "custodian")
        assert answer.status_code == 200, answer.text
        return slug

    async def confirm(self, start: str = "2027-02-10T18:00:00Z") -> str:
        """An action that all groups agreed to."""
        slug = await self.propose(start)
        for role, group in (("other", self.other), ("hidden", self.hidden)):
            answer = await self.post(f"/actions/{slug}/response", {"group": group, "response": "consent"}, role)
            assert answer.status_code == 200, answer.text
        return slug

    async def tell(self, group: str = "", role: str = "custodian", **fields: Any) -> str:
        """A published spotlight of a group, the public one when none is named; its slug."""
        made = await self.post(f"/groups/{group or self.group}/spotlights", SPOTLIGHT | fields, role)
        assert made.status_code == 201, made.text
        published = await self.post(f"/spotlights/{made.json()['slug']}/publish", None, role)
        assert published.status_code == 200, published.text
        return str(made.json()["slug"])

    async def translate(self, spotlight: str, group: str = "", role: str = "other", **fields: Any) -> str:
        """A Spanish translation by a group, the one that lists itself to partners when none is named; its id."""
        body = {"group": group or self.other, "language": "es", "sections": {"title": "La marea es nuestra"}} | fields
        saved = await self.post(f"/spotlights/{spotlight}/translations", body, role)
        assert saved.status_code == 201, saved.text
        return str(saved.json()["translation"]["translation"])

    async def set_up(self, spotlight: str, role: str = "custodian") -> str:
        """A mirror segment of the public group; its id."""
        made = await self.post(f"/groups/{self.group}/meetings", {"spotlight": spotlight}, role)
        assert made.status_code == 201, made.text
        return str(made.json()["meeting"])


PROPOSAL = {
    "title": "Keep the taps open",
    "kind": "silence",
    "story": "One instant, one demand.",
    "duration_minutes": 30,
    "quarter": "2027-Q1",
    "language": "en",
}

SPOTLIGHT: dict[str, Any] = {
    "title": "The tide is ours",
    "story": "The port wants eleven hectares of mangrove.\n\nWe mapped every household that eats from it.",
    "ask": "Write to the court.",
    "consent": "Names of places may be shown.",
    "links": [{"url": "https://example.org/mangrove", "words": "The map"}],
    "language": "en",
    "audience": "public",
}


@asynccontextmanager
async def open_world(url: str, clock: FakeClock, redis_url: str = "", *, copy_of: World | None = None) -> AsyncIterator[World]:
    """The application on the database at `url`, filled. With a Redis its hub runs too, and closes what it opened.

    `copy_of`: the world, closed by now, whose database this one is a copy of; nothing is filled in.
    """
    app = make_app(Settings(database_url=url, redis_url=redis_url or NO_REDIS, secret_key=SECRET_KEY.decode()), clock)
    database = app.state.runtime.database
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    running = app.router.lifespan_context(app) if redis_url else nullcontext()
    async with running, httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept-Encoding": "identity"}) as client:
        world = World(app, database, clock, client)
        if copy_of is None:
            await _fill(world)
        else:
            world = replace(copy_of, app=app, database=database, clock=clock, client=client)
        try:
            yield world
        finally:
            await database.close()


async def _fill(world: World) -> None:
    async with world.database.write(NOON) as work:
        conn = work.conn
        await add_network(conn)
        world.group = await add_group(conn, "Minga del Agua", listing="public")
        world.other = await add_group(conn, "Casseroles", place="Lyon", zone_id="Europe/Paris", listing="partners")
        world.hidden = await add_group(conn, listing="hidden", **HIDDEN)
        for role in ROLES:
            owner = None if role == "steward" else world.group
            world.links[role] = await add_link(conn, "custodian" if role == "lapsed" else role, owner, **await _special(conn, role, world))
        for name, group_id in (("other", world.other), ("hidden", world.hidden)):
            world.links[name] = await add_link(conn, "custodian", group_id)
        for name, link in world.links.items():
            world.tokens[name] = await add_session(conn, link)


async def _special(conn: Any, role: str, world: World) -> dict[str, Any]:
    from tests.factories import add_lease  # the lapsed one hangs on a lease that ran out

    if role == "lapsed":
        return {"rota_id": await add_lease(conn, world.group, fence=7, until_at=NOON)}
    return {"meeting_id": "meeting1", "code": "k7f2-9mqd"} if role == "remote" else {"code": "aaaa-2222"} if role == "room" else {}


async def half_sent(app: Starlette, path: str, body: bytes, token: str, content_type: str) -> int | None:
    """Sends the first half of a body, then the line breaks; returns the status that was answered into the void, None for none."""
    origin = urlsplit(BASE)
    headers = {
        "host": origin.netloc,
        "origin": BASE,
        "cookie": f"{SESSION_COOKIE}={token}",
        "content-type": content_type,
        "content-length": str(len(body)),
    }
    target = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": origin.scheme,
        "path": target.path,
        "raw_path": target.path.encode(),
        "query_string": target.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": (origin.hostname, origin.port),
    }
    arriving = iter([{"type": "http.request", "body": body[: len(body) // 2], "more_body": True}])
    statuses: list[int] = []

    async def receive() -> Message:
        return next(arriving, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0] if statuses else None
