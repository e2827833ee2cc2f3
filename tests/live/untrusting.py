"""What do the tests of the hub share? A world it cannot trust: gates before and after every read, and clients that believe nothing."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller
from coordinator.live import catchup, tail, topic
from coordinator.live.hub import Hub
from coordinator.live.protocol import CloseCode
from coordinator.live.session import Follow, Session
from coordinator.live.topic import Member
from coordinator.store import tables
from coordinator.store.database import Database
from coordinator.store.eventlog import TAG_CHARS, ZERO_TAG, Position
from tests.conftest import NOON
from tests.factories import caller_as

CALLER = Caller(caller_as("member", "7f3k").grants)  # of no session: any number of sockets

# Small enough that a few events reach every bound.
SMALL = {
    (topic, "RING_MOST_FRAMES"): 4,
    (topic, "BATCH_FRAMES"): 3,
    (catchup, "BATCH_EVENTS"): 5,
    (catchup, "GAP_MOST"): 12,
    (tail, "BATCH_EVENTS"): 5,
    (tail, "GAP_MOST"): 12,
}


@cache
def empty_file() -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "empty.db"
        engine = sa.create_engine(f"sqlite:///{path}")
        tables.metadata.create_all(engine)
        engine.dispose()
        return path.read_bytes()


class Gates:
    """Everything that waits, in the order it came; nothing goes on before it is let through."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.working = 0  # reads between their two gates
        self.stand_open = False

    async def wait(self) -> None:
        if self.stand_open:
            return
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        try:
            await future
        finally:
            if future in self.waiting:
                self.waiting.remove(future)

    def let_through(self, index: int) -> None:
        self.waiting.pop(index % len(self.waiting)).set_result(None)

    def open_all(self) -> None:
        self.stand_open = True
        while self.waiting:
            self.let_through(0)

    async def settle(self) -> None:
        """Returns when nothing can go on any more but through a gate."""
        quiet = 0
        while quiet < 25:
            await asyncio.sleep(0.0003 if self.working else 0)
            quiet = 0 if self.working else quiet + 1


class GatedDatabase(Database):
    """The real database, whose readers wait before they look and before they go on with what they saw."""

    gates: Gates

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        await self.gates.wait()
        self.gates.working += 1
        try:
            async with super().read() as conn:
                yield conn
        finally:
            self.gates.working -= 1
        await self.gates.wait()


async def snapshot_tags(conn: AsyncConnection, stream: str, caller: Caller) -> Mapping[str, Any]:
    query = sa.select(tables.event.c.event_id).where(tables.event.c.stream == stream).order_by(tables.event.c.seq)
    return {"tags": [event_id[:TAG_CHARS] for event_id in (await conn.execute(query)).scalars()]}


class Log:
    """What the machine knows of the log: as it is, and everything it ever was."""

    def __init__(self, streams: tuple[str, ...]) -> None:
        self.now: dict[str, list[str]] = {stream: [] for stream in streams}
        self.before: dict[str, str] = {}  # tag → the tag before it

    def note(self, stream: str, tags: list[str]) -> None:
        for tag in tags[len(self.now[stream]) :]:
            assert tag not in self.before, "a tag was given twice"
            self.before[tag] = self.now[stream][-1] if self.now[stream] else ""
            self.now[stream].append(tag)

    async def write(self, database: Database, stream: str, events: int) -> None:
        """Commits so many events."""
        async with database.write(NOON) as work:
            for _ in range(events):
                work.emit(stream, "action.edited", {"action": "x", "revision": 1})
        async with database.engine.connect() as conn:
            self.note(stream, list((await snapshot_tags(conn, stream, CALLER))["tags"]))

    async def rewind(self, database: Database, stream: str, events: int) -> None:
        """Sets a stream back by so many, as a restored backup does."""
        head = len(self.now[stream]) - events
        async with database.write(NOON) as work:
            await work.conn.execute(sa.delete(tables.event).where(tables.event.c.stream == stream, tables.event.c.seq > head))
            await work.conn.execute(sa.update(tables.stream).where(tables.stream.c.stream == stream).values(head=head))
        del self.now[stream][head:]


@dataclass
class Notebook:
    """A viewer that writes everything down."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    closed: list[tuple[CloseCode, str]] = field(default_factory=list)

    def write(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))

    def offer(self, frame: bytes) -> None:
        self.write(frame)

    async def drained(self) -> None:
        pass

    def close(self, code: CloseCode, reason: str) -> None:
        self.closed.append((code, reason))


class Client:
    """A viewer that applies what it gets, and believes nothing."""

    def __init__(self, log: Log, gates: Gates) -> None:
        self.log = log
        self.gates = gates
        self.held: dict[str, list[str] | None] = {}  # stream → tags applied; None: knows nothing
        self.must_get_snapshot: set[str] = set()
        self.heads: dict[str, int] = {}
        self.reset_reasons: list[str] = []
        self.hub: Hub | None = None
        self.member: Member | None = None

    # as a Viewer
    def write(self, frame: bytes) -> None:
        message = json.loads(frame)
        getattr(self, f"on_{message['type']}")(message)

    def offer(self, frame: bytes) -> None:
        self.write(frame)

    async def drained(self) -> None:
        await self.gates.wait()

    def close(self, code: CloseCode, reason: str) -> None:
        raise AssertionError(f"closed with {code} {reason}")

    # what arrives
    def on_snapshot(self, message: dict[str, Any]) -> None:
        stream, tags = message["stream"], message["data"]["tags"]
        assert message["seq"] == len(tags)
        assert message["tag"] == (tags[-1] if tags else ZERO_TAG)
        assert stream in self.must_get_snapshot, "a snapshot that nobody asked for"
        self.must_get_snapshot.discard(stream)
        self.held[stream] = tags
        self.check(stream)

    def on_event(self, message: dict[str, Any]) -> None:
        stream, held = message["stream"], self.held[message["stream"]]
        assert held is not None, "an event before any snapshot"
        assert stream not in self.must_get_snapshot
        assert message["seq"] == len(held) + 1, "missed or doubled"
        held.append(message["tag"])
        self.check(stream)

    def on_reset(self, message: dict[str, Any]) -> None:
        assert message["reason"] in ("rewound", "gone")
        self.reset_reasons.append(message["reason"])
        self.must_get_snapshot.add(message["stream"])

    def on_heartbeat(self, message: dict[str, Any]) -> None:
        for stream, head in message["heads"].items():
            assert head == len(self.held[stream] or []), "the heartbeat tells another head than was sent"
        self.heads = message["heads"]

    def check(self, stream: str) -> None:
        held = self.held[stream]
        assert held is not None
        assert all(self.log.before.get(tag) == before for tag, before in zip(held, ["", *held], strict=False)), "no such log ever existed"

    # what it does
    def follow(self, stream: str) -> None:
        assert self.hub is not None
        assert self.member is not None
        held = self.held.setdefault(stream, None)
        position = None if held is None else Position(len(held), held[-1] if held else ZERO_TAG)
        if position is None:
            self.must_get_snapshot.add(stream)
        self.hub.perform(self.member, [Follow(stream, position)])

    def connect(self, hub: Hub, streams: list[str]) -> None:
        self.hub, self.member = hub, hub.join(self, Session(CALLER, 0.0))
        for stream in self.must_get_snapshot:
            self.held[stream] = None  # the socket was lost between reset and snapshot
        for stream in streams:
            self.follow(stream)

    def drop(self) -> None:
        assert self.hub is not None
        assert self.member is not None
        self.hub.leave(self.member)
        self.hub = self.member = None
        self.heads = {}
