"""How does a test get a hub behind real sockets? Real uvicorn in the test's own loop, on a port that the system chose."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from websockets.asyncio.client import ClientConnection, connect

from coordinator.domain.access import NOBODY, Caller
from coordinator.live import Live, make_live
from coordinator.live.frames import SocketViewer
from coordinator.live.wire import Wire
from coordinator.ports import Bus
from coordinator.services import callers
from coordinator.store.database import Database
from coordinator.store.eventlog import load_after

COOKIE = "chorus_session"
SUBPROTOCOLS: list[Any] = ["chorus.v1"]


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Limits:
    """The settings that concern the hub."""

    heartbeat_s: int = 15
    poll_ms: int = 1_000
    sockets_max: int = 10_000
    sockets_per_address_max: int = 200


@dataclass
class Server:
    """A running web process with nothing but the hub."""

    live: Live
    database: Database
    port: int
    uvicorn: uvicorn.Server

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def write(self, *numbers: int, stream: str = "public", kind: str = "action.edited", **data: Any) -> None:
        """Commits an event for each number, and tells the bus."""
        async with self.database.write(datetime.now(UTC)) as work:
            for number in numbers:
                work.emit(stream, kind, {"number": number, **data})

    def connect(self, *, origin: str | None = "own", session: str | None = None, **options: Any) -> connect:
        """A socket; `origin` is our own unless said otherwise, `session` a session's secret for the cookie."""
        headers = {} if session is None else {"Cookie": f"{COOKIE}={session}"}
        given: dict[str, Any] = {"subprotocols": SUBPROTOCOLS, "compression": None, "additional_headers": headers, "ping_interval": None}
        given["origin"] = self.origin if origin == "own" else origin
        return connect(f"ws://127.0.0.1:{self.port}/live", **given | options)


async def snapshot_numbers(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
    return {"numbers": [event.data.get("number") for event in await load_after(conn, stream, 0, 10_000)]}


@asynccontextmanager
async def serve(database: Database, bus: Bus, limits: Limits | None = None, redis: Redis | None = None) -> AsyncIterator[Server]:
    """Serves until the block ends."""

    async def authenticate(secret: str | None) -> Caller:
        if secret is None:
            return NOBODY
        async with database.read() as conn:
            return await callers.authenticate(conn, secret, datetime.now(UTC))

    def is_own(connection: HTTPConnection) -> bool:
        return connection.headers["origin"] == f"http://{connection.headers['host']}"

    live = make_live(
        database,
        bus,
        authenticate=authenticate,
        read_secret=lambda connection: connection.cookies.get(COOKIE),
        snapshot=snapshot_numbers,
        origin_allowed=is_own,
        clock=RealClock(),
        settings=limits or Limits(),
        redis=redis,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await live.start()
        yield
        await live.stop()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            Starlette(routes=live.routes, lifespan=lifespan),
            ws=Wire,
            ws_per_message_deflate=False,
            ws_max_size=64 * 1024,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with asyncio.timeout(10):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
                await asyncio.sleep(0.01)
        try:
            yield Server(live, database, listener.getsockname()[1], server)
        finally:
            server.should_exit = True
            await serving


@dataclass
class Viewer:
    """A client that applies what it gets as a page does, and complains of anything missed or doubled."""

    socket: ClientConnection
    numbers: list[int] = field(default_factory=list)
    cursor: str | None = None
    others: list[dict[str, Any]] = field(default_factory=list)  # every other frame

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hello(self, stream: str = "public", **fields: Any) -> None:
        await self.say(type="hello", streams={stream: self.cursor}, **fields)

    async def hear(self) -> dict[str, Any]:
        """The next frame, applied."""
        async with asyncio.timeout(10):
            text = await self.socket.recv()
        assert isinstance(text, str)
        frame: dict[str, Any] = json.loads(text)
        match frame["type"]:
            case "snapshot":
                self.numbers = frame["data"]["numbers"]
                self.cursor = f"{frame['seq']}.{frame['tag']}"
            case "event":
                assert self.cursor is not None
                assert frame["seq"] == int(self.cursor.partition(".")[0]) + 1, "missed or doubled"
                self.numbers.append(frame["data"]["number"])
                self.cursor = f"{frame['seq']}.{frame['tag']}"
            case _:
                self.others.append(frame)
        return frame

    async def hear_until(self, kind: str) -> dict[str, Any]:
        """The next frame of this type; those before it are applied too."""
        while (frame := await self.hear())["type"] != kind:
            pass
        return frame

    async def catch_up(self, count: int) -> list[int]:
        """What is held once it is so many."""
        while len(self.numbers) < count or self.cursor is None:
            await self.hear()
        return self.numbers


async def write_until_closed(server: Server, watching: Viewer) -> None:
    """Commits large events, which `watching` reads, until some other viewer was too slow for them."""
    viewers = [member.viewer for member in server.live.hub.members]
    while not any(isinstance(viewer, SocketViewer) and viewer.hangup for viewer in viewers):
        number = len(watching.numbers)
        await server.write(number, number + 1, padding="x" * 60_000)
        await server.live.hub.refresh()
        await watching.catch_up(number + 2)
