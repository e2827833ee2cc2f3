"""A room page without the product around it: the real template, view and scripts, a clock endpoint and a hub that a test plays itself.

with RoomHarness(room) as harness:
    page.goto(harness.url)
    harness.send({"type": "event", …})
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from coordinator.domain.action import Kind, Shape, State
from coordinator.domain.listing import Seen
from coordinator.domain.response import Tally
from coordinator.formats.cities import city_name
from coordinator.i18n import Language, read_languages
from coordinator.pages.context import Frame, LanguageLink, RoomSpotlight
from coordinator.pages.context_told import Part, TextLabel
from coordinator.pages.reader import Reader
from coordinator.pages.render import Renderer
from coordinator.pages.room_view import Wall, room_data, view_room, view_without_data
from coordinator.services.actions import ActionView, GroupRow, LegView
from coordinator.services.rooms import Room, Shown

WEB = Path(__file__).parents[2] / "web"
WALL = Wall("/data", "https://chorus.example/en/actions/keep-the-taps-open-7k3f", 100)
SLUG = "keep-the-taps-open-7k3f"

PARTNERS = (
    ("Collectif des Casseroles", "Montréal", "America/Toronto"),
    ("Rede Mangue", "Recife", "America/Recife"),
    ("Liverpool Unity Hall", "Liverpool", "Europe/London"),
    ("Nile Listeners", "Cairo", "Africa/Cairo"),
    ("Dar Water Forum", "Dar es Salaam", "Africa/Dar_es_Salaam"),
    ("Kathmandu Commons", "Kathmandu", "Asia/Kathmandu"),
    ("Manila Bay Night School", "Manila", "Asia/Manila"),
    ("Aotearoa Tides", "Auckland", "Pacific/Auckland"),
    ("Moana Nui", "Honolulu", "Pacific/Honolulu"),
    ("Mumbai Chawl Union", "Mumbai", "Asia/Kolkata"),
    ("Seoul Rooftop", "Seoul", "Asia/Seoul"),
)


def make_action(starts_at: datetime, **changes: Any) -> ActionView:
    """A confirmed silence of thirty minutes that every partner is invited to."""
    at = datetime(2027, 1, 1, tzinfo=UTC)
    values: dict[str, Any] = {
        "action_id": "a" * 16,
        "slug": SLUG,
        "title": "Keep the taps open",
        "kind": Kind.SILENCE,
        "story": "",
        "language": "en",
        "shape": Shape.INSTANT,
        "duration": timedelta(minutes=30),
        "quarter": "2027-Q1",
        "state": State.CONFIRMED,
        "stage": None,
        "practice": False,
        "moving": False,
        "revision": 3,
        "sequence": 0,
        "proposer": None,
        "proposer_id": None,
        "deadline_at": None,
        "cancel_reason": "",
        "stamped_at": at,
        "created_at": at,
        "changed_at": at,
        "legs": (LegView(1, starts_at, None, None),),
        "left": (),
        "rows": (),
        "others": 0,
        "continents": 0,
        "tally": Tally(0, 0, 0, 0),
        "agreed_tally": Tally(invited=42, consents=31, stand_asides=3, objections=0),
    }
    return ActionView(**{**values, **changes})


def make_row(**changes: Any) -> GroupRow:
    """A public group that follows leg 1."""
    values: dict[str, Any] = {
        "seen": Seen("g0", *PARTNERS[0]),
        "leg": 1,
        "starts_at": None,
        "moved_from_at": None,
        "offered_leg": None,
        "offered_at": None,
        "required": False,
        "response": None,
        "reason": "",
        "burden": None,
        "offered_burden": None,
        "sentence": None,
    }
    return GroupRow(**{**values, **changes})


def make_room(starts_at: datetime, *, moves_on: bool = True, others: int = 31, **changes: Any) -> Room:
    """A public room that shows that action."""
    action = make_action(starts_at, **changes)
    seen = tuple(Seen(f"g{n}", name, place, zone_id) for n, (name, place, zone_id) in enumerate(PARTNERS))
    return Room(None, Shown(action, action.legs[0], starts_at), seen, others, moves_on)


SPOTLIGHT = RoomSpotlight(
    slug="the-tide-is-ours-8j3zad",
    title=Part("title", "The tide is ours", "en", "ltr", changed=False),
    text=(Part("body.1", "The port wants eleven hectares of mangrove.", "en", "ltr", changed=False),),
    label=TextLabel("read", "Read by a speaker", "from Portuguese", is_read=True),
    by="Rede Mangue, Recife",
    until_ms=None,
)


class RoomHarness:
    """Serves one room on a port of its own until the block ends. `shift` moves the server's clock away from this machine's."""

    def __init__(
        self, room: Room, tag: str = "en", *, numerals: str = "latn", zone_id: str = "Asia/Kathmandu", shift: timedelta = timedelta()
    ) -> None:
        self.room = room
        self.language: Language = read_languages()[tag]
        self.numerals, self.zone_id = numerals, zone_id
        self.wall = WALL
        self.shift = shift
        self.hellos: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.is_accepting = True
        self.refused = threading.Event()  # somebody came while it was not accepting
        self._sockets: set[WebSocket] = set()
        self._renderer = Renderer(WEB, read_languages())
        self._catalog = read_languages().js_catalog(tag)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def _reader(self) -> Reader:
        return Reader(self.language, self.numerals, self.zone_id, city_name(self.zone_id, self.language), self.now())

    async def _page(self, request: Request) -> Response:
        links = tuple(LanguageLink(tag, tag, "ltr", f"/{tag}/room", tag == self.language.tag) for tag in ("en", "es", "ar"))
        frame = Frame("Room", "Chorus", "", "/", "/", "/", "/", links)
        view = view_room(self.room, self._reader(), frame, self.wall, catalog=self._catalog)
        return self._renderer.render("room.html", view, self.language)

    async def _data(self, request: Request) -> Response:
        reader = self._reader()
        frame = Frame("Room", "Chorus", "", "/", "/", "/", "/", ())
        return JSONResponse(room_data(view_without_data(self.room, reader, frame, self.wall), self.room, reader, self.wall))

    async def _time(self, request: Request) -> Response:
        ms = self.now().timestamp() * 1000
        return JSONResponse({"received": ms, "sent": ms})

    async def _live(self, websocket: WebSocket) -> None:
        if not self.is_accepting:
            self.refused.set()
            await websocket.close(1012)
            return
        await websocket.accept(subprotocol="chorus.v1")
        self._sockets.add(websocket)
        try:
            while True:
                await self._answer(websocket, json.loads(await websocket.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._sockets.discard(websocket)

    async def _answer(self, websocket: WebSocket, frame: dict[str, Any]) -> None:
        ms = self.now().timestamp() * 1000
        if frame["type"] == "ping":
            await websocket.send_text(json.dumps({"type": "pong", "a": frame["a"], "received": ms, "sent": ms}))
            return
        self.received.append(frame)
        if frame["type"] == "hello":
            self.hellos.append(frame)
            await websocket.send_text(json.dumps({"type": "welcome", "now": ms, "heartbeat_s": 15}))
            for stream, cursor in frame["streams"].items():
                if cursor is None:
                    await websocket.send_text(
                        json.dumps({"type": "snapshot", "stream": stream, "seq": 4, "tag": "b20e5d91", "data": {"actions": []}})
                    )

    def send(self, frame: dict[str, Any]) -> None:
        """Sends a frame to every open page."""
        self._run(lambda: [s.send_text(json.dumps(frame)) for s in self._sockets])

    def cut(self, code: int = 1012) -> None:
        """Closes every socket."""
        self._run(lambda: [s.close(code) for s in list(self._sockets)])

    def _run(self, make: Callable[[], list[Any]]) -> None:
        async def together() -> None:
            await asyncio.gather(*make())

        asyncio.run_coroutine_threadsafe(together(), self._loop).result(5)

    def __enter__(self) -> Self:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        routes = [
            Route("/", self._page),
            Route("/data", self._data),
            Route("/api/v1/time", self._time),
            Route("/static/{release}/{path:path}", self._renderer.static.endpoint),
            WebSocketRoute("/live", self._live),
        ]
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", ws="websockets-sansio"))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def _serve(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        self._loop.close()

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
