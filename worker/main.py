"""How does `chorus worker` begin? With one queue, in one process, until it is asked to end."""

from __future__ import annotations

import asyncio

from coordinator.settings import Settings
from worker import process


def run_worker(settings: Settings, queue: str) -> None:
    """Works for "short" or "long" jobs until SIGTERM or SIGINT. Blocking; must be called from the main thread."""
    asyncio.run(process.run_worker(settings, [queue]))
