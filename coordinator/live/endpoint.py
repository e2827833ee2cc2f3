"""How does a socket come in and go? Origin, subprotocol, who calls; then messages to its session, effects to the hub, one close with a reason."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from coordinator import keys
from coordinator.domain.access import Caller
from coordinator.live.asyncapi import asyncapi
from coordinator.live.frames import CLOSE_WITHIN_S, SocketViewer
from coordinator.live.hub import Hub, draw_come_back_ms
from coordinator.live.protocol import CloseCode, Hangup, Pong, Retry, encode
from coordinator.live.session import HELLO_WITHIN_S, Answer, Session
from coordinator.live.topic import Member

Authenticate = Callable[[str | None], Awaitable[Caller]]

UNCACHED = {"Cache-Control": "no-store"}

log = structlog.get_logger(__name__)


class Doors:
    """Counts sockets, all and by address, so that neither one address nor a crowd can take all places."""

    def __init__(self, most: int, per_address_most: int) -> None:
        self._most = most
        self._per_address_most = per_address_most
        self._inside: Counter[str] = Counter()

    @contextmanager
    def enter(self, address: str) -> Iterator[bool]:
        """Whether there is a place; it is kept until the context ends."""
        network = _network(address)
        fits = self._inside.total() < self._most and self._inside[network] < self._per_address_most
        if fits:
            self._inside[network] += 1
        try:
            yield fits
        finally:
            if fits:
                self._inside[network] -= 1
            if not self._inside[network]:
                del self._inside[network]


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: who has one of those has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class Endpoint:
    """Serves `/live`, `/api/v1/time` and the protocol's description. One call of `serve` lives as long as its socket."""

    def __init__(
        self,
        hub: Hub,
        doors: Doors,
        *,
        authenticate: Authenticate,
        origin_allowed: Callable[[HTTPConnection], bool],
        read_secret: Callable[[HTTPConnection], str | None],
        now_ms: Callable[[], float],
    ) -> None:
        self._hub = hub
        self._doors = doors
        self._authenticate = authenticate
        self._origin_allowed = origin_allowed
        self._read_secret = read_secret
        self._now_ms = now_ms

    async def time(self, request: Request) -> Response:
        """`{received, sent}` as in a pong, for pages without a socket."""
        received = self._now_ms()
        return JSONResponse({"received": received, "sent": self._now_ms()}, headers=UNCACHED)

    async def document(self, request: Request) -> Response:
        """What may be said on the socket, as AsyncAPI."""
        return JSONResponse(asyncapi())

    async def serve(self, websocket: WebSocket) -> None:
        """One socket, from its handshake to its end. Nothing that a client sends raises out of here."""
        refusal = self._refuse(websocket)
        if refusal is not None:
            await websocket.send_denial_response(refusal)
            return
        try:
            caller = await self._authenticate(self._secret(websocket))
        except (SQLAlchemyError, OSError) as error:
            log.warning("live.cannot_authenticate", error=type(error).__name__)
            await websocket.send_denial_response(PlainTextResponse("try again soon\n", 503, {"Retry-After": "2"}))
            return
        with self._doors.enter(websocket.client.host if websocket.client else "") as fits:
            try:
                await websocket.accept(subprotocol=keys.SUBPROTOCOL)
                await (self._talk(websocket, caller) if fits else _send_away(websocket))
            except (WebSocketDisconnect, WebSocketDisconnected):
                pass  # the peer is gone

    def _refuse(self, websocket: WebSocket) -> Response | None:
        if "origin" in websocket.headers and not self._origin_allowed(websocket):
            return PlainTextResponse("foreign origin\n", 403)
        if keys.SUBPROTOCOL not in websocket.scope.get("subprotocols", ()):
            return PlainTextResponse(f"the subprotocol is {keys.SUBPROTOCOL}\n", 400)
        return None

    def _secret(self, websocket: WebSocket) -> str | None:
        """Without an Origin no browser of ours sent this, so no cookie counts."""
        return self._read_secret(websocket) if "origin" in websocket.headers else None

    async def _talk(self, websocket: WebSocket, caller: Caller) -> None:
        loop = asyncio.get_running_loop()
        viewer = SocketViewer(websocket.send_text)
        member = self._hub.join(viewer, Session(caller, loop.time()))
        writer = asyncio.create_task(_write(websocket, viewer))
        alarm = loop.call_later(HELLO_WITHIN_S, self._check_greeted, member)
        try:
            async with asyncio.timeout(None) as patience:
                viewer.on_close = lambda: patience.reschedule(loop.time() + CLOSE_WITHIN_S)
                await self._read(websocket, member)
        except TimeoutError:
            pass  # a reader that stalled does not even take its close frame
        finally:
            viewer.on_close = None
            alarm.cancel()
            writer.cancel()
            self._hub.leave(member)

    async def _read(self, websocket: WebSocket, member: Member) -> None:
        """Takes messages until the peer is gone; what comes after a hangup is thrown away."""
        while True:
            message = await websocket.receive()
            received_ms = self._now_ms()
            if message["type"] == "websocket.disconnect":
                return
            if member in self._hub.members:
                try:
                    await self._take(websocket, member, message.get("text"), received_ms)
                except Hangup as hangup:
                    self._hub.dismiss(member, hangup)

    async def _take(self, websocket: WebSocket, member: Member, text: str | None, received_ms: float) -> None:
        if text is None:
            raise Hangup(CloseCode.UNSUPPORTED, "text only")
        effects = member.session.receive(text, asyncio.get_running_loop().time())
        for effect in effects:
            if isinstance(effect, Answer):  # past everything that waits for this reader
                await websocket.send_text(encode(Pong(effect.a, received_ms, self._now_ms())).decode())
        self._hub.perform(member, effects)

    def _check_greeted(self, member: Member) -> None:
        try:
            member.session.check_greeted(member.session.opened_s + HELLO_WITHIN_S)  # not by the clock: timers may be early by a hair
        except Hangup as hangup:
            self._hub.dismiss(member, hangup)


async def _write(websocket: WebSocket, viewer: SocketViewer) -> None:
    try:
        hangup = await viewer.run()
        await websocket.close(hangup.code, hangup.reason)
    except (WebSocketDisconnect, WebSocketDisconnected, RuntimeError):
        pass  # the peer is gone, or the server is closing the socket itself


async def _send_away(websocket: WebSocket) -> None:
    """A browser sees no status of a refused handshake, so the hint when to come back goes over the socket."""
    await websocket.send_text(encode(Retry(draw_come_back_ms())).decode())
    await websocket.close(CloseCode.TOO_MANY, "full")
