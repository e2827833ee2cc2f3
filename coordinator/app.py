"""How is the web process put together? Engine, Redis, catalogs, hub and routes are made here and nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coordinator.api import operators
from coordinator.api.metrics import Meters
from coordinator.api.problems import answer_problem, answer_status
from coordinator.assets import asset_root
from coordinator.blobs import open_blobs
from coordinator.domain.access import NOBODY, Caller
from coordinator.edge import Runtime, base_url, is_known_host, is_own_origin, session_secret
from coordinator.errors import ChorusError
from coordinator.i18n import read_languages
from coordinator.live import Live, make_live
from coordinator.pages.kept import KeptPages
from coordinator.pages.problems import page_problem, page_status
from coordinator.pages.render import SECURITY_HEADERS, Renderer
from coordinator.ports import Clock
from coordinator.redisbus import RedisBus, RedisJobQueue, connect
from coordinator.routes import make_routes
from coordinator.services import callers
from coordinator.services.limits import RateLimiter
from coordinator.services.snapshots import load_snapshot
from coordinator.settings import Settings
from coordinator.store.database import Database
from coordinator.store.engine import make_engine

log = structlog.get_logger(__name__)
GZIP_FROM_BYTES = 600
CALENDARS_AT_ONCE = 2  # each is read by a process of its own
API_PREFIX = "/api/"
PACKED_ALREADY = ("/static/", "/sounds/")


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def make_app(settings: Settings, clock: Clock | None = None) -> Starlette:
    """The ASGI application for `settings`, whose database is migrated and whose Redis may be away. Opens nothing before its lifespan."""
    clock = clock or SystemClock()
    redis = connect(settings.redis_url)
    bus = RedisBus(redis)
    events_kept = timedelta(days=settings.events_kept_days)
    database = Database(make_engine(settings.effective_database_url), bus, RedisJobQueue(redis), events_kept=events_kept)
    languages = read_languages()
    blobs = open_blobs(settings, database)
    runtime = Runtime(
        settings, database, languages, clock, settings.secret_key.encode(), RateLimiter(redis), blobs, asyncio.Semaphore(CALENDARS_AT_ONCE)
    )
    live = _make_live(runtime, bus, redis)
    renderer = Renderer(asset_root() / "web", languages)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await live.start()
        try:
            yield
        finally:
            await live.stop()
            await redis.aclose()
            await database.close()

    app = Starlette(
        routes=make_routes(renderer, live),
        middleware=[Middleware(Edges, settings=settings), Middleware(GZipAnswers, minimum_size=GZIP_FROM_BYTES)],
        exception_handlers={ChorusError: _on_fault, HTTPException: _on_status, ClientDisconnect: _on_gone, Exception: _on_crash},
        lifespan=lifespan,
    )
    app.state.runtime, app.state.renderer, app.state.live, app.state.meters = runtime, renderer, live, Meters()
    app.state.kept_pages = KeptPages()
    return app


def _make_live(runtime: Runtime, bus: RedisBus, redis: Redis) -> Live:
    async def authenticate(secret: str | None) -> Caller:
        if secret is None:
            return NOBODY
        async with runtime.database.read() as conn:
            return await callers.authenticate(conn, secret, runtime.clock.now())

    return make_live(
        runtime.database,
        bus,
        authenticate=authenticate,
        read_secret=session_secret,
        snapshot=lambda conn, stream, caller: load_snapshot(conn, stream, caller, runtime.clock.now()),
        origin_allowed=is_own_origin,
        clock=runtime.clock,
        settings=runtime.settings,
        redis=redis,
    )


class Edges:
    """Around every HTTP answer: the host is ours, the security headers are there, and one line is logged, without target or address."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # whoever watches over us asks by whatever name reaches the port, and hears nothing that a stranger's page could use
        if scope["path"] not in operators.PATHS and not is_known_host(HTTPConnection(scope)):
            await _answer_stranger()(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0
        socket_origin = base_url(HTTPConnection(scope)).replace("http", "ws", 1)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_security(message.get("headers", []), socket_origin)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            status = 500  # what the outermost layer answers, which passes us by
            raise
        finally:
            took_s = time.perf_counter() - began
            scope["app"].state.meters.count(scope["method"], route_template(scope), status, took_s)
            log.debug("request", route=route_template(scope), method=scope["method"], status=status, took_ms=round(took_s * 1000, 1))


def route_template(scope: Scope) -> str:
    """The route's template, never its target: targets carry secrets of feeds and slugs of practices."""
    route = scope.get("route")
    return getattr(route, "path", "unknown")


def _with_security(headers: list[tuple[bytes, bytes]], socket_origin: str) -> list[tuple[bytes, bytes]]:
    """All security headers, and the policy with our socket named: before Safari 15.4 `connect-src 'self'` did not cover wss."""
    wanted = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
    sent = [*headers, *((name, value) for name, value in wanted.items() if name not in {n.lower() for n, _ in headers})]
    ours = f"connect-src 'self' {socket_origin}".encode()
    return [(n, v.replace(b"connect-src 'self'", ours) if n.lower() == b"content-security-policy" else v) for n, v in sent]


def _answer_stranger() -> Response:
    words = "This server answers to its own address only. Whoever runs it: set CHORUS_BASE_URL to the address that people type.\n"
    return PlainTextResponse(words, 421, dict(SECURITY_HEADERS))


class GZipAnswers(GZipMiddleware):
    """Compresses answers to GET alone: an answer to POST may hold a fresh secret beside what was sent (BREACH)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and not scope["path"].startswith(PACKED_ALREADY):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


async def _on_fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, ChorusError)
    if request.url.path.startswith(API_PREFIX):
        return answer_problem(request, fault)
    return await page_problem(request, fault)


async def _on_status(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    if request.url.path.startswith(API_PREFIX):
        return answer_status(fault.status_code, dict(fault.headers or {}))
    return await page_status(request, fault.status_code, dict(fault.headers or {}))


async def _on_gone(_request: Request, _fault: Exception) -> Response:
    """The reader left while it was sending: nothing was done, and nobody hears this answer."""
    return Response(status_code=400)


async def _on_crash(request: Request, fault: Exception) -> Response:
    log.error("request.crashed", route=route_template(request.scope), error=type(fault).__name__, exc_info=fault)
    if request.url.path.startswith(API_PREFIX):
        return answer_status(500)
    return await page_status(request, 500, {})
