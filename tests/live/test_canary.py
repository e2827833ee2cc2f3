"""The canary: written to the log, seen when it comes back, and silent otherwise."""

from __future__ import annotations

import asyncio
import json

from coordinator.live.canary import Canary, CanaryState
from coordinator.live.protocol import CloseCode
from tests.conftest import NOON, FakeClock
from tests.factories import load_events, open_database


def frame_of(data: object) -> bytes:
    return json.dumps({"type": "event", "data": data}).encode()


async def test_canary_notes_when_its_own_event_comes_back(sqlite_database_url: str, clock: FakeClock) -> None:
    monotonic = iter([100.0, 100.25])
    async with open_database(sqlite_database_url) as database:
        canary = Canary(database, clock.now, lambda: next(monotonic))
        canary.write(b'{"type":"snapshot"}')
        await canary.sing()
        async with database.read() as conn:
            ((stream, kind, data),) = await load_events(conn)
        before = canary.state.seen_at

        clock.advance(seconds=2)
        canary.write(frame_of(data))

    assert (stream, kind) == ("canary", "canary.sung")
    assert before is None
    assert canary.state == CanaryState(seen_at=clock.now(), round_trip_s=0.25)
    assert canary.state.age_s(clock.advance(seconds=30)) == 30


async def test_canary_passes_over_other_birds_and_old_songs(sqlite_database_url: str, clock: FakeClock) -> None:
    async with open_database(sqlite_database_url) as database:
        canary, other = Canary(database, clock.now), Canary(database, clock.now)
        for bird in (canary, other):
            bird.write(b'{"type":"snapshot"}')
            await bird.sing()
        async with database.read() as conn:
            own, foreign = (data for _, _, data in await load_events(conn))
        await canary.sing()

        canary.write(frame_of(foreign))
        canary.write(frame_of(own))
        canary.offer(b"heartbeat")
        canary.close(CloseCode.RESTART, "restart")

    assert canary.state == CanaryState()
    assert canary.state.age_s(NOON) is None


async def test_canary_does_not_sing_before_its_viewer_has_joined(sqlite_database_url: str, clock: FakeClock) -> None:
    async with open_database(sqlite_database_url) as database:
        canary = Canary(database, clock.now)
        singing = asyncio.create_task(canary.sing())
        await asyncio.sleep(0)
        async with database.read() as conn:
            before = await load_events(conn)

        canary.write(b'{"type":"snapshot"}')
        await singing
        async with database.read() as conn:
            after = await load_events(conn)

    assert before == []
    assert len(after) == 1
