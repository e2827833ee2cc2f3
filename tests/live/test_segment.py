"""The stream of one mirror segment: who may follow it, and what taps and echoes send along it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from coordinator.keys import SESSION_COOKIE, SUBPROTOCOL
from coordinator.services.meetings import set_up
from coordinator.services.spotlights import draft_spotlight, publish_spotlight
from coordinator.settings import Settings
from coordinator.store.database import Database, Work
from coordinator.store.engine import make_engine
from tests.factories import SECRET_KEY, RecordingBus, RecordingQueue, add_group, add_lease, add_link, add_network, add_session, caller_as
from tests.product import Product, ShiftedClock, run_product
from tests.services.test_spotlights import LANGUAGES, TELLING

HEARD_WITHIN_S = 5


@dataclass
class Hall:
    """A served segment, and the sessions that hold one link each, by role."""

    url: str = ""
    live_url: str = ""
    group: str = ""
    teller: str = ""
    slug: str = ""
    meeting: str = ""
    other: str = ""
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def stream(self) -> str:
        return f"meeting:{self.meeting}"

    def send(self, path: str, form: dict[str, str], role: str) -> httpx.Response:
        headers = {"Origin": self.url, "Cookie": f"{SESSION_COOKIE}={self.sessions[role]}"}
        return httpx.post(f"{self.url}/en/g/{path}", data=form, headers=headers)

    @contextmanager
    def follow(self, role: str, *streams: str) -> Iterator[ClientConnection]:
        """A socket that has said hello."""
        headers = {"Cookie": f"{SESSION_COOKIE}={self.sessions[role]}"} if role else {}
        options: dict[str, Any] = {"subprotocols": [SUBPROTOCOL], "origin": self.url, "additional_headers": headers}
        with connect(self.live_url, **options) as socket:
            socket.send(json.dumps({"type": "hello", "streams": dict.fromkeys(streams), "language": "en", "room": None}))
            assert hear(socket)["type"] == "welcome"
            yield socket


def hear(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(socket.recv(timeout=HEARD_WITHIN_S))
    return frame


@pytest.fixture
def hall(sqlite_database_url: str, empty_valkey: str, tmp_path: Path) -> Iterator[Hall]:
    hall, clock = Hall(), ShiftedClock()
    asyncio.run(_fill(sqlite_database_url, clock, hall))
    settings = Settings(data=tmp_path, database_url=sqlite_database_url, redis_url=empty_valkey, secret_key=SECRET_KEY.decode())
    with run_product(settings, clock) as product:
        _serve(hall, product)
        yield hall


def _serve(hall: Hall, product: Product) -> None:
    hall.url, hall.live_url = product.url, product.live_url


async def _fill(url: str, clock: ShiftedClock, hall: Hall) -> None:
    database = Database(make_engine(url), RecordingBus(), RecordingQueue())
    async with database.write(clock.now()) as work:
        await add_network(work.conn)
        hall.teller = await add_group(work.conn, "Rede Mangue")
        hall.group = await add_group(work.conn, "Kathmandu Commons")
        custodian, runner = caller_as("custodian", hall.teller), caller_as("member", hall.group)
        hall.slug = await draft_spotlight(work, custodian, hall.teller, TELLING, LANGUAGES)
        await publish_spotlight(work, custodian, hall.slug)
        hall.meeting, hall.other = [(await set_up(work, runner, hall.group, {"spotlight": hall.slug})).id for _ in range(2)]
        await _add_sessions(work, hall)
    await database.close()


async def _add_sessions(work: Work, hall: Hall) -> None:
    lease = await add_lease(work.conn, hall.teller, since_at=work.now, until_at=work.now.replace(year=work.now.year + 1))
    links = {
        "room": await add_link(work.conn, "room", hall.group, expires_at=None),
        "phone": await add_link(work.conn, "remote", hall.group, meeting_id=hall.meeting, expires_at=None),
        "guest": await add_link(work.conn, "witness", hall.group, meeting_id=hall.meeting),
        "teller": await add_link(work.conn, "custodian", hall.teller, rota_id=lease),
    }
    for role, link in links.items():
        hall.sessions[role] = await add_session(work.conn, link, expires_at=work.now.replace(year=work.now.year + 1))


@pytest.mark.parametrize("role", ["room", "phone", "guest"])
def test_follower_joins_with_where_the_segment_stands(hall: Hall, role: str) -> None:
    with hall.follow(role, hall.stream) as socket:
        frame = hear(socket)

    stood = {
        "meeting": hall.meeting,
        "revision": 1,
        "state": "set_up",
        "part": 0,
        "page": 0,
        "shows_original": False,
        "shows_drafts": False,
    }
    assert (frame["type"], frame["stream"], frame["data"]) == ("snapshot", hall.stream, {"meeting": stood})


@pytest.mark.parametrize("role", ["", "teller"])
def test_strangers_are_denied_a_segment(hall: Hall, role: str) -> None:
    with hall.follow(role, hall.stream) as socket:
        assert hear(socket) == {"type": "denied", "stream": hall.stream}


@pytest.mark.parametrize("role", ["phone", "guest"])
def test_guest_of_one_segment_follows_nothing_else_of_the_group(hall: Hall, role: str) -> None:
    for stream in (f"meeting:{hall.other}", f"group:{hall.group}", "partners"):
        with hall.follow(role, stream) as socket:
            assert hear(socket) == {"type": "denied", "stream": stream}


def test_taps_and_echo_reach_the_guest_in_order_and_without_words(hall: Hall) -> None:
    path = f"{hall.group}/mirror/{hall.meeting}"
    echo = {"share": "A road.", "answer": "We walk."}
    with hall.follow("guest", hall.stream) as socket:
        snapshot = hear(socket)
        answers = [
            hall.send(f"{path}/step", {"command": "start", "revision": "1"}, "phone"),
            hall.send(f"{path}/step", {"command": "start", "revision": "1"}, "phone"),  # too late: nobody hears of it
            hall.send(f"{path}/echo", echo, "phone"),
            hall.send(f"{path}/step", {"command": "next", "revision": "2"}, "phone"),
        ]
        heard = [hear(socket) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303] * 4
    assert [frame["seq"] for frame in heard] == [snapshot["seq"] + n for n in (1, 2, 3)]
    assert [(frame["kind"], frame["data"].get("revision"), frame["data"].get("part")) for frame in heard] == [
        ("meeting.step", 2, 0),
        ("echo.published", 1, None),
        ("meeting.step", 3, 1),
    ]
    assert [words for words in ("A road.", "We walk.", "The tide") if words in json.dumps(heard)] == []
