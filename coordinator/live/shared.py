"""How do many who want the same costly read share one?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Runs a read once for all who ask for the same thing while it runs."""

    def __init__(self) -> None:
        self._running: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, read: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What `read()` returns or raises. A caller that is cancelled does not cancel it for the others."""
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(read())
            self._running[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: K, done: asyncio.Task[V]) -> None:
        del self._running[key]
        hear(done)


def hear(done: asyncio.Task[Any]) -> None:
    """Takes note of a shared task's exception even when everybody who asked for it has gone."""
    if not done.cancelled():
        done.exception()
