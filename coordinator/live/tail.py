"""How does a hub hear of new events? It reads the log: on each hint and each second, one query for the heads, then what is missing.

Hints may be lost, doubled or late: they only say when to look. A log that was set back (a restored backup) is told by a lower head or by
another tag where this hub stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coordinator.live.protocol import Reset
from coordinator.live.shared import hear
from coordinator.live.topic import Broken, Topic, continue_after
from coordinator.store.database import Database
from coordinator.store.eventlog import ZERO_TAG, Event, Position, load_after
from coordinator.store.tops import NO_TOP, Top, load_tops

BATCH_EVENTS = 500
GAP_MOST = 2_000  # further behind than this, a snapshot is cheaper than the events

log = structlog.get_logger(__name__)


async def load_from(conn: AsyncConnection, stream: str, position: Position, limit: int) -> list[Event]:
    """The event at `position` and those after it, at most `limit`: the first one proves that the others follow on it."""
    return await load_after(conn, stream, max(position.seq - 1, 0), limit)


class Tail:
    """Moves topics on. `on_reset` is told of a topic that cannot go on, `on_events` of what was delivered; neither may wait."""

    def __init__(
        self,
        database: Database,
        topics: Mapping[str, Topic],
        on_reset: Callable[[Topic, str], None],
        on_events: Callable[[Sequence[Event]], None],
    ) -> None:
        self._database = database
        self._topics = topics
        self._on_reset = on_reset
        self._on_events = on_events
        self._turn = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None

    async def refresh(self) -> None:
        """Returns after a look at the log that began after this call; callers that come together share one. Raises what the database raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._look())
            self._next.add_done_callback(hear)
        await asyncio.shield(self._next)

    def is_behind(self, heads: Mapping[str, int]) -> bool:
        """Whether a hint tells of something new; an empty one says "hints may have been lost"."""
        return not heads or any(self._lacks(name, head) for name, head in heads.items())

    def _lacks(self, name: str, head: int) -> bool:
        topic = self._topics.get(name)
        return topic is not None and (topic.delivered is None or topic.delivered.seq < head)

    async def _look(self) -> None:
        async with self._turn:
            self._next = None  # who comes from here on needs another look
            await self._pull()

    async def _pull(self) -> None:
        names = list(self._topics)
        if not names:
            return
        async with self._database.read() as conn:
            tops = await load_tops(conn, names)
            for name in names:
                topic = self._topics.get(name)
                if topic is not None:
                    await self._move(conn, topic, tops.get(name, NO_TOP))

    async def _move(self, conn: AsyncConnection, topic: Topic, top: Top) -> None:
        here = Position(top.head, top.tag or ZERO_TAG)
        if topic.delivered is None:
            topic.begin(here)
            return
        try:
            await self._follow(conn, topic, here)
        except Broken as broken:
            log.warning("live.log_broken", stream=topic.name, reason=broken.reason, delivered=topic.delivered.seq, head=top.head)
            topic.begin(here)
            self._on_reset(topic, broken.reason)

    async def _follow(self, conn: AsyncConnection, topic: Topic, here: Position) -> None:
        delivered = topic.delivered
        assert delivered is not None
        if here.seq < delivered.seq or (here.seq == delivered.seq and here.tag != delivered.tag):
            raise Broken(Reset.REWOUND)
        if here.seq - delivered.seq > GAP_MOST:
            raise Broken(Reset.GONE)
        while delivered.seq < here.seq:
            events = continue_after(delivered, await load_from(conn, topic.name, delivered, BATCH_EVENTS))
            if not events:
                raise Broken(Reset.GONE)
            topic.extend(events)
            self._on_events(events)
            delivered = Position(events[-1].seq, events[-1].tag)
