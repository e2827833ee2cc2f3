"""What does an LED wall without script of ours show? Whole seconds left to its room's moment, sent once a second while switched on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from coordinator.domain.access import Caller, Grant
from coordinator.domain.action import turn
from coordinator.errors import NotFound
from coordinator.live.protocol import Room, Tick, encode
from coordinator.live.topic import Member
from coordinator.services.actions import ActionView, load_action
from coordinator.store.database import Database
from coordinator.store.eventlog import Event

MS_PER_S = 1_000
ASK_AGAIN_MS = 5_000


def seconds_left(target_ms: float, now_ms: float) -> int:
    """The count of DESIGN §5: the ceiling, so that 10 stands from ten seconds before on."""
    return math.ceil((target_ms - now_ms) / MS_PER_S)


def pick_target(view: ActionView, group_id: str | None, now: datetime) -> datetime | None:
    """The moment of this group's leg; of the leg that the action's own room shows when no group is named."""
    followed = view if group_id is None else view.of_group(group_id)
    starts = sorted(leg.starts_at for leg in followed.legs if leg.starts_at is not None)
    return starts[turn(starts, view.duration, now)] if starts else None


async def wait_for_second(now_ms: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
    """Returns just after the next whole second, never before it: a tick that comes early would stay wrong for a second."""
    second_ms = (math.floor(now_ms() / MS_PER_S) + 1) * MS_PER_S
    while (left_ms := second_ms - now_ms()) > 0:
        await sleep(left_ms / MS_PER_S)


class Ticks:
    """Sends the ticks of this process. One task calls `tell` at every whole second."""

    def __init__(self, database: Database, members: Iterable[Member], now: Callable[[], datetime], now_ms: Callable[[], float]) -> None:
        self._database = database
        self._members = members
        self._now = now
        self._now_ms = now_ms
        self._targets: dict[tuple[Room, tuple[Grant, ...]], tuple[float | None, float]] = {}  # → target and when asked, both ms

    def notice(self, event: Event) -> None:
        """A moment may have moved: ask anew."""
        if event.kind.startswith("action."):
            self._targets.clear()

    async def tell(self) -> None:
        """One tick to each member that has switched them on."""
        ticking = [member for member in self._members if member.session.ticking]
        for member in ticking:
            target_ms = await self._target(member.session.room, member.session.caller)
            now_ms = self._now_ms()
            member.viewer.offer(encode(Tick(now_ms, None if target_ms is None else seconds_left(target_ms, now_ms))))
        if not ticking:
            self._targets.clear()

    async def _target(self, room: Room | None, caller: Caller) -> float | None:
        if room is None:
            return None
        known = self._targets.get((room, caller.grants))
        if known is None or self._now_ms() - known[1] > ASK_AGAIN_MS:
            known = (await self._load_target(room, caller), self._now_ms())
            self._targets[room, caller.grants] = known
        return known[0]

    async def _load_target(self, room: Room, caller: Caller) -> float | None:
        try:
            async with self._database.read() as conn:
                view = await load_action(conn, caller, room.action, self._now())
        except NotFound:
            return None
        target_at = pick_target(view, room.group, self._now())
        return None if target_at is None else target_at.timestamp() * MS_PER_S
