"""How are the parts of the live hub put together, and what runs when? Made once by the composition root of the web process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import Any, Protocol

from redis.asyncio import Redis
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Route, WebSocketRoute

from coordinator.domain.access import NOBODY, Caller
from coordinator.keys import CANARY
from coordinator.live.canary import CANARY_EVERY_S, Canary, CanaryState
from coordinator.live.catchup import Snapshots
from coordinator.live.endpoint import Authenticate, Doors, Endpoint
from coordinator.live.hub import Hub
from coordinator.live.presence import Presences
from coordinator.live.rounds import attempt, every
from coordinator.live.session import Follow, Session
from coordinator.live.stamps import NS_PER_US, Stamps, anchor
from coordinator.live.ticks import Ticks, wait_for_second
from coordinator.ports import Bus, Clock
from coordinator.services import callers
from coordinator.store.database import Database
from coordinator.store.tables import to_microseconds

GRANTS_EVERY_S = 1.0
PRESENCE_EVERY_S = 1.0


class LiveSettings(Protocol):
    """What of the settings concerns the hub."""

    @property
    def heartbeat_s(self) -> int: ...
    @property
    def poll_ms(self) -> int: ...
    @property
    def sockets_max(self) -> int: ...
    @property
    def sockets_per_address_max(self) -> int: ...


class Live:
    """The hub of one web process with its routes. `start` and `stop` once each, inside the application's lifespan."""

    def __init__(
        self, *, hub: Hub, endpoint: Endpoint, bus: Bus, canary: Canary, presences: Presences, ticks: Ticks, stamps: Stamps, poll_s: float
    ) -> None:
        self.hub = hub
        self.stamps = stamps
        self.routes: list[BaseRoute] = [
            WebSocketRoute("/live", endpoint.serve, name="live"),
            Route("/api/v1/time", endpoint.time, methods=["GET"], name="api-time"),
            Route("/api/v1/asyncapi.json", endpoint.document, methods=["GET"], name="api-asyncapi"),
        ]
        self._bus = bus
        self._canary = canary
        self._presences = presences
        self._ticks = ticks
        self._poll_s = poll_s
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def canary(self) -> CanaryState:
        """Whether events still arrive, for /readyz."""
        return self._canary.state

    def viewers(self) -> int:
        """Open sockets of this process, for /metrics; the canary does not count."""
        return len(self.hub.members) - 1

    def counts(self) -> Mapping[str, int]:
        """What has happened since the start, for /metrics: replays, snapshots, resets, closed_<code>."""
        return self.hub.counts

    async def start(self) -> None:
        """Begins to look, to beat and to sing. Needs neither database nor Redis to be there yet."""
        watcher = self.hub.join(self._canary, Session(NOBODY, 0.0))
        self.hub.perform(watcher, [Follow(CANARY, None)])
        rounds: list[Coroutine[Any, Any, None]] = [
            every(self._poll_s, "poll", self.hub.refresh),
            every(CANARY_EVERY_S, "canary", self._canary.sing),
            every(self.hub.heartbeat_s, "heartbeat", self._beat),
            every(PRESENCE_EVERY_S, "presence", self._presences.tell),
            self._heed_hints(),
            self._watch_grants(),
            self._tick(),
        ]
        self._tasks = [asyncio.create_task(each) for each in rounds]

    async def stop(self) -> None:
        """Sends everybody away with 1012 and ends all tasks."""
        self.hub.shut_down()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await attempt("presence", self._presences.leave)

    async def _beat(self) -> None:
        self.hub.heartbeat()

    async def _heed_hints(self) -> None:
        async for heads in self._bus.listen():
            if self.hub.tail.is_behind(heads):
                await attempt("hint", self.hub.refresh)

    async def _watch_grants(self) -> None:
        """Each second, or at once when an event says that a link was revoked: whether Redis is there or not."""
        while True:
            await attempt("grants", self.hub.reauthorise)
            try:
                async with asyncio.timeout(GRANTS_EVERY_S):
                    await self.hub.grants_changed.wait()
            except TimeoutError:
                pass

    async def _tick(self) -> None:
        while True:
            await wait_for_second(self.stamps.now_ms)
            await attempt("tick", self._ticks.tell)


def make_live(
    database: Database,
    bus: Bus,
    *,
    authenticate: Authenticate,
    read_secret: Callable[[HTTPConnection], str | None],
    snapshot: Snapshots,
    origin_allowed: Callable[[HTTPConnection], bool],
    clock: Clock,
    settings: LiveSettings,
    redis: Redis | None = None,
) -> Live:
    """Puts the hub together; opens nothing before `start`.

    `read_secret(connection)` finds the session's secret in its cookie, `authenticate(secret)` says who that is.
    `snapshot(conn, stream, caller)` is a stream's state for a reader, JSON-ready. Without `redis` presence stays in this process.
    """
    stamps = anchor(utc_ns=lambda: to_microseconds(clock.now()) * NS_PER_US)

    async def load_snapshot(conn: Any, stream: str, caller: Caller) -> Mapping[str, Any]:
        return {} if stream == CANARY else await snapshot(conn, stream, caller)

    async def load_callers(session_ids: Collection[str]) -> Mapping[str, Caller]:
        async with database.read() as conn:
            return await callers.load_callers(conn, session_ids, clock.now())

    hub = Hub(database, load_snapshot, load_callers, now_ms=stamps.now_ms, heartbeat_s=settings.heartbeat_s)
    presences = Presences(database, redis, hub.members.keys(), stamps.now_ms)
    ticks = Ticks(database, hub.members.keys(), clock.now, stamps.now_ms)
    hub.listeners += [presences.notice, ticks.notice]
    endpoint = Endpoint(
        hub,
        Doors(settings.sockets_max, settings.sockets_per_address_max),
        authenticate=authenticate,
        origin_allowed=origin_allowed,
        read_secret=read_secret,
        now_ms=stamps.now_ms,
    )
    return Live(
        hub=hub,
        endpoint=endpoint,
        bus=bus,
        canary=Canary(database, clock.now),
        presences=presences,
        ticks=ticks,
        stamps=stamps,
        poll_s=settings.poll_ms / 1_000,
    )
