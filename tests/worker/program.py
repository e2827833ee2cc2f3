"""A worker process to be killed: `program.py DATABASE_URL REDIS_URL MODE`. Its one handler says "started" on stdout and writes an event.

MODE is "tell", "slow" (half a second between the two) or "hang" (has written, and never ends).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from coordinator import keys
from coordinator.logs import configure_logging
from coordinator.settings import Settings
from coordinator.store.database import Work
from worker.process import Pace, run_worker
from worker.runner import Limits

HURRIED = Pace(
    short=Limits(timeout=timedelta(seconds=1.5), lease=timedelta(seconds=2)), sweep_s=(0.2, 0.4), sweep_alone_s=0.2, heartbeat_s=0.3
)


async def tell(work: Work, ref: Mapping[str, Any]) -> None:
    """The effect: one event."""
    say("started")
    work.emit(keys.PARTNERS, "reminder.due", dict(ref))


async def tell_slowly(work: Work, ref: Mapping[str, Any]) -> None:
    """Ends half a second after it said that it started."""
    await tell(work, ref)
    await asyncio.sleep(0.5)


async def tell_and_hang(work: Work, ref: Mapping[str, Any]) -> None:
    """Has written its effect, and never ends."""
    await tell(work, ref)
    await asyncio.Event().wait()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def main(database_url: str, redis_url: str, mode: str) -> None:
    configure_logging("info", "console", "worker")
    handler = {"tell": tell, "slow": tell_slowly, "hang": tell_and_hang}[mode]
    pace = replace(HURRIED, short=Limits(timedelta(hours=1), timedelta(seconds=2))) if mode == "hang" else HURRIED
    settings = Settings(database_url=database_url, redis_url=redis_url)
    await run_worker(settings, ["short"], handlers={keys.JOB_DECIDE: handler}, pace=pace)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
