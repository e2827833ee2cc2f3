"""Does an event still travel from the database to a viewer? The hub writes one to its own stream now and then, and watches it arrive."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from coordinator.keys import CANARY
from coordinator.live.protocol import CloseCode
from coordinator.store.database import Database

CANARY_EVERY_S = 30.0
CANARY_KEPT = timedelta(hours=1)
CANARY_KIND = "canary.sung"


@dataclass(slots=True)
class CanaryState:
    """What /readyz asks. `round_trip_s` is the latest from the start of the write to its arrival, by a monotonic clock."""

    seen_at: datetime | None = None
    round_trip_s: float | None = None

    def age_s(self, now: datetime) -> float | None:
        """Seconds since one of our own events last arrived; None before the first one."""
        return None if self.seen_at is None else (now - self.seen_at).total_seconds()


class Canary:
    """Writes to the canary stream, and is the viewer that waits for it."""

    def __init__(self, database: Database, now: Callable[[], datetime], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self.state = CanaryState()
        self._database = database
        self._now = now
        self._monotonic_s = monotonic_s
        self._process = secrets.token_hex(4)
        self._listening = asyncio.Event()
        self._sung: tuple[int, float] = (0, 0.0)  # number, when (monotonic)

    async def sing(self) -> None:
        """Writes one event, once its viewer has joined: what is written before that comes inside the snapshot."""
        await self._listening.wait()
        number = self._sung[0] + 1
        self._sung = (number, self._monotonic_s())
        async with self._database.write(self._now()) as work:
            work.emit(CANARY, CANARY_KIND, {"process": self._process, "number": number}, keep=CANARY_KEPT)

    def write(self, frame: bytes) -> None:
        self._listening.set()
        data = msgspec.json.decode(frame).get("data", {})
        if data.get("process") == self._process and data.get("number") == self._sung[0]:
            self.state.seen_at = self._now()
            self.state.round_trip_s = self._monotonic_s() - self._sung[1]

    def offer(self, frame: bytes) -> None:
        """Heartbeats are not for birds."""

    async def drained(self) -> None:
        """Reads at once."""

    def close(self, code: CloseCode, reason: str) -> None:
        """Has no connection to close."""
