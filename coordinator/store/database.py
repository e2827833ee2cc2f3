"""The one write path: state + event rows + job rows in one transaction, then hints.

    async with database.write(now) as work:          # BEGIN IMMEDIATE | BEGIN
        await actions.load_for_update(work.conn, slug)
        …
        work.emit(stream, kind, data)                # buffered
        work.plan(kind, key, ref, due_at)
    # commit, then hints to the hubs and nudges to the workers, best effort

Streams are numbered at the end of the transaction, in ascending order of their names: writers that touch several streams cannot lock
each other, and a counter row is held only from there to the commit.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from coordinator.errors import Unavailable
from coordinator.ports import Bus, JobQueue, JobRef
from coordinator.store import eventlog, jobs
from coordinator.store.engine import is_sqlite, one_snapshot

EVENT_AGE = timedelta(days=400)  # how long an event is kept, unless settings or the caller say shorter
CLOSE_WITHIN_S = 10.0  # of waiting for what is under way; no statement takes as long


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event not yet numbered. `data` is JSON-ready and carries the entity's id and `revision`."""

    stream: str
    kind: str
    data: Mapping[str, Any]
    expires_at: datetime


@dataclass(slots=True)
class Work:
    """One transaction in progress: its connection, its instant, and what is to be told once it is durable."""

    conn: AsyncConnection
    now: datetime
    events: list[NewEvent] = field(default_factory=list)
    due_jobs: list[JobRef] = field(default_factory=list)
    events_kept: timedelta = EVENT_AGE

    def emit(self, stream: str, kind: str, data: Mapping[str, Any], *, keep: timedelta | None = None) -> None:
        """Adds an event to `stream`; it gets its `seq` when the transaction ends, in the order of the calls."""
        self.events.append(NewEvent(stream, kind, data, self.now + min(keep or self.events_kept, self.events_kept)))

    async def plan(self, kind: str, key: str, ref: Mapping[str, Any], due_at: datetime) -> None:
        """Plans a job once per (kind, key); a second call with the same key changes nothing. `ref` holds ids only."""
        ref_row = await jobs.insert_job(self.conn, kind=kind, key=key, ref=ref, due_at=due_at)
        if ref_row is not None and due_at <= self.now:
            self.due_jobs.append(ref_row)


class Database:
    """The engine with the two ways to use it. Owned by the composition root, which calls `close`."""

    def __init__(self, engine: AsyncEngine, bus: Bus, queue: JobQueue, *, events_kept: timedelta = EVENT_AGE) -> None:
        self.engine = engine
        self._events_kept = events_kept
        self._reader, self._writer = one_snapshot(engine), engine.execution_options(write=True)
        self._turn: AbstractAsyncContextManager[None] = asyncio.Lock() if is_sqlite(engine) else nullcontext()
        self._bus = bus
        self._queue = queue
        self._under_way: set[asyncio.Future[None]] = set()  # one for each transaction

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One read transaction: everything in it is seen at one position of the log. Raises Unavailable."""
        async with self._begin(self._reader) as conn:
            yield conn

    @asynccontextmanager
    async def write(self, now: datetime) -> AsyncIterator[Work]:
        """One write transaction at the instant `now`; rolled back when the body raises. Never inside another one. Raises Unavailable."""
        # SQLite has one writer, and whoever waits for it in the file polls: a queue here is fair and holds no connection meanwhile
        async with self._turn, self._begin(self._writer) as conn:
            work = Work(conn, now, events_kept=self._events_kept)
            yield work
            heads = await eventlog.append(conn, [(e.stream, e.kind, e.data, e.expires_at) for e in work.events], now)
        # durable from here on
        if heads:
            await self._bus.publish(heads)
        if work.due_jobs:
            await self._queue.nudge(work.due_jobs)

    async def close(self) -> None:
        """Disposes of the engine when all transactions have ended: nobody would close the connection of one that ends later."""
        while self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=CLOSE_WITHIN_S)
            if late:
                break
        await self.engine.dispose()

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """A transaction. Unavailable when the database cannot be reached, does not give us our turn, or is lost meanwhile.

        Lost during the commit, it may have committed all the same: a command that is sent again is known by its idempotency key.
        """
        over = asyncio.get_running_loop().create_future()
        self._under_way.add(over)
        over.add_done_callback(self._under_way.discard)
        try:
            async with AsyncExitStack() as stack:
                yield await _reach(stack, engine)
        except sa.exc.DBAPIError as fault:
            if fault.connection_invalidated:
                raise Unavailable("database") from fault
            raise
        finally:
            over.set_result(None)


async def _reach(stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
    try:
        return await stack.enter_async_context(engine.begin())
    except (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError) as fault:
        raise Unavailable("database") from fault
