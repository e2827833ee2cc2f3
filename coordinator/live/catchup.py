"""How is one viewer brought to the head of a stream? From its cursor through ring and log, or from a snapshot; then it is live at once.

A position that does not fit is doubted once (this hub may only lack what another has shown the viewer), then given up: `reset`, snapshot.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.domain.access import Caller, Grant
from coordinator.errors import ChorusError
from coordinator.live.protocol import CloseCode, Reset, Snapshot, encode
from coordinator.live.shared import Shared
from coordinator.live.tail import BATCH_EVENTS, GAP_MOST, Tail, load_from
from coordinator.live.topic import Broken, Entry, Subscription, continue_after, cut_batch, make_entry
from coordinator.store.database import Database
from coordinator.store.eventlog import Position, load_position

READERS_MOST = 8  # replays and snapshots read at the same time
DRAIN_WITHIN_S = 20.0
RETRY_S = 1.0  # after the database failed

Snapshots = Callable[[AsyncConnection, str, Caller], Awaitable[Mapping[str, Any]]]

log = structlog.get_logger(__name__)


class CatchUp:
    """Runs one task for each viewer that is not at the head. `lose` is told of a stream that a caller may not have after all."""

    def __init__(
        self, database: Database, tail: Tail, snapshot: Snapshots, lose: Callable[[Subscription], None], counts: Counter[str]
    ) -> None:
        self._database = database
        self._tail = tail
        self._snapshot = snapshot
        self._lose = lose
        self._counts = counts
        self._places = asyncio.Semaphore(READERS_MOST)
        self._replays: Shared[tuple[str, Position], list[Entry]] = Shared()
        self._snapshots: Shared[tuple[str, tuple[Grant, ...]], tuple[Position, bytes]] = Shared()

    def start(self, subscription: Subscription) -> None:
        """Makes a registered viewer live, now if it stands at the head, else as soon as it does."""
        if not subscription.topic.admit(subscription):
            subscription.task = asyncio.create_task(self._bring(subscription))

    def restart(self, subscription: Subscription, reason: str) -> None:
        """The same for a viewer whose past is void."""
        self._forget_position(subscription, reason)
        self.start(subscription)

    async def _bring(self, subscription: Subscription) -> None:
        """Brings one viewer to the head; outlasts failures of the database."""
        while True:
            try:
                await self._reach_head(subscription)
            except ChorusError:
                subscription.task = None  # this one, which must not be cancelled under itself
                self._lose(subscription)
            except (SQLAlchemyError, OSError) as error:
                log.warning("live.catch_up_failed", stream=subscription.topic.name, error=type(error).__name__)
                await asyncio.sleep(RETRY_S * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
                continue
            except Exception:
                log.exception("live.catch_up_crashed", stream=subscription.topic.name)
                subscription.member.viewer.close(CloseCode.FAULT, "internal error")
            return

    async def _reach_head(self, subscription: Subscription) -> None:
        while not subscription.topic.admit(subscription):
            try:
                await self._advance(subscription)
            except Broken as broken:
                await self._doubt(subscription, broken.reason)

    async def _advance(self, subscription: Subscription) -> None:
        topic, position = subscription.topic, subscription.position
        if position is None:
            await self._send_snapshot(subscription)
        elif topic.delivered is None:
            await self._tail.refresh()
        elif position.seq >= topic.delivered.seq:  # not where the topic stands, or it would be live
            raise Broken(Reset.REWOUND)
        elif topic.delivered.seq - position.seq > GAP_MOST:
            raise Broken(Reset.GONE)
        else:
            await self._send_batch(subscription, topic.ring.after(position) or await self._replay(topic.name, position))

    async def _doubt(self, subscription: Subscription, reason: str) -> None:
        """This hub may only lack what the viewer got elsewhere, so it looks at the log first; the same doubt again is certain."""
        subscription.doubts += 1
        if subscription.doubts == 1:
            await self._tail.refresh()
        else:
            self._forget_position(subscription, reason)

    async def _send_batch(self, subscription: Subscription, entries: Sequence[Entry]) -> None:
        for entry in cut_batch(entries):
            subscription.member.viewer.write(entry.frame)
            subscription.position = entry.position
        subscription.doubts = 0
        try:
            async with asyncio.timeout(DRAIN_WITHIN_S):
                await subscription.member.viewer.drained()
        except TimeoutError:
            subscription.member.viewer.close(CloseCode.TOO_SLOW, "too slow")

    async def _replay(self, stream: str, position: Position) -> list[Entry]:
        """What follows `position` in the log: never empty. One query for all who stand there."""
        return await self._replays.get((stream, position), lambda: self._read_replay(stream, position))

    async def _read_replay(self, stream: str, position: Position) -> list[Entry]:
        self._counts["replays"] += 1
        async with self._read() as conn:
            events = continue_after(position, await load_from(conn, stream, position, BATCH_EVENTS))
        if not events:
            raise Broken(Reset.REWOUND)  # this hub has delivered more than there is
        return [make_entry(event) for event in events]

    async def _send_snapshot(self, subscription: Subscription) -> None:
        stream, caller = subscription.topic.name, subscription.member.session.caller
        read = self._snapshots.get((stream, caller.grants), lambda: self._read_snapshot(stream, caller))
        subscription.position, frame = await read
        subscription.doubts = 0
        subscription.member.viewer.write(frame)

    async def _read_snapshot(self, stream: str, caller: Caller) -> tuple[Position, bytes]:
        self._counts["snapshots"] += 1
        async with self._read() as conn:  # position and data are of one instant
            position = await load_position(conn, stream)
            data = await self._snapshot(conn, stream, caller)
        return position, encode(Snapshot(stream, position.seq, position.tag, data))

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncConnection]:
        async with self._places, self._database.read() as conn:
            yield conn

    def _forget_position(self, subscription: Subscription, reason: str) -> None:
        if subscription.position is not None:
            subscription.member.viewer.write(encode(Reset(subscription.topic.name, reason)))
        subscription.position = None
        subscription.doubts = 0
